"""Muon and AdamW combined as one optimizer."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from mti_backend.draft.training.networks import is_temporal, make_unet
from mti_backend.draft.training.optimizers import Optimizer
from mti_backend.draft.training.trainer import Stage, StageSettings
from tests.draft.procedural.examples import generator


class Net(nn.Module):
    """A kernel and a matrix large enough for Muon, and other parameters."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.enter = nn.Conv2d(3, 32, 3, padding=1)
        self.kernel = nn.Conv2d(32, 32, 3, padding=1)
        self.matrix = nn.Linear(32, 48)
        self.leave = nn.Linear(48, 2)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.kernel(self.enter(x).relu()).relu().mean((2, 3))
        output: Tensor = self.leave(self.matrix(hidden).relu())
        return output


MATRICES = {"kernel.weight", "matrix.weight"}


def backward(net: Net, seed: int = 1) -> None:
    x = torch.randn(8, 3, 6, 6, generator=generator(seed))
    loss = (net(x) - x.mean((2, 3))[:, :2]).square().mean()
    loss.backward()


def make(net: Net, muon: bool = True) -> Optimizer:
    return Optimizer(dict(net.named_parameters()), 1e-3, muon)


def test_a_large_matrix_moves_orthogonally_and_the_rest_as_adamw_moves_it() -> None:
    net, other = Net(), Net()
    before = {k: p.detach().clone() for k, p in net.named_parameters()}
    for one, muon in ((net, True), (other, False)):
        backward(one)
        make(one, muon).step(1e-3)
    for (name, weight), same in zip(net.named_parameters(), other.parameters(), strict=True):
        moved = (weight - before[name] * (1 - 1e-5)).detach()  # without weight decay
        if name not in MATRICES:
            assert torch.equal(weight, same), name
            continue
        assert not torch.equal(weight, same), name
        flat = moved.flatten(1)
        # Five Newton-Schulz steps bring all but the smallest singular values to about 1, whatever
        # the gradient's were; 0.2 sqrt(longer side) scales that to AdamW's step size.
        scale = 1e-3 * 0.2 * max(flat.shape) ** 0.5
        largest = torch.linalg.svdvals(flat)[:6] / scale
        assert largest.min() > 0.6 and largest.max() < 1.25, name
        of_adamw = torch.linalg.svdvals((same - before[name]).detach().flatten(1))
        assert of_adamw[0] > 3 * of_adamw[5], name


def test_weights_stay_where_the_network_sees_them_and_gradients_go() -> None:
    net = Net()
    places = {k: p.data_ptr() for k, p in net.named_parameters()}
    optimizer = make(net)
    backward(net)
    optimizer.step(1e-3)
    assert {k: p.data_ptr() for k, p in net.named_parameters()} == places
    assert all(p.grad is None for p in net.parameters())


def test_what_it_remembers_brings_another_one_to_the_same_steps() -> None:
    net = Net()
    optimizer = make(net)
    for seed in range(3):
        backward(net, seed)
        optimizer.step(1e-3)
    state = {k: t.clone() for k, t in optimizer.state().items()}
    assert {k for k in state if k.startswith("momentum_buffer/")} == {
        f"momentum_buffer/{name}" for name in MATRICES
    }
    again = Net(seed=4)
    again.load_state_dict(net.state_dict())
    second = make(again)
    second.load(state, 3)
    for seed in range(3, 6):
        for one, its in ((net, optimizer), (again, second)):
            backward(one, seed)
            its.step(1e-3)
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), again.parameters(), strict=True))


def test_a_weight_without_a_gradient_stays_and_leaves_no_memory() -> None:
    net = Net()
    optimizer = make(net)
    backward(net)
    net.matrix.weight.grad = net.leave.bias.grad = None
    before = net.matrix.weight.detach().clone()
    optimizer.step(1e-3)
    assert torch.equal(net.matrix.weight, before)
    names = {k.partition("/")[2] for k in optimizer.state()}
    assert names == {k for k, _ in net.named_parameters()} - {"matrix.weight", "leave.bias"}


@pytest.mark.parametrize("muon", [False, True])
def test_a_stage_stopped_goes_on_with_either(tmp_path: Path, muon: bool) -> None:
    settings = StageSettings(
        steps=6, batch=8, learning_rate=1e-3, seed=1, warmup=2, save_every=3, muon=muon
    )

    def stage(folder: Path, seed: int = 0) -> Stage:
        net = Net(seed)

        def loss(step: int) -> Tensor:
            x = torch.randn(8, 3, 6, 6, generator=generator(step))
            error: Tensor = net(x) - x.mean((2, 3))[:, :2]
            return error.square().mean()

        folder.mkdir(exist_ok=True)
        return Stage("tiny", net, loss, folder, settings)

    whole, halves = stage(tmp_path / "whole"), stage(tmp_path / "halves")
    assert whole.run(lambda line: None)
    for _ in range(3):
        halves._advance()
    halves._save()
    again = stage(tmp_path / "halves", seed=5)
    assert again.step == 3 and again.run(lambda line: None)
    for name, weight in whole.weights.items():
        assert torch.equal(weight, again.weights[name]), name


def test_most_of_the_unet_is_moved_by_muon() -> None:
    weights = {k: p for k, p in make_unet().named_parameters() if not is_temporal(k)}
    optimizer = Optimizer(weights, 1e-3, True)
    by_muon = sum(p.numel() for p in optimizer._matrices.values())
    assert by_muon > 0.98 * sum(p.numel() for p in weights.values())
    assert "conv_out.weight" not in optimizer._matrices  # six rows
