"""Evaluating the shipped draft: measurements, stored results, and resuming."""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mti_addon.wire.errors import Internal
from mti_addon.wire.settings import Settings
from mti_backend.evaluation import evaluate as module
from mti_backend.evaluation.bench import decoded
from mti_backend.evaluation.cross_domain import RENDERED
from mti_backend.evaluation.evaluate import main, units_of
from mti_backend.evaluation.processes import Results, loader, measure_all
from mti_backend.evaluation.rows import QUICK, ROWS
from mti_backend.evaluation.store import Store
from mti_backend.evaluation.units import (
    Plan,
    Unit,
    Worker,
    domain_units,
    effort,
    held_out_units,
    weights_key,
)
from mti_backend.metrics.gain import motion_gain
from mti_backend.models import SHIPPED_DRAFT
from mti_backend.models.framing import Framing
from tests.evaluation.held_out import held_out_pair

CHEAP = "answer,still,autoencoder"
ARGUMENTS = ["--pairs", "1", "--rows", f"{CHEAP},learned", "--iterations", "2", "--no-plots"]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished evaluation of one pair, with two iterations of learning."""
    folder = tmp_path_factory.mktemp("evaluation") / "deep" / "out"
    assert main([*ARGUMENTS, "--out", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def load() -> Callable[[], Any]:
    return loader("cpu")


def options(*words: str) -> argparse.Namespace:
    return module._parser().parse_args(words)


def test_the_figures_are_the_definitions(out: Path) -> None:
    rows = json.loads((out / "evaluation.json").read_text())["rows"]

    def value(row: str, column: str) -> float:
        return float(rows[row]["columns"][column]["median"])

    assert value("answer", "gain") == 1 and value("answer", "limb_error") == 0
    assert value("answer", "first_psnr") == value("answer", "background_psnr") == 60
    assert value("answer", "fidelity") == pytest.approx(1)
    assert value("still", "gain") == value("still", "fidelity") == 0
    assert value("still", "limb_error") > 0.5 and value("still", "first_psnr") == 60
    pair, model = held_out_pair(0), loader("cpu")()
    bound = motion_gain(decoded(model, pair.answer, Framing()), pair.answer)
    assert value("autoencoder", "gain") == pytest.approx(bound, abs=1e-4)
    assert value("learned", "learn_seconds") > 0 and "learn_seconds" not in rows["still"]["columns"]
    assert abs(value("answer", "leakage")) < 1e-6


def test_what_was_learned_is_kept_with_its_way_and_its_reconstruction(out: Path) -> None:
    kept = json.loads((out / "results/held_out/000_wave/learned.json").read_text())
    assert [point[0] for point in kept["curve"]] == [0, 1, 2]  # iterations
    seconds = [point[1] for point in kept["curve"]]
    assert seconds == sorted(seconds) and seconds[-1] == kept["learn_seconds"]
    assert kept["curve"][-1][2] == kept["gain"] and kept["reconstruction_gain"] < 1
    motion = Store(out).read_motion("held_out/000_wave", "learned")
    assert motion.frame_tokens.shape[:2] == (14, 2) and motion.meta["iterations"] == "2"


def test_all_files_are_written(out: Path) -> None:
    with open(out / "evaluation.csv", newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert [line["row"] for line in table] == [*CHEAP.split(","), "learned"]
    assert "wave" in (out / "evaluation.md").read_text()
    summary = json.loads((out / "evaluation.json").read_text())
    assert summary["median_motion_gain"] == float(table[3]["gain"])
    assert summary["iterations"] == 2 and summary["hardware"] and summary["date"]
    with Image.open(out / "pages/page_01.png") as page:
        assert page.size == (14 * 130 + 2, 4 * (128 + 18))  # reference, ground truth, two rows


def test_the_same_command_measures_nothing_again(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (out / "evaluation.csv").read_text()
    assert main([*ARGUMENTS, "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert "left (Ctrl-C" not in text and ROWS["learned"].caption in text
    assert (out / "evaluation.csv").read_text() == before


def test_what_is_kept_can_be_told_alone(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As after a full run that was stopped: nothing is measured, not even what is missing."""
    more = [*ARGUMENTS, "--pairs", "2", "--kept"]
    assert main([*more, "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert "left (Ctrl-C" not in text and ROWS["learned"].caption in text
    assert main([*more, "--out", str(tmp_path / "empty")]) == 2
    assert "has none of these results" in capsys.readouterr().err


def test_only_what_is_missing_or_damaged_is_measured(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = out / "results/held_out/000_wave/still.json"
    kept.write_text(kept.read_text()[:-20])
    assert main([*ARGUMENTS, "--out", str(out)]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if "left (Ctrl-C" in line]
    assert len(told) == 1 and told[0].startswith("1/1 held_out 0 wave, still picture: gain +0.000")


def worker(folder: Path, load: Callable[[], Any], identity: str = "me", steps: int = 1) -> Worker:
    return Worker(load, identity, Plan(Settings.for_model("draft"), steps, folder))


def units(*rows: str, pairs: int = 1) -> list[Unit]:
    return held_out_units(rows, {"core": pairs, "ablation": pairs, "paper": pairs})


def test_a_stopped_evaluation_goes_on(tmp_path: Path, load: Callable[[], Any]) -> None:
    told: list[str] = []

    def stop_after_two(line: str) -> None:
        told.append(line)
        if len(told) == 2:
            raise KeyboardInterrupt

    wanted = units("answer", "still", pairs=2)
    with pytest.raises(KeyboardInterrupt):
        measure_all(wanted, worker(tmp_path, load), "cpu", tell=stop_after_two)
    told = []
    results = measure_all(wanted, worker(tmp_path, load), "cpu", tell=told.append)
    assert set(results) == set(wanted) and len(told) == 3
    assert told[0] == "2 of 4 rows were measured earlier" and told[2].startswith("2/2 held_out 1")


def test_another_model_or_other_settings_are_measured_again(
    tmp_path: Path, load: Callable[[], Any]
) -> None:
    unit = units("still")[0]
    mine = worker(tmp_path, load)
    assert mine.kept(unit) is None
    result = mine.measure(unit)
    assert mine.kept(unit) == result
    assert worker(tmp_path, load, identity="another").kept(unit) is None
    assert worker(tmp_path, load, steps=9).kept(unit) == result  # this row involves no learning
    learned, pair = units("learned")[0], held_out_pair(0)
    assert mine._key(learned, pair) != worker(tmp_path, load, steps=9)._key(learned, pair)
    mine.forget()
    assert mine.kept(unit) is None


def test_every_part_that_decides_results_is_in_the_key(tmp_path: Path) -> None:
    folder = tmp_path / "draft"
    shutil.copytree(SHIPPED_DRAFT, folder)
    keys = [weights_key(folder)]
    for part in ("vae", "unet"):
        config = folder / part / "config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | {"other": 1}))
        keys.append(weights_key(folder))
    assert len(set(keys)) == len(keys)


def test_rendered_clips_have_their_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    of_two = [unit for unit in domain_units(["autoencoder"])
              if unit.suite == f"domain_{RENDERED}" and unit.index < 2]  # fmt: skip
    assert len(of_two) == 2
    monkeypatch.setattr(module, "domain_units", lambda rows: of_two)
    words = ["--cross-domain", "--rows", "autoencoder", "--no-plots", "--out", str(tmp_path)]
    assert main(words) == 0
    summary = json.loads((tmp_path / "parts.json").read_text())
    with open(tmp_path / "parts.csv", newline="", encoding="utf-8") as file:
        gains = [float(line["gain"]) for line in csv.DictReader(file)]
    assert summary["rendered_clips"]["columns"]["gain"]["median"] == pytest.approx(sum(gains) / 2)
    assert "Clips rendered by Blender, encoded and decoded" in capsys.readouterr().out


@pytest.mark.slow
def test_two_processes_find_the_same(tmp_path: Path, load: Callable[[], Any]) -> None:
    wanted = units("still", "true_tokens", pairs=2)
    identity = load().identity
    alone: Results = measure_all(wanted, worker(tmp_path / "1", load, identity), "cpu")
    beside = measure_all(wanted, worker(tmp_path / "2", load, identity), "cpu", jobs=2)
    assert set(alone) == set(beside)
    for unit in wanted:
        assert beside[unit]["gain"] == pytest.approx(alone[unit]["gain"], rel=0.02, abs=1e-3)


@pytest.mark.slow
def test_a_process_that_fails_says_why(tmp_path: Path, load: Callable[[], Any]) -> None:
    """The processes cannot load the model; the command must not hang."""
    wanted, mine = units("still", pairs=2), worker(tmp_path, load)
    with pytest.raises(Internal, match="(?s)Measuring failed in a process.*no-such-device"):
        measure_all(wanted, mine, "no-such-device", jobs=2)


def test_rows_have_budgets() -> None:
    found = units_of(options("--pairs", "30", "--rows", "learned,shared,paper"))
    counts = {row: sum(u.row == row for u in found) for row in ("learned", "shared", "paper")}
    assert counts == {"learned": 30, "shared": 24, "paper": 8}
    few = units_of(options("--pairs", "3", "--rows", "shared"))
    assert len(few) == 3


def test_quick_full_and_parts() -> None:
    quick = units_of(options("--quick"))
    assert len(quick) == 16 * len(QUICK) and {u.suite for u in quick} == {"held_out"}
    full = units_of(options())
    assert {u.row for u in full if u.suite == "held_out"} == set(ROWS)
    assert sum(u.suite == "curves" for u in full) == 10
    suites = {u.suite for u in units_of(options("--cross-domain"))}
    assert suites and all(suite.startswith("domain_") for suite in suites)
    assert {u.suite for u in units_of(options("--curves"))} == {"curves"}
    some = units_of(options("--cross-domain", "--rows", "autoencoder,paper"))
    assert {u.row for u in some} == {"autoencoder"} and {u.suite for u in some} == suites


def test_the_time_left_counts_what_takes_long(tmp_path: Path) -> None:
    plan = Plan(Settings.for_model("draft"), None, tmp_path)
    still, learned, paper = (effort(unit, plan) for unit in units("still", "learned", "paper"))
    assert still < learned / 3 < learned < paper / 5


@pytest.mark.parametrize(
    "words",
    [
        ["--pairs", "many"],
        ["--pairs", "0"],
        ["--rows", "learned,unknown"],
        ["--jobs", "-1"],
        ["--markdown", "page.md", "--curves"],
        ["--rows", "learned", "--curves"],
        ["--rows", "paper", "--cross-domain"],
    ],
)
def test_wrong_options(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2 and words[0] in capsys.readouterr().err
