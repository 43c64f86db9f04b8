"""The sizes that image strips store for their images: invalid ones are reset.

`elements.append` leaves an image's size uninitialized (Blender 4.5 to 5.2), and the .blend file
stores it. If that image is missing, Blender draws a card of that size, which can exceed the
available memory and crash it. So strips are made with Blender's own operator (strip.py), which
knows all sizes, and invalid sizes are reset when a file is opened, when a scene is appended, and
before a capture (strips may also be pasted from another file).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy
from bpy.app.handlers import persistent

from ..common import file_load

MOST_PIXELS = 2**28
"""A larger card takes over a gigabyte. The first image may be this large: Blender has measured
it."""
if "left_handle_offset" in bpy.types.Strip.bl_rna.properties:  # Blender 5.2
    CUT_OFF = ("content_trim_start", "content_trim_end")
    PLACE = ("content_start", "left_handle_offset", "right_handle_offset")
else:
    CUT_OFF = ("animation_offset_start", "animation_offset_end")
    PLACE = ("frame_start", "frame_offset_start", "frame_offset_end")
"""A strip's trim and position; Blender's operator resets them to show all images."""


def forget_sizes(scene: Any, strip: Any) -> None:
    """Reset the sizes of a strip's images to unknown, until Blender has displayed them."""
    editor = scene.sequence_editor
    active, directory = editor.active_strip, strip.directory
    folder = bpy.path.abspath(directory)
    named = {
        "filepath": folder,
        "directory": folder,
        "files": [{"name": element.filename} for element in strip.elements],
        "relative_path": False,
        "use_placeholders": False,
        "use_sequence_detection": False,
    }
    editor.active_strip = strip
    places = [(name, getattr(strip, name)) for name in (*CUT_OFF, *PLACE)]
    try:
        with showing(scene):
            call_operator(bpy.ops.sequencer.change_path, named)
        for name, value in places:
            setattr(strip, name, value)
    finally:
        strip.directory, editor.active_strip = directory, active


def mend_sizes(scene: Any) -> int:
    """Reset impossible image sizes in a scene's strips; return the number of strips."""
    editor = scene.sequence_editor
    wrong = [strip for strip in editor.strips_all if _is_wrong(strip)] if editor else []
    if wrong and scene.library is not None:
        editor.show_missing_media = False  # linked: must be fixed in its own file
        return 0
    for strip in wrong:
        forget_sizes(scene, strip)
    return len(wrong)


def _is_wrong(strip: Any) -> bool:
    """Return whether it has uninitialized sizes."""
    if strip.type != "IMAGE":
        return False
    sizes = [(element.orig_width, element.orig_height) for element in strip.elements]
    return any(_is_impossible(size) for size in sizes if size != sizes[0])


def _is_impossible(size: tuple[int, int]) -> bool:
    """Return whether a size is invalid; (0, 0) is valid and means unknown."""
    width, height = size
    return min(size) < 0 or (width == 0) != (height == 0) or width * height > MOST_PIXELS


@persistent
def mend_file(*_: Any) -> None:
    """Fix all scenes, including appended and linked ones, before any of them is drawn."""
    for scene in bpy.data.scenes:
        mend_sizes(scene)


def register() -> None:
    """Fix every file that is read, and the one already open."""
    file_load.register(mend_file)


def unregister() -> None:
    """Undo register()."""
    file_load.unregister(mend_file)


def call_operator(operator: Any, values: dict[str, Any]) -> None:
    """Call an operator with those of the values that this version of Blender supports."""
    known = operator.get_rna_type().properties.keys()
    operator(**{key: value for key, value in values.items() if key in known})


@contextmanager
def showing(scene: Any) -> Iterator[None]:
    """Make the sequencer show this scene temporarily; the property is different in Blender 5.0."""
    override = {"scene": scene}
    if "sequencer_scene" in bpy.types.WorkSpace.bl_rna.properties:
        override["sequencer_scene"] = scene
    with bpy.context.temp_override(**override):
        yield
