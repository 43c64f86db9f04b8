"""Motion embeddings on SVD's temporal attention, as the benchmark learns and plays them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from benchmarks.temporal_embeddings import (
    TemporalInversion,
    What,
    injected,
    table,
    temporal_attentions,
)
from mti_addon.wire.settings import Augmentation, Settings
from mti_backend.method.motion_inversion.embeddings import MotionEmbeddings
from mti_backend.method.motion_textual_inversion.optimization import Inversion
from mti_backend.models.svd import SvdModel
from tests.tiny import FRAMES, SIZE, make_tiny_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SvdModel:
    return SvdModel("draft", make_tiny_model(tmp_path_factory.mktemp("tiny")))


@pytest.fixture
def settings() -> Settings:
    base = Settings.for_model("draft")
    learning = replace(
        base.inversion, augmentation=Augmentation(variants=1), iterations=4, precision="float32"
    )
    return replace(base, inversion=learning)


def reference() -> Tensor:
    g = torch.Generator().manual_seed(1)
    return torch.rand(FRAMES, 3, SIZE, SIZE, generator=g) * 2 - 1


def call(model: SvdModel) -> Tensor:
    g = torch.Generator().manual_seed(2)
    x = torch.randn(1, FRAMES, 4, SIZE // 2, SIZE // 2, generator=g)
    return model.network(
        x, torch.tensor(0.3), x[:, :1], *model.no_motion(FRAMES), model.time_ids(7, 127, 0.02)
    )


@torch.no_grad()
def test_zero_embeddings_change_nothing(model: SvdModel) -> None:
    attentions, size = temporal_attentions(model.unet), (SIZE // 2, SIZE // 2)
    m = MotionEmbeddings(attentions, FRAMES, size)
    plain = call(model)
    with injected(model, attentions, m.qk, m.v, size):
        assert torch.equal(call(model), plain)
        for parameter in m.parameters().values():
            parameter.add_(torch.randn(parameter.shape))
        assert not torch.equal(call(model), plain)
    assert torch.equal(call(model), plain)


@pytest.mark.parametrize("what", ["tokens", "embeddings", "both"])
def test_only_what_is_to_be_learned_changes(
    model: SvdModel, settings: Settings, what: What
) -> None:
    inversion = TemporalInversion(model, reference(), what, 2e-2, settings)
    before = inversion.frame_tokens.detach().clone()
    for _ in range(3):
        inversion.step()
    assert torch.equal(inversion.frame_tokens, before) == (what == "embeddings")
    learned = [bool(m.any()) for m in inversion.m.parameters().values()]
    assert all(learned) if what != "tokens" else not any(learned)


def test_tokens_alone_are_the_product_s(model: SvdModel, settings: Settings) -> None:
    ours = TemporalInversion(model, reference(), "tokens", 0.0, settings)
    product = Inversion(model, reference(), settings.inversion, settings.sampling)
    for inversion in (ours, product):
        for _ in range(2):
            inversion.step()
    assert torch.equal(ours.embedding().frame_tokens, product.embedding().frame_tokens)


def test_a_table_of_medians() -> None:
    rows = {"tokens 0": [{"drawn": 0.25, "cleared": 0.5, "gain": 0.75}, {"gain": 0.75}]}
    [line] = table(rows).splitlines()[2:]
    assert line.startswith("| tokens 0 | 0.250 (") and "| 0.750 (" in line
