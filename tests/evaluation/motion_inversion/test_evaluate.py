"""`evaluate --method motion-inversion` on a tiny model of the real classes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from mti_addon.wire.settings import Settings
from mti_backend.evaluation import main
from mti_backend.evaluation.motion_inversion.judge import Judge
from mti_backend.evaluation.motion_inversion.measure import Bench, figures
from mti_backend.evaluation.motion_inversion.pairs import make_pair
from mti_backend.evaluation.motion_inversion.rows import QUICK, ROWS
from mti_backend.method.motion_inversion.settings import PlayingSettings
from tests.tiny_text_to_video import make_tiny_text_to_video

FEW = ["--pairs", "1", "--iterations", "1", "--steps", "1", "--judge-steps", "1"]
CHOSEN = "answer,no_motion,object,as_learned,v"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_text_to_video("animatediff", tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def measured(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    assert run(weights, out, "--json", str(out / "new" / "quick.json")) == 0
    return out


def run(weights: Path, out: Path, *more: str) -> int:
    common = ["--method", "motion-inversion", "--quick", "--rows", CHOSEN, *FEW]
    return main([*common, "--weights", str(weights), "--out", str(out), *more])


def test_the_headline_is_written(measured: Path) -> None:
    summary = json.loads((measured / "new" / "quick.json").read_text("utf-8"))
    assert summary == json.loads((measured / "evaluation.json").read_text("utf-8"))
    assert set(summary["headline"]) == {
        "track_correlation", "subject_right", "colour_right", "leakage"
    }  # fmt: skip
    assert list(summary["rows"]) == CHOSEN.split(",")
    assert summary["rows"]["answer"]["columns"]["track_correlation"]["value"] > 0.95
    assert summary["plan"]["learning"]["iterations"] == 1
    assert ROWS["object"].caption in (measured / "evaluation.md").read_text("utf-8")
    assert [path.name for path in (measured / "pages").iterdir()] == ["000_circle.png"]


def test_what_was_measured_is_not_measured_again(
    weights: Path, measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = json.loads((measured / "evaluation.json").read_text("utf-8"))
    monkeypatch.setattr(Bench, "_measured", lambda *given: pytest.fail("measured again"))
    assert run(weights, measured) == 0
    after = json.loads((measured / "evaluation.json").read_text("utf-8"))
    assert before["rows"] == after["rows"]


def test_other_settings_are_measured_anew(weights: Path, measured: Path) -> None:
    bench = [path.read_text("utf-8") for path in (measured / "results").rglob("object.json")]
    assert run(weights, measured, "--rows", "object", "--steps", "2") == 0
    again = [path.read_text("utf-8") for path in (measured / "results").rglob("object.json")]
    assert bench != again


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--rows", "everything"], "unknown row: 'everything'"),
        (["--pairs", "0"], "--pairs must be"),
    ],
)
def test_wrong_options(
    wrong: list[str], said: str, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        run(weights, tmp_path / "out", *wrong)
    assert end.value.code == 2 and said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_missing_model_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "nothing", tmp_path / "out") != 0
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "draft-by-words" in error and "incomplete" in error


def test_every_row_that_was_asked_for_is_there() -> None:
    """Priors 0 and 0.5, three views, three strengths, no motion, words, QK, V, both, debias."""
    playing = PlayingSettings.for_model("draft-by-words")
    learned = [row for row in ROWS.values() if row.kind == "motion"]
    views = {(s.view, s.noise_prior) for s in (row.settings(playing) for row in learned)}
    assert views == {(v, a) for v in ("object", "camera", "as_learned") for a in (0.0, 0.5)}
    assert {row.settings(playing).strength for row in learned} == {0.5, 1.0, 1.5}
    learning = Settings.for_model("draft-by-words").words.learning
    assert {row.learning(learning).loss for row in learned} == {"plain", "debiased_temporal"}
    assert {row.part for row in learned} == {"both", "v"}
    assert {"answer", "model", "words"} < {row.kind for row in ROWS.values()}
    quick = [ROWS[key] for key in QUICK]
    assert {row.kind for row in quick} == {row.kind for row in ROWS.values()}
    assert len({row.loss for row in quick if row.kind == "motion"}) == 1  # learned once


def test_columns_of_a_true_clip_and_of_noise() -> None:
    torch.manual_seed(0)
    pair, judge = make_pair(1), Judge().eval()
    assert figures(pair.answer, pair, judge)["track_correlation"] > 0.95
    noise = 2 * torch.rand(pair.answer.shape, generator=torch.Generator().manual_seed(1)) - 1
    assert abs(figures(noise, pair, judge)["track_correlation"]) < 0.5
