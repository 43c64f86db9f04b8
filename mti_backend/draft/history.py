"""How a draft model came about: one record a training run, kept beside its weights. Stdlib, torch.

`training.json` lies in the exported model. A run that starts from an exported model takes its
records over, so that the last ones tell the whole story.
"""

import json
import time
from pathlib import Path
from typing import Any

from safetensors import safe_open

from .parallel import machine

FILE = "training.json"
_STAGES = ("frames", "pairs", "image-encoder", "clips")


def record(work: Path, started_from: str | None) -> dict[str, Any]:
    """What the checkpoints and logs in `work` say of a run.

    started_from: identity of the model it went on from, or None.
    Returns date, machine and, for each stage that has run, its steps, settings, seconds and losses.
    """
    stages = [s for s in (_stage(work, name) for name in _STAGES) if s]
    # where they were trained, which need not be here
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
    """Training time of a log; a resumed run counts its seconds from 0 again, and repeats the steps
    after its checkpoint."""
    total, before, step = 0.0, 0.0, 0
    for line in lines:
        resumed = line["seconds"] < before or line["step"] <= step
        total += line["seconds"] - (0.0 if resumed else before)
        before, step = line["seconds"], line["step"]
    return total


def load(folder: Path) -> list[dict[str, Any]]:
    """The records in a folder, the oldest first; none where there is no file."""
    path = folder / FILE
    if not path.exists():
        return []
    records: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return records


def save(folder: Path, records: list[dict[str, Any]]) -> None:
    """Write the records into a folder."""
    text = json.dumps(records, indent=1) + "\n"
    (folder / FILE).write_text(text, encoding="utf-8")
