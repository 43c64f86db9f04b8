"""Settings for capturing a motion."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, PointerProperty, StringProperty

from ...workflow.job_titles import LONGEST_NAME
from ...workflow.words import MAX_LETTERS
from ..common.folders import RELATIVE
from ..scene import watch

DEFAULT_NAME = "Motion"
FIRST, LAST = -1_048_574, 1_048_574
FRAME_RANGES = (
    (
        "AUTO",
        "Automatic",
        (
            "The frames with motion, or the whole strip or file; if unknown, the preview range "
            "or the scene's range"
        ),
    ),
    ("SCENE", "Scene", "The scene's frame range, or its preview range if enabled"),
    ("CUSTOM", "Custom", "A custom start and end frame"),
)


def _auto_chosen(_props: Any, _context: Any) -> None:
    watch.look_soon()


def _is_camera(self: Any, thing: Any) -> bool:
    return thing.type == "CAMERA" and self.id_data.objects.get(thing.name) == thing


class SketchProperties:
    """Mixin for the settings stored in a scene."""

    source: EnumProperty(
        name="Source",
        description="What to capture",
        items=(
            (
                "ARMATURE",
                "Armature",
                "The active armature's animation, with any rig, drawn as a stick figure",
            ),
            ("OBJECT", "Object", "The active object's animation, drawn as a box"),
            (
                "CAMERA",
                "Camera",
                (
                    "The scene camera's view: its motion over the scene's geometry, or through "
                    "a textured room if there is none"
                ),
            ),
            ("VIEWPORT", "Viewport", "The 3D viewport, including its overlays"),
            ("STRIP", "Strip", "The sequencer's active strip alone, as the sequencer shows it"),
            ("FILE", "File", "A movie, or a numbered image sequence"),
        ),
    )
    file: StringProperty(
        name="File",
        description="Movie, or any image of a numbered sequence",
        subtype="FILE_PATH",
        options=RELATIVE,
    )
    frame_range_mode: EnumProperty(
        name="Frames",
        description="Which frames to capture",
        items=FRAME_RANGES,
    )
    span: EnumProperty(name="Frames", items=FRAME_RANGES, options={"HIDDEN"})
    """Name of frame_range_mode before 0.2.0 (older_files.py)."""
    frame_start: IntProperty(
        name="Start", description="First frame to capture", default=1, min=FIRST, max=LAST
    )
    frame_end: IntProperty(
        name="End", description="Last frame to capture", default=48, min=FIRST, max=LAST
    )
    capture_camera: PointerProperty(
        name="Camera",
        description="Camera to capture through; leave empty to use the scene's",
        type=bpy.types.Object,
        poll=_is_camera,
    )
    capture: StringProperty(name="Capture", options={"HIDDEN"})
    auto_capture: BoolProperty(
        name="Auto Capture",
        description="Capture again automatically when the motion or the camera has changed",
        default=False,
        update=_auto_chosen,
    )
    captured_of: StringProperty(name="Captured of", options={"HIDDEN"})
    suggested: StringProperty(name="Suggested Name", options={"HIDDEN"})
    caption: StringProperty(
        name="Caption",
        description=(
            "What the captured images show, in English. Describe the appearance here, so that the "
            "motion does not learn it. Correct what was suggested, such as what the figure is"
        ),
        maxlen=MAX_LETTERS,
    )
    suggested_caption: StringProperty(name="Suggested Caption", options={"HIDDEN"})
    name: StringProperty(
        name="Name",
        description="Name of the learned motion",
        default=DEFAULT_NAME,
        maxlen=LONGEST_NAME + 1,
    )
