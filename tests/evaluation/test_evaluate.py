"""The evaluation: what it measures, what it keeps, and how it goes on."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image

from mti_addon.wire.settings import Settings
from mti_backend.evaluation import evaluate as module
from mti_backend.evaluation.evaluate import (
    ROWS,
    main,
    measure,
    measure_pair,
    print_table,
    summarise,
)
from mti_backend.evaluation.metrics import motion_gain
from mti_backend.evaluation.pairs import Pair
from mti_backend.models.svd import SvdModel
from tests.tiny import FRAMES, SIZE, make_tiny_model


def short(iterations: int = 2) -> Settings:
    settings = Settings.for_model("draft")
    return replace(
        settings,
        inversion=replace(settings.inversion, iterations=iterations, tokens_per_frame=2),
        sampling=replace(settings.sampling, steps=1),
    )


def pair(name: str) -> Pair:
    """A clip of the tiny model's size, with tokens of its width."""
    g = torch.Generator().manual_seed(sum(map(ord, name)))
    reference, answer = (torch.rand(FRAMES, 3, SIZE, SIZE, generator=g) * 2 - 1 for _ in range(2))
    return Pair(name, reference, answer, torch.randn(FRAMES, 32, generator=g))


PAIRS = [pair(name) for name in ("wave", "squat", "walk")]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> SvdModel:
    return SvdModel("draft", make_tiny_model(tmp_path_factory.mktemp("tiny")))


