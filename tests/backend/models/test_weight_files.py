"""A model's files are known again, and told apart from others, without torch."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mti_backend.models import weight_files
from mti_backend.models.weight_files import weights_key


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "unet").mkdir(parents=True)
    (folder / "model_index.json").write_text("{}")
    (folder / "unet" / "weights.safetensors").write_bytes(os.urandom(5 * 2**20))
    return folder


def test_the_same_files_elsewhere_are_the_same_model(model: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(model, tmp_path / "copy", copy_function=shutil.copyfile)
    (copy / ".cache").mkdir()
    (copy / ".cache" / "download.json").write_text("{}")
    (copy / "README.md").write_text("words")
    assert weights_key(copy) == weights_key(model)


@pytest.mark.parametrize("whole", [64 * 2**20, 2**20])
def test_other_weights_are_another_model(
    model: Path, whole: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the same size; one mebibyte of them is enough, and large files are not read whole."""
    monkeypatch.setattr(weight_files, "READ_WHOLE", whole)
    before, path = weights_key(model), model / "unet" / "weights.safetensors"
    data = bytearray(path.read_bytes())
    data[3 * 2**20 : 4 * 2**20] = bytes(2**20)
    path.write_bytes(data)
    assert len({before, weights_key(model)}) == 2
    (model / "model_index.json").write_text('{"a":1}')
    assert weights_key(model) != before


def test_files_that_have_not_changed_are_not_read_again(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = weights_key(model)
    monkeypatch.setattr(weight_files, "_sampled", lambda path, size: pytest.fail("read again"))
    assert weights_key(model) == before
