"""Reads videos with ffmpeg, which imageio-ffmpeg brings along. Imports PIL and imageio-ffmpeg."""

from __future__ import annotations

import logging
import math
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from PIL import Image

from mti_addon.wire.errors import UnreadableInput
from mti_addon.wire.problem import Problem

_FALLBACK_FPS, _MOST_FPS = 25.0, 240.0
"""Of a video that does not say it, or says something absurd."""
_ONLY_FILES = ["-protocol_whitelist", "file,pipe,crypto,data"]
"""A playlist must not make ffmpeg open addresses in the network."""
_TINY = "scale=8:8:flags=fast_bilinear"
_SQUARE = "scale=trunc(iw*sar/2)*2:trunc(ih/2)*2,setsar=1"
"""With square pixels, and even sides, which ffmpeg's color formats need."""


class Movie:
    """A video file: its first video track, turned upright, with square pixels."""

    def __init__(self, path: Path) -> None:
        """Raises UnreadableInput if ffmpeg finds no video in it."""
        # its warnings are about sizes that are changed here on purpose
        logging.getLogger("imageio_ffmpeg").setLevel(logging.ERROR)
        self.name = path.name
        self._path = path.resolve()
        with closing(self._decode(0.0, None, _SQUARE)) as decoded:
            about = self._next(decoded)
        fps = float(about.get("fps") or 0)
        self.fps = fps if math.isfinite(fps) and 0 < fps <= _MOST_FPS else _FALLBACK_FPS
        width, height = about["size"]
        self.size = int(width), int(height)

    def count(self, start: float, end: float | None) -> int:
        """Number of frames in [start, end) seconds, by decoding them: headers are often wrong."""
        with closing(self._decode(start, end, f"fps={self.fps!r},{_TINY}")) as decoded:
            self._next(decoded)
            return sum(1 for _ in self._frames(decoded))

    def images(
        self, start: float, end: float | None, offsets: Sequence[int]
    ) -> Iterator[Image.Image]:
        """Yield these frames of the range, counted from 0."""
        chosen = "+".join(f"eq(n,{offset})" for offset in offsets)
        filters = f"fps={self.fps!r},select='{chosen}',{_SQUARE}"
        with closing(self._decode(start, end, filters)) as decoded:
            size = self._next(decoded)["size"]
            for data in self._frames(decoded):
                yield Image.frombytes("RGB", size, data)

    def _decode(self, start: float, end: float | None, filters: str) -> Generator[Any, None, None]:
        """What imageio_ffmpeg.read_frames yields: first a dictionary, then bytes."""
        from imageio_ffmpeg import read_frames

        part = [] if start <= 0 else ["-ss", f"{start:.6f}"]
        part += [] if end is None else ["-t", f"{end - start:.6f}"]
        output = ["-map", "0:v:0", "-vf", filters, "-fps_mode", "passthrough"]
        decoded: Generator[Any, None, None] = read_frames(
            str(self._path), input_params=[*_ONLY_FILES, *part], output_params=output
        )
        return decoded

    def _next(self, decoded: Iterator[Any]) -> dict[str, Any]:
        """The header. ffmpeg's own message is long and names its internals."""
        try:
            header: dict[str, Any] = next(decoded)
            return header
        except (OSError, RuntimeError, IndexError, AttributeError, ValueError) as error:
            what = "{name} is not a video that can be read."
            hint = "Open it in a player; if it plays there, convert it to MP4."
            raise UnreadableInput(
                Problem("video_unreadable", what, hint, {"name": self.name})
            ) from error

    def _frames(self, decoded: Iterator[Any]) -> Iterator[bytes]:
        """The frames, up to the first that cannot be read."""
        try:
            yield from decoded
        except RuntimeError:
            return
