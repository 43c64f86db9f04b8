"""Optimizations of memory and time leave the tokens' gradients unchanged: in float64, on SVD's
classes with random weights."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from diffusers.models.attention_processor import Attention, AttnProcessor2_0
from torch import Tensor, nn

from mti_backend.models.attention import attend_by_shape
from mti_backend.models.frozen import memory_efficient_backward
from mti_backend.models.gradient_checkpointing import POLICIES, GradientCheckpointing, Policy
from mti_backend.models.svd import SvdModel
from tests.tiny import FRAMES, make_tiny_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def original(folder: Path) -> SvdModel:
    """The model with diffusers' original forwards. Do not modify it."""
    return without_levers(folder)


@pytest.fixture
def model(original: SvdModel) -> SvdModel:
    """The same, to be modified."""
    return copy.deepcopy(original)


@pytest.fixture(scope="module")
def expected(original: SvdModel) -> dict[int, tuple[Tensor, ...]]:
    """The gradients of that model, by batch size."""
    return {batch: gradients(original, batch) for batch in (1, 2)}


def without_levers(folder: Path) -> SvdModel:
    model = SvdModel("draft", folder, dtype=torch.float64)
    for module in model.unet.modules():
        vars(module).pop("forward", None)
        if isinstance(module, Attention):
            module.set_processor(AttnProcessor2_0())
    return model


def test_a_loaded_model_has_the_levers(folder: Path, model: SvdModel) -> None:
    loaded = SvdModel("draft", folder, dtype=torch.float64)
    assert memory_efficient_backward(loaded.unet) == 0 and attend_by_shape(loaded.unet) == 0
    assert_same(gradients(loaded), gradients(model))
    loaded.set_checkpointing("all blocks")
    loaded.set_checkpointing("feed-forwards")
    assert_same(gradients(loaded), gradients(model))


def gradients(model: SvdModel, batch: int = 1) -> tuple[Tensor, Tensor, Tensor]:
    """The loss and the gradients of frame and video tokens."""
    g = torch.Generator().manual_seed(3)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=g, dtype=torch.float64)

    frames = draw(batch, FRAMES, 3, 32).requires_grad_()
    clip = draw(batch, 3, 32).requires_grad_()
    output = model.network(
        draw(batch, FRAMES, 4, 16, 8), torch.full((batch,), 0.3), draw(batch, 1, 4, 16, 8),
        frames, clip, model.time_ids(7, 127, 0.02, batch),
    )  # fmt: skip
    loss = (output - draw(*output.shape)).square().mean()
    return loss, *torch.autograd.grad(loss, (frames, clip))


def assert_same(found: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> None:
    for a, b in zip(found, expected, strict=True):
        assert (a - b).norm() <= 1e-10 * b.norm() and b.norm() > 0


def _recompute(policy: Policy) -> Callable[[nn.Module], object]:
    return lambda unet: GradientCheckpointing(unet, policy)


LEVERS: dict[str, Callable[[nn.Module], object]] = {
    "memory_efficient_backward": memory_efficient_backward,
    "attend_by_shape": attend_by_shape,
    **{policy.name: _recompute(policy) for policy in POLICIES},
}


@pytest.mark.parametrize("lever", LEVERS)
@pytest.mark.parametrize("batch", [1, 2])
def test_gradients_stay_the_same(
    model: SvdModel, expected: dict[int, tuple[Tensor, ...]], lever: str, batch: int
) -> None:
    LEVERS[lever](model.unet)
    assert_same(gradients(model, batch), expected[batch])


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_gradients_stay_the_same_with_all_levers(
    model: SvdModel, expected: dict[int, tuple[Tensor, ...]], policy: Policy
) -> None:
    assert memory_efficient_backward(model.unet) > 0 and attend_by_shape(model.unet) > 0
    GradientCheckpointing(model.unet, policy)
    assert_same(gradients(model, 2), expected[2])


@torch.no_grad()
def test_outputs_stay_the_same_where_nothing_is_learned(model: SvdModel) -> None:
    token = torch.randn(1, 1, 32, dtype=torch.float64)
    x = torch.randn(1, FRAMES, 4, 16, 16, dtype=torch.float64)

    def call() -> Tensor:
        return model.network(
            x, torch.tensor(0.3), x[:, :1], token[:, None].expand(1, FRAMES, 1, 32), token,
            model.time_ids(7, 127, 0.02),
        )  # fmt: skip

    expected = call()
    memory_efficient_backward(model.unet)
    attend_by_shape(model.unet)
    GradientCheckpointing(model.unet, POLICIES[-1])
    torch.testing.assert_close(call(), expected, rtol=1e-12, atol=1e-12)


class Kept:
    """Bytes that autograd stores for backward, counting each storage once and excluding weights."""

    def __init__(self, unet: nn.Module) -> None:
        self.weights = {p.untyped_storage().data_ptr() for p in unet.parameters()}
        self.storages: dict[int, int] = {}
        self._alive: list[Tensor] = []

    def pack(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self.weights:
            self.storages[storage.data_ptr()] = storage.nbytes()
            self._alive.append(tensor)  # keep it alive, so that no address is reused
        return tensor

    @property
    def bytes(self) -> int:
        return sum(self.storages.values())


@pytest.fixture
def kept(model: SvdModel) -> Iterator[Callable[[], int]]:
    def measure() -> int:
        found = Kept(model.unet)
        with torch.autograd.graph.saved_tensors_hooks(found.pack, lambda tensor: tensor):
            gradients(model)
        return found.bytes

    yield measure


def test_less_is_kept(model: SvdModel, kept: Callable[[], int]) -> None:
    before = kept()
    memory_efficient_backward(model.unet)
    assert kept() < 0.8 * before


def test_each_policy_keeps_less_than_the_one_before(
    model: SvdModel, kept: Callable[[], int]
) -> None:
    memory_efficient_backward(model.unet)
    found = []
    for policy in POLICIES[:-1]:
        checkpointing = GradientCheckpointing(model.unet, policy)
        found.append(kept())
        checkpointing.remove()
    assert found == sorted(found, reverse=True) and len(set(found)) >= 4


def test_a_policy_is_taken_back(model: SvdModel) -> None:
    before = {name: vars(m).get("forward") for name, m in model.unet.named_modules()}
    checkpointing = GradientCheckpointing(model.unet, POLICIES[-1])
    assert len(checkpointing) > 0
    checkpointing.remove()
    after = {name: vars(m).get("forward") for name, m in model.unet.named_modules()}
    assert before == after


def test_a_network_in_training_is_refused(model: SvdModel) -> None:
    model.unet.conv_in.weight.requires_grad_()
    with pytest.raises(ValueError, match="frozen"):
        memory_efficient_backward(model.unet)
    model.unet.conv_in.weight.requires_grad_(False)
