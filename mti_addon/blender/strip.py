"""Pictures to an image-sequence strip of exact length, in their own colours.

Every other way of slowing pictures down (retiming keys, speed effects, movie strips) differs
between Blender versions, or crashes one; a sequence that names a picture again for each frame is
exact on all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..motion import picture_of_each_frame
from .color import PLAIN_VIEWS, UNKNOWN_VIEW
from .image_strips import new_image_strip, shown_place
from .translations import translated

HIGHEST_CHANNEL = 128
NO_CHANNEL = "All channels of the sequencer are muted, locked or taken at these frames."

# View transform -> the colour space that comes nearest to its inverse. Only Standard has an exact
# one: of the colours in a cube of 16 steps a side, AgX gets 37 % (Blender 5.0, 5.2) to 58 % (4.5)
# wrong by more than 2 of 255, and bright, pure ones by up to 211.
NEAREST = {
    "AgX": "AgX Base sRGB",
    "Filmic": "Filmic sRGB",
    "Khronos PBR Neutral": "Khronos PBR Neutral sRGB",
    "ACES 1.3": "ACES 1.3 sRGB",
    "ACES 2.0": "ACES 2.0 sRGB",
}


def add_picture_strip(
    scene: Any, directory: Path | str, files: Sequence[str], start: int, length: int, name: str
) -> Any:
    """An image strip that shows `files` evenly over `length` frames from `start`; gives the strip.

    `directory` may begin with `//`, as Blender writes what is relative to the .blend file.
    It goes to the lowest channel above every strip in its way that is neither muted nor locked.
    Raises ValueError for no files, a length below 1, or when all channels are taken.
    """
    order = picture_of_each_frame(len(files), length)
    place = shown_place(scene.sequence_editor_create())  # gives the existing one if there is one
    closed = {i for i, each in enumerate(place.channels) if each.mute or each.lock}
    channel = free_channel(place.strips, start, start + length, closed)
    return new_image_strip(scene, str(directory), [files[i] for i in order], channel, start, name)


def keep_colors(scene: Any, strip: Any, set_view: bool) -> str:
    """Have the strip shown in its files' own colours; gives a note on what that took, or what not.

    Blender lays the scene's view transform over strips, too. Only Standard shows finished pictures
    as they are; `set_view` allows to switch the scene to it, as Blender's own Add Image does. If
    not, the nearest colour space is chosen for the strip.
    """
    view = scene.view_settings
    was, notes = view.view_transform, []
    if was not in ("", "Standard") and set_view:  # an unknown one could not be chosen again
        view.view_transform = "Standard"
        notes.append(translated("the scene's view transform was {} and is now Standard", was))
    else:
        take_nearest_space(scene, strip)
    return "; ".join(notes + color_notes(scene))


def take_nearest_space(scene: Any, shown: Any) -> None:
    """Give a strip or an image the color space that the scene's view makes least of."""
    with suppress(TypeError):  # a studio's own colour configuration may not have it
        name = NEAREST.get(scene.view_settings.view_transform)
        if name:
            shown.colorspace_settings.name = name


def color_notes(scene: Any, exposure: bool = True) -> list[str]:
    """What of a scene's view changes the colors of finished images, be it its exposure or not."""
    view, notes = scene.view_settings, []
    if not view.view_transform:
        notes.append(translated(UNKNOWN_VIEW))
    elif view.view_transform not in PLAIN_VIEWS:
        text = translated("the scene's view transform {} changes pure colors")
        notes.append(text.format(view.view_transform))
    neutral_of = {"exposure": 0.0, "gamma": 1.0, "use_curve_mapping": False}
    for name, neutral in neutral_of.items():
        if name == "exposure" and not exposure:
            continue
        if getattr(view, name) != neutral:
            setting = translated(name.replace("_", " "))
            notes.append(translated("the scene's {} changes the colors", setting))
    if view.look not in ("None", "NONE", ""):
        notes.append(translated("the scene's look {} changes the colors", view.look))
    return notes


def free_channel(strips: Iterable[Any], start: int, end: int, closed: Collection[int] = ()) -> int:
    """The lowest channel with nothing on it or above it between two frames (end excluded).

    Blender does not move a strip that is put on top of another, and does not show what is on the
    `closed` ones. Raises ValueError if there is none.
    """
    used = {s.channel for s in strips if strip_start(s) < end and strip_end(s) > start}
    free = [c for c in range(1, HIGHEST_CHANNEL + 1) if c not in used and c not in closed]
    if not free:
        raise ValueError(NO_CHANNEL)
    return next((channel for channel in free if channel > max(used, default=0)), free[-1])


def strip_start(strip: Any) -> int:
    """The strip's first frame, by the name of Blender 5.2, or the one before it."""
    return int(strip.left_handle if hasattr(strip, "left_handle") else strip.frame_final_start)


def strip_end(strip: Any) -> int:
    """The frame after the strip's last one."""
    return int(strip.right_handle if hasattr(strip, "right_handle") else strip.frame_final_end)


def shown_scene(context: Any) -> Any:
    """The scene that the sequencer shows; from 5.0 on the workspace says which, or none."""
    return getattr(context.workspace, "sequencer_scene", None) or context.scene


def active_strip(context: Any) -> Any:
    """The active strip of the scene that the sequencer shows, or None."""
    editor = shown_scene(context).sequence_editor
    return editor.active_strip if editor else None


def lay_over(
    scene: Any, strip: Any, size: tuple[int, int], place: tuple[float, float, float, float]
) -> None:
    """Put a strip of pictures of `size` (width, height) at a center (x to the right, y up, from the
    frame's), with a width and a height: all in units in which the scene's frame is frame_of(scene)
    large, and pixels are square."""
    render, transform = scene.render, strip.transform
    across = render.resolution_x / frame_of(scene)[0]
    down = render.resolution_y / frame_of(scene)[1]
    x, y, width, height = place
    transform.scale_x, transform.scale_y = width * across / size[0], height * down / size[1]
    transform.offset_x, transform.offset_y = x * across, y * down


def frame_of(scene: Any) -> tuple[float, float]:
    """Width and height of a scene's frame, in units in which pixels are square."""
    render = scene.render
    return (
        render.resolution_x * render.pixel_aspect_x,
        render.resolution_y * render.pixel_aspect_y,
    )
