"""The same optimizations on text-to-video UNets: outputs and the embeddings' gradients stay the
same, in float64, on diffusers' classes with random weights."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from diffusers import UNetMotionModel
from diffusers.models.attention_processor import Attention, AttnProcessor2_0
from torch import Tensor, nn

from mti_backend.method.motion_inversion.embeddings import MotionEmbeddings
from mti_backend.models.attention import FusedAttention, ShortAttention, attend_by_shape
from mti_backend.models.frozen import memory_efficient_backward
from mti_backend.models.gradient_checkpointing import POLICIES, GradientCheckpointing
from mti_backend.models.temporal_injection import TemporalInjection, temporal_attentions
from tests.backend.memory.test_lean import Kept, assert_same
from tests.tiny_text_to_video import WIDTH, motion_adapter, unet_2d, unet_3d

FRAMES, HEIGHT, PLACES = 5, 6, 8
Unets = dict[str, Callable[[], nn.Module]]
UNETS: Unets = {
    "animatediff": lambda: UNetMotionModel.from_unet2d(unet_2d(), motion_adapter()),
    "zeroscope": unet_3d,
}


@pytest.fixture(params=UNETS)
def unet(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(0)
    return UNETS[request.param]().double().requires_grad_(False).eval()


def improve(unet: nn.Module, policy: int = 0) -> None:
    assert memory_efficient_backward(unet) > 0 and attend_by_shape(unet) > 0
    GradientCheckpointing(unet, POLICIES[policy])


def call(unet: nn.Module, batch: int) -> Tensor:
    g = torch.Generator().manual_seed(4)
    rows = batch * FRAMES if isinstance(unet, UNetMotionModel) else batch
    x, text = (
        torch.randn(shape, generator=g, dtype=torch.float64)
        for shape in ((batch, 4, FRAMES, HEIGHT, PLACES), (rows, 7, WIDTH))
    )
    output: Tensor = unet(x, torch.full((batch,), 500), text, return_dict=False)[0]
    return output


def gradients(unet: nn.Module, batch: int = 1) -> tuple[Tensor, ...]:
    """A loss, and the gradients of embeddings at all temporal attentions."""
    attentions = temporal_attentions(unet)
    m = MotionEmbeddings(attentions, FRAMES, (HEIGHT, PLACES), dtype=torch.float64)
    g = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in m.parameters().values():
            parameter += 0.1 * torch.randn(parameter.shape, generator=g, dtype=torch.float64)
    injection = TemporalInjection(unet, attentions)
    injection.set(m.qk, m.v, (HEIGHT, PLACES))
    try:
        loss = call(unet, batch).square().mean()
        return loss.detach(), *torch.autograd.grad(loss, [*m.parameters().values()])
    finally:
        injection.remove()


@pytest.mark.parametrize("policy", range(len(POLICIES)), ids=[p.name for p in POLICIES])
def test_gradients_stay_the_same(unet: nn.Module, policy: int) -> None:
    expected = gradients(copy.deepcopy(unet), 2)
    improve(unet, policy)
    assert_same(gradients(unet, 2), expected)


@torch.no_grad()
def test_outputs_stay_the_same_where_nothing_is_learned(unet: nn.Module) -> None:
    expected = call(unet, 1)
    improve(unet)
    torch.testing.assert_close(call(unet, 1), expected, rtol=1e-12, atol=1e-12)


def test_attention_to_frames_and_words_is_short_and_to_places_fused(unet: nn.Module) -> None:
    attend_by_shape(unet)
    found = {
        name: type(module.processor)
        for name, module in unet.named_modules()
        if isinstance(module, Attention)
    }
    assert AttnProcessor2_0 not in found.values()
    to_frames = [a.name for a in temporal_attentions(unet)]
    to_words = [name for name in found if name.endswith(".attn2")]
    short = {name for name, kind in found.items() if kind is ShortAttention}
    assert {*to_frames, *to_words} <= short
    fused = {name for name, kind in found.items() if kind is FusedAttention}
    assert fused and all(".attentions." in name and name.endswith(".attn1") for name in fused)
    assert all("transformer_in" in name for name in short - {*to_frames, *to_words})


def test_less_is_kept(unet: nn.Module) -> None:
    def kept() -> int:
        found = Kept(unet)
        with torch.autograd.graph.saved_tensors_hooks(found.pack, lambda tensor: tensor):
            gradients(unet)
        return found.bytes

    before = kept()
    improve(unet)
    assert kept() < 0.85 * before
