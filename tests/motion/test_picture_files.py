"""Truncated image files are recognized by their bytes; complete ones are never mistaken for
them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mti_addon.motion.picture_files import file_is_cut_short, is_cut_short

PIXELS = np.random.default_rng(0).integers(0, 255, (97, 131, 3), np.uint8)


def _preview() -> bytes:
    """EXIF data with an embedded, complete JPEG file."""
    small = io.BytesIO()
    Image.fromarray(PIXELS[:20, :20]).save(small, "JPEG")
    return b"Exif\0\0" + small.getvalue()


WRITTEN: list[tuple[str, dict[str, Any]]] = [
    ("JPEG", {}),
    ("JPEG", {"progressive": True, "quality": 30}),
    ("JPEG", {"exif": _preview(), "comment": b"ends with \xff\xd9"}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("TIFF", {"big_tiff": True}),
    ("WEBP", {}),
    ("WEBP", {"lossless": True}),
    ("SGI", {}),
]


def _file(name: str, options: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(PIXELS).save(stream, name, **options)
    return stream.getvalue()


@pytest.mark.parametrize(("name", "options"), WRITTEN)
def test_a_whole_file(name: str, options: dict[str, Any]) -> None:
    assert not is_cut_short(_file(name, options))
    assert not is_cut_short(_file(name, options) + b"what a camera adds")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.98])
@pytest.mark.parametrize(("name", "options"), WRITTEN)
def test_one_without_its_end(name: str, options: dict[str, Any], share: float) -> None:
    data = _file(name, options)
    assert is_cut_short(data[: int(share * len(data))])


@pytest.mark.parametrize("name", ["JPEG", "PNG"])
def test_on_disk(tmp_path: Path, name: str) -> None:
    file, data = tmp_path / "picture", _file(name, {})
    file.write_bytes(data)
    assert not file_is_cut_short(file)
    file.write_bytes(data[:-99])
    assert file_is_cut_short(file) == (name == "JPEG")


def test_what_is_told_by_its_reader() -> None:
    """Left to the reader: a PNG file, a file that is no image, an empty one."""
    for data in (_file("PNG", {})[:99], b"text", b"", b"RIFF\x01\0\0\0WAVE"):
        assert not is_cut_short(data)
