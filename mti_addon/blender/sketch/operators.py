"""The Capture operator."""

from __future__ import annotations

from typing import Any

import bpy

from ...wire import CaptureInfo, Settings
from ...workflow.captures import CaptureFile, one_line, save_capture
from ...workflow.job_titles import LONGEST_NAME
from ...workflow.words import caption_of
from ..common import addon
from ..common.reporting import reports_errors, set_poll_message
from ..setup import engines
from ..translations import sentences, told, translated
from .changes import captured
from .properties import DEFAULT_NAME
from .reference import Shot, take_shot
from .sources import find_mover, source_problem


class MTI_OT_capture(bpy.types.Operator):
    """Capture the images to learn from, spaced evenly over the frames; nothing is sent yet"""

    bl_idname = "mti.capture"
    bl_label = "Capture"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require a source and a camera."""
        problem = source_problem(context, context.scene.mti.source)
        return set_poll_message(cls, problem)

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Sample, check, draw and save; the scene stores the capture's ID."""
        props = context.scene.mti
        settings = engines.chosen_settings()
        shot = take_shot(context, settings.num_frames, settings.size)
        about = _about(shot, settings)
        name = save_capture(addon.captures_folder(), shot.pictures, about, shot.poses)
        own = _own_name(context, shot)
        _suggest_name(props, own)
        _suggest_caption(props, caption_of(props.source, shot.source, own, settings.model))
        props.capture = name
        captured(context)
        text = translated("Captured {} images of frames {} to {}", settings.num_frames, *shot.span)
        for warning in shot.warnings[:1]:
            text = f"{text}. {told(warning)[0]}"
        self.report({"WARNING" if shot.warnings else "INFO"}, text)
        return {"FINISHED"}


def _about(shot: Shot, settings: Settings) -> CaptureFile:
    return CaptureFile(
        model=settings.model,
        frames=settings.num_frames,
        size=settings.size,
        source=one_line(shot.source, 64),
        notes=tuple(one_line(sentences(warning), 500) for warning in shot.warnings),
        info=CaptureInfo(
            fps=shot.fps,
            frame_start=shot.span[0],
            frame_end=shot.span[1],
            size=shot.size,
            flip_safe=False,
        ),
    )


def _suggest_name(props: Any, own: str) -> None:
    """Name the motion after what was captured, unless the animator has named it.

    A name entered after a capture belongs to that motion and is not used for another; one entered
    before the first capture belongs to the upcoming one.
    """
    typed = props.name not in (DEFAULT_NAME, props.suggested)
    if not typed or (props.suggested and props.suggested != own):
        props.name = own
    props.suggested = own


def _suggest_caption(props: Any, caption: str) -> None:
    """Describe what was captured, unless the animator has described it."""
    if props.caption in ("", props.suggested_caption):
        props.caption = caption
    props.suggested_caption = caption


def _own_name(context: Any, shot: Shot) -> str:
    """Return the name of the captured action, or else of the captured object."""
    mover = find_mover(context, context.scene.mti.source)
    data = mover.animation_data if mover is not None else None
    name = one_line(data.action.name if data and data.action else shot.source, LONGEST_NAME)
    # Blender truncates a property in the middle of a UTF-8 character, and then cannot read it
    return name.encode("utf-8")[:LONGEST_NAME].decode("utf-8", "ignore")
