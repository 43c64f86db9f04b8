"""What an animator sets in a scene: plain values only, saved in the .blend file."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from . import addon, motions, polling, watch
from .properties_apply import RELATIVE, ApplyProperties
from .translations import OWN

DEFAULT_NAME = "Motion"
LONGEST_NAME = 59
"""Bytes of a motion's name."""
FIRST, LAST = -1_048_574, 1_048_574
FRAME_RANGES = (
    (
        "AUTO",
        "Automatic",
        "Those in which it moves, or all of a strip or file; where that is not known, the "
        "preview range, or the scene's",
    ),
    ("SCENE", "Scene", "The scene's frames, or its preview range where that is on"),
    ("CUSTOM", "Custom", "From a first to a last frame"),
)


def _motion_names(_self: Any, _context: Any, edit_text: str) -> list[str]:
    words = edit_text.lower()
    known = motions.all_motions(polling.jobs, addon.presets_folder())
    return [motion.label for motion in known if words in motion.label.lower()]


def _auto_chosen(_props: Any, _context: Any) -> None:
    watch.look_soon()


def _is_camera(self: Any, thing: Any) -> bool:
    return thing.type == "CAMERA" and self.id_data.objects.get(thing.name) == thing


def number_chosen(self: Any, _context: Any) -> None:
    """A number of iterations that somebody sets is the one that counts."""
    if self.iterations:
        self.quality = "CUSTOM"


class MTI_PG_scene(ApplyProperties, bpy.types.PropertyGroup):
    """The panel's settings."""

    source: EnumProperty(
        name="Source",
        description="What moves",
        items=(
            (
                "ARMATURE",
                "Armature",
                "The active armature's animation, of any rig, drawn as a stick figure",
            ),
            ("OBJECT", "Object", "The active object's animation, drawn as a box"),
            (
                "CAMERA",
                "Camera",
                "What the scene's camera sees: its move over the scene's own geometry, or "
                "through a textured room where there is none",
            ),
            ("VIEWPORT", "Viewport", "What the 3D viewport shows, with its overlays"),
            ("STRIP", "Strip", "The sequencer's active strip alone, as the sequencer shows it"),
            ("FILE", "File", "A movie, or a numbered sequence of images"),
        ),
    )
    file: StringProperty(
        name="File",
        description="A movie, or any image of a numbered sequence",
        subtype="FILE_PATH",
        options=RELATIVE,
    )
    frame_range_mode: EnumProperty(
        name="Frames",
        description="Which frames are captured",
        items=FRAME_RANGES,
    )
    span: EnumProperty(name="Frames", items=FRAME_RANGES, options={"HIDDEN"})
    """What frame_range_mode was called before 0.2.0 (older_files.py)."""
    frame_start: IntProperty(
        name="Start", description="First frame to capture", default=1, min=FIRST, max=LAST
    )
    frame_end: IntProperty(
        name="End", description="Last frame to capture", default=48, min=FIRST, max=LAST
    )
    capture_camera: PointerProperty(
        name="Camera",
        description="The camera that the motion is captured through; empty: the scene's",
        type=bpy.types.Object,
        poll=_is_camera,
    )
    file_id: StringProperty(options={"HIDDEN"})
    capture: StringProperty(name="Capture", options={"HIDDEN"})
    auto_capture: BoolProperty(
        name="Auto Capture",
        description="Capture again by itself when the motion or the camera has changed",
        default=False,
        update=_auto_chosen,
    )
    captured_of: StringProperty(name="Captured of", options={"HIDDEN"})
    suggested: StringProperty(name="Suggested Name", options={"HIDDEN"})
    name: StringProperty(
        name="Name",
        description="What the learned motion is called",
        default=DEFAULT_NAME,
        maxlen=LONGEST_NAME + 1,
    )
    quality: EnumProperty(
        name="Quality",
        description="How long to learn: longer is closer to the captured motion",
        items=(
            ("FAST", "Fast", "A third of the recommended iterations: to see whether it works"),
            ("BALANCED", "Balanced", "As many iterations as are recommended for the engine"),
            ("BEST", "Best", "Two and a half times the recommended iterations"),
            ("CUSTOM", "Custom", "A number of iterations of your own"),
        ),
        default="BALANCED",
        translation_context=OWN,
    )
    iterations: IntProperty(
        name="Iterations",
        description="Steps of learning: more is slower and closer; 0: as recommended",
        default=0,
        min=0,
        max=100_000,
        update=number_chosen,
    )
    variations: IntProperty(
        name="Variations",
        description="In how many ways a keyed figure is drawn to learn its motion from. 1: as "
        "captured; more: also with other proportions, in other looks, places and sizes, so that "
        "only the motion is learned",
        default=1,
        min=1,
        max=16,
    )
    flip_safe: BoolProperty(
        name="Allow Mirroring",
        description="The motion stays itself when mirrored (a jump does, a right-handed wave "
        "does not); then it may be learned from mirrored images, too",
        default=False,
    )
    seed: IntProperty(
        name="Seed", description="The same seed gives the same result", default=0, min=0
    )
    also_apply: BoolProperty(
        name="Apply When Done",
        description="Apply the motion to the target as soon as it is learned",
        default=False,
    )
    motion: StringProperty(
        name="Motion",
        description="The motion to apply; empty: the one that was learned last",
        search=_motion_names,
    )
    target: EnumProperty(
        name="Target",
        description="The image to animate",
        items=(
            (
                "RENDER",
                "Render Current Frame",
                "The current frame as F12 shows it, rendered now",
            ),
            ("RESULT", "Last Render", "The image that was rendered last"),
            ("VIEWPORT", "Viewport", "What the 3D viewport shows, without overlays"),
            ("IMAGE", "Image File", "An image file: a photo, a drawing, a render"),
            ("DATABLOCK", "Image", "An image of this .blend file"),
            ("STRIP", "Active Strip", "The sequencer's active strip, at the playhead"),
            ("FRAME", "Sequencer Frame", "What the sequencer shows at the playhead"),
        ),
    )
    target_scene: PointerProperty(
        name="Scene", description="The scene to render; empty: this one", type=bpy.types.Scene
    )
    target_engine: EnumProperty(
        name="Render With",
        description="What renders the target",
        items=(
            (
                "SCENE",
                "Scene's Engine",
                "As F12 shows it: the scene's engine, lights, compositing and color management",
            ),
            (
                "PREVIEW",
                "Preview",
                "Workbench, or Cycles where there is no GPU: fast, but plain colors without lights",
            ),
        ),
    )
    target_image: StringProperty(
        name="Image",
        description="The image file to apply the motion to",
        subtype="FILE_PATH",
        options=RELATIVE,
    )
    place: EnumProperty(
        name="Place",
        description="Where the result goes in the sequencer",
        items=(
            ("PLAYHEAD", "At the Playhead", "Starts at the current frame"),
            ("CAPTURE", "At the Captured Range", "Starts where the captured range starts"),
        ),
    )
