"""Settings for applying a motion."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, IntProperty, PointerProperty, StringProperty

from ..common.folders import RELATIVE
from ..translations import OWN
from .edit_properties import motion_names


class ApplyProperties:
    """Mixin for the settings stored in a scene."""

    motion: StringProperty(
        name="Motion",
        description="Motion to apply; leave empty to use the one learned last",
        search=motion_names,
    )
    target: EnumProperty(
        name="Target",
        description="The image to animate",
        items=(
            (
                "RENDER",
                "Render Current Frame",
                "Render the current frame now, as F12 would",
            ),
            ("RESULT", "Last Render", "The most recent render"),
            ("VIEWPORT", "Viewport", "The 3D viewport without overlays"),
            ("IMAGE", "Image File", "An image file, such as a photo, a drawing or a render"),
            ("DATABLOCK", "Image", "An image in this .blend file"),
            ("STRIP", "Active Strip", "The sequencer's active strip, at the playhead"),
            ("FRAME", "Sequencer Frame", "What the sequencer shows at the playhead"),
        ),
    )
    target_scene: PointerProperty(
        name="Scene",
        description="Scene to render; leave empty to use this one",
        type=bpy.types.Scene,
    )
    target_engine: EnumProperty(
        name="Render With",
        description="Engine that renders the target",
        items=(
            (
                "SCENE",
                "Scene's Engine",
                "Like F12, with the scene's engine, lights, compositing and color management",
            ),
            (
                "PREVIEW",
                "Preview",
                (
                    "Workbench, or Cycles if there is no GPU: fast, but with plain colors and "
                    "no lights"
                ),
            ),
        ),
    )
    target_image: StringProperty(
        name="Image",
        description="Image file to apply the motion to",
        subtype="FILE_PATH",
        options=RELATIVE,
    )
    takes: IntProperty(
        name="Takes",
        description="Number of results to choose from, each with its own seed",
        default=1,
        min=1,
        max=8,
    )
    in_between: IntProperty(
        name="In-Betweens",
        description=(
            "Images that are added after each of the result's, for smoother motion. They follow "
            "the motion that the draft has found; other engines make none"
        ),
        default=0,
        min=0,
        max=7,
        translation_context=OWN,  # Blender's own German word is another one
    )
    fit: EnumProperty(
        name="Fit",
        description="How to fit the target to the engine's shape",
        items=(
            ("CROP", "Crop", "Keep the center and cut off what does not fit"),
            ("PAD", "Pad", "Keep the whole image and extend its edges; the result is cropped back"),
        ),
        translation_context=OWN,
    )
    framing: EnumProperty(
        name="Move",
        description="Which part of the target to animate",
        items=(
            ("AUTO", "As Captured", "The figure, or the whole image for a camera motion"),
            ("SUBJECT", "Figure", "The figure, regardless of its position and size"),
            ("WHOLE", "Whole Image", "The whole image, as if the camera moved"),
        ),
        translation_context=OWN,
    )
    target_datablock: PointerProperty(
        name="Image", description="Image in this file to apply the motion to", type=bpy.types.Image
    )
    target_shown: StringProperty(options={"HIDDEN"})
    target_shown_of: StringProperty(options={"HIDDEN"})
