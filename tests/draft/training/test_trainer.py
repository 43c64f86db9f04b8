"""Interrupted training resumes as if it had not been interrupted."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from mti_backend.draft.training import trainer as module
from mti_backend.draft.training.trainer import Stage, StageSettings, averaged, save_start
from tests.draft.procedural.examples import generator

SETTINGS = StageSettings(steps=60, batch=4, learning_rate=0.01, seed=1, warmup=5, save_every=7)


class Net(nn.Module):
    """Two trained layers, a frozen one, and one that the loss never uses."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.first, self.second = nn.Linear(3, 8), nn.Linear(8, 2)
        self.frozen, self.unused = nn.Linear(2, 2), nn.Linear(2, 2)
        nn.init.eye_(self.frozen.weight)
        nn.init.zeros_(self.frozen.bias)
        self.frozen.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = self.frozen(self.second(self.first(x).tanh()))
        return output


def loss_of(net: Net) -> Callable[[int], Tensor]:
    def loss(step: int) -> Tensor:
        x = torch.randn(4, 3, generator=generator(step))
        error: Tensor = net(x) - x[:, :2]
        return error.square().mean()

    return loss


def make(
    folder: Path, settings: StageSettings = SETTINGS, seed: int = 0, first: bool = False
) -> Stage:
    net = Net(seed)
    return Stage("tiny", net, loss_of(net), folder, settings, first=first)


def run(stage: Stage) -> list[str]:
    lines: list[str] = []
    assert stage.run(lines.append)
    return lines


def interrupted(folder: Path, at: int) -> Stage:
    """A stage stopped by Ctrl-C within step `at`."""
    stage = make(folder)
    loss = stage.loss

    def stop(step: int) -> Tensor:
        if step == at:
            raise KeyboardInterrupt
        return loss(step)

    stage.loss = stop
    with pytest.raises(KeyboardInterrupt):
        stage.run(lambda line: None)
    return stage


@pytest.mark.parametrize("at", [3, 7, 20, 59])
def test_a_stopped_training_goes_on_as_if_it_had_not_been(tmp_path: Path, at: int) -> None:
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    whole.mkdir()
    halves.mkdir()
    run(make(whole))
    interrupted(halves, at)
    second = make(halves, seed=5)  # its own initialization must not matter
    if at >= SETTINGS.save_every:
        assert second.step == at // SETTINGS.save_every * SETTINGS.save_every
    else:
        second = make(halves)
    run(second)
    name = "tiny.checkpoint.safetensors"
    one, other = load_file(whole / name), load_file(halves / name)
    assert one.keys() == other.keys() and len(one) == 8 + 8 + 4 + 4
    assert all(torch.equal(one[k], other[k]) for k in one)


def test_minutes_stop_it_and_it_goes_on(tmp_path: Path) -> None:
    stage = make(tmp_path)
    assert stage.run(lambda line: None, minutes=0) is False
    again = make(tmp_path, seed=5)
    assert stage.step == again.step == 1
    assert all(torch.equal(stage.weights[k], p) for k, p in again.weights.items())


def test_it_learns_and_stops_at_its_last_step(tmp_path: Path) -> None:
    stage = make(tmp_path)
    before = sum(stage.loss(s).item() for s in range(1000, 1020))
    run(stage)
    assert sum(stage.loss(s).item() for s in range(1000, 1020)) < 0.7 * before
    finished = make(tmp_path)
    assert finished.step == SETTINGS.steps
    finished.loss = None  # type: ignore[assignment]  # not to be called again
    run(finished)


def test_the_rate_warms_up_stays_and_falls_to_two_percent(tmp_path: Path) -> None:
    stage = make(tmp_path)
    rates = []
    for stage.step in range(SETTINGS.steps + 1):
        rates.append(stage.rate())
    assert rates[:5] == pytest.approx([0.002, 0.004, 0.006, 0.008, 0.01])
    assert rates[5:46] == pytest.approx([0.01] * 41)
    # the last quarter is linear
    fall = [a - b for a, b in pairwise(rates[45:])]
    assert fall == pytest.approx([0.01 * 0.98 / 15] * 15)
    assert rates[-1] == pytest.approx(0.02 * 0.01)


def test_more_steps_prolong_the_plateau(tmp_path: Path) -> None:
    """Training with fewer planned steps equals the beginning of one with more."""
    short, long = make(tmp_path), make(tmp_path, replace(SETTINGS, steps=600))
    for short.step in range(45):
        long.step = short.step
        assert short.rate() == long.rate()


def test_the_rate_is_what_the_optimizer_uses(tmp_path: Path) -> None:
    """AdamW's first step changes every weight by the rate (apart from weight decay)."""
    stage = make(tmp_path)
    before = stage.weights["second.weight"].detach().clone()
    rate = stage.rate()
    stage._advance()
    moved = (stage.weights["second.weight"].detach() - before).abs()
    assert moved.max().item() == pytest.approx(rate, rel=0.05)


