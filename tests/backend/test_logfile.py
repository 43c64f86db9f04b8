"""Everything that a process prints lands in the log, and later on the terminal again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mti_addon.wire.errors import NotWritable
from mti_backend.logfile import log_to

SCRIPT = """
import os, sys, subprocess
from pathlib import Path
from mti_backend.logfile import log_to
print("before")
with log_to(Path(sys.argv[1])):
    print("printed")
    print("warned", file=sys.stderr)
    os.write(1, b"native\\n")
    subprocess.run([sys.executable, "-c", "print('child')"])
    if len(sys.argv) > 2:
        import faulthandler
        os.kill(os.getpid(), 11)
print("after")
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", SCRIPT, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=Path(__file__).parents[2], env=os.environ
    )


def test_all_of_it_is_appended(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text("older\n")
    done = run(str(log))
    assert (done.stdout, done.stderr, done.returncode) == ("before\nafter\n", "", 0)
    assert sorted(log.read_text().split()) == ["child", "native", "older", "printed", "warned"]


def test_a_crash_leaves_its_stack(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("no SIGSEGV to send")
    log = tmp_path / "log.txt"
    assert run(str(log), "crash").returncode == -11
    assert "Segmentation fault" in log.read_text()


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "log.txt").mkdir()
    with pytest.raises((NotWritable, IsADirectoryError)), log_to(tmp_path / "log.txt"):
        pass
