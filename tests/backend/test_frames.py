"""Images: every PNG becomes RGB of the right size, anything else an error."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mti_addon.wire.errors import NotWritable, UnreadableInput
from mti_backend import frames


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def raw_png(
    width: int, height: int, depth: int, colour: int, rows: bytes, extra: bytes = b""
) -> bytes:
    """A handmade PNG of any bit depth and color type."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def save(path: Path, picture: np.ndarray) -> Path:
    Image.fromarray(picture).save(path)
    return path


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)


def test_an_rgb_picture_of_the_right_size_is_untouched(tmp_path: Path, picture: np.ndarray) -> None:
    path = save(tmp_path / "a.png", picture)
    assert np.array_equal(frames.read_picture(path, (32, 24)), picture)


def test_transparency_lies_over_white(tmp_path: Path) -> None:
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[0] = [(10, 20, 30, 255), (10, 20, 30, 0), (0, 0, 0, 128)]
    path = save(tmp_path / "a.png", rgba)
    result = frames.read_picture(path, (3, 1))[0]
    assert result[:2].tolist() == [[10, 20, 30], [255, 255, 255]]
    assert np.abs(result[2].astype(int) - 127).max() <= 1


@pytest.mark.parametrize(
    ("depth", "colour", "sample", "expected"),
    [
        (16, 0, struct.pack(">H", 0x8055), [128] * 3),
        (16, 2, struct.pack(">HHH", 0, 0x7FFF, 0xFFFF), [0, 127, 255]),
        (16, 4, struct.pack(">HH", 0x8055, 0xFFFF), [128] * 3),
        (16, 6, struct.pack(">HHHH", 0, 0x7FFF, 0xFFFF, 0), [255] * 3),
        (8, 0, b"\x40", [64] * 3),
        (8, 4, b"\x40\x00", [255] * 3),
        (1, 0, b"\x80", [255] * 3),
        (2, 0, b"\x40", [85] * 3),
    ],
    ids=["L16", "RGB16", "LA16", "RGBA16", "L8", "LA8", "L1", "L2"],
)
def test_every_depth_and_colour_type(
    tmp_path: Path, depth: int, colour: int, sample: bytes, expected: list[int]
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(raw_png(1, 1, depth, colour, b"\0" + sample))
    assert frames.read_picture(path, (1, 1))[0, 0].tolist() == expected


def test_a_palette_with_transparency(tmp_path: Path) -> None:
    extra = chunk(b"PLTE", bytes([9, 8, 7, 1, 2, 3])) + chunk(b"tRNS", b"\xff\x00")
    path = tmp_path / "a.png"
    path.write_bytes(raw_png(2, 1, 8, 3, b"\0\x00\x01", extra))
    assert frames.read_picture(path, (2, 1))[0].tolist() == [[9, 8, 7], [255, 255, 255]]


@pytest.mark.parametrize("size", [(1, 1), (641, 33), (33, 641), (7, 9)])
def test_any_size_is_brought_to_the_model_s(tmp_path: Path, size: tuple[int, int]) -> None:
    path = save(tmp_path / "a.png", np.full((size[1], size[0], 3), 77, np.uint8))
    result = frames.read_picture(path, (64, 48))
    assert result.shape == (48, 64, 3)
    assert (result == 77).all()


def test_the_centre_is_kept_and_nothing_is_stretched(tmp_path: Path) -> None:
    wide = np.zeros((40, 120, 3), np.uint8)
    wide[:, 40:80] = 255
    result = frames.read_picture(save(tmp_path / "a.png", wide), (20, 20))
    assert (result[:, 1:-1] > 250).all()


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "not a PNG"),
        (b"GIF89a", "not a PNG"),
        (raw_png(70000, 70000, 8, 2, b"\0"), "70000 x 70000"),
        (raw_png(0, 5, 8, 2, b"\0"), "0 x 5"),
        (raw_png(4, 4, 8, 2, b"\0" * 9), "damaged"),
        (raw_png(4, 4, 8, 2, b"\0" * 52)[:45], "damaged"),
        (raw_png(4, 4, 3, 2, b"\0" * 52), "damaged"),
        (raw_png(4, 4, 8, 2, b"\0" * 52).replace(b"IDAT", b"IDAX"), "damaged"),
    ],
    ids=["empty", "gif", "bomb", "zero", "short", "cut", "depth", "no data"],
)
def test_what_is_no_picture_is_a_sentence(tmp_path: Path, data: bytes, word: str) -> None:
    path = tmp_path / "0007.png"
    path.write_bytes(data)
    with pytest.raises(UnreadableInput, match="0007.png") as caught:
        frames.read_picture(path, (4, 4))
    assert word in caught.value.message
    assert caught.value.hint


