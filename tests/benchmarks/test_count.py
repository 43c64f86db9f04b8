"""FLOPs and bytes of the real configuration, 1.5 billion weights, on the meta device: catches any
change that makes an iteration more expensive."""

from collections.abc import Callable

import pytest
from torch import nn

from benchmarks.count import Count, count_learning, svd_unet
from mti_addon.wire.settings import Settings
from mti_backend.memory.networks import SVD
from mti_backend.memory.plan import ALLOWANCE, learning_flops, learning_memory
from mti_backend.models.attention import attend_by_shape
from mti_backend.models.frozen import memory_efficient_backward
from mti_backend.models.gradient_checkpointing import POLICIES, GradientCheckpointing, Policy

PLACE = (14, 576 // 8, 1024 // 8)


def lean(policy: Policy) -> Callable[[nn.Module], object]:
    def prepare(unet: nn.Module) -> object:
        memory_efficient_backward(unet)
        attend_by_shape(unet)
        return GradientCheckpointing(unet, policy)

    return prepare


@pytest.fixture(scope="module")
def counts() -> dict[str, Count]:
    return {
        policy.name: count_learning(svd_unet(), *PLACE, prepare=lean(policy)) for policy in POLICIES
    }


def test_the_real_network_is_meant() -> None:
    unet = svd_unet()
    assert sum(p.numel() for p in unet.parameters()) == 1_524_623_082
    assert sum(n.endswith(".attn2") for n, _ in unet.named_modules()) == 32
    assert unet.conv_in.weight.is_meta


def test_an_iteration_stays_as_cheap_as_it_is(counts: dict[str, Count]) -> None:
    fastest = counts["nothing"]
    assert 44.0e12 < fastest.forward <= 44.8e12
    assert 52.5e12 < fastest.backward <= 53.3e12
    assert fastest.peak <= 39.1e9
    assert counts["all blocks"].peak <= 10.3e9 and counts["all blocks in parts"].peak <= 7.9e9
    assert all(count.weight_gradients == 0 for count in counts.values())


def test_the_stock_network_needs_more(counts: dict[str, Count]) -> None:
    stock = count_learning(svd_unet(), *PLACE)
    assert stock.forward == pytest.approx(45.2e12, rel=0.003)
    assert stock.peak == pytest.approx(55.2e9, rel=0.01)
    assert counts["nothing"].peak < 0.7 * stock.peak

    def its_checkpointing(unet: nn.Module) -> None:
        unet.enable_gradient_checkpointing()
        unet.train()  # diffusers checkpoints in training mode only; there is no dropout

    theirs = count_learning(svd_unet(), *PLACE, prepare=its_checkpointing)
    assert theirs.peak == pytest.approx(32.7e9, rel=0.01)
    # less memory with less work
    ours = counts["feed-forwards"]
    assert ours.peak < 0.75 * theirs.peak and ours.backward < 0.8 * theirs.backward


def test_each_policy_takes_less_memory_and_more_time(counts: dict[str, Count]) -> None:
    peaks = [counts[p.name].peak for p in POLICIES]
    work = [counts[p.name].backward for p in POLICIES]
    assert peaks == sorted(peaks, reverse=True) and work == sorted(work)
    assert all(peaks[i + 1] < 0.85 * peaks[i] for i in range(len(peaks) - 1))


def test_the_plan_predicts_what_is_counted(counts: dict[str, Count]) -> None:
    """To within 3 % of the counted storage, at other sizes and lengths than the table's."""
    assert [cost.policy for cost in SVD.costs] == [policy.name for policy in POLICIES]
    for cost, (model, frames, width, height) in zip(
        SVD.costs,
        [
            ("svd", 14, 768, 448),
            ("svd-xt", 25, 512, 320),
            ("svd", 14, 1024, 576),
            ("svd-xt", 25, 1024, 576),
            ("svd", 14, 320, 576),
            ("svd", 14, 768, 512),
        ],
        strict=True,
    ):
        settings = Settings.for_model(model).sized(width, height)
        policy = next(p for p in POLICIES if p.name == cost.policy)
        place = (frames, height // 8, width // 8)
        if place == PLACE:
            counted = counts[policy.name]
        else:
            counted = count_learning(svd_unet(), *place, prepare=lean(policy))
        assert learning_memory(cost, settings) - ALLOWANCE == pytest.approx(counted.peak, rel=0.03)
        flops = learning_flops(cost, settings) / settings.inversion.iterations
        assert flops == pytest.approx(counted.forward + counted.backward, rel=0.03)


def test_the_weights_are_the_networks() -> None:
    assert SVD.weights == pytest.approx(
        2 * sum(p.numel() for p in svd_unet().parameters()), rel=0.001
    )
