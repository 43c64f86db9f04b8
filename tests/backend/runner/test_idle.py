"""An idle runner that changes models frees the old one before loading the new one."""

from __future__ import annotations

import gc
import shutil
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from mti_backend import models
from mti_backend.runner import idle
from tests.tiny import FRAMES, SIZE, make_tiny_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with tiny models as svd and svd-xt."""
    root = tmp_path_factory.mktemp("models")
    for seed, name in enumerate(("svd", "svd-xt")):
        make_tiny_model(root / name, seed=seed)
    return root


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Disable Python's garbage collector, whose timing does not depend on free memory."""
    gc.disable()
    yield
    gc.enable()


def used(model: models.SvdModel) -> None:
    """Run forward and backward, as learning does."""
    tokens = torch.randn(1, FRAMES, 5, model.token_width, requires_grad=True)
    x = torch.randn(1, FRAMES, 4, SIZE // 2, SIZE // 2)
    image = torch.randn(1, 1, 4, SIZE // 2, SIZE // 2)
    ids = model.time_ids(7, 127, 0.02)
    model.network(x, torch.tensor([0.5]), image, tokens, tokens[:, 0], ids).sum().backward()


def test_the_old_model_is_gone_before_the_new_one_is_loaded(
    folder: Path, monkeypatch: pytest.MonkeyPatch, no_collector: None
) -> None:
    monkeypatch.setenv("MTI_MODELS_DIR", str(folder))
    load, alive = models.load_model, []

    def watched(name: str, device: str) -> models.SvdModel:
        alive.append([ref() is not None for ref in parts])
        return load(name, device)

    last, parts = idle.LastModel(), []
    model = last.load("svd", "cpu")
    used(model)
    parts += [weakref.ref(each) for each in (model, model.unet, model.vae, model.image_encoder)]
    parts += [weakref.ref(weight) for weight in model.unet.parameters()]
    monkeypatch.setattr(models, "load_model", watched)
    assert last.load("svd", "cpu") is model and alive == []
    del model
    assert last.load("svd-xt", "cpu").name == "svd-xt"
    assert alive == [[False] * len(parts)]


def test_replaced_weights_are_loaded_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTI_MODELS_DIR", str(folder))
    last = idle.LastModel()
    model = last.load("svd", "cpu")
    assert last.load("svd", "cpu") is model
    weights = next((folder / "svd" / "unet").glob("*.safetensors"))
    shutil.copyfile(weights, weights.with_name("new"))
    weights.with_name("new").replace(weights)
    assert last.load("svd", "cpu") is not model
