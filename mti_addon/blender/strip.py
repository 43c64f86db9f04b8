"""Pictures to an image-sequence strip of exact length, in their own colours.

Every other way of slowing pictures down (retiming keys, speed effects, movie strips) differs
between Blender versions, or crashes one; a sequence that names a picture again for each frame is
exact on all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..motion import picture_of_each_frame
from .translations import translated

HIGHEST_CHANNEL = 128

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
    It goes to the lowest channel above every strip in its way. Raises ValueError for no files, a
    length below 1, or when all channels are taken.
    """
    order = picture_of_each_frame(len(files), length)
    strips = _strips(scene)
    channel = free_channel(strips, start, start + length)
    strip = strips.new_image(
        name=name,
        filepath=str(directory).rstrip("/\\") + "/" + files[order[0]],
        channel=channel,
        frame_start=start,
        fit_method="FIT",
    )
    for index in order[1:]:
        strip.elements.append(files[index])
    return strip


def keep_colors(scene: Any, strip: Any, set_view: bool) -> str:
    """Have the strip shown in its files' own colours; gives a note on what that took, or what not.

    Blender lays the scene's view transform over strips, too. Only Standard shows finished pictures
    as they are; `set_view` allows to switch the scene to it, as Blender's own Add Image does. If
    not, the nearest colour space is chosen for the strip.
    """
    view = scene.view_settings
    was = view.view_transform
    notes = []
    if was != "Standard" and set_view:
        view.view_transform = "Standard"
        notes.append(
            translated("the scene's view transform was {} and is now Standard").format(was)
        )
    elif was != "Standard":
        with suppress(TypeError):  # a studio's own colour configuration may not have it
            strip.colorspace_settings.name = NEAREST.get(was, "sRGB")
        notes.append(translated("the scene's view transform {} changes pure colors").format(was))
    for name, neutral in (("exposure", 0.0), ("gamma", 1.0), ("use_curve_mapping", False)):
        if getattr(view, name) != neutral:
            setting = translated(name.replace("_", " "))
            notes.append(translated("the scene's {} changes the colors").format(setting))
    if view.look not in ("None", "NONE", ""):
        notes.append(translated("the scene's look {} changes the colors").format(view.look))
    return "; ".join(notes)


def free_channel(strips: Iterable[Any], start: int, end: int) -> int:
    """The lowest channel with nothing on it or above it between two frames (end excluded).

    Blender does not move a strip that is put on top of another. Raises ValueError if there is none.
    """
    used = {s.channel for s in strips if strip_start(s) < end and strip_end(s) > start}
    channel = max(used, default=0) + 1
    if channel > HIGHEST_CHANNEL:
        channel = next((c for c in range(HIGHEST_CHANNEL, 0, -1) if c not in used), 0)
    if not channel:
        raise ValueError("All channels of the sequencer are taken at these frames.")
    return channel


def strip_start(strip: Any) -> int:
    """The strip's first frame, by the name of Blender 5.2, or the one before it."""
    return int(strip.left_handle if hasattr(strip, "left_handle") else strip.frame_final_start)


def strip_end(strip: Any) -> int:
    """The frame after the strip's last one."""
    return int(strip.right_handle if hasattr(strip, "right_handle") else strip.frame_final_end)


def shown_scene(context: Any) -> Any:
    """The scene that the sequencer shows; from 5.0 on the workspace says which, or none."""
    return getattr(context.workspace, "sequencer_scene", None) or context.scene


def show_in_sequencer(context: Any, scene: Any) -> None:
    """Make the sequencer show a scene if it shows none: without it the area stays empty (5.0+)."""
    workspace = context.workspace
    if getattr(workspace, "sequencer_scene", scene) is None:
        workspace.sequencer_scene = scene


def _strips(scene: Any) -> Any:
    editor = scene.sequence_editor_create()  # gives the existing one if there is one
    return editor.strips
