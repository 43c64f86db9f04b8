"""PNG files, against another implementation and against damaged data."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest

from mti_addon.motion import decode_png, encode_png
from mti_addon.motion.drawing import png

RNG = np.random.default_rng(0)


def _noise(*shape):
    return RNG.integers(0, 256, shape).astype(np.uint8)


@pytest.mark.parametrize("shape", [(64, 64, 3), (1, 1, 3), (7, 13, 4), (200, 3, 3)])
def test_there_and_back(shape):
    picture = _noise(*shape)
    assert (decode_png(encode_png(picture)) == picture).all()


@pytest.mark.parametrize("shape", [(9, 11, 3), (9, 11, 4)])
def test_another_library_reads_ours(shape):
    image = pytest.importorskip("PIL.Image")
    picture = _noise(*shape)
    assert (np.array(image.open(io.BytesIO(encode_png(picture)))) == picture).all()


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_we_read_anothers_with_all_its_filters(mode):
    image = pytest.importorskip("PIL.Image")
    smooth = np.add.outer(np.arange(40), np.arange(50)) * 2 % 256
    channels = len(mode)
    picture = np.stack([smooth + 9 * c for c in range(channels)], -1).astype(np.uint8)
    stream = io.BytesIO()
    image.fromarray(picture[..., 0] if channels == 1 else picture, mode).save(stream, "PNG")
    assert (decode_png(stream.getvalue()) == picture).all()


def _filtered(picture, kinds):
    """A PNG with these filters, one for each row, written by the standard's formulas."""
    height, width, channels = picture.shape
    rows = picture.reshape(height, -1).astype(int)
    out = []
    for y, kind in enumerate(kinds):
        line = bytearray([kind])
        for x in range(width * channels):
            a = rows[y, x - channels] if x >= channels else 0
            b = rows[y - 1, x] if y else 0
            c = rows[y - 1, x - channels] if y and x >= channels else 0
            p = a + b - c
            near = sorted((abs(p - v), i, v) for i, v in enumerate((a, b, c)))[0][2]
            line.append((rows[y, x] - (0, a, b, (a + b) // 2, near)[kind]) % 256)
        out.append(bytes(line))
    plain = encode_png(picture)
    data = zlib.compress(b"".join(out))
    chunk = struct.pack(">I", len(data)) + b"IDAT" + data
    chunk += struct.pack(">I", zlib.crc32(b"IDAT" + data))
    start = plain.index(b"IDAT") - 4
    return plain[:start] + chunk + plain[plain.index(b"IEND") - 4 :]


@pytest.mark.parametrize("kind", range(5))
def test_each_filter(kind):
    picture = _noise(6, 5, 3)
    assert (decode_png(_filtered(picture, [kind] * 6)) == picture).all()


@pytest.mark.parametrize("shape", [(7, 3, 3), (3, 7, 4), (9, 1, 3), (1, 9, 4), (10, 10, 3)])
def test_another_filter_in_each_row(shape):
    picture = _noise(*shape)
    kinds = [(2 * y + shape[0]) % 5 for y in range(shape[0])]
    data = _filtered(picture, kinds)
    assert (decode_png(data) == picture).all()


def _chunk(kind, data):
    sum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + sum


def _packed(data, width=1, height=1):
    """A PNG file of RGB whose compressed pixels are these bytes."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", data), (b"IEND", b"")]
    return png.SIGNATURE + b"".join(_chunk(*chunk) for chunk in chunks)


def test_unknown_filter():
    with pytest.raises(ValueError, match="filter"):
        decode_png(_packed(zlib.compress(b"\x07\0\0\0")))


@pytest.mark.parametrize("pixels", [b"", b"\0\0\0", b"\0\0\0\0\0", b"\0" * 10**6])
def test_another_amount_of_pixels_than_the_header_promises(pixels):
    with pytest.raises(ValueError, match="wrong amount of pixels"):
        decode_png(_packed(zlib.compress(pixels)))
    with pytest.raises(ValueError, match="wrong amount of pixels"):
        decode_png(_packed(zlib.compress(b"\0" * 4)[:-1]))  # without the end of its stream


@pytest.mark.parametrize(
    ("width", "height", "match"), [(64, 64, "wrong amount"), (60_000, 60_000, "60000 x 60000")]
)
def test_a_bomb_is_not_unpacked(width, height, match):
    """256 MiB in 256 KiB, which no header that is accepted promises."""
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(bytes(2**24)) for _ in range(16)) + packer.flush()
    bomb = _packed(data, width, height)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=match):
            decode_png(bomb)
        assert tracemalloc.get_traced_memory()[1] < 2**21
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("cut", [0, 4, 20, 40, 80])
def test_truncated(cut):
    data = encode_png(_noise(8, 8, 3))
    with pytest.raises(ValueError):
        decode_png(data[:cut])


def test_one_changed_byte_is_noticed():
    data = bytearray(encode_png(_noise(8, 8, 3)))
    data[60] ^= 1
    with pytest.raises(ValueError, match="damaged"):
        decode_png(bytes(data))


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((4, 4, 3), np.float32),
    ],
)
def test_what_is_no_picture(picture):
    with pytest.raises(ValueError):
        encode_png(picture)


def test_the_size_is_read_from_the_header_alone() -> None:
    data = encode_png(np.zeros((36, 64, 3), np.uint8))
    assert png.png_size(data[:24]) == (64, 36)
    for wrong in (b"", data[:23], b"GIF89a" + data[6:]):
        with pytest.raises(ValueError, match="not a PNG"):
            png.png_size(wrong)
