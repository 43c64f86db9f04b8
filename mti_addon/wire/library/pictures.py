"""The size of an image by its file's header, before anything else opens it; stdlib only."""

from __future__ import annotations

import struct

MAX_SIDE = 4096
"""Pixels along a side of an image."""
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""Bits per channel that a PNG file may have, by its color type."""


def image_size(name: str, data: bytes) -> tuple[int, int] | None:
    """Return width and height of a PNG or WebP file, as its name says; None if it is none, or if
    a side is longer than MAX_SIDE."""
    size = png_size(data) if name.endswith(".png") else webp_size(data)
    return size if size is not None and all(0 < side <= MAX_SIDE for side in size) else None


def png_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height by a PNG file's header; None if it is none."""
    if len(data) < 45 or data[:8] != b"\x89PNG\r\n\x1a\n" or data[8:16] != b"\0\0\0\x0dIHDR":
        return None
    width, height, depth, color, compression, filtering, interlacing = struct.unpack(
        ">IIBBBBB", data[16:29]
    )
    if depth not in _DEPTHS.get(color, ()) or compression or filtering or interlacing > 1:
        return None
    return width, height


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height by a WebP file's header; None if it is none."""
    if len(data) < 30 or data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    if int.from_bytes(data[4:8], "little") + 8 != len(data):
        return None
    if data[12:16] == b"VP8X":
        return (
            1 + int.from_bytes(data[24:27], "little"),
            1 + int.from_bytes(data[27:30], "little"),
        )
    if data[12:16] == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return None
