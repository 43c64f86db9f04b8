"""Opens what a motion can be learned from, and samples pictures from it. Imports numpy and PIL.

A source is seen as frames at a constant rate: frame k is shown k / fps seconds after the start.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image

from mti_addon.wire.errors import BadRequest, NoMotion, UnreadableInput
from mti_addon.wire.problem import Problem

from ... import frames
from .animation import Animation, is_animated
from .movie import Movie
from .numbered import Numbered, numbered_files

MOVIE_SUFFIXES = frozenset(
    ".3gp .avi .flv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .mxf .ogv .ts .webm .wmv".split()
)
"""By which movies are recognized in a folder. A single file may have any name."""
ANIMATION_SUFFIXES = frozenset({".gif", ".webp", ".apng"})
PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"})
IMAGE_FPS = 24.0
"""Of numbered images, unless said otherwise: as in Blender and in film."""
MOST_CUT = 0.2
"""Cutting off more than this fraction of a picture is worth a notice; as in the add-on."""
SECONDS_APART = 0.5
"""Pictures farther apart, in seconds, say little about what happens in between; as in the
add-on."""
_BLOCK = 4
_STILL = 4.0
"""Levels of 255 by which the mean of a block of pixels changes at most in still pictures:
compression changes single pixels by more."""


class Source(Protocol):
    """Frames at a constant rate."""

    name: str
    fps: float

    def count(self, start: float, end: float | None) -> int:
        """Number of frames in [start, end) seconds; None: to the end. Raises UnreadableInput."""
        ...

    def images(
        self, start: float, end: float | None, offsets: Sequence[int]
    ) -> Iterator[Image.Image]:
        """Yield these frames of the range, counted from 0, rising. Raises UnreadableInput."""
        ...


@dataclass(frozen=True)
class Footage:
    """Pictures sampled evenly from a source.

    pictures: uint8 (F, H, W, 3). still: the first one at the source's own size, uint8 (H', W', 3),
    in the same shape. first, last: their frames in the source, from 1. size: width and height of
    the source in pixels. notices: what could be better.
    """

    pictures: frames.Pictures
    still: frames.Pictures
    first: int
    last: int
    fps: float
    size: tuple[int, int]
    notices: tuple[str, ...] = ()


def open_source(path: Path, image_fps: float = IMAGE_FPS) -> Source:
    """Open a video, an animated image, or a folder of numbered images.

    Raises UnreadableInput."""
    if path.is_dir():
        return Numbered(path, image_fps)
    if not path.exists():
        what = "There is no file or folder {path}."
        raise UnreadableInput(Problem("source_missing", what, "", {"path": str(path)}))
    if path.suffix.lower() in ANIMATION_SUFFIXES | PICTURE_SUFFIXES:
        if is_animated(path):
            return Animation(path)
        what = "{name} is a single image, in which nothing moves."
        hint = "Choose a video, or the folder of the numbered images."
        raise UnreadableInput(Problem("source_single_image", what, hint, {"name": path.name}))
    return Movie(path)


def movies_in(folder: Path) -> list[Path]:
    """The videos and animated images in a folder, by name; none if it holds numbered images only.

    Raises UnreadableInput if the folder cannot be read, or holds neither."""
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        what = "The folder {path} cannot be read ({reason})."
        values = {"path": str(folder), "reason": error.strerror or str(error)}
        raise UnreadableInput(Problem("folder_unreadable", what, "", values)) from error
    files = [path for path in paths if path.is_file()]
    movies = [path for path in files if path.suffix.lower() in MOVIE_SUFFIXES]
    movies += [p for p in files if p.suffix.lower() in ANIMATION_SUFFIXES and is_animated(p)]
    if not movies and len(numbered_files(folder)) < 2:
        what = "There are neither videos nor numbered images in {path}."
        hint = "Numbered images are named like walk_0001.png, walk_0002.png."
        raise UnreadableInput(Problem("folder_without_videos", what, hint, {"path": str(folder)}))
    return sorted(movies)


def sample(
    source: Source, start: float, end: float | None, count: int, size: tuple[int, int]
) -> Footage:
    """Sample `count` pictures of `size` (width, height) evenly over [start, end) seconds, both the
    first and the last frame included, each cropped in the center to the shape of `size`.

    Raises UnreadableInput, BadRequest (an empty range), NoMotion."""
    if end is not None and end <= start:
        what = "The range ends at {end} s, before it starts at {start} s."
        values = {"start": start, "end": end}
        raise BadRequest(Problem("range_empty", what, "Choose a later --end.", values))
    found = source.count(start, end)
    if found < 2:
        what = "{name} has fewer than two frames in this range."
        hint = "Choose an earlier --start or a later --end."
        raise UnreadableInput(Problem("source_too_short", what, hint, {"name": source.name}))
    offsets = spread(found, count)
    distinct = sorted(set(offsets))
    still, own, pictures = None, size, []
    for image in source.images(start, end, distinct):
        if still is None:
            own = image.size
            still = np.array(frames.fit(image, _largest(image.size, size)), np.uint8)
        pictures.append(np.array(frames.fit(image, size), np.uint8))
    if still is None or len(pictures) < len(distinct):
        what = "{name} has fewer frames than it says."
        hint = "It is damaged: save it again, or choose an earlier --end."
        raise UnreadableInput(Problem("source_cut_short", what, hint, {"name": source.name}))
    clip = np.stack([pictures[distinct.index(offset)] for offset in offsets])
    if is_still(clip):
        what = "All images are the same: nothing moves in them."
        raise NoMotion(
            Problem("images_all_the_same", what, "Choose frames in which something moves, in view.")
        )
    first = round(start * source.fps) + 1
    notices = (*_cut(own, size), *_few_or_far(found, count, source.fps))
    return Footage(clip, still, first, first + found - 1, source.fps, own, notices)


def spread(found: int, count: int) -> list[int]:
    """`count` of the frames 0 .. found - 1, evenly, with both ends; repeated if there are fewer."""
    return [round(i * (found - 1) / (count - 1)) for i in range(count)]


def is_still(clip: frames.Pictures) -> bool:
    """True if nothing but noise changes in uint8 (F, H, W, 3)."""
    length, height, width, _ = clip.shape
    rows, columns = height // _BLOCK, width // _BLOCK
    blocks = clip[:, : rows * _BLOCK, : columns * _BLOCK].astype(np.float32)
    means = blocks.reshape(length, rows, _BLOCK, columns, _BLOCK, 3).mean((2, 4))
    return float(np.ptp(means, axis=0).max()) < _STILL


def _largest(own: tuple[int, int], shape: tuple[int, int]) -> tuple[int, int]:
    """The largest size in the shape of `shape` that fits into `own`, both (width, height)."""
    scale = min(own[0] / shape[0], own[1] / shape[1])
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def _cut(own: tuple[int, int], size: tuple[int, int]) -> Iterator[str]:
    """A notice if much is cut off to get from one (width, height) to the shape of another."""
    shapes = own[0] / own[1], size[0] / size[1]
    if (cut := 1 - min(shapes) / max(shapes)) > MOST_CUT:
        yield (
            f"{cut:.0%} of each picture is cut off to fit the engine's shape; only its center is "
            "learned."
        )


def _few_or_far(found: int, count: int, fps: float) -> Iterator[str]:
    """Notices about a number of frames from which `count` pictures are taken."""
    if found < count:
        yield f"It has only {found} frames, so some of the {count} pictures are repeated."
    seconds = (found - 1) / fps
    if (step := seconds / (count - 1)) > SECONDS_APART:
        yield (
            f"{count} pictures of {seconds:.0f} s are {step:.1f} s apart; choose the two or three "
            "seconds that matter with --start and --end."
        )
