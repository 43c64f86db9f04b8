"""Image strips whose pictures all have a size that Blender can rely on.

`elements.append` leaves the size of the picture that it adds uninitialised (Blender 4.5 to 5.2),
and the .blend file keeps it. Where that picture is missing, Blender draws a card of that size in
its place, which can be more than there is memory, and ends. So strips are made by Blender's own
operator, which knows all sizes; and sizes that cannot be are forgotten when a file is opened, when
a scene is appended, and before a capture (strips may be pasted from another file, too).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import bpy
from bpy.app.handlers import persistent

from . import on_read

MOST_PIXELS = 2**28
"""A card of more is a gigabyte. The first picture may have such a size: Blender has measured it."""
if "left_handle_offset" in bpy.types.Strip.bl_rna.properties:  # Blender 5.2
    CUT_OFF = ("content_trim_start", "content_trim_end")
    PLACE = ("content_start", "left_handle_offset", "right_handle_offset")
else:
    CUT_OFF = ("animation_offset_start", "animation_offset_end")
    PLACE = ("frame_start", "frame_offset_start", "frame_offset_end")
"""What is cut off of a strip, and where it is: Blender's operator shows all of its images again."""


def new_image_strip(
    scene: Any, directory: str, files: Sequence[str], channel: int, start: int, name: str
) -> Any:
    """A strip of files of a folder, one a frame, fitted into the frame; a file may come again.

    It goes where the scene's sequencer adds strips: into the meta strip that is open, if one is.
    """
    editor = scene.sequence_editor_create()
    absolute = bpy.path.abspath(directory)
    with _sequencer_area() as area:
        if area:
            strip = _by_operator(scene, absolute, files, channel, start)
        else:
            strip = _one_by_one(editor, absolute, files, channel, start)
    strip.name, strip.directory = name, directory.rstrip("/\\") + "/"
    return strip


def shown_place(editor: Any) -> Any:
    """Whose strips the sequencer shows, and adds new ones to: the open meta strip's, or its own."""
    return editor.meta_stack[-1] if len(editor.meta_stack) else editor


def forget_sizes(scene: Any, strip: Any) -> None:
    """Have Blender take the sizes of a strip's pictures for unknown, until it has shown them."""
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
        with _shown(scene):
            _call(bpy.ops.sequencer.change_path, named)
        for name, value in places:
            setattr(strip, name, value)
    finally:
        strip.directory, editor.active_strip = directory, active


def mend_sizes(scene: Any) -> int:
    """Forget sizes in a scene's strips that cannot be pictures'; of how many strips."""
    editor = scene.sequence_editor
    wrong = [strip for strip in editor.strips_all if _is_wrong(strip)] if editor else []
    if wrong and scene.library is not None:
        editor.show_missing_media = False  # it is another file's, to be mended there
        return 0
    for strip in wrong:
        forget_sizes(scene, strip)
    return len(wrong)


def _is_wrong(strip: Any) -> bool:
    """It has sizes that nobody has written."""
    if strip.type != "IMAGE":
        return False
    sizes = [(element.orig_width, element.orig_height) for element in strip.elements]
    return any(_is_impossible(size) for size in sizes if size != sizes[0])


def _is_impossible(size: tuple[int, int]) -> bool:
    """(0, 0) is Blender's own way to say that it does not know a size."""
    width, height = size
    return min(size) < 0 or (width == 0) != (height == 0) or width * height > MOST_PIXELS


@persistent
def mend_file(*_: Any) -> None:
    """Mend all scenes, also appended and linked ones, before anything of them is drawn."""
    for scene in bpy.data.scenes:
        mend_sizes(scene)


def register() -> None:
    """Mend every file that is read, and the one that is open already."""
    on_read.register(mend_file)


def unregister() -> None:
    """Undo register()."""
    on_read.unregister(mend_file)


def _by_operator(scene: Any, directory: str, files: Sequence[str], channel: int, start: int) -> Any:
    wanted = {
        "directory": directory.rstrip("/\\") + "/",
        "files": [{"name": file} for file in files],
        "channel": channel,
        "frame_start": start,
        "fit_method": "FIT",
        "length": len(files),
        "relative_path": False,
        "overlap": True,
        "move_strips": False,
        "replace_sel": False,
        "set_view_transform": False,
        "use_placeholders": False,
        "use_multiview": False,
        "use_sequence_detection": False,
        "image_import_type": "SEQUENCE",
    }
    strips = shown_place(scene.sequence_editor).strips
    before = {strip.as_pointer() for strip in strips}
    with _shown(scene):
        _call(bpy.ops.sequencer.image_strip_add, wanted)
    return next(strip for strip in strips if strip.as_pointer() not in before)


def _call(operator: Any, values: dict[str, Any]) -> None:
    """With those of the values that this version of Blender has."""
    known = operator.get_rna_type().properties.keys()
    operator(**{key: value for key, value in values.items() if key in known})


def _one_by_one(editor: Any, directory: str, files: Sequence[str], channel: int, start: int) -> Any:
    """Where there is no window in which the operator could work; the sizes are unknown then."""
    first = directory.rstrip("/\\") + "/" + files[0]
    strip = shown_place(editor).strips.new_image(
        name="images", filepath=first, channel=channel, frame_start=start, fit_method="FIT"
    )
    for file in files[1:]:
        strip.elements.append(file)
    forget_sizes(editor.id_data, strip)
    return strip


@contextmanager
def _shown(scene: Any) -> Iterator[None]:
    """As if the sequencer showed this scene; Blender 5.0 asks for it by another name."""
    override = {"scene": scene}
    if "sequencer_scene" in bpy.types.WorkSpace.bl_rna.properties:
        override["sequencer_scene"] = scene
    with bpy.context.temp_override(**override):
        yield


@contextmanager
def _sequencer_area() -> Iterator[Any]:
    """A sequencer in a window, made the context's: one that is open, or an area borrowed for it.

    None where there is no window, or where its only area is the one in which somebody works now.
    """
    context = bpy.context
    manager = context.window_manager
    windows = list(manager.windows) if manager else []
    areas = [(window, area) for window in windows for area in window.screen.areas]
    open_ones = [pair for pair in areas if pair[1].type == "SEQUENCE_EDITOR"]
    others = [pair for pair in areas if pair[1] != context.area]
    if not (open_ones or others):
        yield None
        return
    window, area = (open_ones or others)[0]
    kind = area.ui_type
    with ExitStack() as stack:
        if not open_ones:
            area.type = "SEQUENCE_EDITOR"
            stack.callback(setattr, area, "ui_type", kind)
        stack.enter_context(context.temp_override(window=window, area=area))
        yield area
