"""Training of one network: optimizer, EMA, schedule, checkpoint. Imports torch and safetensors.

A checkpoint holds everything needed to resume, and replaces the previous one atomically.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from mti_addon.wire.files import fsync_dir, replace

from . import parallel
from .optimizers import Optimizer

Network = TypeVar("Network", bound=nn.Module)

_REPORT_EVERY = 25  # steps


@dataclass(frozen=True)
class StageSettings:
    """Hyperparameters of one stage.

    steps and warmup count optimizer steps, batch images per step, save_every steps; seed draws the
    clips, ema is the decay of the averaged weights, cooldown the last fraction of the steps, in
    which the learning rate falls to (almost) zero. muon: see optimizers.py.
    """

    steps: int
    batch: int
    learning_rate: float
    seed: int
    warmup: int = 100
    ema: float = 0.999
    save_every: int = 100
    cooldown: float = 0.25
    muon: bool = False


class Stage:
    """Trains a network with a loss that is a function of the step alone.

    Resumes from `folder` if it contains a checkpoint of this name.
    """

    def __init__(
        self,
        name: str,
        network: nn.Module,
        loss: Callable[[int], Tensor],
        folder: Path,
        settings: StageSettings,
        check: Callable[[], dict[str, float]] | None = None,
        first: bool = False,
    ) -> None:
        """
        Args:
            check: Validation metrics of the averaged weights, computed at every checkpoint and
                appended to NAME.check.jsonl.
            first: A checkpoint also restores weights that are not trained. In later stages those
                are an earlier stage's, which may have continued since.
        """
        self.check, self.first = check, first
        self.name, self.network, self.loss = name, network, loss
        self.folder, self.settings = folder, settings
        self.step = 0
        self.weights = {k: p for k, p in network.named_parameters() if p.requires_grad}
        self.average = {k: p.detach().clone() for k, p in self.weights.items()}
        self.optimizer = Optimizer(self.weights, settings.learning_rate, settings.muon)
        self._load()

    @property
    def checkpoint_file(self) -> Path:
        return checkpoint_file(self.folder, self.name)

    def rate(self) -> float:
        """Linear warm-up, a plateau, then a linear decay to 2 % of the peak.

        Unlike a cosine over all steps, the plateau allows prolonging a training that is still
        improving.
        """
        s = self.settings
        warm = min(1.0, (self.step + 1) / s.warmup)
        left = max(0.0, 1 - self.step / s.steps) / s.cooldown
        return s.learning_rate * warm * (0.02 + 0.98 * min(1.0, left))

    def run(self, report: Callable[[str], None], minutes: float | None = None) -> bool:
        """Train to the last step, or for about `minutes`; True when the stage is finished.

        With several processes (parallel.py) only the first one reports and saves; `minutes` is for
        a single process, since several would not stop at the same step.
        """
        begun, losses, first = time.monotonic(), [], self.step
        while self.step < self.settings.steps:
            losses.append(self._advance())
            spent = time.monotonic() - begun
            if self.step % _REPORT_EVERY == 0 and not parallel.rank():
                mean = sum(losses) / len(losses)
                losses = []
                self._log(loss=mean, seconds=spent)
                left = spent / (self.step - first) * (self.settings.steps - self.step)
                report(
                    f"{self.name}: step {self.step}/{self.settings.steps}, loss {mean:.4f}, "
                    f"{left / 60:.1f} min left"
                )
            if self.step % self.settings.save_every == 0:
                self._save()
                self._checked(report)
            if minutes is not None and spent > 60 * minutes:
                break
        self._save()
        parallel.wait()
        return self.step >= self.settings.steps

    def _advance(self) -> float:
        loss = self.loss(self.step)
        loss.backward()
        value = parallel.average(self.weights.values(), loss)
        nn.utils.clip_grad_norm_(self.weights.values(), 1.0)
        self.optimizer.step(self.rate())
        self.step += 1
        # A smaller decay at first, or the average would keep the random start for thousands of
        # steps.
        decay = min(self.settings.ema, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(
            list(self.average.values()), [p.detach() for p in self.weights.values()], 1 - decay
        )
        return value

    def _log(self, **values: float) -> None:
        self._append("log", {"step": self.step, "rate": self.rate(), **values})

    def _append(self, kind: str, entry: dict[str, float]) -> None:
        with open(self.folder / f"{self.name}.{kind}.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def _checked(self, report: Callable[[str], None]) -> None:
        """Run `check` with the averaged weights in place of the current ones."""
        if self.check is None or parallel.rank():
            return
        kept = {k: p.detach().clone() for k, p in self.weights.items()}
        with torch.no_grad():
            for k, p in self.weights.items():
                p.copy_(self.average[k])
            value = self.check()
            for k, p in self.weights.items():
                p.copy_(kept[k])
        self._append("check", {"step": self.step, **value})
        told = ", ".join(f"{name} {number:.4f}" for name, number in value.items())
        report(f"{self.name}: step {self.step}/{self.settings.steps}, on new clips: {told}")

    def _save(self) -> None:
        if parallel.rank():
            return
        tensors = {f"weights/{k}": p.detach() for k, p in self.network.named_parameters()}
        # A frozen weight is its own average; a copy, since a tensor can be in a file only once.
        tensors |= {
            f"average/{k}": self.average[k] if k in self.average else p.detach().clone()
            for k, p in self.network.named_parameters()
        }
        tensors |= self.optimizer.state()
        header = {
            "step": str(self.step),
            "settings": json.dumps(asdict(self.settings)),
            "machine": parallel.machine(),
        }
        _write(self.checkpoint_file, tensors, header)

    def _load(self) -> None:
        if not self.checkpoint_file.exists():
            return
        with safe_open(self.checkpoint_file, "pt") as file, torch.no_grad():
            self.step = int(file.metadata()["step"])
            names = set(file.keys())
            for k, p in self.network.named_parameters():
                if f"weights/{k}" in names and (self.first or k in self.weights):
                    p.copy_(file.get_tensor(f"weights/{k}"))
            for k in self.weights:
                self.average[k].copy_(file.get_tensor(f"average/{k}"))
            moments = {n for n in names if not n.startswith(("weights/", "average/"))}
            self.optimizer.load({n: file.get_tensor(n) for n in moments}, self.step)


def averaged(network: Network, folder: Path, stage: str, prefix: str = "") -> Network:
    """Load a stage's averaged weights whose names start with `prefix` into `network`.

    Raises FileNotFoundError if the stage has not saved a checkpoint.
    """
    begin = f"average/{prefix}"
    with safe_open(checkpoint_file(folder, stage), "pt") as file:
        names = [k for k in file.keys() if k.startswith(begin)]
        state = {k.removeprefix(begin): file.get_tensor(k) for k in names}
    network.load_state_dict(state, strict=False)
    return network


def save_start(folder: Path, stage: str, weights: dict[str, Tensor]) -> None:
    """Write a checkpoint of step 0 with these weights."""
    tensors = {
        f"{kind}/{k}": t.clone() for kind in ("weights", "average") for k, t in weights.items()
    }
    _write(checkpoint_file(folder, stage), tensors, {"step": "0"})


def _write(file: Path, tensors: dict[str, Tensor], header: dict[str, str]) -> None:
    """Replace `file` atomically and durably, even on power loss."""
    temporary = file.with_suffix(".partial")
    save_file({k: t.contiguous() for k, t in tensors.items()}, temporary, header)
    with open(temporary, "rb+") as written:
        os.fsync(written.fileno())
    replace(temporary, file)
    fsync_dir(file.parent)


def checkpoint_file(folder: Path, stage: str) -> Path:
    """Path of a stage's last checkpoint."""
    return folder / f"{stage}.checkpoint.safetensors"