def test_the_average_follows_the_weights(tmp_path: Path) -> None:
    stage = make(tmp_path, replace(SETTINGS, ema=0.8))
    expected = stage.weights["first.weight"].detach().double().clone()
    for step in range(1, 31):
        stage._advance()
        decay = min(0.8, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * stage.weights["first.weight"].detach()
    torch.testing.assert_close(stage.average["first.weight"].double(), expected, rtol=1e-5, atol=0)
    assert not torch.allclose(stage.average["first.weight"], stage.weights["first.weight"])


def test_averaged_loads_the_average_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        averaged(Net(), tmp_path, "tiny")
    stage = make(tmp_path)
    run(stage)
    net = averaged(Net(seed=3), tmp_path, "tiny")
    assert torch.equal(net.first.weight, stage.average["first.weight"])
    assert not torch.equal(net.first.weight, stage.weights["first.weight"])
    with safe_open(stage.checkpoint_file, "pt") as file:
        # frozen weights are saved too, for a network with another initialization
        for kind in ("weights", "average"):
            assert torch.equal(file.get_tensor(f"{kind}/frozen.weight"), torch.eye(2))
        assert not [k for k in file.keys() if k.startswith("exp_avg") and "frozen" in k]
        assert not [k for k in file.keys() if k.startswith("exp_avg") and "unused" in k]
        assert file.metadata()["step"] == "60"


def test_a_frozen_weight_is_an_earlier_stages(tmp_path: Path) -> None:
    """That stage may have continued since the checkpoint was written; the first has none before."""
    run(make(tmp_path))
    for first in (False, True):
        net = Net()
        with torch.no_grad():
            net.frozen.weight.mul_(3)
        stage = Stage("tiny", net, loss_of(net), tmp_path, SETTINGS, first=first)
        assert stage.step == SETTINGS.steps
        assert net.frozen.weight[0, 0].item() == (1 if first else 3)


def test_a_save_that_fails_leaves_the_checkpoint_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
        path.write_bytes(b"\x10\0\0\0\0\0\0\0{")
        raise OSError(28, "No space left on device")

    stage = make(tmp_path)
    save = module.save_file
    for _ in range(7):
        stage._advance()
    stage._save()
    good = stage.checkpoint_file.read_bytes()
    monkeypatch.setattr(module, "save_file", full_disk)
    with pytest.raises(OSError, match="No space"):
        stage.run(lambda line: None)
    assert stage.checkpoint_file.read_bytes() == good
    # the incomplete file remains, is ignored, and gets overwritten
    assert [p.name for p in tmp_path.glob("*.partial")] == ["tiny.checkpoint.partial"]
    monkeypatch.setattr(module, "save_file", save)
    again = make(tmp_path)
    assert again.step == 7
    run(again)
    assert not list(tmp_path.glob("*.partial"))


def test_the_log_and_the_reports(tmp_path: Path) -> None:
    stage = make(tmp_path)
    lines = run(stage)
    assert [line.split(",")[0] for line in lines] == ["tiny: step 25/60", "tiny: step 50/60"]
    assert lines[-1].endswith("0.0 min left")
    log = [json.loads(line) for line in (tmp_path / "tiny.log.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in log] == [25, 50]
    assert log[1]["loss"] < log[0]["loss"] < 3
    assert set(log[0]) == {"step", "rate", "loss", "seconds"}


def test_a_checkpoint_is_on_the_disk_before_it_replaces_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replaced = os.fsync, module.replace

    def record_fsync(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        done.append(kind)
        fsync(descriptor)

    def record_replace(source: Path, target: Path) -> None:
        done.append(f"{source.name} -> {target.name}")
        replaced(source, target)

    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(module, "replace", record_replace)
    make(tmp_path)._save()
    save_start(tmp_path, "other", {"w": torch.ones(2)})
    assert done == [
        "file", "tiny.checkpoint.partial -> tiny.checkpoint.safetensors", "folder",
        "file", "other.checkpoint.partial -> other.checkpoint.safetensors", "folder",
    ]  # fmt: skip


def test_a_start_from_other_weights(tmp_path: Path) -> None:
    given = {k: p.detach().clone() for k, p in Net(seed=9).named_parameters()}
    given["frozen.weight"] = torch.full((2, 2), 0.5)
    save_start(tmp_path, "tiny", given)
    stage = make(tmp_path, seed=5, first=True)
    assert stage.step == 0 and not stage.optimizer.state()
    for name, weight in stage.network.named_parameters():
        assert torch.equal(weight, given[name]), name
    for name, average in stage.average.items():
        assert torch.equal(average, given[name]), name
    run(stage)
    net = averaged(Net(seed=3), tmp_path, "tiny")
    assert torch.equal(net.frozen.weight, given["frozen.weight"])
    assert not torch.equal(net.first.weight, given["first.weight"])
    assert make(tmp_path).step == SETTINGS.steps


def test_the_average_is_checked_at_every_checkpoint(tmp_path: Path) -> None:
    """Separately, without affecting the training."""
    seen: list[Tensor] = []

    def check() -> dict[str, float]:
        seen.append(net.first.weight.detach().clone())
        return {"loss": 0.25 * len(seen), "pixels": 2.0}

    (tmp_path / "unchecked").mkdir()
    plain = make(tmp_path / "unchecked")
    run(plain)
    net = Net()
    stage = Stage("tiny", net, loss_of(net), tmp_path, SETTINGS, check)
    lines = run(stage)
    assert torch.equal(stage.weights["first.weight"], plain.weights["first.weight"])
    # every seven of sixty steps; the last one is saved without a check
    assert len(seen) == 8
    entries = [
        json.loads(line) for line in (tmp_path / "tiny.check.jsonl").read_text().splitlines()
    ]
    assert entries == [{"step": 7 * n, "loss": 0.25 * n, "pixels": 2.0} for n in range(1, 9)]
    assert "tiny: step 14/60, on new clips: loss 0.5000, pixels 2.0000" in lines
    (tmp_path / "again").mkdir()
    again = make(tmp_path / "again")
    for _ in range(7):
        again._advance()
    assert torch.equal(seen[0], again.average["first.weight"])