class Counted:
    """Stands for `measure_pair`: counts its calls, and stops where it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        self.stop_at: str | None = None
        monkeypatch.setattr(module, "measure_pair", self)

    def __call__(
        self, model: object, pair: Pair, settings: Settings, picture: Path
    ) -> dict[str, float]:
        if pair.name == self.stop_at:
            raise KeyboardInterrupt
        self.names.append(pair.name)
        gains = {row: len(self.names) / 10 for row in ROWS}
        return gains | {"loss": 1.0, "learn_seconds": 2.0, "apply_seconds": 0.5}


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    def measured(
        settings: Settings | None = None, identity: str = "abc", fresh: bool = False
    ) -> list[dict[str, Any]]:
        model: Any = SimpleNamespace(identity=identity)
        return measure(model, PAIRS, settings or short(), tmp_path / "out", fresh)

    return measured


Run = Callable[..., list[dict[str, Any]]]


def test_a_stopped_evaluation_goes_on(counted: Counted, run: Run, tmp_path: Path) -> None:
    counted.stop_at = "walk"
    with pytest.raises(KeyboardInterrupt):
        run()
    assert len((tmp_path / "out" / "pairs.jsonl").read_text().splitlines()) == 2
    counted.stop_at = None
    results = run()
    assert counted.names == ["wave", "squat", "walk"]  # none twice
    assert [r["motion"] for r in results] == counted.names
    assert [r["learned"] for r in results] == [0.1, 0.2, 0.3]
    assert run() == results and len(counted.names) == 3


def test_what_was_measured_otherwise_is_measured_again(counted: Counted, run: Run) -> None:
    first = run()
    run(settings=short(iterations=3))
    assert len(counted.names) == 6
    run(identity="another model")
    assert len(counted.names) == 9
    assert run() == first and len(counted.names) == 9  # what was kept is still there
    assert run(fresh=True) != first and len(counted.names) == 12


def test_a_line_cut_short_is_measured_again(counted: Counted, run: Run, tmp_path: Path) -> None:
    first = run()
    kept = tmp_path / "out" / "pairs.jsonl"
    kept.write_text(kept.read_text()[:-20])
    again = run()
    assert counted.names == ["wave", "squat", "walk", "walk"]
    assert again[:2] == first[:2]
    assert run() == again and len(counted.names) == 4


def test_other_pictures_are_measured_again(counted: Counted, run: Run) -> None:
    run()
    changed = [replace(PAIRS[0], answer=PAIRS[0].answer + 0.5), *PAIRS[1:]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "PAIRS", changed)
        run()
    assert counted.names == ["wave", "squat", "walk", "wave"]


def test_progress_is_told(counted: Counted, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["1/3 wave", "2/3 squat", "3/3 walk"]
    assert "learned +0.200" in lines[1] and "0.0 min left" in lines[2]


def test_one_pair_on_a_real_model(tiny: SvdModel, tmp_path: Path) -> None:
    picture = tmp_path / "pair.png"
    result = measure_pair(tiny, PAIRS[0], short(), picture)
    assert set(result) == {*ROWS, "loss", "learn_seconds", "apply_seconds"}
    assert all(torch.tensor(value).isfinite() for value in result.values())
    decoded = tiny.decode(tiny.encode_video(PAIRS[0].answer))
    bound = motion_gain(decoded, PAIRS[0].answer)
    assert result["autoencoder"] == pytest.approx(bound, abs=1e-5)
    assert len({round(result[row], 6) for row in ROWS}) == 4  # four different clips
    with Image.open(picture) as sheet:
        assert sheet.size == (FRAMES * (SIZE + 2) + 2, 6 * (SIZE + 18))
    again = measure_pair(tiny, PAIRS[0], short(), picture)
    assert all(again[row] == result[row] for row in ROWS)


def test_summary() -> None:
    results = [
        {row: (i - 1) / 4 for row in ROWS} | {"learn_seconds": 1.0 + i, "apply_seconds": 0.5}
        for i in range(5)
    ]
    for result in results:
        result["true_tokens"] += 1
    summary = summarise(results)
    assert summary["median_motion_gain"] == summary["rows"]["learned"]["median_gain"] == 0.25
    assert summary["rows"]["true_tokens"]["median_gain"] == 1.25
    assert summary["rows"]["learned"]["share_above_0.3"] == 0.4
    low, high = summary["rows"]["learned"]["interval"]
    assert -0.25 <= low < 0.25 < high <= 0.75
    assert summary["learn_seconds"] == 3.0 and summary["apply_seconds"] == 0.5


def test_the_command_writes_and_prints_everything(
    tiny: SvdModel,
    counted: Counted,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = []
    monkeypatch.setattr(module, "load_model", lambda name: tiny)
    monkeypatch.setattr(module, "held_out_pairs", lambda n: asked.append(n) or PAIRS)
    out = tmp_path / "deep" / "out"
    assert main(["--quick", "--iterations", "2", "--out", str(out)]) == 0
    assert main(["--out", str(out)]) == 0
    assert asked == [16, 64]
    # --iterations 2 was another evaluation than the default's
    assert len(counted.names) == 6
    main(["--quick", "--iterations", "2", "--out", str(out)])
    assert len(counted.names) == 6
    summary = json.loads((out / "evaluation.json").read_text())
    assert summary["model"] == tiny.identity and summary["pairs"] == 3
    assert summary["settings"]["inversion"]["iterations"] == 2
    with open(out / "evaluation.csv", newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert [row["motion"] for row in table] == ["wave", "squat", "walk"]
    assert [float(row["learned"]) for row in table] == [0.1, 0.2, 0.3]
    assert "key" not in table[0]
    text = capsys.readouterr().out
    assert all(caption in text for caption in ROWS.values())


def test_the_table_lines_up(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"median_gain": -0.1234, "interval": [-0.5, 0.25], "share_above_0.3": 0.5}
    summary = {"pairs": 16, "model": "abc", "rows": dict.fromkeys(ROWS, row)}
    print_table(summary | {"learn_seconds": 61.0, "apply_seconds": 7.25})
    lines = capsys.readouterr().out.strip().splitlines()
    assert "16 held-out pairs" in lines[0] and "61 s" in lines[-1] and "7.2 s" in lines[-1]
    assert len({len(line) for line in lines[1:-1]}) == 1
    assert "-0.123" in lines[2] and "-0.500" in lines[2] and "50%" in lines[2]


def test_wrong_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--pairs", "many"])
    assert end.value.code == 2 and "--pairs" in capsys.readouterr().err