def test_a_small_file_cannot_unfold_to_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(raw_png(20000, 20000, 8, 6, b""))
    with pytest.raises(UnreadableInput, match="4096"):
        frames.read_picture(path, (4, 4))


def test_noise_in_a_file_is_a_sentence_too(tmp_path: Path, picture: np.ndarray) -> None:
    path = save(tmp_path / "a.png", picture)
    good = path.read_bytes()
    generator = np.random.default_rng(1)
    for _ in range(200):
        bad = bytearray(good)
        for place in generator.integers(0, len(good), 3):
            bad[place] = generator.integers(0, 256)
        path.write_bytes(bad)
        try:
            frames.read_picture(path, (32, 24))
        except UnreadableInput:
            pass


def test_a_reference_is_all_its_frames_in_order(tmp_path: Path, picture: np.ndarray) -> None:
    clip = np.stack([picture, 255 - picture, picture // 2])
    frames.write_frames(tmp_path, clip)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0001.png", "0002.png", "0003.png"]
    assert np.array_equal(frames.read_reference(tmp_path, 3, (32, 24)), clip)
    with pytest.raises(UnreadableInput, match="0004.png"):
        frames.read_reference(tmp_path, 4, (32, 24))


def test_a_reference_has_one_size(tmp_path: Path, picture: np.ndarray) -> None:
    frames.write_frames(tmp_path, np.stack([picture, picture]))
    save(tmp_path / "0002.png", picture[:12])
    with pytest.raises(UnreadableInput, match="differ in size"):
        frames.read_reference(tmp_path, 2, (32, 24))


def test_pixels_survive_the_way_to_the_model_and_back() -> None:
    pictures = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, 3)
    tensor = frames.to_model(pictures)
    assert tensor.shape == (1, 3, 16, 16)
    assert tensor.dtype == torch.float32
    assert (tensor.min(), tensor.max()) == (-1.0, 1.0)
    assert np.array_equal(frames.to_pictures(tensor), pictures)
    assert frames.to_model(pictures[0]).shape == (3, 16, 16)


def test_values_beyond_the_range_are_clipped() -> None:
    tensor = torch.tensor([-9.0, 9.0, 0.0]).view(3, 1, 1)
    assert frames.to_pictures(tensor)[0, 0].tolist() == [0, 255, 128]


def test_the_preview_moves(tmp_path: Path, picture: np.ndarray) -> None:
    path = tmp_path / "preview.webp"
    frames.write_preview(path, np.stack([picture, 255 - picture, picture]), fps=5)
    with Image.open(path) as image:
        assert (image.format, image.n_frames, image.size) == ("WEBP", 3, (32, 24))
        image.load()
        assert image.info["duration"] == 200


def test_a_folder_that_cannot_be_written(tmp_path: Path, picture: np.ndarray) -> None:
    if not Path("/proc/self").is_dir():
        pytest.skip("needs a folder that nobody can write to")
    with pytest.raises((NotWritable, FileNotFoundError)):
        frames.write_frames(Path("/proc/self/frames"), picture[None])


def test_a_sheet_shows_four_moments_but_not_the_first(tmp_path: Path) -> None:
    clip = np.zeros((14, 576, 1024, 3), np.uint8)
    clip[:, :, :, 0] = (np.arange(14) * 18)[:, None, None]
    frames.write_sheet(tmp_path / "sheets" / "01.png", clip)
    with Image.open(tmp_path / "sheets" / "01.png") as sheet:
        assert sheet.size == (256, 144)
        red = [sheet.getpixel((x, y))[0] for y in (30, 110) for x in (60, 200)]
    assert red == [18 * 3, 18 * 6, 18 * 9, 18 * 13]
