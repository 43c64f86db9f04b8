"""Settings for adding results."""

from __future__ import annotations

from bpy.props import EnumProperty, FloatProperty, StringProperty

from ..common.folders import RELATIVE
from ..translations import OWN


class ResultProperties:
    """Mixin for the settings stored in a scene."""

    place: EnumProperty(
        name="Place",
        description="Where to put the result in the sequencer",
        items=(
            ("PLAYHEAD", "At the Playhead", "Start at the current frame"),
            ("CAPTURE", "At the Captured Range", "Start where the captured range starts"),
        ),
    )
    result_as: EnumProperty(
        name="Add As",
        description="How to add results to the scene",
        items=(
            ("STRIP", "Strip", "Image strip in the sequencer"),
            ("EMPTY", "Image Empty", "Empty in the viewport that shows the moving images"),
            ("PLANE", "Image Plane", "Mesh plane with the moving images as its material"),
            ("FILES", "Files Only", "Save files without adding them to the scene"),
        ),
    )
    result_position: EnumProperty(
        name="Position",
        description="Where to put the empty or plane",
        items=(
            ("CURSOR", "At the 3D Cursor", "Standing upright at the 3D cursor"),
            (
                "CAMERA",
                "Fill Camera View",
                (
                    "In front of the scene's camera, exactly over what the target shows; "
                    "follows the camera"
                ),
            ),
        ),
    )
    result_speed: EnumProperty(
        name="Speed",
        translation_context=OWN,
        description="How fast to show the result",
        items=(
            ("CAPTURED", "As Captured", "Same duration in seconds as the captured range"),
            ("CHOSEN", "Frames per Second", "Custom frame rate"),
        ),
    )
    result_fps: FloatProperty(
        name="Frames per Second",
        description="Number of the result's frames to show per second",
        default=8.0,
        min=0.1,
        max=240.0,
    )
    result_folder: StringProperty(
        name="Folder",
        description=(
            "Folder of the images, with a subfolder for each result; leave empty to use the "
            "folder 'motion' next to the .blend file"
        ),
        subtype="DIR_PATH",
        options=RELATIVE,
    )
