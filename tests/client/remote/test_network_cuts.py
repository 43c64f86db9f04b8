"""The cable is pulled in the middle of upload, events and download, for real: two namespaces."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mti_addon.client.jobs.follow import Follower
from mti_addon.client.remote.start import start_relay
from mti_addon.client.remote.studio import StudioFolder
from mti_addon.wire import JobFolder, create_job
from mti_addon.wire.events import Connection, EventReader
from mti_addon.wire.remote.note import RemoteNote, read_remote, write_remote
from mti_addon.wire.remote.pairing import parse_pairing
from tests.client.conftest import wait_for
from tests.client.remote import network
from tests.client.remote.network import STUDIO, Cable
from tests.fake_runner import end_runners
from tests.wire.examples import ROOT, make_request

serving = pytest.importorskip("tests.server.serving", reason="the server's packages are missing")

CUT_SECONDS = 2.0
LARGE = 3_000_000
"""Bytes of one input: three parts of an upload."""
STEPS = 25
PART_BYTES = 2**20


@pytest.fixture(scope="module")
def allowed() -> None:
    if why := network.missing():
        pytest.skip(why)


@pytest.fixture
def cable(allowed: None) -> Iterator[Cable]:
    with network.wired("cut") as made:
        yield made


class Studio:
    """A server on one side of the cable, and a paired folder and a job on the other."""

    def __init__(self, folder: Path, cable: Cable) -> None:
        self.cable, self.data, self.spool = cable, folder / "data", folder / "spool"
        options = ["--tls", "--host", STUDIO, "--fake", "slow"]
        options += ["--steps", str(STEPS), "--pause", "0.15"]
        within = cable.within(cable.studio)
        self.server = serving.start(self.data, *options, within=within)
        self.folder = StudioFolder(folder / "studio")
        self._pair(serving.invited(self.data, "anna"))
        self.python = cable.python(cable.artist, folder / "python")

    def _pair(self, token: str) -> None:
        """Pair without the task, which is not tested here: the certificate is on this disk."""
        told = self.server.status
        address = f"{STUDIO}:{told['port']}"
        self.folder.propose(parse_pairing(f"mti1:{address}#{told['fingerprint']}#{token}"))
        pending = self.folder.pending()
        assert pending is not None
        certificate = (self.data / "tls" / "certificate.pem").read_text()
        self.folder.accept(replace(pending, certificate=certificate, user="anna"))

    def job(self) -> JobFolder:
        """A job with one large input: a picture that is followed by noise."""
        request = make_request()
        inputs: dict[str, bytes | Path] = dict.fromkeys(request.input_names(), serving.PNG)
        inputs["target.png"] = serving.PNG + os.urandom(LARGE)
        job = create_job(self.spool, request, inputs)
        write_remote(job, RemoteNote(f"{STUDIO}:{self.server.port}"))
        return job

    def relay(self, job: JobFolder) -> None:
        start_relay(job, self.folder, ROOT, self.python)

    def end(self) -> None:
        end_runners(self.spool)
        self.server.kill()
        assert self.server.process.stdout is not None
        self.server.process.stdout.close()
        serving.end_runners(self.data)


@pytest.fixture
def studio(tmp_path: Path, cable: Cable) -> Iterator[Studio]:
    made = Studio(tmp_path, cable)
    yield made
    made.end()


@pytest.mark.parametrize(
    "forgets",
    [
        pytest.param((), id="connections_survive"),
        pytest.param(("artist", "studio"), id="connections_end"),
        # one side then waits for another that has long given it up: half a minute each time
        pytest.param(("artist",), id="half_open_at_the_studio", marks=pytest.mark.slow),
        pytest.param(("studio",), id="half_open_at_the_artist", marks=pytest.mark.slow),
    ],
)
def test_a_cut_loses_nothing_and_does_nothing_twice(
    studio: Studio, forgets: tuple[str, ...]
) -> None:
    cable, job = studio.cable, studio.job()
    follower = Follower(job)
    cable.limit("8mbit")
    studio.relay(job)

    _in_the_middle(follower, "upload")
    _cut(cable, forgets, follower)
    _wait(lambda: follower.poll().stage == "learn" and follower.poll().step >= 3)
    uploaded = cable.sent()
    before = follower.poll().step
    assert before < STEPS - 5, "the cut would come too late"
    _cut(cable, forgets, follower)
    cable.limit("64kbit")
    _in_the_middle(follower, "download")
    _cut(cable, forgets, follower)
    cable.limit("8mbit")
    _wait(lambda: follower.poll().phase not in ("running", "stuck", "waiting"))

    assert follower.poll().phase == "done", job.log_file.read_text()
    # Only the part that was on its way is sent again, and not the two that had arrived.
    assert LARGE < uploaded < LARGE + 1.2 * PART_BYTES
    _check(studio, job)
    if "artist" in forgets:
        told = [event for _, _, event in EventReader(job.events_file).read_new()]
        online = [event.online for event in told if isinstance(event, Connection)]
        assert len(online) >= 6 and online == [False, True] * (len(online) // 2)


def _in_the_middle(follower: Follower, stage: str) -> None:
    def is_there() -> bool:
        state = follower.poll()
        return state.stage == stage and 0 < state.step < state.total

    _wait(is_there)


def _cut(cable: Cable, forgets: tuple[str, ...], follower: Follower) -> None:
    """Cut the network, for at least so long; until it is noticed, where it can be at once."""
    cable.cut()
    for side in forgets:
        cable.forget(cable.artist if side == "artist" else cable.studio)
    time.sleep(CUT_SECONDS)
    if "artist" in forgets:
        _wait(lambda: not follower.poll().online)
    cable.mend()


def _wait(condition: Any) -> None:
    wait_for(condition, seconds=120.0)


def _check(studio: Studio, job: JobFolder) -> None:
    """One job, one attempt, every event once and in order, and the server's own files."""
    note = read_remote(job)
    assert note is not None
    store = serving.connect(studio.data / "server.db", read_only=True)
    assert list(store.execute("SELECT id, state, epoch FROM jobs")) == [(note.job, "done", 1)]
    kept = list(store.execute("SELECT seq, line FROM events ORDER BY seq"))
    store.close()
    lines = [json.loads(line) for line in job.events_file.read_text().splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    numbers = [line["server_seq"] for line in lines if "server_seq" in line]
    assert numbers == [seq for seq, _ in kept] == list(range(1, len(kept) + 1))
    steps = [line["step"] for line in lines if line.get("stage") == "learn"]
    assert steps == list(range(1, STEPS + 1))
    submitted = [json.loads(line) for line in (studio.data / "audit.log").read_text().splitlines()]
    assert [line["action"] for line in submitted].count("submit") == 1, submitted
    there = JobFolder(studio.data / "jobs" / note.job)
    assert job.manifest() == there.manifest() and job.verify_output()
    assert not list(job.path.glob(".tmp-*"))
