"""What a runner may do, looked at in the kernel while a real one runs."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mti_addon.wire.errors import BackendMissing
from mti_addon.wire.owner import read_owner
from mti_backend.server.execution.executor import Resources
from mti_backend.server.execution.limits import LIMITS, limited
from mti_backend.server.execution.process import ProcessExecutor
from mti_backend.server.execution.runner import ROOT, Runner
from tests.fake_runner import FAKE, end_runners
from tests.wire.examples import make_job

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@linux
def test_a_runner_has_limits_and_nothing_of_the_server_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTI_SECRET", "hidden")
    monkeypatch.setenv("HF_TOKEN", "hf_hidden")
    monkeypatch.setenv("LD_PRELOAD", "")
    (tmp_path / "open").write_text("of the server")
    runner = Runner(path=(FAKE, ROOT), idle_seconds=0, extra={"MTI_FAKE": "silent"})
    executor = ProcessExecutor(tmp_path / "spool", runner, ("cpu",))
    job = make_job(tmp_path)
    with open(tmp_path / "open") as server_s:
        os.set_inheritable(server_s.fileno(), True)
        executor.submit("a" * 32, 1, job.path, Resources("draft"))
    folder = tmp_path / "spool" / "0" / f"{'a' * 32}.1"
    try:
        until = time.monotonic() + 20
        while (owner := read_owner(folder / "owner.json")) is None:
            assert time.monotonic() < until, (folder / "log.txt").read_text()
            time.sleep(0.02)
        launched = read_owner(folder / "launched.json")
        assert launched and (launched.pid, launched.create_time) == (owner.pid, owner.create_time)
        for name, most in LIMITS.items():
            assert resource.prlimit(owner.pid, getattr(resource, name)) == (most, most)
        for name in ("RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_MEMLOCK"):  # CUDA's
            kind = getattr(resource, name)
            assert resource.prlimit(owner.pid, kind) == resource.getrlimit(kind)
        environ = Path(f"/proc/{owner.pid}/environ").read_bytes()
        assert b"hidden" not in environ and b"LD_PRELOAD" not in environ
        assert b"MTI_DEVICE=cpu" in environ
        files = {os.readlink(each) for each in Path(f"/proc/{owner.pid}/fd").iterdir()}
        own = {path for path in files if path.startswith(f"{folder}/")}
        assert str(folder / "log.txt") in own
        assert files - own == {"/dev/null"}
        assert os.getsid(owner.pid) == owner.pid
    finally:
        end_runners(tmp_path / "spool" / "0")
        for child in executor._children:
            child.wait(20)


def test_a_file_that_grows_without_end_is_stopped(tmp_path: Path) -> None:
    """The limit is an error that the runner can report, and no signal that ends it."""
    code = (
        "import os, sys\n"
        "with open(sys.argv[1], 'wb') as stream:\n"
        "    os.ftruncate(stream.fileno(), int(sys.argv[2]))\n"  # a hole: no space is used
        "    stream.seek(0, 2)\n"
        "    try:\n"
        "        stream.write(b'x'); stream.flush()\n"
        "    except OSError as error:\n"
        "        print(error.strerror, flush=True)\n"
        "        os._exit(7)\n"
    )
    path = tmp_path / "huge"
    command = limited([sys.executable, "-c", code, str(path), str(LIMITS["RLIMIT_FSIZE"])])
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout.strip()) == (7, "File too large")


def test_a_lower_limit_stays() -> None:
    code = "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE))"
    command = limited([sys.executable, "-c", code])
    shell = ["sh", "-c", 'ulimit -n 99; exec "$@"', "sh", *command]
    done = subprocess.run(shell, stdout=subprocess.PIPE, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "(99, 99)"


def test_a_python_that_is_missing_is_one_sentence(tmp_path: Path) -> None:
    runner = Runner(python=str(tmp_path / "no-python"))
    executor = ProcessExecutor(tmp_path / "spool", runner, ("cpu",))
    job = make_job(tmp_path)
    with pytest.raises(BackendMissing, match="no-python, cannot be started"):
        executor.submit("a" * 32, 1, job.path, Resources("draft"))
