"""Images of a motion, checked before anything else opens them; stdlib only."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

MAX_SIDE = 4096
"""Pixels along a side of an image."""
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""Bits per channel that a PNG file may have, by its color type."""
MAX_PIXELS = 2**20
"""Of a reference image or a thumbnail: 1024 x 1024. The engines' own sizes are smaller."""
MAX_REFERENCE_PIXELS = 2**25
"""Of all reference images of a motion: 128 of 512 x 512."""
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}
"""Of a plain PNG file, by its color type."""
_STEP_BYTES = 2**16
"""Decompressed at a time."""


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


def plain_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height by the header of a PNG file as motions have them: 8 bits per channel,
    no palette, not interlaced, at most MAX_PIXELS; None if it is none."""
    size = png_size(data)
    if size is None or data[24] != 8 or data[25] not in _CHANNELS or data[28]:
        return None
    return size if 0 < size[0] * size[1] <= MAX_PIXELS else None


def has_its_pixels(data: bytes) -> bool:
    """Return whether a plain PNG file contains the pixels that its header promises.

    Unpacks at most as much as that, without keeping it.
    """
    size = plain_size(data)
    if size is None:
        return False
    left = size[1] * (1 + size[0] * _CHANNELS[data[25]])
    unpacker = zlib.decompressobj()
    try:
        for packed in _pixel_chunks(data):
            while packed and not unpacker.eof and left >= 0:
                left -= len(unpacker.decompress(packed, _STEP_BYTES))
                packed = unpacker.unconsumed_tail
    except (zlib.error, struct.error):
        return False
    return unpacker.eof and left == 0


def _pixel_chunks(data: bytes) -> Iterator[bytes]:
    """Yield the compressed pixels of a PNG file. Raises struct.error if it ends early."""
    at, kind = 8, b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IDAT":
            yield data[at + 8 : at + 8 + length]
        at += 12 + length
