"""The button that captures a motion."""

from __future__ import annotations

from typing import Any

import bpy

from ..wire import CaptureInfo, Settings
from . import addon, engines
from .captures import CaptureFile, save_capture
from .properties import DEFAULT_NAME
from .reporting import allowed, telling
from .shots import Shot, take_shot
from .sources import find_mover, source_problem
from .translations import sentences, translated


class MTI_OT_capture(bpy.types.Operator):
    """Take the images that will be learned from, evenly over the frames; nothing is sent yet"""

    bl_idname = "mti.capture"
    bl_label = "Capture"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """There must be something to capture and a camera."""
        problem = source_problem(context, context.scene.mti.source)
        return allowed(cls, sentences(*problem) if problem else "")

    @telling
    def execute(self, context: Any) -> set[str]:
        """Sample, check, draw, save; the scene remembers the capture's id."""
        props = context.scene.mti
        settings = engines.chosen_settings()
        shot = take_shot(context, settings.frames, settings.size)
        # only a keyed figure has another body to be drawn with
        take = shot.take if props.source == "ARMATURE" else None
        name = save_capture(addon.captures_folder(), shot.pictures, _about(shot, settings), take)
        if props.name in (DEFAULT_NAME, props.suggested):  # the animator has not named it
            props.name = props.suggested = _suggested_name(context, shot)
        props.capture = name
        text = translated("Captured {} images of frames {} to {}")
        text = text.format(settings.frames, *shot.span)
        for warning in shot.warnings[:1]:
            text = f"{text}. {translated(warning.message)}"
        self.report({"WARNING" if shot.warnings else "INFO"}, text)
        return {"FINISHED"}


def _about(shot: Shot, settings: Settings) -> CaptureFile:
    return CaptureFile(
        model=settings.model,
        frames=settings.frames,
        size=settings.size,
        source=shot.source[:64],
        notes=tuple(sentences(*warning) for warning in shot.warnings),
        info=CaptureInfo(
            fps=shot.fps,
            frame_start=shot.span[0],
            frame_end=shot.span[1],
            size=shot.size,
            flip_safe=False,
        ),
    )


def _suggested_name(context: Any, shot: Shot) -> str:
    """The name of the action that is captured, else of what is captured."""
    mover = find_mover(context, context.scene.mti.source)
    data = mover.animation_data if mover is not None else None
    return str(data.action.name if data and data.action else shot.source)[:60]
