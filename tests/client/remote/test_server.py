"""The relay and the studio's own server together: the contract, as both understand it."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mti_addon.client.jobs import job_control
from mti_addon.client.jobs.follow import Follower
from mti_addon.client.jobs.launch import reap
from mti_addon.client.remote import outbox
from mti_addon.client.remote.start import start_relay
from mti_addon.client.remote.studio import StudioFolder
from mti_addon.wire import JobFolder, create_job
from mti_addon.wire.events import Done
from mti_addon.wire.library import About
from mti_addon.wire.owner import process_identity
from mti_addon.wire.remote.note import RemoteNote, read_remote, write_remote
from mti_addon.wire.remote.pairing import parse_pairing
from tests.client.conftest import poll_until, wait_for
from tests.client.remote.test_relay import end_of
from tests.client.remote.test_tasks import run
from tests.fake_runner import end_runners
from tests.wire.examples import ROOT, make_request

serving = pytest.importorskip("tests.server.serving", reason="the server's packages are missing")


class Studio:
    """A real server, a folder paired with it, and a spool."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.data, self.options = folder / "data", ["--tls", *options]
        self.folder = StudioFolder(folder / "studio")
        self.spool = folder / "spool"
        self.server = serving.start(self.data, *self.options)
        token = serving.invited(self.data, "anna")
        told = self.server.status
        text = f"mti1:127.0.0.1:{told['port']}#{told['fingerprint']}#{token}"
        self.folder.propose(parse_pairing(text))
        state = run(self.folder, "pair")
        assert state.phase == "done", state

    def job(self, name: str = "wave", task: str = "learn+apply") -> JobFolder:
        """A job for the studio, with inputs that no other has."""
        request = make_request(task, name=name)  # type: ignore[arg-type]
        png = serving.PNG
        inputs: dict[str, bytes | Path] = {each: png for each in request.input_names()}
        settings = replace(request.settings.inversion, seed=random.randrange(2**31))
        request = replace(request, settings=replace(request.settings, inversion=settings))
        job = create_job(self.spool, request, inputs)
        address = f"127.0.0.1:{self.server.port}"
        write_remote(job, RemoteNote(address))
        return job

    def relay(self, job: JobFolder) -> int:
        return start_relay(job, self.folder, ROOT, sys.executable)

    def kill_and_restart(self) -> None:
        port = str(self.server.port)
        self.server.kill()
        assert self.server.process.stdout is not None
        self.server.process.stdout.close()
        self.server = serving.start(self.data, *self.options, "--port", port)

    def end(self) -> None:
        end_runners(self.spool)
        reap()
        self.server.kill()
        assert self.server.process.stdout is not None
        self.server.process.stdout.close()
        serving.end_runners(self.data)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    made = Studio(tmp_path, "--fake", "real", "--pause", "0.1")
    yield made
    made.end()


def check(job: JobFolder) -> None:
    """Every event is there once and in order, and the results are whole."""
    lines = [json.loads(line) for line in job.events_file.read_text().splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    note = read_remote(job)
    assert note is not None
    numbers = [line["server_seq"] for line in lines[note.since :] if "server_seq" in line]
    assert numbers == sorted(set(numbers)) and numbers
    assert lines[-1]["event"] == "done" and job.verify_output()


def test_a_job_and_its_server_that_is_killed_in_the_middle(tmp_path: Path) -> None:
    studio = Studio(tmp_path, "--fake", "slow", "--pause", "0.15")
    try:
        job = studio.job()
        studio.relay(job)
        follower = Follower(job)
        wait_for(lambda: follower.poll().step >= 3 and follower.poll().stage == "learn")
        studio.kill_and_restart()
        assert end_of(job).phase == "done", job.log_file.read_text()
        check(job)
    finally:
        studio.end()


def test_pause_resume_and_delete(tmp_path: Path) -> None:
    studio = Studio(tmp_path, "--fake", "slow", "--pause", "0.15")
    try:
        job = studio.job()
        studio.relay(job)
        follower = Follower(job)
        wait_for(lambda: follower.poll().step >= 6 and follower.poll().stage == "learn")
        job_control.pause(job)
        poll_until(follower, "paused")
        wait_for(lambda: not job_control.is_running(job))
        note = read_remote(job)
        assert note and outbox.pending_requests(studio.folder) == []
        job_control.requeue(job)
        studio.relay(job)
        poll_until(follower, "running")
        assert end_of(job).phase == "done", job.log_file.read_text()
        check(job)
        after = read_remote(job)
        assert after and not after.again and after.job == note.job and after.attempt == 1
        events = [json.loads(line)["event"] for line in job.events_file.read_text().splitlines()]
        assert "resumed" in events  # from its checkpoint
        wait_for(lambda: not job_control.is_running(job))
        outbox.put(studio.folder, "delete", job, note)
        assert run(studio.folder, "refresh").phase == "done"
        assert outbox.pending_requests(studio.folder) == []
        status = studio.folder.status()
        assert status and status.me and status.me.user == "anna"
    finally:
        studio.end()


def test_server_and_relay_are_killed_at_random_moments(studio: Studio) -> None:
    rng, job = random.Random(1), studio.job()
    pid, server_kills, relay_kills = studio.relay(job), 0, 0
    while relay_kills < 8 or server_kills < 3:
        until = time.monotonic() + rng.uniform(0.1, 1.5)
        wait_for(lambda pid=pid, until=until: time.monotonic() > until or _has_ended(pid))
        if _has_ended(pid):
            assert isinstance(job.finished(), Done), job.log_file.read_text()
            check(job)
            job = studio.job()
        elif relay_kills > 3 * server_kills:
            studio.kill_and_restart()
            server_kills += 1
            continue
        else:
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda pid=pid: _has_ended(pid))
            relay_kills += 1
        pid = studio.relay(job)
    assert end_of(job).phase == "done", job.log_file.read_text()
    check(job)


def _has_ended(pid: int) -> bool:
    reap()
    return process_identity(pid) is None


def test_a_motion_is_shared_found_and_taken(studio: Studio, tmp_path: Path) -> None:
    from mti_addon.wire.library import export_to, import_motion
    from mti_addon.workflow.keeping import Keep, fulfil, write_keep

    job = studio.job("Wave")
    studio.relay(job)
    assert end_of(job).phase == "done", job.log_file.read_text()
    write_keep(job, Keep(about=About(kind="body", author="", license="", name="Wave")))
    motion = fulfil(job, tmp_path / "mine")
    assert motion is not None
    file = tmp_path / "wave.motion"
    export_to(motion, file)
    state = run(studio.folder, "publish", file=str(file))
    assert state.phase == "done", state
    assert run(studio.folder, "motions", query="wave").phase == "done"
    (found,) = json.loads(studio.folder.motions_file.read_text())["motions"]
    assert (found["name"], found["kind"]) == ("Wave", "body")
    taken = tmp_path / "taken.motion"
    assert run(studio.folder, "take", motion=found["id"], file=str(taken)).phase == "done"
    again, is_new = import_motion(tmp_path / "other", taken)
    assert is_new and again.preset.id == motion.preset.id
