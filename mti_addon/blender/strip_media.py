"""The files that a strip shows at a frame, its own and those of the strips it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import bpy

from ..motion.picture_files import file_is_cut_short
from .strip import strip_end, strip_start

MOST_FRAMES = 10_000
"""Of a strip that is held for longer only so many are gone through."""
SEES_BELOW = ("ADJUSTMENT", "MULTICAM")
"""Strips that have no pictures but those of the strips below them."""


def files_at(strip: Any, frame: int) -> Iterator[tuple[Any, Path]]:
    """Each movie and image strip that takes part in what `strip` shows at a frame, and its file."""
    if strip.type == "IMAGE":
        yield strip, _path(strip, strip.directory) / _element(strip, frame).filename
    elif strip.type == "MOVIE":
        yield strip, _path(strip, strip.filepath)
    for part in _parts(strip, frame):
        yield from files_at(part, frame)


def own_files(strip: Any) -> list[Path]:
    """The files that a strip shows at any time, without those of the strips it is made of."""
    if strip.type == "IMAGE":
        folder = _path(strip, strip.directory)
        frames = range(strip_start(strip), min(strip_end(strip), strip_start(strip) + MOST_FRAMES))
        return [
            folder / name for name in dict.fromkeys(_element(strip, f).filename for f in frames)
        ]
    if strip.type == "MOVIE":
        return [_path(strip, strip.filepath)]
    return [_clip_path(strip.clip)] if strip.type == "MOVIECLIP" and strip.clip else []


def missing_file(
    strip: Any, frames: Iterable[int], is_there: Callable[[Path], bool] = Path.is_file
) -> tuple[Any, Path] | None:
    """The first of the files for these frames that is not there, with the strip that wants it."""
    known: set[Path] = set()
    for frame in frames:
        for part, path in files_at(strip, frame):
            if path not in known and not is_there(path):
                return part, path
            known.add(path)
    return None


def damaged_file(strip: Any, frame: int, blank: bool) -> tuple[Any, Path] | None:
    """The first image at a frame that ends too early or, where the frame is `blank`, that Blender
    cannot read."""
    for part, path in files_at(strip, frame):
        if part.type != "IMAGE":
            continue
        if file_is_cut_short(path) or (blank and not min(image_size(path))):
            return part, path
    return None


def image_size(path: Path) -> tuple[int, int]:
    """Width and height of an image file, pixels; (0, 0): Blender cannot read it."""
    try:
        image = bpy.data.images.load(str(path), check_existing=False)
    except RuntimeError:
        return 0, 0
    try:
        width, height = image.size
    finally:
        bpy.data.images.remove(image)
    return width, height


def picture_size(strip: Any, frame: int | None = None) -> tuple[int, int]:
    """Width and height of a movie or image strip's picture at a frame, or of its first; pixels.

    Blender has measured the first one only: scripts leave the sizes of the others unset.
    """
    first = strip.elements[0]
    element = first if frame is None else _element(strip, frame)
    size = first.orig_width, first.orig_height
    differs = (element.orig_width, element.orig_height) != size
    if strip.type == "IMAGE" and (differs or min(size) <= 0):
        path = _path(strip, strip.directory) / element.filename
        size = image_size(path) if path.is_file() else size
    return max(1, size[0]), max(1, size[1])


def _parts(strip: Any, frame: int) -> Iterator[Any]:
    """The strips that it shows at a frame: of a meta strip, an effect, or the ones below it."""
    if strip.type == "META":
        yield from _shown(strip.strips, frame)
    elif strip.type in SEES_BELOW:
        place = strip.parent_meta() or strip.id_data.sequence_editor
        below = (each for each in place.strips if each.channel < strip.channel)
        yield from _shown(below, frame)
    else:
        for name in ("input_1", "input_2"):
            part = getattr(strip, name, None)
            if part is not None:
                yield part


def _shown(strips: Any, frame: int) -> Iterator[Any]:
    for strip in strips:
        if not strip.mute and strip_start(strip) <= frame < strip_end(strip):
            yield strip


def _element(strip: Any, frame: int) -> Any:
    if strip.type == "IMAGE":
        return strip.strip_elem_from_frame(frame) or strip.elements[0]
    return strip.elements[0]


def _path(strip: Any, written: str) -> Path:
    """A path as the strip has it, in the file that the strip is from."""
    return Path(bpy.path.abspath(written, library=strip.id_data.library))


def _clip_path(clip: Any) -> Path:
    return Path(bpy.path.abspath(clip.filepath, library=clip.library))
