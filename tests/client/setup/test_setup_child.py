"""A task's programs and messages if the disk is full or a program cannot be ended."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mti_addon.client.setup import child as setup_child
from mti_addon.client.setup import task_process as install
from mti_addon.client.setup.child import TaskProcess
from mti_addon.client.setup.folder import (
    BackendFolder,
    SetupTaskFolder,
    SetupTaskState,
    TaskSpec,
    read_json,
    write_json,
)
from mti_addon.client.setup.start import prepare
from mti_addon.wire.errors import Busy, DiskFull
from mti_addon.wire.events import Failed
from mti_addon.wire.owner import owner_of
from mti_addon.wire.problem import Problem
from tests.client.conftest import wait_for
from tests.wire.conftest import small_disk  # noqa: F401  # a fixture
from tests.wire.examples import ROOT

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def fill(disk: Path) -> Path:
    """Take all free space of a disk."""
    rest = disk / "rest"
    with contextlib.suppress(OSError), open(rest, "ab", buffering=0) as stream:
        while True:
            stream.write(b"x" * 512)
    return rest


def running(code: str) -> list[int]:
    """Processes with this command."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if code in path.read_bytes().decode("utf-8", "replace"):
                found.append(int(path.parent.name))
    return found


def make_task(root: Path, kind: str = "check") -> SetupTaskFolder:
    return prepare(TaskSpec(kind, str(root / "backend"), str(ROOT)))  # type: ignore[arg-type]


def test_a_program_does_not_outlive_a_full_disk(small_disk: Path) -> None:  # noqa: F811
    task = make_task(small_disk)
    task.job.log_file.touch()
    process, mark = TaskProcess(task), f"mark_{os.getpid()}_{time.monotonic_ns()}"
    fill(small_disk)
    with pytest.raises(DiskFull):
        process.run([*SLEEP, mark], os.environ)
    wait_for(lambda: running(mark) == [], 5)
    assert not task.child_file.exists()


def test_a_program_that_cannot_be_ended_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for a dead network drive, for example, and no signal reaches it."""
    task = make_task(tmp_path)
    child = subprocess.Popen(SLEEP)
    try:
        write_json(task.child_file, owner_of(child.pid, 1))
        monkeypatch.setattr(setup_child, "end_tree", lambda pid: None)
        monkeypatch.setattr(setup_child, "KILL_SECONDS", 0.3)
        with pytest.raises(Busy, match=f"process {child.pid}") as caught:
            TaskProcess(task).end_leftover()
        assert caught.value.hint and task.child_file.exists()
        assert install.do(task) == Busy.exit_code
        state = task.state()
        assert state.phase == "failed" and state.error is not None
        assert str(child.pid) in state.error.message
    finally:
        child.kill()
        child.wait()
    TaskProcess(task).end_leftover()
    assert not task.child_file.exists()


def test_what_was_started_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, started = make_task(tmp_path), []
    monkeypatch.setattr(setup_child, "end_tree", started.append)
    monkeypatch.setattr(setup_child, "KILL_SECONDS", 0.3)

    def stop(output: str) -> None:
        raise DiskFull("There is no space left.")

    began = time.monotonic()
    with pytest.raises(DiskFull):
        TaskProcess(task).run(SLEEP, os.environ, stop)
    assert time.monotonic() - began < 10 and task.child_file.exists()
    [child] = setup_child.abandoned
    os.kill(started[0], 9)
    wait_for(lambda: child.poll() is not None)
    setup_child.abandoned.clear()


def test_a_full_disk_is_the_last_word(
    small_disk: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Space for the last message was reserved in time."""
    task = make_task(small_disk)
    told: list[SetupTaskState] = []

    def fills_the_disk(process: TaskProcess, spec: TaskSpec) -> None:
        fill(small_disk)
        process.tell(
            Problem("deleting", "Deleting svd"), 0.5
        )  # must not fail, since it frees space
        told.append(task.state())
        raise DiskFull("There is no space left.", "Free some space.")

    monkeypatch.setitem(install.SETUP_TASKS, "check", fills_the_disk)
    assert install.do(task) == DiskFull.exit_code
    assert told[0].phase == "running"
    state = task.state()
    assert state.phase == "failed" and state.error is not None
    assert (state.error.code, state.error.message) == ("disk_full", "There is no space left.")


