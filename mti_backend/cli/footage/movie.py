"""Reads videos with ffmpeg. Imports PIL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from PIL import Image

from mti_addon.wire.errors import UnreadableInput
from mti_addon.wire.problem import Problem

from .ffmpeg import reading, what_it_says

_RATE = re.compile(r"^\s*Stream #.*?: Video: .*?([0-9.]+) (?:fps|tbr)", re.MULTILINE)
_VIDEO = re.compile(r"^\s*Stream #.*?: Video: ", re.MULTILINE)
_FALLBACK_FPS, _LEAST_FPS, _MOST_FPS = 25.0, 0.1, 240.0
"""Of a video that does not say it, or says something absurd."""
_ONLY_FILES = ["-protocol_whitelist", "file,pipe,crypto,data"]
"""A playlist must not make ffmpeg open addresses in the network."""
_TRACK = ["-map", "0:v:0", "-fps_mode", "passthrough"]
_TINY = 8
_SQUARE = r"scale='max(1,trunc(iw*sar))':ih,setsar=1"
"""With square pixels."""


class Movie:
    """A video file: its first video track, turned upright, with square pixels."""

    def __init__(self, path: Path) -> None:
        """Raises UnreadableInput if ffmpeg finds no video in it."""
        self.name = path.name
        self._path = path.resolve()
        about = what_it_says(self._input(0.0, None))
        if not _VIDEO.search(about):
            what = "{name} is not a video that can be read."
            hint = "Open it in a player; if it plays there, convert it to MP4."
            raise UnreadableInput(Problem("video_unreadable", what, hint, {"name": self.name}))
        rate = _RATE.search(about)
        fps = float(rate[1]) if rate else 0.0
        self.fps = fps if _LEAST_FPS <= fps <= _MOST_FPS else _FALLBACK_FPS

    def count(self, start: float, end: float | None) -> int:
        """Number of frames in [start, end) seconds, by decoding them: headers are often wrong."""
        filters = f"fps={self.fps!r},scale={_TINY}:{_TINY}:flags=fast_bilinear"
        output = [*_TRACK, "-vf", filters, "-f", "rawvideo", "-pix_fmt", "gray", "-"]
        size = 0
        with reading([*self._input(start, end), *output]) as stream:
            while data := stream.read(2**16):
                size += len(data)
        return size // _TINY**2

    def images(
        self, start: float, end: float | None, offsets: Sequence[int]
    ) -> Iterator[Image.Image]:
        """Yield these frames of the range, counted from 0."""
        chosen = "+".join(f"eq(n,{offset})" for offset in offsets)
        filters = f"fps={self.fps!r},select='{chosen}',{_SQUARE}"
        images = ["-f", "image2pipe", "-c:v", "ppm", "-pix_fmt", "rgb24", "-"]
        with reading([*self._input(start, end), *_TRACK, "-vf", filters, *images]) as stream:
            for _ in offsets:
                image = _next_image(stream)
                if image is None:
                    return
                yield image

    def _input(self, start: float, end: float | None) -> list[str]:
        part = [] if start <= 0 else ["-ss", f"{start:.6f}"]
        part += [] if end is None else ["-t", f"{end - start:.6f}"]
        return [*_ONLY_FILES, *part, "-i", str(self._path)]


def _next_image(stream: IO[bytes]) -> Image.Image | None:
    """The next PPM image; None at the end, and if it is incomplete."""
    header = [stream.readline() for _ in range(3)]  # P6, width and height, 255
    sides = header[1].split()
    if header[0].strip() != b"P6" or len(sides) != 2:
        return None
    width, height = int(sides[0]), int(sides[1])
    data = stream.read(3 * width * height)
    if len(data) < 3 * width * height:
        return None
    return Image.frombytes("RGB", (width, height), data)
