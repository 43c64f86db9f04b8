"""Checkpoints of a learning run: the last two, written atomically and verified. No model, no
diffusers.

A checkpoint is `checkpoint/<step>.safetensors` (tokens and Adam's moments) plus `<step>.json`,
which is written second, carries the size and sha256 of the first, and makes the checkpoint valid.
The newest one that verifies is used, so a crash at any moment, including between two writes, costs
at most `checkpoint_every` iterations. `runner/resumable_loop.py` resumes from it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as tensors_to_bytes

from mti_addon.wire.files import translating_os_errors, write_atomic

KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """State needed to resume bit for bit. Random numbers are a function of seed and step, so they
    need no state."""

    step: int
    """Completed iterations."""
    tensors: dict[str, torch.Tensor]
    """`Inversion.state_dict()`."""
    losses: tuple[float, ...]
    """Loss of each completed iteration, for the curve and the result."""


@dataclass(frozen=True)
class _Header:
    step: int
    config: str
    threads: int
    size: int
    sha256: str
    losses: list[float]


class CheckpointFolder:
    """The checkpoints of one job.

    `config` is a hash of everything the result depends on (`config_hash`); checkpoints with another
    configuration are ignored. `threads` is the number of CPU threads over which sums were split,
    which determines their last bits."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, checkpoint: Checkpoint, config: str) -> None:
        """Save durably, then delete all but the newest two. DiskFull and NotWritable leave the
        older ones intact."""
        with translating_os_errors(self.folder):
            self.folder.mkdir(exist_ok=True)
        data = tensors_to_bytes(checkpoint.tensors)
        header = _Header(
            checkpoint.step,
            config,
            torch.get_num_threads(),
            len(data),
            hashlib.sha256(data).hexdigest(),
            list(checkpoint.losses),
        )
        write_atomic(self._tensors(checkpoint.step), data)
        write_atomic(self._header(checkpoint.step), json.dumps(asdict(header)).encode())
        self._prune(checkpoint.step)

    def load(self, config: str) -> Checkpoint | None:
        """Newest valid checkpoint of this configuration; None if there is none."""
        for header in self._headers():
            if header.config != config:
                print(
                    f"checkpoint {header.step}: ignored, different configuration",
                    file=sys.stderr,
                )
                continue
            tensors = self._verified(header)
            if tensors is not None:
                return Checkpoint(header.step, tensors, tuple(header.losses))
        return None

    def threads(self) -> int | None:
        """CPU threads of the newest checkpoint; they must be set before anything is computed."""
        return next((header.threads for header in self._headers()), None)

    def _headers(self) -> Iterator[_Header]:
        """Yield the readable headers, newest first."""
        for path in sorted(self.folder.glob("*.json"), reverse=True):
            try:
                header = _Header(**json.loads(path.read_bytes()))
                if path != self._header(header.step):
                    raise ValueError("the name does not match the step")
            except (OSError, ValueError, TypeError) as error:
                print(
                    f"checkpoint {path.name}: ignored, unreadable header ({error})",
                    file=sys.stderr,
                )
                continue
            yield header

    def _verified(self, header: _Header) -> dict[str, torch.Tensor] | None:
        try:
            data = self._tensors(header.step).read_bytes()
            if len(data) == header.size and hashlib.sha256(data).hexdigest() == header.sha256:
                tensors: dict[str, torch.Tensor] = tensors_from_bytes(data)
                return tensors
            reason = "sha256 mismatch"
        except (OSError, SafetensorError) as error:
            reason = str(error)
        print(f"checkpoint {header.step}: ignored, damaged ({reason})", file=sys.stderr)
        return None

    def _prune(self, newest: int) -> None:
        """Keep `newest`, just saved, and the one before it. Later ones are damaged or belong to
        another configuration. Headers are deleted first: without its header a file is not valid."""
        last = self._header(newest).name
        valid = sorted(p.stem for p in self.folder.glob("*.json") if p.name <= last)
        kept = set(valid[-KEPT:])
        with translating_os_errors(self.folder):
            for path in sorted(self.folder.iterdir(), key=lambda path: path.suffix != ".json"):
                if path.is_dir():  # of the method: what it keeps beside the checkpoints
                    continue
                if path.stem not in kept or path.suffix not in (".json", ".safetensors"):
                    path.unlink(missing_ok=True)

    def _tensors(self, step: int) -> Path:
        return self.folder / f"{step:08d}.safetensors"

    def _header(self, step: int) -> Path:
        return self.folder / f"{step:08d}.json"


def config_hash(parts: dict[str, object]) -> str:
    """sha256 of the parts as JSON with sorted keys: equal if and only if all parts are equal."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
