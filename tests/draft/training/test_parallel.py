"""Two real processes train like one with both their batches."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from mti_backend.draft.training import parallel
from mti_backend.draft.training.trainer import Stage, StageSettings

STEPS = 6


class Net(nn.Module):
    """A matrix for Muon, one for AdamW, and one that the loss never uses."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second, self.unused = nn.Linear(32, 40), nn.Linear(40, 2), nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = self.second(self.first(x).tanh())
        return output


def batch(step: int, rank: int) -> Tensor:
    return torch.randn(4, 32, generator=torch.Generator().manual_seed(100 * step + rank))


def train(folder: Path, ranks: list[int]) -> Stage:
    """A stage whose batch is that of these processes combined."""
    net = Net()

    def loss(step: int) -> Tensor:
        x = torch.cat([batch(step, rank) for rank in ranks])
        error: Tensor = net(x) - x[:, :2]
        return error.square().mean()

    settings = StageSettings(steps=STEPS, batch=4, learning_rate=1e-2, seed=1, warmup=1, muon=True)
    return Stage("tiny", net, loss, folder, settings)


def main(folder: Path) -> None:
    with parallel.together():
        lines: list[str] = []
        stage = train(folder, [parallel.rank()])
        losses = [stage._advance() for _ in range(2)]
        stage.run(lines.append)
        own = {k: p.detach().double().sum().item() for k, p in stage.weights.items()}
        assert parallel.machine().startswith("2 processes, each on 1 thread of ")
        report = {"losses": losses, "lines": lines, "weights": own, "count": parallel.count()}
        (folder / f"rank{parallel.rank()}.json").write_text(json.dumps(report))


def test_two_processes_are_one_with_twice_the_batch(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "tests.draft.training.test_parallel", str(tmp_path)]
    root = Path(__file__).parents[3]
    subprocess.run(
        command, check=True, timeout=300, cwd=root, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    first, second = (json.loads((tmp_path / f"rank{r}.json").read_text()) for r in (0, 1))
    assert first["count"] == second["count"] == 2
    assert first["weights"] == second["weights"] and first["losses"] == second["losses"]

    (tmp_path / "alone").mkdir()
    alone = train(tmp_path / "alone", [0, 1])
    losses = [alone._advance() for _ in range(2)]
    assert torch.allclose(torch.tensor(losses), torch.tensor(first["losses"]), rtol=1e-5)
    alone.run(lambda line: None)
    # a single checkpoint, saved by the first process
    kept = load_file(tmp_path / "tiny.checkpoint.safetensors")
    for name, weight in alone.weights.items():
        # Muon's steps are computed in bfloat16, which doubles the rounding differences
        torch.testing.assert_close(kept[f"weights/{name}"], weight.detach(), rtol=0, atol=2e-3)
    moved = (alone.weights["first.weight"] - Net().first.weight).abs().max()
    assert moved > 2e-2


def test_alone_nothing_is_changed() -> None:
    with parallel.together():
        assert (parallel.count(), parallel.rank()) == (1, 0)
        weight = nn.Parameter(torch.ones(2))
        loss = (3 * weight).sum()
        loss.backward()
        assert parallel.average([weight], loss) == 6.0
        assert weight.grad is not None and weight.grad.tolist() == [3, 3]
        parallel.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
