"""Everything that a process prints goes to the log, and afterwards to the terminal again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mti_addon.wire.errors import NotWritable
from mti_backend.job.logfile import log_to

SCRIPT = """
import os, sys, subprocess
from pathlib import Path
from mti_backend.job.logfile import log_to
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
        command, capture_output=True, text=True, cwd=Path(__file__).parents[3], env=os.environ
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


LEAVER = """
import os, sys
from mti_backend.job.logfile import let_go
print("before", flush=True)
let_go()
print("after", flush=True)
os.write(2, b"native")
print(os.readlink("/proc/self/fd/1"), os.readlink("/proc/self/fd/2"), file=open(sys.argv[1], "w"))
"""


def test_who_stays_lets_go_of_a_file_and_not_of_a_pipe(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LEAVER, str(tmp_path / "told")]
    root = Path(__file__).parents[3]
    with open(tmp_path / "log.txt", "wb") as log:
        subprocess.run(command, cwd=root, stdout=log, stderr=log, check=True)
    assert (tmp_path / "log.txt").read_text() == "before\n"
    assert (tmp_path / "told").read_text() == f"{os.devnull} {os.devnull}\n"
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("before\nafter\n", "native")


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "log.txt").mkdir()
    with pytest.raises((NotWritable, IsADirectoryError)), log_to(tmp_path / "log.txt"):
        pass
