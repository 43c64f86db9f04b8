"""`python -m mti_backend train-draft`: what it says when it cannot, and how it stops."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mti_backend.draft import export, training
from mti_backend.draft.train import main
from mti_backend.draft.training import STAGES, StageSettings


@pytest.mark.parametrize("steps", ["vea=10", "vae", "vae=", "vae=-3", "vae=many", "=5"])
def test_wrong_steps(steps: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--work", str(tmp_path / "work"), "--steps", steps])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert "--steps takes STAGE=N" in error and repr(steps) in error and "image-encoder" in error
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("option", [["--epochs", "3"], ["--unet-stage", "vae"]])
def test_unknown_options(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(option)
    assert end.value.code == 2 and option[0] in capsys.readouterr().err


def test_nothing_to_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = tmp_path / "weights"
    with pytest.raises(SystemExit) as end:
        main(["--export-only", "--work", str(tmp_path), "--weights", str(weights)])
    assert end.value.code == 2 and "holds no finished training" in capsys.readouterr().err
    assert not weights.exists()


def test_it_trains_then_exports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: dict[str, StageSettings] = {}

    def train(
        folder: Path, settings: dict[str, StageSettings], report: Callable[[str], None]
    ) -> None:
        seen.update(settings)
        report("vae: step 25/30")

    monkeypatch.setattr(training, "train", train)
    wrote: list[tuple[object, ...]] = []
    monkeypatch.setattr(export, "export", lambda *given: wrote.append(given) or 12_345_678)
    arguments = ["--work", str(tmp_path), "--weights", str(tmp_path / "w")]
    assert main([*arguments, "--steps", "vae=30", "--steps", "clips=7"]) == 0
    assert wrote == [(tmp_path, tmp_path / "w", "clips")]
    assert seen["vae"].steps == 30 and seen["clips"].steps == 7
    assert seen["frames"] == STAGES["frames"] and seen["vae"].seed == STAGES["vae"].seed
    out = capsys.readouterr().out
    assert "vae: step 25/30" in out and "12.3 MB written" in out


def test_ctrl_c_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train", stopped)
    assert main(["--work", str(tmp_path), "--weights", str(tmp_path / "w")]) == 130
    assert "the same command goes on" in capsys.readouterr().out
    assert not (tmp_path / "w").exists()
