"""A job's progress as people see it, on a terminal and in a file."""

from __future__ import annotations

import os
import pty
import select
import time
from pathlib import Path

import pytest

from mti_addon.wire.events import Event, Planned, Progress, Resumed, encode
from mti_addon.wire.job import JobFolder
from mti_backend.cli.progress import Following, Screen, progress_text

EVENTS: tuple[Event, ...] = (
    Progress("load", 0, 1),
    Planned("About 3 GB.", 3000),
    Resumed(12),
    Progress("learn", 12, 60),
    Progress("learn", 13, 60, 0.1234, 75.0),
    Progress("learn", 60, 60, 0.03, 0.0),
    Progress("save", 0, 1),
)


def test_in_words() -> None:
    assert [progress_text(e) for e in EVENTS if isinstance(e, Progress)] == [
        "loading the model",
        "learning 12 of 60",
        "learning 13 of 60, loss 0.123, 1 min 15 s left",
        "learning 60 of 60, loss 0.03, 0 s left",
        "saving",
    ]


def follow(folder: Path, quiet: bool = False) -> None:
    """Follow a job that writes the events, after an earlier runner has written one."""
    job, screen = JobFolder(folder), Screen(quiet)
    job.events_file.write_text(encode(Progress("encode", 1, 1), 1, 1.0) + "\n")
    with Following(job, screen, "wave"), open(job.events_file, "a") as log:
        for seq, event in enumerate(EVENTS, start=2):
            log.write(encode(event, seq, 1.0) + "\n")
        log.flush()
        time.sleep(0.6)
    screen.close()


def test_in_a_file_there_is_a_line_for_each_stage(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    follow(tmp_path)
    assert capfd.readouterr().err.split("\n") == [
        "wave: loading the model",
        "wave: About 3 GB.",
        "wave: continues after iteration 12",
        "wave: learning 12 of 60",
        "",
    ]


def test_quiet_says_only_what_must_be_known(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    follow(tmp_path, quiet=True)
    assert capfd.readouterr().err == "wave: continues after iteration 12\n"


def test_on_a_terminal_one_line_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, terminal = pty.openpty()
    with open(terminal, "w") as stderr:
        monkeypatch.setattr("sys.stderr", stderr)
        follow(tmp_path)
        written = b""
        while select.select([ours], [], [], 0.5)[0]:
            written += os.read(ours, 65536)
    os.close(ours)
    shown = written.decode().replace("\r\n", "\n")
    assert screen_after(shown) == [
        "wave: About 3 GB.",
        "wave: continues after iteration 12",
        "",
    ]
    assert "wave: learning 13 of 60, loss 0.123, 1 min 15 s left" in shown


def screen_after(written: str) -> list[str]:
    """The lines that a terminal shows in the end."""
    shown = []
    for line in written.split("\n"):
        letters: list[str] = []
        for part in line.split("\r"):
            letters[: len(part)] = part
        shown.append("".join(letters).rstrip())
    return shown
