"""PNG files with 8 bits per channel, without an image library. Imports numpy, zlib and struct."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOR_TYPES = {0: 1, 2: 3, 4: 2, 6: 4}
"""PNG color type -> channels: gray, RGB, gray and alpha, RGBA."""

Picture = NDArray[np.uint8]


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

    Raises ValueError for anything else, or a damaged file.
    """
    if data[:8] != SIGNATURE:
        raise ValueError("not a PNG file")
    chunks = list(_chunks(data))
    header = next((body for kind, body in chunks if kind == b"IHDR"), b"")
    if len(header) != 13:
        raise ValueError("a PNG file without a header")
    width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if depth != 8 or color not in COLOR_TYPES or interlaced:
        raise ValueError("only plain 8-bit PNG files can be read here")
    channels = COLOR_TYPES[color]
    try:
        raw = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    except zlib.error as error:
        raise ValueError(f"a damaged PNG file: {error}") from error
    if len(raw) != height * (1 + width * channels):
        raise ValueError("a PNG file with the wrong amount of pixels")
    rows = np.frombuffer(raw, np.uint8).reshape(height, -1)
    return _unfilter(rows, channels).reshape(height, width, channels)


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


def _unfilter(rows: Picture, channels: int) -> Picture:
    """Undo PNG's five filters (ISO/IEC 15948, 9.2), row by row."""
    out = np.zeros((rows.shape[0], rows.shape[1] - 1), np.uint8)
    above = np.zeros(rows.shape[1] - 1, np.uint8)
    for y, row in enumerate(rows):
        kind, line = int(row[0]), row[1:].copy()
        if kind == 2:
            line += above
        elif kind in (1, 3, 4):
            line = _unfilter_row(kind, line, above, channels)
        elif kind != 0:
            raise ValueError("a PNG file with an unknown filter")
        out[y] = above = line
    return out


def _unfilter_row(kind: int, line: Picture, above: Picture, channels: int) -> Picture:
    done, up = bytearray(line.tobytes()), above.tobytes()
    for x in range(len(done)):
        left = done[x - channels] if x >= channels else 0
        corner = up[x - channels] if x >= channels else 0
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + up[x]) // 2
        else:
            guess = _paeth(left, up[x], corner)
        done[x] = (done[x] + guess) & 255
    return np.frombuffer(bytes(done), np.uint8)


def _paeth(left: int, up: int, corner: int) -> int:
    """Return the neighbor closest to left + up - corner."""
    value = left + up - corner
    return min((left, up, corner), key=lambda near: abs(value - near))
