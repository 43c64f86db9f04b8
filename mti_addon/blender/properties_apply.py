"""What an animator sets about applying and results; part of the panel's settings."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from .translations import OWN

RELATIVE = {"PATH_SUPPORTS_BLEND_RELATIVE"}
"""Of paths that may begin with `//`, the .blend file's folder; Blender warns of others."""


class ApplyProperties:
    """Mixed into the scene's settings."""

    takes: IntProperty(
        name="Takes",
        description="How many results to make, each with its own seed, to pick one of",
        default=1,
        min=1,
        max=8,
    )
    fit: EnumProperty(
        name="Fit",
        description="How the target is brought to the engine's shape",
        items=(
            ("CROP", "Crop", "Keep the middle, and cut off what does not fit"),
            ("PAD", "Pad", "Keep all of it, and continue its edges; the result is cut back"),
        ),
        translation_context=OWN,
    )
    framing: EnumProperty(
        name="Move",
        description="What of the target the motion is for",
        items=(
            ("AUTO", "As Captured", "The figure, or the whole image for a motion of the camera"),
            ("SUBJECT", "Figure", "The figure, wherever it is and however large"),
            ("WHOLE", "Whole Image", "All of it, as a camera moves it"),
        ),
        translation_context=OWN,
    )
    target_datablock: PointerProperty(
        name="Image", description="The image of this file to apply to", type=bpy.types.Image
    )
    target_shown: StringProperty(options={"HIDDEN"})
    target_shown_of: StringProperty(options={"HIDDEN"})
    result_as: EnumProperty(
        name="Add As",
        description="What becomes of a result",
        items=(
            ("STRIP", "Strip", "An image strip in the sequencer"),
            ("EMPTY", "Image Empty", "An empty in the viewport that shows the moving images"),
            ("PLANE", "Image Plane", "A mesh plane with the moving images as its material"),
            ("FILES", "Files Only", "Save files without adding them to the scene"),
        ),
    )
    result_position: EnumProperty(
        name="Position",
        description="Where an empty or a plane goes",
        items=(
            ("CURSOR", "At the 3D Cursor", "Upright, standing on the 3D cursor"),
            (
                "CAMERA",
                "Fill Camera View",
                "Before the scene's camera, exactly over what the target shows of it; it follows "
                "the camera",
            ),
        ),
    )
    result_speed: EnumProperty(
        name="Speed",
        description="How long the result lasts",
        items=(
            ("CAPTURED", "As Captured", "As many seconds as the captured range"),
            ("CHOSEN", "Frames per Second", "At a speed of your own"),
        ),
    )
    result_fps: FloatProperty(
        name="Frames per Second",
        description="How many of the result's frames are shown per second",
        default=8.0,
        min=0.1,
        max=240.0,
    )
    result_folder: StringProperty(
        name="Folder",
        description="Where the images are kept, a folder for each result; empty: in the folder "
        "'motion' beside the .blend file",
        subtype="DIR_PATH",
        options=RELATIVE,
    )
