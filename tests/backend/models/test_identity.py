"""A model is identified by its weights: other weights differ, half precision is the same model."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from mti_backend.models import svd
from mti_backend.models.svd import identity
from tests.tiny import make_tiny_model

PARTS = ("unet", "image_encoder")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat every file as too large to be read completely."""
    monkeypatch.setattr(svd, "_READ_WHOLE", 0)


def weights(folder: Path, part: str) -> Path:
    return next((folder / part).glob("*.safetensors"))


def halved(whole: Path, folder: Path, keep: bool = False) -> Path:
    """The same model as the hub's half-precision files; `keep` retains the full-precision ones."""
    shutil.copytree(whole, folder)
    for part in PARTS:
        path = weights(folder, part)
        tensors = {k: t.half() for k, t in load_file(path).items()}
        save_file(tensors, path.with_name(path.name.replace(".safetensors", ".fp16.safetensors")))
        if not keep:
            path.unlink()
    return folder


@pytest.mark.usefixtures("large")
def test_half_files_are_the_same_model(whole: Path, tmp_path: Path) -> None:
    known = identity(whole)
    assert identity(halved(whole, tmp_path / "half")) == known
    assert identity(halved(whole, tmp_path / "both", keep=True)) == known


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("part", PARTS)
def test_another_weight_is_another_large_model(whole: Path, tmp_path: Path, part: str) -> None:
    changed = shutil.copytree(whole, tmp_path / "changed")
    path = weights(changed, part)
    tensors = load_file(path)
    name = sorted(tensors)[len(tensors) // 2]
    tensors[name] = tensors[name] + 0.1
    save_file(tensors, path)
    assert identity(changed) != identity(whole)


def test_a_small_model_is_known_to_its_last_weight(whole: Path, tmp_path: Path) -> None:
    changed = shutil.copytree(whole, tmp_path / "changed")
    path = weights(changed, "unet")
    tensors = load_file(path)
    name = max(tensors, key=lambda k: tensors[k].numel())
    tensors[name].flatten()[tensors[name].numel() // 2] += 1e-3
    save_file(tensors, path)
    assert identity(changed) != identity(whole)
    assert identity(shutil.copytree(whole, tmp_path / "copy")) == identity(whole)


def test_the_autoencoder_has_no_say_in_what_tokens_mean(whole: Path, tmp_path: Path) -> None:
    changed = shutil.copytree(whole, tmp_path / "changed")
    path = weights(changed, "vae")
    save_file({k: torch.zeros_like(t) for k, t in load_file(path).items()}, path)
    assert identity(changed) == identity(whole)
    assert identity(changed, ("vae",)) != identity(whole, ("vae",))
