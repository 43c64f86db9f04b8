"""Turn images into an image-sequence strip of exact length, in their own colors.

Every other way of slowing images down (retiming keys, speed effects, movie strips) differs between
Blender versions, or crashes one of them; a sequence that repeats images frame by frame is exact in
all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import bpy

from ...motion import picture_of_each_frame
from ..scene.color import PLAIN_VIEWS, UNKNOWN_VIEW
from ..translations import translated
from .strip_repair import new_image_strip, shown_place

HIGHEST_CHANNEL = 128
NO_CHANNEL = "All channels of the sequencer are muted, locked or occupied at these frames."

# View transform -> the color space closest to its inverse. Only Standard has an exact one: of the
# colors in a cube of 16 steps a side, with AgX 37 % (Blender 5.0, 5.2) to 58 % (4.5) are off by
# more than 2 of 255, and bright, saturated ones by up to 211.
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


def keep_colors(scene: Any, strip: Any, set_view: bool) -> str:
    """Show the strip in its files' own colors; return a note on what that took, or why it failed.

    Blender applies the scene's view transform to strips, too, and only Standard shows finished
    images unchanged. `set_view` allows switching the scene to it, as Blender's own Add Image does;
    otherwise the closest color space is set on the strip.
    """
    view = scene.view_settings
    was, notes = view.view_transform, []
    if was not in ("", "Standard") and set_view:  # an unknown one could not be restored
        view.view_transform = "Standard"
        notes.append(translated("the scene's view transform was {} and is now Standard", was))
    else:
        take_nearest_space(scene, strip)
    return "; ".join(notes + color_notes(scene))


def take_nearest_space(scene: Any, shown: Any) -> None:
    """Set the color space of a strip or image that the scene's view alters least."""
    with suppress(TypeError):  # a studio's color configuration may not have it
        name = NEAREST.get(scene.view_settings.view_transform)
        if name:
            shown.colorspace_settings.name = name


def color_notes(scene: Any, exposure: bool = True) -> list[str]:
    """Return notes on how a scene's view changes finished images' colors (`exposure` optional)."""
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
