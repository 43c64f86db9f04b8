"""Make an image-sequence strip of exact length from images, and place it.

Every other way of slowing images down (retiming keys, speed effects, movie strips) differs between
Blender versions, or crashes one of them; a sequence that repeats images frame by frame is exact in
all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import bpy

from ...motion import picture_of_each_frame
from .image_sizes import call_operator, forget_sizes, showing

HIGHEST_CHANNEL = 128
NO_CHANNEL = "All channels of the sequencer are muted, locked or occupied at these frames."


def add_picture_strip(
    scene: Any, directory: Path | str, files: Sequence[str], start: int, length: int, name: str
) -> Any:
    """Add an image strip that shows `files` evenly over `length` frames from `start`; return it.

    `directory` may start with `//` for a path relative to the .blend file. The strip goes to the
    lowest unmuted, unlocked channel above every strip in its way. Raises ValueError if there are no
    files, if the length is below 1, or if all channels are occupied.
    """
    order = picture_of_each_frame(len(files), length)
    place = shown_place(scene.sequence_editor_create())  # returns the existing one, if any
    closed = {i for i, each in enumerate(place.channels) if each.mute or each.lock}
    channel = free_channel(place.strips, start, start + length, closed)
    return new_image_strip(scene, str(directory), [files[i] for i in order], channel, start, name)


def new_image_strip(
    scene: Any, directory: str, files: Sequence[str], channel: int, start: int, name: str
) -> Any:
    """Create a strip of files in a folder, one per frame, fitted into the frame; files may repeat.

    It is added where the scene's sequencer adds strips: to the open meta strip, if any.
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
    """Return where the sequencer shows and adds strips: the open meta strip, or the editor."""
    return editor.meta_stack[-1] if len(editor.meta_stack) else editor


def free_channel(strips: Iterable[Any], start: int, end: int, closed: Collection[int] = ()) -> int:
    """Return the lowest channel with nothing on or above it between two frames (end excluded).

    Blender does not move overlapping strips, and does not show `closed` channels. Raises ValueError
    if there is none.
    """
    used = {s.channel for s in strips if strip_start(s) < end and strip_end(s) > start}
    free = [c for c in range(1, HIGHEST_CHANNEL + 1) if c not in used and c not in closed]
    if not free:
        raise ValueError(NO_CHANNEL)
    return next((channel for channel in free if channel > max(used, default=0)), free[-1])


def strip_start(strip: Any) -> int:
    """Return the strip's first frame; the property has another name before Blender 5.2."""
    return int(strip.left_handle if hasattr(strip, "left_handle") else strip.frame_final_start)


def strip_end(strip: Any) -> int:
    """Return the frame after the strip's last one."""
    return int(strip.right_handle if hasattr(strip, "right_handle") else strip.frame_final_end)


def shown_scene(context: Any) -> Any:
    """Return the scene that the sequencer shows; since 5.0 set per workspace, possibly None."""
    return getattr(context.workspace, "sequencer_scene", None) or context.scene


def all_strips() -> Iterator[tuple[Any, Any]]:
    """Yield every scene with each of its strips, also those in meta strips."""
    for scene in bpy.data.scenes:
        editor = scene.sequence_editor
        yield from ((scene, strip) for strip in (editor.strips_all if editor else ()))


def active_strip(context: Any) -> Any:
    """Return the active strip of the scene that the sequencer shows, or None."""
    editor = shown_scene(context).sequence_editor
    return editor.active_strip if editor else None


def lay_over(
    scene: Any, strip: Any, size: tuple[int, int], place: tuple[float, float, float, float]
) -> None:
    """Position and scale a strip of images of `size` (width, height).

    `place`: center (x right, y up, from the frame's center), width and height, in square-pixel
    units in which the frame's size is frame_of(scene).
    """
    render, transform = scene.render, strip.transform
    across = render.resolution_x / frame_of(scene)[0]
    down = render.resolution_y / frame_of(scene)[1]
    x, y, width, height = place
    transform.scale_x, transform.scale_y = width * across / size[0], height * down / size[1]
    transform.offset_x, transform.offset_y = x * across, y * down


def frame_of(scene: Any) -> tuple[float, float]:
    """Return width and height of a scene's frame, in units of square pixels."""
    render = scene.render
    return (
        render.resolution_x * render.pixel_aspect_x,
        render.resolution_y * render.pixel_aspect_y,
    )


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
    with showing(scene):
        call_operator(bpy.ops.sequencer.image_strip_add, wanted)
    return next(strip for strip in strips if strip.as_pointer() not in before)


def _one_by_one(editor: Any, directory: str, files: Sequence[str], channel: int, start: int) -> Any:
    """Add elements one at a time, for use without a window; their sizes are unknown then."""
    first = directory.rstrip("/\\") + "/" + files[0]
    strip = shown_place(editor).strips.new_image(
        name="images", filepath=first, channel=channel, frame_start=start, fit_method="FIT"
    )
    for file in files[1:]:
        strip.elements.append(file)
    forget_sizes(editor.id_data, strip)
    return strip


@contextmanager
def _sequencer_area() -> Iterator[Any]:
    """Make a window's sequencer the context, an open one or an area borrowed for it.

    Yields None if there is no window, or if its only area is in use.
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
