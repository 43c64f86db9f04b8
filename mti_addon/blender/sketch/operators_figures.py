"""Operators that add things to capture to the scene: a figure, or a camera that sees it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty

from ...motion.starters.catalog import KINDS, SIDE, Kind, find_kind, find_starter
from ...wire.problem import Problem
from ..common.problems import edit_mode_problem
from ..common.reporting import reports_errors, set_poll_message
from ..setup.engines import chosen_settings
from ..translations import OWN, translated
from . import starter_rigs
from .cameras import FRAMED
from .fit_camera import add_camera
from .sources import find_mover, watched_span

FACINGS = (
    ("BEST", "Best View", "A walk from the side, a wave from the front"),
    ("FRONT", "Front", "Facing the camera, or the viewport if there is no camera"),
    ("SIDE", "Side", "Showing its right side"),
)
KINDS_TO_CHOOSE = tuple((kind.name, kind.label, kind.description) for kind in KINDS)
ADDED_CAMERA = "{} looks at {}"
NOT_USED = Problem(
    "framing_camera_not_used",
    "A framing camera is only used for Armature and Object: choose one of them as the source",
)
NOTHING_TO_LOOK_AT = Problem(
    "nothing_to_look_at", "Add a stick figure, or select what the camera should look at"
)
NO_MOTION = ("NONE", "None", "Rest pose without keys")


def _motions(kind: Kind) -> EnumProperty:
    items = (NO_MOTION, *((m.name, m.label, m.description) for m in kind.motions))
    return EnumProperty(
        name="Motion",
        description="Motion to key as a new, editable action",
        items=items,
        default=kind.motions[0].name,
        translation_context=OWN,
    )


class MTI_OT_add_stick_figure(bpy.types.Operator):
    """Add a figure at the 3D cursor, with a keyed motion to start from"""

    bl_idname = "mti.add_stick_figure"
    bl_label = "Add Stick Figure"
    bl_options = {"REGISTER", "UNDO"}

    figure: EnumProperty(
        name="Figure", description="Type of figure", items=KINDS_TO_CHOOSE, translation_context=OWN
    )
    motion: _motions(KINDS[0])
    quadruped_motion: _motions(KINDS[1])
    face_motion: _motions(KINDS[2])
    facing: EnumProperty(
        name="Facing",
        description="Direction of the figure",
        items=FACINGS,
        translation_context=OWN,
    )

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require Object Mode, the only mode from which bones can be created in Edit Mode."""
        return set_poll_message(cls, edit_mode_problem(context))

    @classmethod
    def description(cls, _context: Any, properties: Any) -> str:
        """Return a menu entry's tooltip; if empty, Blender shows the class's own."""
        kind = find_kind(properties.figure)
        name = getattr(properties, MOTION_OF[kind.name])
        return "" if name == NO_MOTION[0] else translated(find_starter(kind, name).description)

    def draw(self, _context: Any) -> None:
        """Draw the Adjust Last Operation panel: each figure has its own motions."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "figure")
        layout.prop(self, MOTION_OF[self.figure])
        layout.prop(self, "facing")

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Add it, and select it as the source to capture."""
        kind, name = find_kind(self.figure), getattr(self, MOTION_OF[self.figure])
        starter = None if name == NO_MOTION[0] else find_starter(kind, name)
        turned = {"FRONT": 0.0, "SIDE": SIDE}.get(self.facing, starter.turned if starter else 0.0)
        figure = starter_rigs.add_figure(context, kind, turned)
        context.scene.mti.source = "ARMATURE"
        if starter:
            starter_rigs.key_motion(context.scene, figure, starter)
            context.scene.mti.frame_range_mode = "AUTO"
        return {"FINISHED"}


MOTION_OF = {"STICK": "motion", "QUADRUPED": "quadruped_motion", "FACE": "face_motion"}
"""Figure -> the operator's property for its motions."""


class MTI_OT_add_camera(bpy.types.Operator):
    """Add a camera just for capturing that sees the whole motion; the scene's own is kept"""

    bl_idname = "mti.add_camera"
    bl_label = "Add Framing Camera"
    bl_options = {"REGISTER", "UNDO"}

    capture_again: BoolProperty(
        name="Capture Again",
        description="Also capture its view, replacing the previous capture",
        default=False,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require something to look at, and a source that uses the camera."""
        scene = context.scene
        used = scene.mti.source in FRAMED or (scene.mti.source == "CAMERA" and not scene.camera)
        if not used:
            return set_poll_message(cls, NOT_USED)
        if find_mover(context, _watched(context)) is None:
            return set_poll_message(cls, NOTHING_TO_LOOK_AT)
        return True

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Position it so that the captured images show all of the motion."""
        mover = find_mover(context, _watched(context))
        settings = chosen_settings()
        span = watched_span(context, _watched(context))
        camera = add_camera(context, mover, span, settings.size)
        self.report({"INFO"}, translated(ADDED_CAMERA, camera.name, mover.name))
        if self.capture_again and bpy.ops.mti.capture.poll():
            with suppress(RuntimeError):  # the error was reported, and the camera stays
                bpy.ops.mti.capture()
        return {"FINISHED"}


def _watched(context: Any) -> str:
    """Return what the camera looks at; if it is itself captured, that is the active object."""
    return "OBJECT" if context.scene.mti.source in ("OBJECT", "CAMERA") else "ARMATURE"


class MTI_MT_add_figure(bpy.types.Menu):
    """All figures with their starter motions"""

    bl_idname = "MTI_MT_add_figure"
    bl_label = "Add Figure"

    def draw(self, _context: Any) -> None:
        """Draw a section for each figure."""
        for kind in KINDS:
            if kind is not KINDS[0]:
                self.layout.separator()
            self.layout.label(text=kind.label, text_ctxt=OWN)
            for name, label in ((m.name, m.label) for m in kind.motions):
                _entry(self.layout, kind, name, label)
            _entry(self.layout, kind, NO_MOTION[0], "At Rest")


def _entry(layout: Any, kind: Kind, motion: str, label: str) -> None:
    entry = layout.operator(MTI_OT_add_stick_figure.bl_idname, text=label, text_ctxt=OWN)
    entry.figure = kind.name
    setattr(entry, MOTION_OF[kind.name], motion)