def test_a_disk_that_is_full_before_there_is_an_environment(
    small_disk: Path,  # noqa: F811
) -> None:
    """venv's own message goes to the log, on the same disk."""
    spec = TaskSpec("setup", str(small_disk / "backend"), str(ROOT), python=sys.executable)
    spec = dataclasses.replace(spec, requirements=("small==1.0",), needed_bytes=1000)
    task = prepare(spec)
    assert install.do(task) == DiskFull.exit_code
    state = task.state()
    assert state.phase == "failed" and state.error is not None and state.error.code == "disk_full"
    assert "Free some space" in state.error.hint


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b'"done"',
        b'["phase"]',
        b'{"phase":"running","error":5}',
        b'{"phase":"running","error":["a"]}',
        b'{"phase":"failed","error":["a","b","c","d"]}',
        b'{"phase":7}',
        b'{"phase":"melting"}',
        b'{"phase":"running","said":5}',
        b'{"phase":"running","fraction":"half"}',
        b'{"phase":"done","result":[]}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_a_state_that_nobody_has_written_is_none(tmp_path: Path, text: bytes) -> None:
    """A partial file after a power failure, another version's, a foreign one: never an
    exception."""
    task = make_task(tmp_path)
    task.state_file.write_bytes(text)
    assert task.state() == SetupTaskState()
    assert not task.running()
    for path in (task.spec_file, task.child_file):
        path.write_bytes(text)
    TaskProcess(task).end_leftover()
    assert install.do(task) == 2
    assert task.state().phase == "failed"


def test_a_state_is_read_with_its_problems_in_it(tmp_path: Path) -> None:
    task = make_task(tmp_path)
    said = Problem("installing", "Installing {name}", values={"name": "torch", "share": 0.5})
    failed = Failed.of(DiskFull(Problem("no_space", "{gb:.1f} GB.", "", {"gb": 1.25})))
    for state in (SetupTaskState("running", said, 0.25), SetupTaskState("failed", error=failed)):
        task.write_state(state)
        read = read_json(SetupTaskState, task.state_file)
        assert read == state
    for damaged in ("[]", '{"code":1}', '{"code":"a"}', "1"):
        task.state_file.write_text('{"phase":"done","said":' + damaged + "}")
        assert task.state() == SetupTaskState()


def test_a_state_of_another_version_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    task = make_task(tmp_path)
    task.state_file.write_text('{"phase":"failed","error":["a","b","c"],"of_tomorrow":1}')
    assert task.state() == SetupTaskState("failed", error=Failed("a", "b", "c"))
    spec = TaskSpec("setup", str(tmp_path), "/root", requirements=("a==1",))
    write_json(task.spec_file, spec)
    assert task.spec() == spec


def test_capabilities_and_marker_are_not_believed_blindly(tmp_path: Path) -> None:
    from mti_addon.client.setup.check import read_capabilities
    from mti_addon.client.setup.environment import read_marker

    folder = BackendFolder(tmp_path)
    folder.env.mkdir()
    for text in ("[]", '{"python":7}', '{"python":"p","version":"1","asked_at":0,"told":[]}'):
        folder.capabilities_file.write_text(text)
        folder.marker_file.write_text(text)
        assert read_capabilities(folder) is None and read_marker(folder) is None
    text = '{"python":"p","version":"1","asked_at":0,"told":{"versions":[],"devices":"no"}}'
    folder.capabilities_file.write_text(text)
    capabilities = read_capabilities(folder)
    assert capabilities is not None and capabilities.versions() == {} and capabilities.cards() == []
