"""Temporal branches without effect are skipped, and no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from diffusers.models.resnet import SpatioTemporalResBlock, TemporalResnetBlock
from torch import Tensor, nn

from mti_backend.draft.training.networks import make_unet
from mti_backend.models import load_model
from mti_backend.models.svd import SvdModel
from mti_backend.models.temporal import branch_ends, leave_out_identities
from tests.tiny import make_tiny_model

Make = Callable[[], Any]


def shaken(make: Make) -> Any:
    """A network with random layers, except that its temporal branches end in zeros."""
    torch.manual_seed(0)
    network = make().eval().requires_grad_(False)
    ends = {id(p) for m in network.modules() for end in branch_ends(m) for p in end.parameters()}
    for parameter in network.parameters():
        if id(parameter) not in ends:
            parameter += 0.02 * torch.randn_like(parameter)
    return network


def play(network: Any, frames: int = 3) -> Tensor:
    g = torch.Generator().manual_seed(1)
    stacked = torch.randn(1, frames, network.config.in_channels, 8, 8, generator=g)
    token, ids = torch.randn(1, 1, 64, generator=g), torch.tensor([[6.0, 127.0, 0.0]])
    output: Tensor = network(stacked, torch.tensor([0.3]), token, ids).sample
    return output


@contextmanager
def counted() -> Iterator[list[nn.Module]]:
    """Records the temporal convolutions that are computed."""
    calls: list[nn.Module] = []
    handle = nn.modules.module.register_module_forward_hook(
        lambda module, args, output: (
            calls.append(module) if isinstance(module, TemporalResnetBlock) else None
        )
    )
    try:
        yield calls
    finally:
        handle.remove()


def blocks(network: nn.Module) -> int:
    return sum(bool(branch_ends(module)) for module in network.modules())


def test_identities_are_not_computed_and_nothing_changes() -> None:
    network = shaken(make_unet)
    before = play(network)
    assert leave_out_identities(network) == blocks(network) > 5
    with counted() as calls:
        after = play(network)
    assert not calls and before.std() > 0.05
    torch.testing.assert_close(after, before, rtol=0, atol=2e-5)


def test_a_branch_that_does_something_is_computed() -> None:
    network = shaken(make_unet)
    trained = [m for m in network.modules() if isinstance(m, SpatioTemporalResBlock)][2]
    trained.temporal_res_block.conv2.bias[5] = 0.3
    before = play(network)
    assert leave_out_identities(network) == blocks(network) - 1
    with counted() as calls:
        after = play(network)
    assert calls == [trained.temporal_res_block]
    torch.testing.assert_close(after, before, rtol=0, atol=2e-5)


def test_a_model_with_trained_branches_stays_whole(tmp_path: Path) -> None:
    """Like SVD itself."""
    model = SvdModel("svd", make_tiny_model(tmp_path / "model"))
    assert blocks(model.unet) > 5
    assert all("forward" not in vars(m) for m in model.unet.modules() if branch_ends(m))
    assert leave_out_identities(model.unet) == 0


def test_gradients_of_tokens_stay_the_same() -> None:
    model = load_model("draft")
    g = torch.Generator().manual_seed(2)
    x = torch.randn(1, 14, model.latent_channels, 8, 8, generator=g)
    rest = model.unet.config.in_channels - model.latent_channels
    image = torch.randn(1, 1, rest, 8, 8, generator=g)
    frames = torch.randn(1, 14, 2, model.token_width, generator=g)
    clip = torch.randn(1, 2, model.token_width, generator=g)

    def gradient() -> Tensor:
        tokens = frames.clone().requires_grad_()
        ids = model.time_ids(7, 127, 0.0)
        output = model.network(x, torch.tensor([0.2]), image, tokens, clip, ids)
        output.square().mean().backward()
        assert tokens.grad is not None
        return tokens.grad

    left_out = gradient()
    for module in model.unet.modules():  # all forwards are restored
        vars(module).pop("forward", None)
    whole = gradient()
    assert whole.abs().max() > 1e-6
    torch.testing.assert_close(left_out, whole, rtol=1e-3, atol=1e-3 * float(whole.abs().max()))
