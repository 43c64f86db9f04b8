"""FLOPs and bytes of the real text-to-video networks on the meta device, beside what the planner
says before anything is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from torch import nn

from benchmarks.count import count_words_learning, text_to_video_unet
from mti_addon.wire.settings import INCLUDED, MODELS_OF, ModelName, Settings
from mti_backend.memory.networks import NETWORKS, embedding_bytes, network_of
from mti_backend.memory.plan import ALLOWANCE, applying_memory, learning_flops, learning_memory
from mti_backend.method.motion_inversion.embeddings import count
from mti_backend.models.attention import attend_by_shape
from mti_backend.models.frozen import memory_efficient_backward
from mti_backend.models.gradient_checkpointing import POLICIES, GradientCheckpointing, Policy
from mti_backend.models.temporal_injection import temporal_attentions

SIZES: dict[str, tuple[ModelName, int, int, int]] = {
    "nothing": ("animatediff", 16, 384, 384),
    "feed-forwards": ("zeroscope", 24, 448, 256),
    "finest level": ("animatediff", 24, 512, 320),
    "two levels": ("zeroscope", 16, 256, 256),
    "all blocks": ("animatediff", 8, 640, 512),
    "all blocks in parts": ("zeroscope", 24, 576, 320),
}
"""Other sizes and lengths than those of the planner's tables, except the last."""


def prepared(policy: Policy) -> Callable[[nn.Module], object]:
    """Everything that the product does to save memory."""

    def prepare(unet: nn.Module) -> None:
        memory_efficient_backward(unet)
        attend_by_shape(unet)
        GradientCheckpointing(unet, policy)

    return prepare


def settings_of(model: ModelName, frames: int, width: int, height: int) -> Settings:
    """Without the inversion of the reference, which is no iteration."""
    settings = Settings.for_model(model).sized(width, height)
    words = settings.words
    learning = replace(words.learning, iterations=1, num_inversion_steps=1)
    return replace(settings, num_frames=frames, motion_inversion=replace(words, learning=learning))


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_the_plan_predicts_what_is_counted(policy: Policy) -> None:
    """To within 3 % of the counted storage and FLOPs."""
    model, frames, width, height = SIZES[policy.name]
    settings = settings_of(model, frames, width, height)
    counted = count_words_learning(
        text_to_video_unet(model), frames, height // 8, width // 8, prepare=prepared(policy)
    )
    cost = next(c for c in network_of(settings).costs if c.policy == policy.name)
    beside = ALLOWANCE + embedding_bytes(settings)
    assert learning_memory(cost, settings) - beside == pytest.approx(counted.peak, rel=0.03)
    place = (height // 8) * (width // 8)
    forward, attention = network_of(settings).forward
    inverted = frames * place * (forward + attention * place)
    flops = learning_flops(cost, settings) - inverted
    assert flops == pytest.approx(counted.forward + counted.backward, rel=0.03)
    assert inverted == pytest.approx(counted.forward, rel=0.03)
    assert counted.weight_gradients == 0


@pytest.mark.parametrize("model", [m for m in MODELS_OF["motion-inversion"] if m not in INCLUDED])
def test_applying_is_predicted_too(model: ModelName) -> None:
    settings = Settings.for_model(model)
    unet = text_to_video_unet(model)
    frames, width, height = settings.num_frames, settings.width, settings.height
    counted = count_words_learning(
        unet, frames, height // 8, width // 8, prepare=prepared(POLICIES[0]), grads=False
    )
    network = NETWORKS[model]
    told = applying_memory(settings, 1) - ALLOWANCE - network.beside
    assert told == pytest.approx(counted.peak, rel=0.03)
    assert network.weights == pytest.approx(
        2 * sum(p.numel() for p in unet.parameters()), rel=0.001
    )
    numbers = count(
        [a for a in temporal_attentions(unet) if a.level == 2 and not a.in_mid_block],
        frames, (height // 8, width // 8),
    )  # fmt: skip
    assert embedding_bytes(settings) == 16 * numbers


def test_embeddings_at_finer_levels_cost_more() -> None:
    settings = Settings.for_model("animatediff")
    words = settings.words
    fine = replace(
        settings,
        motion_inversion=replace(words, learning=replace(words.learning, levels=(0, 1, 2))),
    )
    policy = POLICIES[-2]
    cost = next(c for c in network_of(fine).costs if c.policy == policy.name)
    counted = count_words_learning(
        text_to_video_unet("animatediff"), 16, 64, 64, prepare=prepared(policy), levels=(0, 1, 2)
    )
    told = learning_memory(cost, fine) - ALLOWANCE - embedding_bytes(fine)
    assert told == pytest.approx(counted.peak, rel=0.03)
    assert embedding_bytes(fine) > 3 * embedding_bytes(settings)
