"""PNG files with 8 bits per channel, without an image library. Imports numpy, zlib and struct."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Generator, Iterator

import numpy as np
from numpy.typing import NDArray

from ..stepwise import finished

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOR_TYPES = {0: 1, 2: 3, 4: 2, 6: 4}
"""PNG color type -> channels: gray, RGB, gray and alpha, RGBA."""
NONE, SUB, UP, AVERAGE, PAETH = range(5)
"""PNG's filters."""
MAX_PIXELS = 2**26
"""Of an image that is decoded: 8192 x 8192."""
_STEP_BYTES = 2**18
"""Decompressed at a time."""

Picture = NDArray[np.uint8]
Numbers = NDArray[np.int16]


def encode_png(picture: Picture) -> bytes:
    """Encode an image (H, W, 3) or (H, W, 4), sRGB, as PNG. Raises ValueError for other shapes."""
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] not in (3, 4):
        raise ValueError(f"not an 8-bit image: {picture.dtype} {picture.shape}")
    height, width, channels = picture.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 6, 0, 0, 0)
    rows = np.zeros((height, 1 + width * channels), np.uint8)
    rows[:, 1:] = picture.reshape(height, -1)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b"")]
    return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def png_size(data: bytes) -> tuple[int, int]:
    """Return width and height from a PNG file's header. Raises ValueError if there is none."""
    if len(data) < 24 or data[:8] != SIGNATURE or data[12:16] != b"IHDR":
        raise ValueError("not a PNG file")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def decode_png(data: bytes) -> Picture:
    """Decode a non-interlaced PNG file with 8 bits per channel to an image (H, W, channels).

    No more is unpacked than its header promises. Raises ValueError for anything else, a damaged
    file, or more than MAX_PIXELS.
    """
    return finished(decoding_png(data))


def decoding_png(data: bytes) -> Generator[None, None, Picture]:
    """Do the same as decode_png() in steps of about a millisecond, and return the image at last."""
    if data[:8] != SIGNATURE:
        raise ValueError("not a PNG file")
    chunks = list(_chunks(data))
    header = next((body for kind, body in chunks if kind == b"IHDR"), b"")
    if len(header) != 13:
        raise ValueError("a PNG file without a header")
    width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if depth != 8 or color not in COLOR_TYPES or interlaced:
        raise ValueError("only plain 8-bit PNG files can be read here")
    if not 0 < width * height <= MAX_PIXELS:
        raise ValueError(f"a PNG file of {width} x {height} pixels")
    channels = COLOR_TYPES[color]
    packed = b"".join(body for kind, body in chunks if kind == b"IDAT")
    raw = yield from _decompressed(packed, height * (1 + width * channels))
    rows = np.frombuffer(raw, np.uint8).reshape(height, -1)
    lines = yield from _unfiltered(rows, channels)
    return lines.reshape(height, width, channels)


def _decompressed(packed: bytes, size: int) -> Generator[None, None, bytearray]:
    """Decompress exactly `size` bytes. Raises ValueError if there are fewer or more."""
    unpacker, raw = zlib.decompressobj(), bytearray()
    try:
        while not unpacker.eof and len(raw) <= size:
            part = unpacker.decompress(packed, min(_STEP_BYTES, size + 1 - len(raw)))
            packed = unpacker.unconsumed_tail
            if not part and not packed:
                break
            raw += part
            yield
    except zlib.error as error:
        raise ValueError(f"a damaged PNG file: {error}") from error
    if len(raw) != size or not unpacker.eof:
        raise ValueError("a PNG file with the wrong amount of pixels")
    return raw


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 12 <= len(data):
        length = struct.unpack_from(">I", data, at)[0]
        body = data[at + 4 : at + 8 + length]
        crc = data[at + 8 + length : at + 12 + length]
        if len(crc) < 4 or zlib.crc32(body) != struct.unpack(">I", crc)[0]:
            raise ValueError("a damaged PNG file")
        yield body[:4], body[4:]
        at += 12 + length


def _unfiltered(rows: Picture, channels: int) -> Generator[None, None, Picture]:
    """Undo PNG's five filters (ISO/IEC 15948, 9.2); rows (H, 1 + W C) begin with their filter."""
    kinds, lines = rows[:, 0], rows[:, 1:].reshape(len(rows), -1, channels)
    if kinds.max(initial=NONE) > PAETH:
        raise ValueError("a PNG file with an unknown filter")
    if kinds.max(initial=NONE) > UP:
        diagonals = yield from _unfiltered_diagonals(kinds, lines)
        return diagonals
    out = np.zeros_like(lines)
    above = np.zeros(lines.shape[1:], np.uint8)
    for y, (kind, line) in enumerate(zip(kinds, lines, strict=True)):
        if kind == SUB:  # uint8 wraps around, as it has to
            above = np.add.accumulate(line, axis=0, dtype=np.uint8)
        else:
            above = line + above if kind == UP else line
        out[y] = above
        yield
    return out


def _unfiltered_diagonals(kinds: Picture, lines: Picture) -> Generator[None, None, Picture]:
    """Undo all filters of lines (H, W, C), one diagonal at a time.

    A pixel needs those to its left, above it, and above the left one, which are on the two
    diagonals before its own. So each diagonal is computed at once.
    """
    height, width, channels = lines.shape
    padded = np.zeros((height + 1, width + 1, channels), np.int16)
    padded[1:, 1:] = lines
    flat, across = padded.reshape(-1, channels), width + 1
    used = set(kinds.tolist())
    for diagonal in range(height + width - 1):
        first, last = max(0, diagonal - width + 1), min(height - 1, diagonal)
        # one row down and one pixel to the left is `width` places further
        start = (first + 1) * across + diagonal - first + 1
        stop = start + (last - first) * width + 1
        left, up, corner = (flat[start - s : stop - s : width] for s in (1, across, across + 1))
        guess = np.zeros_like(left)
        filters = kinds[first : last + 1, None]
        for kind in used - {NONE}:
            np.copyto(guess, _GUESSES[kind](left, up, corner), where=filters == kind)
        here = flat[start:stop:width]
        here += guess
        here &= 255
        yield
    return padded[1:, 1:].astype(np.uint8)


def _paeth(left: Numbers, up: Numbers, corner: Numbers) -> Numbers:
    """Return the neighbor closest to left + up - corner, the first of them if two are."""
    to_left, to_up = np.abs(up - corner), np.abs(left - corner)
    to_corner = np.abs(left + up - 2 * corner)
    nearer = np.where(to_up <= to_corner, up, corner)
    return np.where((to_left <= to_up) & (to_left <= to_corner), left, nearer)


_GUESSES: dict[int, Callable[[Numbers, Numbers, Numbers], Numbers]] = {
    SUB: lambda left, _up, _corner: left,
    UP: lambda _left, up, _corner: up,
    AVERAGE: lambda left, up, _corner: (left + up) // 2,
    PAETH: _paeth,
}
