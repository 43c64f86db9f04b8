"""What every job that learns a motion has in common."""

from __future__ import annotations

from typing import Any

from ...wire import JobFolder
from ...wire.motion_inversion import View
from ...workflow.job_requests import LearnOptions
from ...workflow.keeping import Keep, kind_of
from ..common import addon
from ..library import saving
from .quality import chosen_iterations

WHOLE_SOURCES = ("CAMERA", "VIEWPORT")
"""Sources captured for their camera motion."""


def options_for(props: Any, name: str, model: str) -> LearnOptions:
    """Return the panel's options for a motion of this name."""
    return LearnOptions(
        name,
        chosen_iterations(props, model),
        props.seed,
        props.flip_safe,
        props.variations,
        props.takes,
        _framing(props),
        props.from_poses,
        props.in_between,
    )


def view_of(source: str) -> View:
    """Return the view to play a motion of this source in, if it is played in words."""
    return "camera" if source in WHOLE_SOURCES else "object"


def keep_if_wished(job: JobFolder, name: str) -> Keep | None:
    """Return that the motion is saved in the library when it is learned, if this is preferred."""
    if not addon.preferences().save_motions:
        return None
    return Keep(about=saving.about(name, kind_of(job.inputs)))


def _framing(props: Any) -> str:
    """Return what a capture shows: for camera motion, the whole image."""
    if props.framing == "AUTO" and props.source in WHOLE_SOURCES:
        return "WHOLE"
    return str(props.framing)
