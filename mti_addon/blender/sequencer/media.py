"""The files that a strip and its parts show at a frame."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import bpy

from ...motion.picture_files import file_is_cut_short
from .strip import strip_end, strip_start

NUMBERED = re.compile(r"(.*?)(\d+)(\.\w+)")
"""Name of a numbered image: prefix, number, suffix."""
MOST_FRAMES = 10_000
"""Maximum number of frames to examine in a strip that is held for longer."""
MOMENTS = 100
SEES_BELOW = ("ADJUSTMENT", "MULTICAM")
"""Strips that have no images but those of the strips below them."""


def shown_strips(owner: Any, frame: int) -> list[Any]:
    """Return the strips of a sequence editor or meta strip that show something at a frame."""
    if owner is None:
        return []
    return [
        strip
        for strip in owner.strips
        if strip_start(strip) <= frame < strip_end(strip)
        and strip.type != "SOUND"
        and not strip.mute
        and not owner.channels[strip.channel].mute
    ]


def with_parts(strip: Any, frame: int, scenes: tuple[Any, ...] = ()) -> Iterator[tuple[Any, int]]:
    """Yield a strip and all strips that contribute to it at a frame.

    Each comes with the frame that it is shown at, which differs in other scenes.
    """
    yield strip, frame
    around = (*scenes, strip.id_data) if strip.type == "SCENE" else scenes
    for part, at in _parts(strip, frame):
        if part.id_data not in around:  # scenes may show each other
            yield from with_parts(part, at, around)


def files_at(strip: Any, frame: int) -> Iterator[tuple[Any, Path]]:
    """Yield each strip that contributes to `strip` at a frame and has a file, and that file."""
    for part, at in with_parts(strip, frame):
        if path := own_file(part, at):
            yield part, path


def own_file(strip: Any, frame: int) -> Path | None:
    """Return the file that a strip itself shows at a frame, or None."""
    if strip.type == "IMAGE" and len(strip.elements):
        return _path(strip, strip.directory) / _element(strip, frame).filename
    if strip.type == "MOVIE":
        return _path(strip, strip.filepath)
    if strip.type == "MOVIECLIP" and strip.clip is not None:
        return _clip_file(strip, frame)
    return None


def own_files(strip: Any) -> list[Path]:
    """Return the files that a strip itself shows at any time."""
    start, end = strip_start(strip), strip_end(strip)
    frames = range(start, min(end, start + (1 if strip.type == "MOVIE" else MOST_FRAMES)))
    return list(dict.fromkeys(path for frame in frames if (path := own_file(strip, frame))))


def damaged_file(strip: Any, frame: int, blank: bool) -> tuple[Any, Path] | None:
    """Return the first image at a frame that is truncated or, if it is `blank`, unreadable."""
    for part, path in files_at(strip, frame):
        if part.type != "IMAGE":
            continue
        if file_is_cut_short(path) or (blank and not min(image_size(path))):
            return part, path
    return None


def image_size(path: Path) -> tuple[int, int]:
    """Return an image file's width and height in pixels; (0, 0) if Blender cannot read it."""
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
    """Return width and height of a movie or image strip at a frame, or at its first, in pixels.

    Blender has only measured the first image; scripts leave the other sizes unset.
    """
    first = strip.elements[0]
    element = first if frame is None else _element(strip, frame)
    size = first.orig_width, first.orig_height
    differs = (element.orig_width, element.orig_height) != size
    if strip.type == "IMAGE" and (differs or min(size) <= 0):
        path = _path(strip, strip.directory) / element.filename
        size = image_size(path) if path.is_file() else size
    return max(1, size[0]), max(1, size[1])


def _parts(strip: Any, frame: int) -> Iterator[tuple[Any, int]]:
    """Yield the strips shown at a frame by a meta, effect or scene strip, or those below it."""
    if strip.type == "META":
        yield from ((part, frame) for part in shown_strips(strip, frame))
    elif strip.type in SEES_BELOW:
        place = strip.parent_meta() or strip.id_data.sequence_editor
        for part in shown_strips(place, frame):
            if part.channel < strip.channel:
                yield part, frame
    elif strip.type == "SCENE" and strip.scene is not None and strip.scene_input == "SEQUENCER":
        for at in _scene_frames(strip, frame):
            yield from ((part, at) for part in shown_strips(strip.scene.sequence_editor, at))
    for name in ("input_1", "input_2"):
        part = getattr(strip, name, None)
        if part is not None:
            yield part, frame


def _scene_frames(strip: Any, frame: int) -> Iterable[int]:
    """Return the frames of its scene that a scene strip shows; a range covering it if retimed."""
    first, last = strip.scene.frame_start, strip.scene.frame_end
    if len(strip.retiming_keys):
        return range(first, last + 1, max(1, (last - first) // MOMENTS))
    return [first + _index(strip, frame)]


def _index(strip: Any, frame: int) -> int:
    """Return the index of the image that a strip shows at a frame, from 0."""
    new = hasattr(strip, "content_start")
    start = int(strip.content_start if new else strip.frame_start)
    last = int(
        strip.content_duration if hasattr(strip, "content_duration") else strip.frame_duration
    )
    index = min(max(0, frame - start), last - 1)
    if strip.use_reverse_frames:
        index = last - 1 - index
    if strip.strobe > 1:
        index -= index % int(strip.strobe)
    trimmed = (
        "content_trim_start" if hasattr(strip, "content_trim_start") else "animation_offset_start"
    )
    return index + int(getattr(strip, trimmed))


def _element(strip: Any, frame: int) -> Any:
    if strip.type == "IMAGE":
        return strip.strip_elem_from_frame(frame) or strip.elements[0]
    return strip.elements[0]


def _path(strip: Any, written: str) -> Path:
    """Resolve a strip's path relative to the file that the strip comes from."""
    return Path(bpy.path.abspath(written, library=strip.id_data.library))


def _clip_file(strip: Any, frame: int) -> Path:
    """Return a movie clip's file; for numbered images, the one shown at a frame."""
    clip = strip.clip
    path = Path(bpy.path.abspath(clip.filepath, library=clip.library))
    numbered = NUMBERED.fullmatch(path.name)
    if clip.source != "SEQUENCE" or numbered is None:
        return path
    before, digits, ending = numbered.groups()
    number = int(digits) + _index(strip, frame) + clip.frame_offset
    return path.with_name(f"{before}{number:0{len(digits)}d}{ending}")
