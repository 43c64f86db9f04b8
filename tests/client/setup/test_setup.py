"""Setting up the backend: real interpreters, environments, pip and kills."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mti_addon.client.jobs.launch import reap
from mti_addon.client.setup import packages
from mti_addon.client.setup.check import read_capabilities
from mti_addon.client.setup.environment import read_marker
from mti_addon.client.setup.folder import (
    BackendFolder,
    SetupTaskFolder,
    SetupTaskState,
    TaskSpec,
    read_json,
)
from mti_addon.client.setup.problem import environment_problem
from mti_addon.client.setup.start import cancel_task, look, start_task
from mti_addon.wire.errors import Busy, NotWritable
from mti_addon.wire.owner import JobLock, Owner, process_identity, read_owner
from mti_addon.wire.version import version_of
from tests.client.conftest import wait_for
from tests.client.setup.wheels import make_wheel
from tests.wire.conftest import read_only  # noqa: F401  # a fixture
from tests.wire.examples import ROOT

SMALL = ("small==1.0",)
LARGE = ("large==1.0", "small==1.0")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """large (which takes a while to install), small, and base, which small needs."""
    folder = tmp_path_factory.mktemp("wheels")
    make_wheel(folder, "large", files=2000)
    make_wheel(folder, "base")
    make_wheel(folder, "small", needs=["base"])
    return folder


@pytest.fixture(scope="module")
def made(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> BackendFolder:
    """A backend that was set up successfully. Do not modify it."""
    folder = BackendFolder(tmp_path_factory.mktemp("user") / "backend")
    state = finished(start(folder, wheels))
    assert state.phase == "done", state
    return folder


@pytest.fixture
def copy(made: BackendFolder, tmp_path: Path) -> BackendFolder:
    """A copy of it, to be damaged."""
    shutil.copytree(made.path, tmp_path / "backend", symlinks=True)
    return BackendFolder(tmp_path / "backend")


@pytest.fixture(autouse=True)
def nobody_is_left() -> Iterator[None]:
    yield
    wait_for(lambda: not _children())
    reap()


def _children() -> list[int]:
    reap()
    me = str(os.getpid())
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] == me and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def spec(folder: BackendFolder, folder_of_wheels: Path, **changes: object) -> TaskSpec:
    whole = TaskSpec(
        "setup", str(folder.path), str(ROOT), python=sys.executable, wheels=str(folder_of_wheels),
        requirements=SMALL, needed_bytes=1_000_000,
    )  # fmt: skip
    return dataclasses.replace(whole, **changes)  # type: ignore[arg-type]


def start(
    folder: BackendFolder, folder_of_wheels: Path, index_url: str = "", **changes: object
) -> SetupTaskFolder:
    environment = {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "PIP_RETRIES": "1"}
    if index_url:
        environment |= {"PIP_INDEX_URL": index_url, "PIP_EXTRA_INDEX_URL": ""}
    return start_task(spec(folder, folder_of_wheels, **changes), environment)


def finished(task: SetupTaskFolder, seconds: float = 120) -> SetupTaskState:
    wait_for(lambda: look(task).phase != "running", seconds)
    return look(task)


def site(folder: BackendFolder) -> Path:
    (found,) = folder.env.glob("lib/python3.*/site-packages")
    return found


def error(state: SetupTaskState) -> str:
    assert state.phase == "failed" and state.error is not None, state
    return f"{state.error.message} {state.error.hint}"


def test_an_environment_is_made_and_says_what_it_is(made: BackendFolder) -> None:
    assert made.python.is_file() and made.env.parent == made.path
    assert (site(made) / "small" / "m00000.py").stat().st_size == 1024
    assert (site(made) / "base").is_dir()  # small's dependency
    marker, capabilities = read_marker(made), read_capabilities(made)
    assert marker is not None and tuple(marker.requirements) == SMALL
    assert capabilities is not None and capabilities.problem is None
    assert capabilities.python == str(made.python)
    assert capabilities.versions()["small"] == "1.0"
    assert capabilities.gpu_said() is not None and not made.temp.exists()
    log = made.task("setup").job.log_file.read_text()
    assert "Installing small==1.0" in log and "Successfully installed" in log


def test_again_is_quick_and_changes_nothing(copy: BackendFolder, wheels: Path) -> None:
    before = (site(copy) / "small").stat().st_ino
    began = time.monotonic()
    assert finished(start(copy, wheels)).phase == "done"
    assert time.monotonic() - began < 30
    log = copy.task("setup").job.log_file.read_text()
    assert (site(copy) / "small").stat().st_ino == before
    assert (
        "small==1.0 is already installed" in log and "Requirement" not in log and "resuming" in log
    )


def test_killed_in_the_middle_it_goes_on(tmp_path: Path, wheels: Path) -> None:
    folder = BackendFolder(tmp_path / "backend")
    task = start(folder, wheels, requirements=LARGE)
    wait_for(lambda: len(list(folder.env.glob("lib/*/site-packages/large/m*.py"))) > 100, 60)
    pip, owner = read_json(Owner, task.child_file), read_owner(task.job.owner_file)
    assert pip is not None and owner is not None
    os.kill(owner.pid, signal.SIGKILL)
    os.kill(pip.pid, signal.SIGSTOP)  # it might otherwise end by itself before the next task starts
    wait_for(lambda: look(task).phase == "dead")
    assert str(environment_problem(folder, ROOT)).startswith(
        "The backend's environment is incomplete."
    )
    assert not (site(folder) / "large-1.0.dist-info" / "RECORD").exists()
    assert finished(start(folder, wheels, requirements=LARGE)).phase == "done"
    log = task.job.log_file.read_text()
    assert f"ending process {pip.pid}, left over from an earlier task" in log and "resuming" in log
    assert process_identity(pip.pid) != pip.create_time
    assert len(list((site(folder) / "large").glob("m*.py"))) == 2000


def test_killed_while_the_environment_is_made(tmp_path: Path, wheels: Path) -> None:
    folder = BackendFolder(tmp_path / "backend")
    task = start(folder, wheels)
    wait_for(lambda: (folder.env / "pyvenv.cfg").exists(), 60)
    owner = read_owner(task.job.owner_file)
    assert owner is not None
    os.kill(owner.pid, signal.SIGKILL)
    wait_for(lambda: look(task).phase == "dead")
    assert finished(start(folder, wheels)).phase == "done"
    assert read_marker(folder) is not None


def test_cancelled_it_stops_at_once(tmp_path: Path, wheels: Path) -> None:
    folder = BackendFolder(tmp_path / "backend")
    task = start(folder, wheels, requirements=LARGE)
    with pytest.raises(Busy):
        start(folder, wheels)
    wait_for(lambda: str(look(task).said).startswith("Installing large"), 60)
    cancel_task(task)
    assert finished(task, 5).phase == "cancelled"
    assert not task.child_file.exists()


@pytest.mark.parametrize("spoiled", ["no list of files", "a file is gone", "half a file"])
def test_a_half_installed_package_is_installed_again(
    copy: BackendFolder, wheels: Path, spoiled: str
) -> None:
    package = site(copy) / "small"
    if spoiled == "no list of files":
        (site(copy) / "small-1.0.dist-info" / "RECORD").unlink()
    elif spoiled == "a file is gone":
        (package / "m00000.py").unlink()
    else:
        (package / "m00000.py").write_text("#" * 10)
    assert finished(start(copy, wheels)).phase == "done"
    assert (package / "m00000.py").stat().st_size == 1024
    assert "small-1.0 was incomplete" in copy.task("setup").job.log_file.read_text()


def test_what_somebody_has_taken_away_is_brought_back(copy: BackendFolder, wheels: Path) -> None:
    for path in site(copy).glob("small*"):
        shutil.rmtree(path)
    assert finished(start(copy, wheels)).phase == "done"
    assert (site(copy) / "small").is_dir()


def test_the_interpreter_is_gone(copy: BackendFolder, wheels: Path) -> None:
    copy.python.unlink()
    copy.python.symlink_to("/nonexistent/python3.11")
    problem = environment_problem(copy, ROOT)
    assert problem is not None
    assert "no longer exists" in problem.message and "Set Up the Backend" in problem.hint
    problem = environment_problem(copy, ROOT, button=False)
    assert problem is not None and "in a terminal" in problem.hint
    assert finished(start(copy, wheels)).phase == "done"
    assert copy.python.is_file()


def test_a_missing_wheel_is_named(copy: BackendFolder, wheels: Path, tmp_path: Path) -> None:
    task = start(copy, wheels, requirements=(*SMALL, "absent==3.1"))
    text = error(finished(task))
    assert str(wheels) in text and "absent==3.1" in text and "no wheel" in text
    incomplete = tmp_path / "incomplete"
    make_wheel(incomplete, "outer", needs=["inner>=2"])
    text = error(finished(start(copy, incomplete, requirements=("outer==1.0",))))
    assert "no wheel of inner>=2" in text
    nowhere = tmp_path / "nowhere"
    text = error(finished(start(copy, nowhere)))
    assert text.startswith(f"The folder of wheels does not exist: {nowhere}")


def test_no_network(copy: BackendFolder) -> None:
    task = start(
        copy, Path(), wheels="", requirements=("absent==3.1",), index_url="http://127.0.0.1:9/"
    )
    text = error(finished(task))
    assert "cannot be reached" in text and "folder of wheels" in text


def test_no_space_is_told_before_anything_is_made(tmp_path: Path, wheels: Path) -> None:
    folder = BackendFolder(tmp_path / "backend")
    text = error(finished(start(folder, wheels, needed_bytes=10**16)))
    assert "needs 10000000.0 GB more" in text and "Free some space" in text
    assert not folder.env.exists()


def test_a_read_only_folder(read_only: Path, wheels: Path) -> None:  # noqa: F811
    with pytest.raises(NotWritable, match="cannot be written") as caught:
        start(BackendFolder(read_only / "backend"), wheels)
    assert "Choose another folder in the preferences" in caught.value.hint


def test_a_python_that_will_not_do(tmp_path: Path, wheels: Path) -> None:
    old = tmp_path / "python3"
    told = {"path": str(old), "version": [3, 9, 1], "bits": 64, "venv": True}
    old.write_text(f"#!/bin/sh\necho '{json.dumps(told)}'\n")
    old.chmod(0o755)
    folder = BackendFolder(tmp_path / "backend")
    text = error(finished(start(folder, wheels, python=str(old))))
    assert f"{old} is Python 3.9.1; 3.11 to 3.13 are needed" in text
    text = error(finished(start(folder, wheels, python=str(tmp_path / "none"))))
    assert "none does not exist" in text and not folder.env.exists()


def test_started_again_at_the_last_word_of_the_one_before(tmp_path: Path, wheels: Path) -> None:
    """The earlier one holds its lock for a moment longer; on a busy machine, a long moment."""
    folder = BackendFolder(tmp_path / "backend")
    task = folder.task("check")
    task.path.mkdir(parents=True)
    lock = JobLock(task.job)
    lock.acquire()
    task.write_state(SetupTaskState("failed"))
    start_task(TaskSpec("check", str(folder.path), str(ROOT), python=str(tmp_path / "none")))
    time.sleep(0.5)
    assert look(task).phase == "running"
    lock.release()
    assert "does not start with" in error(finished(task, 30))


def test_what_is_wrong_is_found_without_starting_anything(
    copy: BackendFolder, tmp_path: Path
) -> None:
    empty = BackendFolder(tmp_path / "empty")
    assert str(environment_problem(empty, ROOT)).startswith("The backend is not set up.")
    # made with the packages of another version of the add-on
    problem = environment_problem(copy, ROOT)
    assert problem is not None and problem.values["before"] == version_of(ROOT)
    assert problem.message.startswith(f"The backend was set up for version {version_of(ROOT)} of")
    assert "only what has changed" in problem.hint
    marker = json.loads(copy.marker_file.read_text())
    copy.marker_file.write_text(json.dumps({**marker, "requirements": packages.pinned(ROOT)}))
    assert environment_problem(copy, ROOT) is None
    copy.marker_file.unlink()
    assert str(environment_problem(copy, ROOT)).startswith(
        "The backend's environment is incomplete."
    )


def test_a_check_says_what_is_missing(copy: BackendFolder) -> None:
    """An environment without torch, checked as this version's backend."""
    what = TaskSpec("check", str(copy.path), str(ROOT), python=str(copy.python))
    text = error(finished(start_task(what)))
    assert "do not match this version: torch is missing" in text
    capabilities = read_capabilities(copy)
    assert capabilities is not None and capabilities.problem is not None
    assert "torch is missing" in capabilities.problem.message
    what = dataclasses.replace(what, python=sys.executable)
    assert finished(start_task(what)).phase == "done"
    capabilities = read_capabilities(copy)
    assert capabilities is not None and capabilities.versions()["torch"] and capabilities.devices()


def test_a_check_of_something_that_is_no_backend(copy: BackendFolder, tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho 'cannot open display' >&2\nexit 3\n")
    program.chmod(0o755)
    what = TaskSpec("check", str(copy.path), str(ROOT), python=str(program))
    assert "does not start" in error(finished(start_task(what)))
    program.write_text("no program")
    assert "does not start" in error(finished(start_task(what)))
