from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from mti_addon.client import launch as start
from mti_addon.client.jobs.follow import Follower
from mti_addon.client.jobs.launch import reap, runner_environment
from mti_addon.wire.errors import BackendMissing
from mti_addon.wire.events import Done
from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import process_identity, read_owner
from tests.client.conftest import FAKE, Launch, poll_until, wait_for
from tests.wire.examples import child


def test_a_runner_is_detached_and_finishes(job: JobFolder, launch: Launch) -> None:
    pid = launch(job)
    wait_for(lambda: isinstance(job.finished(), Done))
    log = job.log_file.read_text()
    assert "stdin: True session: True" in log
    launched = read_owner(job.launched_file)
    assert launched is not None and (launched.pid, launched.epoch) == (pid, 1)


BLENDER = """
import sys
from pathlib import Path
from mti_addon.client import launch
from mti_addon.wire.job import JobFolder
from tests.client.conftest import FAKE, fake_environment
print(launch(sys.executable, FAKE, JobFolder(sys.argv[1]), fake_environment("slow")), flush=True)
sys.stdin.read()
"""


def test_a_runner_outlives_a_killed_blender(job: JobFolder) -> None:
    blender = child(BLENDER, str(job.path))
    assert blender.stdout is not None
    runner = int(blender.stdout.readline())
    try:
        follower = Follower(job)
        poll_until(follower, "running")
        blender.kill()
        blender.communicate()
        before = follower.poll().step
        wait_for(lambda: follower.poll().step > before + 3)
        job.ask_cancel()
        assert poll_until(follower, "cancelled").step >= before
    finally:
        if process_identity(runner) is not None:
            os.kill(runner, signal.SIGKILL)


def test_an_ended_runner_does_not_stay_a_zombie(job: JobFolder, launch: Launch) -> None:
    pid = launch(job, "crash")
    wait_for(lambda: process_identity(pid) is None)
    reap()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_blender_s_python_does_not_leak_in(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {
        "PATH": "/bin",
        "PYTHONHOME": "/blender/python",
        "PYTHONPATH": "/pipeline",
        "PythonStartup": "x",
        "__PYVENV_LAUNCHER__": "/blender",
        "HOME": "/home/anna",
    }
    result = runner_environment(environ, Path("/ext"), {"CUDA_VISIBLE_DEVICES": "1"})
    assert result == {
        "PATH": "/bin",
        "HOME": "/home/anna",
        "CUDA_VISIBLE_DEVICES": "1",
        "PYTHONPATH": str(Path("/ext").resolve()),
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
    }


def test_libraries_of_steam_and_of_blender_do_not_leak_in(tmp_path: Path) -> None:
    """Steam's are from 2012, and blender-launcher puts Blender's own first, but torch must find
    those it was built with. What a studio has set is kept."""
    blender = tmp_path / "blender-5.2"
    (blender / "lib").mkdir(parents=True)
    (blender / "blender").touch()
    steam = "/home/anna/.local/share/Steam/ubuntu12_32"
    environ = {
        "LD_LIBRARY_PATH": ":".join(
            [
                f"{blender}/lib",
                f"{steam}/steam-runtime/amd64/usr/lib",
                f"{steam}/steam-runtime/pinned_libs_64",
                "/usr/lib/pressure-vessel/overrides/lib/x86_64-linux-gnu",  # contains libcuda
                "/opt/cuda/lib64",
                "/tmp/.mount_blenderX/usr/lib",
                "",
            ]
        ),
        "LD_PRELOAD": f"{steam}/gameoverlayrenderer.so:/usr/lib/libjemalloc.so "
        "/home/anna/.steam/ubuntu12_64/gameoverlayrenderer.so",
        "APPDIR": "/tmp/.mount_blenderX",
    }
    result = runner_environment(environ, Path("/ext"), {})
    assert result["LD_LIBRARY_PATH"] == (
        "/usr/lib/pressure-vessel/overrides/lib/x86_64-linux-gnu:/opt/cuda/lib64"
    )
    assert result["LD_PRELOAD"] == "/usr/lib/libjemalloc.so"
    alone = {
        "LD_LIBRARY_PATH": f"{steam}/steam-runtime/lib/i386-linux-gnu:",
        "LD_PRELOAD": ":gameoverlayrenderer.so",
    }
    result = runner_environment(alone, Path("/ext"), {})
    assert not {"LD_LIBRARY_PATH", "LD_PRELOAD"} & set(result)
    told = {"LD_LIBRARY_PATH": "/chosen"}
    assert runner_environment(alone, Path("/ext"), told)["LD_LIBRARY_PATH"] == "/chosen"


def test_what_lies_beside_the_jobs_cannot_replace_the_backend(
    job: JobFolder, launch: Launch
) -> None:
    """By default, `python -m` searches the current folder first."""
    (job.path.parent / "mti_backend.py").write_text("raise SystemExit('an impostor')")
    (job.path.parent / "json.py").write_text("raise SystemExit('an impostor')")
    launch(job)
    assert poll_until(Follower(job), "done", "dead").phase == "done"


@pytest.mark.parametrize(
    ("python", "root"),
    [("/no/such/python", FAKE), (sys.executable, Path("/no/such/extension")), (str(FAKE), FAKE)],
)
def test_a_missing_backend_is_said_at_once(job: JobFolder, python: str, root: Path) -> None:
    with pytest.raises(BackendMissing) as caught:
        start(python, root, job)
    assert caught.value.hint
    assert Follower(job).poll().phase == "waiting"
