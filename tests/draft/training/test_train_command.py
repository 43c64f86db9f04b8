"""`python -m mti_backend train-draft`: its errors, stopping, and the contact sheet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mti_backend.draft.procedural.body import KINDS, SHAPES
from mti_backend.draft.procedural.named import NAMED
from mti_backend.draft.training import export
from mti_backend.draft.training import stages as training
from mti_backend.draft.training.show import EXAMPLES
from mti_backend.draft.training.stages import STAGES, StageSettings
from mti_backend.draft.training.train import main


@pytest.mark.parametrize(
    "steps", ["frame=10", "frames", "frames=", "frames=2.5", "frames=many", "=5"]
)
def test_wrong_steps(steps: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--work", str(tmp_path / "work"), "--steps", steps])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert (
        "--steps takes STAGE=NUMBER" in error and repr(steps) in error and "image-encoder" in error
    )
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("option", [["--epochs", "3"], ["--unet-stage", "pairs"]])
def test_unknown_options(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(option)
    assert end.value.code == 2 and option[0] in capsys.readouterr().err


def test_nothing_to_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = tmp_path / "weights"
    with pytest.raises(SystemExit) as end:
        main(["--export-only", "--work", str(tmp_path), "--weights", str(weights)])
    assert end.value.code == 2 and "has no finished training" in capsys.readouterr().err
    assert not weights.exists()


def test_it_trains_then_exports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: dict[str, StageSettings] = {}

    asked: dict[str, object] = {}

    def train(
        folder: Path,
        settings: dict[str, StageSettings],
        report: Callable[[str], None],
        **more: object,
    ) -> None:
        seen.update(settings)
        asked.update(more)
        report("frames: step 25/30")

    monkeypatch.setattr(training, "train", train)
    wrote: list[tuple[object, ...]] = []
    monkeypatch.setattr(export, "export", lambda *given: wrote.append(given) or 12_345_678)
    arguments = ["--work", str(tmp_path), "--weights", str(tmp_path / "w")]
    assert (
        main([*arguments, "--steps", "frames=30", "--steps", "clips=7", "--rate", "frames=1e-5"])
        == 0
    )
    assert asked == {"only": None}
    assert seen["frames"].learning_rate == 1e-5
    assert wrote == [(tmp_path, tmp_path / "w", "clips")]
    assert seen["frames"].steps == 30 and seen["clips"].steps == 7
    assert seen["pairs"] == STAGES["pairs"] and seen["frames"].seed == STAGES["frames"].seed
    out = capsys.readouterr().out
    assert "frames: step 25/30" in out and "12.3 MB written" in out


def test_one_stage_is_trained_and_not_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(training, "train", lambda *given, **more: asked.append(more))
    weights = tmp_path / "w"
    only = ["--only", "pairs", "--work", str(tmp_path), "--weights", str(weights)]
    assert main(only) == 0
    assert asked == [{"only": "pairs"}] and not weights.exists()
    with pytest.raises(SystemExit):
        main(["--only", "everything", "--work", str(tmp_path)])


def test_a_start_from_no_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--work", str(tmp_path / "work"), "--start-from", str(tmp_path / "nothing")])
    error = capsys.readouterr().err
    assert end.value.code == 2 and "is not an exported model" in error and "nothing" in error


def test_the_sheet_shows_every_kind_of_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command reproduces the committed image without training."""
    monkeypatch.setattr(training, "train", lambda *given, **more: pytest.fail("trained"))
    sheet = tmp_path / "new" / "sheet.png"
    assert main(["--show", str(sheet)]) == 0
    assert str(sheet) in capsys.readouterr().out
    assert sheet.stat().st_size < 900_000
    committed = Path(__file__).parents[3] / "docs" / "images" / "draft_data.png"
    new, old = (np.asarray(Image.open(path), np.int16) for path in (sheet, committed))
    assert new.shape == old.shape
    # other processors may round differently, by a level or two
    assert (np.abs(new - old) > 3).mean() < 0.002
    kinds = {example.kind for example in EXAMPLES}
    assert kinds >= set(KINDS) and {e.shape for e in EXAMPLES} >= set(SHAPES)
    assert len(EXAMPLES) == 24
    for example in EXAMPLES:
        held_out = {example.family, example.backdrop} != {"train"} or example.motion in NAMED
        assert ("HELD OUT" in example.caption) is held_out


def test_ctrl_c_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*arguments: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train", stopped)
    assert main(["--work", str(tmp_path), "--weights", str(tmp_path / "w")]) == 130
    assert "run the same command to resume" in capsys.readouterr().out
    assert not (tmp_path / "w").exists()
