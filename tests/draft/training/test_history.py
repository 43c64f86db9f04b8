"""Training history: contents of a record; no run is lost or listed twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mti_backend.draft.training import history, parallel
from mti_backend.draft.training.trainer import Stage, StageSettings

SETTINGS = StageSettings(steps=50, batch=3, learning_rate=1e-2, seed=4)


def trained(folder: Path, name: str, steps: int = 50) -> None:
    """Run a real stage on a single number."""
    torch.manual_seed(0)
    net = nn.Linear(1, 1)

    def loss(step: int) -> Tensor:
        error: Tensor = net(torch.ones(1)) - 1
        return error.square().mean()

    settings = StageSettings(**{**vars(SETTINGS), "steps": steps})
    assert Stage(name, net, loss, folder, settings).run(lambda line: None)


def logged(folder: Path, name: str, lines: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / f"{name}.log.jsonl").write_text(text, encoding="utf-8")


def test_a_record_is_what_the_stages_left(tmp_path: Path) -> None:
    trained(tmp_path, "image-encoder", 75)
    trained(tmp_path, "frames")
    record = history.record(tmp_path, "0123")
    assert record["started_from"] == "0123"
    # in training order, without stages that have not run
    assert [stage["stage"] for stage in record["stages"]] == ["frames", "image-encoder"]
    frames, encoder = record["stages"]
    assert frames["steps"] == 50 and encoder["steps"] == 75
    assert frames["settings"] == vars(SETTINGS)
    lines = (tmp_path / "frames.log.jsonl").read_text("utf-8").splitlines()
    losses = [json.loads(line)["loss"] for line in lines]
    assert (frames["first_loss"], frames["last_loss"]) == (losses[0], losses[-1])
    assert frames["first_loss"] > frames["last_loss"] and frames["seconds"] >= 0
    assert record["machine"] == parallel.machine()


def test_the_machine_is_the_one_that_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as there:
        there.setattr(parallel, "machine", lambda: "a card")
        trained(tmp_path, "frames")
    assert history.record(tmp_path, None)["machine"] == "a card"
    trained(tmp_path, "pairs")
    record = history.record(tmp_path, None)
    assert record["machine"] == f"a card; {parallel.machine()}"
    assert all("machine" not in stage for stage in record["stages"])


def test_a_stage_that_only_starts_from_another_model_has_not_run(tmp_path: Path) -> None:
    trained(tmp_path, "frames", steps=0)
    assert history.record(tmp_path, None)["stages"] == []
    logged(tmp_path, "pairs", [{"step": 25, "loss": 1.0, "seconds": 3.0}])  # killed before a save
    (stage,) = history.record(tmp_path, None)["stages"]
    assert stage["settings"] == {} and stage["steps"] == 25 and stage["seconds"] == 3


@pytest.mark.parametrize(
    ("spent", "total"),
    [
        ([(25, 10.0), (50, 20.0), (75, 31.0)], 31.0),
        # saved and killed at 50: seconds restart, steps continue
        ([(25, 10.0), (50, 20.0), (75, 9.0), (100, 19.0)], 39.0),
        # killed at 60, after the checkpoint of 25: steps are repeated, and their time counts
        ([(25, 10.0), (50, 20.0), (50, 12.0), (75, 22.0)], 42.0),
        # the same on a slower machine
        ([(25, 10.0), (50, 20.0), (50, 31.0), (75, 62.0)], 82.0),
        ([(25, 10.0), (25, 11.0), (25, 12.0)], 33.0),
    ],
)
def test_seconds_of_resumed_runs_add_up(spent: list[tuple[int, float]], total: float) -> None:
    lines = [{"step": step, "seconds": seconds} for step, seconds in spent]
    assert history.seconds_of(lines) == pytest.approx(total)


def test_records_are_kept_as_they_are(tmp_path: Path) -> None:
    assert history.load(tmp_path) == []
    records = [{"identity": "a", "stages": []}, {"identity": "b", "note": "größer"}]
    history.save(tmp_path, records)
    assert history.load(tmp_path) == records
    assert [path.name for path in tmp_path.iterdir()] == [history.FILE]


def test_the_machine_is_told_in_words() -> None:
    text = parallel.machine()
    assert text.startswith(f"{torch.get_num_threads()} thread") and " of " in text
    assert torch.__version__ in text
    assert "\n" not in text and len(text) < 120


def test_the_shipped_model_tells_where_it_comes_from() -> None:
    from mti_backend.models import SHIPPED_DRAFT
    from mti_backend.models.svd import identity

    records = history.load(SHIPPED_DRAFT)
    assert records and records[-1]["identity"] == identity(SHIPPED_DRAFT)
    assert records[0]["started_from"] is None
    for before, after in zip(records, records[1:], strict=False):
        assert after["started_from"] == before["identity"]
