"""Provenance of a draft model: one record per training run, stored beside its weights. Imports
safetensors and torch.

`training.json` is part of the exported model. A run that starts from an exported model inherits its
records, so that the latest file has the complete history.
"""

import json
import time
from pathlib import Path
from typing import Any

from safetensors import safe_open

from .parallel import machine

FILE = "training.json"
_STAGES = ("frames", "pairs", "image-encoder", "clips")


def record(
    work: Path, started_from: str | None, names: tuple[str, ...] = _STAGES
) -> dict[str, Any]:
    """Record of the run whose checkpoints and logs are in `work`.

    started_from: Identity of the model it started from, or None. names: Of its stages, in order.
    Returns date, machine and, for each stage that has run, its steps, settings, seconds and losses.
    """
    stages = [s for s in (_stage(work, name) for name in names) if s]
    # Taken from the checkpoints, since the stages may have been trained elsewhere.
    machines = dict.fromkeys(stage.pop("machine") for stage in stages)
    return {
        "date": time.strftime("%Y-%m-%d"),
        "started_from": started_from,
        "machine": "; ".join(machines) or machine(),
        "stages": stages,
    }


def _stage(work: Path, name: str) -> dict[str, Any] | None:
    log = work / f"{name}.log.jsonl"
    if not log.exists():
        return None
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    header: dict[str, str] = {}
    checkpoint = work / f"{name}.checkpoint.safetensors"
    if checkpoint.exists():
        with safe_open(checkpoint, "pt") as file:
            header = file.metadata() or {}
    return {
        "stage": name,
        "steps": lines[-1]["step"],
        "seconds": round(seconds_of(lines)),
        "first_loss": lines[0]["loss"],
        "last_loss": lines[-1]["loss"],
        "settings": json.loads(header.get("settings", "{}")),
        "machine": header.get("machine", machine()),
    }


def seconds_of(lines: list[dict[str, Any]]) -> float:
    """Training time of a log. A resumed run restarts its seconds at 0 and repeats the steps after
    its checkpoint."""
    total, before, step = 0.0, 0.0, 0
    for line in lines:
        resumed = line["seconds"] < before or line["step"] <= step
        total += line["seconds"] - (0.0 if resumed else before)
        before, step = line["seconds"], line["step"]
    return total


def load(folder: Path) -> list[dict[str, Any]]:
    """Records in a folder, oldest first; empty if there is no file."""
    path = folder / FILE
    if not path.exists():
        return []
    records: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return records


def save(folder: Path, records: list[dict[str, Any]]) -> None:
    """Write the records into a folder."""
    text = json.dumps(records, indent=1) + "\n"
    (folder / FILE).write_text(text, encoding="utf-8")


def add(folder: Path, work: Path, identity: str, names: tuple[str, ...] = _STAGES) -> None:
    """Write into `folder` the records that `work` inherited, and the record of its own run.

    identity: Of the model in `folder`. names: Of the run's stages, in order.
    """
    before = load(work)
    started_from = before[-1]["identity"] if before else None
    save(folder, [*before, record(work, started_from, names) | {"identity": identity}])
