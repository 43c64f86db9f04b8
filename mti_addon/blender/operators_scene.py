"""Buttons that make or capture a motion."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty

from ..motion import check_take, draw, note_about
from ..wire import CaptureInfo, Settings
from . import addon, rig
from .capture import CaptureError, find_armature, source_problem, take_from_scene
from .captures import CaptureFile, save_capture
from .properties import DEFAULT_NAME, frame_range
from .reporting import telling


class MTI_OT_add_stick_figure(bpy.types.Operator):
    """Add a stick figure at the 3D cursor, facing the camera, with a wave to start from"""

    bl_idname = "mti.add_stick_figure"
    bl_label = "Add Stick Figure"
    bl_options = {"REGISTER", "UNDO"}

    wave: BoolProperty(name="Wave", description="Key a two-second wave", default=True)

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Bones are made in Edit Mode, which is reached from Object Mode only."""
        active = context.view_layer.objects.active
        if active is not None and active.mode not in ("OBJECT", "POSE"):
            cls.poll_message_set("Leave Edit Mode first")
            return False
        return True

    @telling
    def execute(self, context: Any) -> set[str]:
        """Add it, and set the capture's range to its wave."""
        figure = rig.add_stick_figure(context)
        if self.wave:
            props = context.scene.mti
            props.frame_start, props.frame_end = rig.key_wave(context.scene, figure)
            props.use_scene_range = False
            props.source = "ARMATURE"
        return {"FINISHED"}


class MTI_OT_capture(bpy.types.Operator):
    """Draw the motion, as the camera sees it, as the pictures that will be learned from"""

    bl_idname = "mti.capture"
    bl_label = "Capture"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """There must be something to capture and a camera."""
        problem = source_problem(context, context.scene.mti.source)
        if problem:
            cls.poll_message_set(f"{problem.message} {problem.hint}")
        return problem is None

    @telling
    def execute(self, context: Any) -> set[str]:
        """Sample, check, draw, save; the scene remembers the capture's id."""
        scene = context.scene
        start, end = frame_range(scene)
        settings = Settings.for_model(addon.preferences().engine)
        size = (settings.width, settings.height)
        take = take_from_scene(context, scene.mti.source, start, end, settings.frames, size)
        if problem := check_take(take):
            raise CaptureError(problem)
        about = CaptureFile(
            model=settings.model,
            frames=settings.frames,
            source=_source_name(context)[:64],
            note=note_about(take),
            info=CaptureInfo(
                fps=scene.render.fps / scene.render.fps_base,
                frame_start=start,
                frame_end=end,
                size=(scene.render.resolution_x, scene.render.resolution_y),
                flip_safe=False,
            ),
        )
        if scene.mti.name == DEFAULT_NAME:
            scene.mti.name = _suggested_name(context)
        # a camera's move is shown over landmarks, which have no other body to be drawn with
        keyed = take if scene.mti.source == "ARMATURE" else None
        scene.mti.capture = save_capture(addon.captures_folder(), draw(take), about, keyed)
        note = f"; {about.note}" if about.note else ""
        kind = "WARNING" if note else "INFO"
        self.report({kind}, f"Captured {about.frames} pictures of frames {start} to {end}{note}")
        return {"FINISHED"}


def _suggested_name(context: Any) -> str:
    """The name of the action that is captured."""
    camera = context.scene.mti.source == "CAMERA"
    source = context.scene.camera if camera else find_armature(context)
    data = source.animation_data
    return str(data.action.name if data and data.action else source.name)[:60]


def _source_name(context: Any) -> str:
    if context.scene.mti.source == "CAMERA":
        return str(context.scene.camera.name)
    return str(find_armature(context).name)
