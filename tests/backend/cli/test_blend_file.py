"""What becomes of a .blend file, with a program that plays Blender's part.

tests/blender/test_capture_actions.py and tests/e2e/test_blend_file.py have the real one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mti_addon.wire.capture_folder import CaptureTask
from mti_addon.wire.errors import BackendMissing, BadRequest, MtiError
from mti_addon.wire.process import process_identity
from mti_addon.wire.settings import Settings
from mti_backend.__main__ import main
from mti_backend.cli import blend_file, running
from mti_backend.cli.blend_file import Action, Blender, capture_actions, find_blender
from mti_backend.cli.progress import Screen
from tests.backend.cli import fake_blender
from tests.backend.cli.fake_blender import ROOT, program
from tests.backend.cli.test_learning import Runner


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the program was started with."""
    path = tmp_path / "seen.json"
    monkeypatch.setenv("MTI_SEEN", str(path))
    monkeypatch.setenv("MTI_WORK", str(tmp_path / "work"))
    monkeypatch.setenv("MTI_LIBRARY", str(tmp_path / "library"))
    return path


@pytest.fixture
def blend(tmp_path: Path) -> Path:
    path = tmp_path / "shot.blend"
    path.write_bytes(b"BLENDER")
    return path


def captured(blender: Blender, blend: Path) -> tuple[list[Action], tuple[str, ...]]:
    task = CaptureTask(str(blend), Settings.for_model("draft"), "body", flip_safe=True)
    return capture_actions(blender, task, blend.parent / "work", Screen(quiet=True))


def test_an_action_at_which_blender_crashes_is_named_and_the_others_are_captured(
    blend: Path, seen: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    blender = find_blender(str(program(blend.parent / "blender")))
    actions, notices = captured(blender, blend)
    assert notices == ("A notice.",)
    crash, walk, still = actions
    assert [each.name for each in actions] == list(fake_blender.ACTIONS)
    assert crash.error is not None and still.error is not None and walk.error is None
    assert crash.error.problem.code == "blender_crashed_on_action"
    assert "while it captured Crash" in crash.error.message
    assert still.error.problem.code == "images_all_the_same" and still.error.exit_code == 2
    assert walk.request is not None and walk.request.capture.flip_safe
    assert set(walk.inputs) == set(walk.request.inputs) and walk.notices == ("It is small.",)
    work = blend.parent / "work"
    assert [path.name for path in work.iterdir()] == [blend_file.LOG_NAME]
    assert "noise on stdout" in (work / blend_file.LOG_NAME).read_text()
    assert capfd.readouterr() == ("", "")


def test_what_is_captured_is_learned_after_what_is_not(
    blend: Path, seen: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(running, "work_on", Runner().work_on)
    command = ["learn", str(blend), "--blender", str(program(blend.parent / "blender"))]
    for status in ("learned", "known"):
        assert main([*command, "--json", "--quiet"]) == 2
        out, err = capfd.readouterr()
        motions = json.loads(out)["motions"]
        assert [each["action"] for each in motions] == list(fake_blender.ACTIONS)
        assert [each["status"] for each in motions] == ["failed", status, "failed"]
        assert {each["source"] for each in motions} == {str(blend)}
        assert "mti: Still: All images are the same: nothing moves in them.\n" in err
        assert ("Walk: It is small." in err) == (status == "learned") and "noise" not in err
    assert main([*command, "--quiet"]) == 2
    out, _ = capfd.readouterr()
    assert "[2/3] Walk: already in the library" in out
    assert "0 learned, 1 already in the library, 2 failed" in out


def test_blender_sees_neither_the_user_s_files_nor_other_modules(
    blend: Path, seen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("BLENDER_USER_RESOURCES", "/home/ada/blender")
    captured(find_blender(str(program(blend.parent / "blender"))), blend)
    told = json.loads(seen.read_text())
    assert {"--background", "--factory-startup", "--disable-autoexec"} < set(told["arguments"])
    assert told["path"] == str(ROOT)
    work = blend.parent / "work"
    assert Path(told["user"]).is_relative_to(work) and not Path(told["user"]).exists()
    assert told["arguments"][-2:] == ["--", str(Path(told["user"]).parent)]


def test_a_blender_that_crashes_at_once(blend: Path, seen: Path) -> None:
    blender = find_blender(str(program(blend.parent / "blender", how="crash_at_once")))
    with pytest.raises(BadRequest, match=r"crashed or was ended while it opened shot\.blend"):
        captured(blender, blend)


@pytest.mark.parametrize(
    ("version", "error", "text"),
    [
        (None, BackendMissing, "Blender was not found"),
        ("GNU bash, version 5", BadRequest, "is neither Blender nor a Python"),
        ("Blender 4.2.9 LTS", BadRequest, "is Blender 4.2, which is too old"),
    ],
)
def test_what_is_no_blender_of_ours(
    tmp_path: Path, version: str | None, error: type[MtiError], text: str
) -> None:
    path = tmp_path / "blender"
    if version is not None:
        program(path, version)
    with pytest.raises(error, match=text) as raised:
        find_blender(str(path))
    assert "Install Blender 4.5 or newer, or name it with --blender." in str(raised.value.problem)


def test_a_python_without_bpy_is_none_either() -> None:
    with pytest.raises(BadRequest, match="is neither Blender nor a Python with the bpy module"):
        find_blender(sys.executable)


def test_options_of_footage_are_refused(
    blend: Path, seen: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = main(["learn", str(blend), "--start", "1", "--fps", "12", "--name", "Walk"])
    assert code == 2
    told = capfd.readouterr().err
    assert f"--start, --fps, --name cannot be used with {blend}" in told


def test_a_stop_ends_blender_as_well(blend: Path, seen: Path) -> None:
    command = [sys.executable, "-m", "mti_backend", "learn", str(blend), "--json"]
    command += ["--blender", str(program(blend.parent / "blender", how="hang"))]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    told = _wait_for(seen)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    assert json.loads(out)["error"]["code"] == "cancelled" and "Traceback" not in err
    assert process_identity(told["pid"]) is None
    assert os.listdir(blend.parent / "work") == []


def _wait_for(seen: Path) -> dict[str, Any]:
    began = time.monotonic()
    while time.monotonic() - began < 60:
        if seen.exists() and (text := seen.read_text()):
            told: dict[str, Any] = json.loads(text)
            return told
        time.sleep(0.05)
    raise AssertionError("Blender was not started")
