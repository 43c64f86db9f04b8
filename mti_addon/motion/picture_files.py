"""Detect truncated image files, in formats whose readers fill the rest with gray.

Libraries that read JPEG, TIFF, WebP and SGI files just warn about a missing end, and Blender does
not pass the warning on. All other formats that Blender supports are rejected by their readers.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

SIZES = {1: "B", 3: "H", 4: "I", 16: "Q"}
"""TIFF: the integer types, as struct codes."""
PARTS = ((273, 279), (324, 325))
"""TIFF: tags with the offsets of an image's strips or tiles, and with their lengths."""


def file_is_cut_short(path: Path) -> bool:
    """Return whether the end of an image file is missing; False if unknown.

    Raises OSError.
    """
    with path.open("rb") as file:
        head = file.read(4)
        if not any(head.startswith(magic) for magic, _ in _CHECKS):
            return False
        return is_cut_short(head + file.read())


def is_cut_short(data: bytes) -> bool:
    """Return the same for a file's bytes."""
    found = next((check for magic, check in _CHECKS if data.startswith(magic)), None)
    try:
        return found is not None and found(data)
    except struct.error:  # even its header is incomplete
        return True


def _jpeg(data: bytes) -> bool:
    """Check for the end marker, which cannot occur in the image data; a preview has one, too."""
    at = 2
    while data[at : at + 1] == b"\xff":
        marker, length = struct.unpack_from(">BH", data, at + 1)
        at += 2 + length
        if marker == 0xDA:  # the image itself
            return b"\xff\xd9" not in data[at:]
    return True


def _webp(data: bytes) -> bool:
    length = int(struct.unpack_from("<I", data, 4)[0])
    return data[8:12] == b"WEBP" and len(data) < length + 8


def _sgi(data: bytes) -> bool:
    packed, depth, width, height, channels = struct.unpack_from(">2xBB2x3H", data)
    rows = height * channels
    if not packed:
        return len(data) < 512 + int(width * rows * depth)
    table = struct.unpack_from(f">{2 * rows}I", data, 512)
    ends = map(sum, zip(table[:rows], table[rows:], strict=True))
    return max(ends, default=0) > len(data)


def _tiff(data: bytes) -> bool:
    """Check whether a strip or tile of the first image extends beyond the end of the file."""
    order = "<" if data[:2] == b"II" else ">"
    large = struct.unpack_from(order + "H", data, 2)[0] == 43
    tags = _tiff_tags(data, order, large)
    for begins, lengths in PARTS:
        ends = map(sum, zip(tags.get(begins, ()), tags.get(lengths, ()), strict=False))
        if max(ends, default=0) > len(data):
            return True
    return False


def _tiff_tags(data: bytes, order: str, large: bool) -> dict[int, tuple[int, ...]]:
    """Return tag -> integers, for the tags in PARTS."""
    at = struct.unpack_from(order + ("Q" if large else "I"), data, 8 if large else 4)[0]
    count = struct.unpack_from(order + ("Q" if large else "H"), data, at)[0]
    at += 8 if large else 2
    step, room, shape = (20, 8, "HHQ") if large else (12, 4, "HHI")
    tags = {}
    for place in range(at, at + count * step, step):
        tag, kind, many = struct.unpack_from(order + shape, data, place)
        if kind not in SIZES or not any(tag in part for part in PARTS):
            continue
        numbers = f"{order}{many}{SIZES[kind]}"
        value = place + step - room
        if struct.calcsize(numbers) > room:
            value = struct.unpack_from(order + ("Q" if large else "I"), data, value)[0]
        tags[tag] = struct.unpack_from(numbers, data, value)
    return tags


_CHECKS: tuple[tuple[bytes, Callable[[bytes], bool]], ...] = (
    (b"\xff\xd8", _jpeg),
    (b"RIFF", _webp),
    (b"II*\0", _tiff),
    (b"MM\0*", _tiff),
    (b"II+\0", _tiff),
    (b"MM\0+", _tiff),
    (b"\x01\xda", _sgi),
)
