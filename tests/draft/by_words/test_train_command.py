"""`python -m mti_backend train-draft-by-words`: its errors, and the contact sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mti_backend.draft.by_words.captions import ACTIONS, BACKGROUNDS, CAMERAS, COLOURS, SUBJECTS
from mti_backend.draft.by_words.movers import HELD_OUT
from mti_backend.draft.by_words.show import examples
from mti_backend.draft.by_words.train import main


@pytest.mark.parametrize("change", ["frames=10", "pictures", "clips=2.5"])
def test_wrong_steps(change: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--work", str(tmp_path / "work"), "--steps", change])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert "--steps takes STAGE=NUMBER with STAGE one of autoencoder, pictures, clips" in error
    assert repr(change) in error and not (tmp_path / "work").exists()


def test_nothing_to_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = tmp_path / "weights"
    with pytest.raises(SystemExit) as end:
        main(["--export-only", "--work", str(tmp_path), "--weights", str(weights)])
    assert end.value.code == 2 and "has no finished training" in capsys.readouterr().err
    assert not weights.exists()


def test_a_start_from_no_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--start-from", str(tmp_path / "nothing"), "--work", str(tmp_path / "work")])
    assert end.value.code == 2 and "is not an exported model" in capsys.readouterr().err


def test_samples_of_no_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--samples", str(tmp_path / "sheet.png"), "--weights", str(tmp_path / "nothing")])
    assert end.value.code == 2 and "draft-by-words" in capsys.readouterr().err


def test_one_stage_is_trained_and_not_exported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ["--steps", "autoencoder=1", "--batch", "autoencoder=2", "--only", "autoencoder"]
    weights = tmp_path / "weights"
    assert main(["--work", str(tmp_path), "--weights", str(weights), *few]) == 0
    assert (tmp_path / "autoencoder.checkpoint.safetensors").exists() and not weights.exists()


def test_the_sheet_shows_everything_that_words_can_say() -> None:
    captions = [scene.caption for scene in examples()]
    assert {caption.subject for caption in captions} == set(SUBJECTS)
    assert {caption.colour for caption in captions} == set(COLOURS)
    assert {caption.background for caption in captions} == set(BACKGROUNDS)
    assert {c.camera for c in captions} == {None, *CAMERAS}
    actions = {action for each in ACTIONS.values() for action in each}
    assert {caption.action for caption in captions} == {None, *actions}
    assert {scene.mover for scene in examples()} > set(HELD_OUT)


def test_the_committed_sheet_is_what_the_command_draws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "new" / "sheet.png"
    assert main(["--show", str(sheet)]) == 0
    assert str(sheet) in capsys.readouterr().out
    committed = Path(__file__).parents[3] / "docs" / "images" / "draft_by_words_data.png"
    new, old = (np.asarray(Image.open(path), np.int16) for path in (sheet, committed))
    assert new.shape == old.shape
    # other processors may round differently, by a level or two
    assert (np.abs(new - old) > 3).mean() < 0.002
