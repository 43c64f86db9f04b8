"""A studio's server, a folder that is paired with it, and jobs for it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mti_addon.client.jobs.launch import reap
from mti_addon.client.remote.relay.pinned import fetch_certificate
from mti_addon.client.remote.start import start_relay
from mti_addon.client.remote.studio import StudioFolder
from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import process_identity
from mti_addon.wire.remote.note import RemoteNote, write_remote
from mti_addon.wire.remote.pairing import parse_pairing
from tests.client.conftest import wait_for
from tests.client.remote.studio_server import StudioServer, serving
from tests.wire.examples import ROOT, make_job


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StudioServer]:
    with serving(tmp_path / "server") as running:
        yield running


def pair(folder: StudioFolder, server: StudioServer) -> StudioFolder:
    """Pair a folder with a server, as the task does."""
    folder.propose(parse_pairing(server.pairing))
    pending = folder.pending()
    assert pending is not None
    certificate = fetch_certificate(pending.pairing) if server.fingerprint else ""
    folder.accept(replace(pending, certificate=certificate, user="anna"))
    return folder


@pytest.fixture
def studio(tmp_path: Path, server: StudioServer) -> StudioFolder:
    return pair(StudioFolder(tmp_path / "studio"), server)


@pytest.fixture
def remote_job(tmp_path: Path, server: StudioServer) -> JobFolder:
    return remote(make_job(tmp_path / "spool"), server)


def remote(job: JobFolder, server: StudioServer) -> JobFolder:
    write_remote(job, RemoteNote(f"127.0.0.1:{server.port}"))
    return job


Relays = Callable[[JobFolder], int]


@pytest.fixture
def start(studio: StudioFolder) -> Iterator[Relays]:
    """start(job) -> process ID of a real, detached relay; all are ended after the test."""
    pids: list[tuple[int, float | None]] = []

    def start_one(job: JobFolder) -> int:
        pid = start_relay(job, studio, ROOT, sys.executable)
        pids.append((pid, process_identity(pid)))
        return pid

    yield start_one
    for pid, started in pids:
        if started is not None and process_identity(pid) == started:
            os.kill(pid, signal.SIGKILL)
    wait_for(lambda: all(process_identity(pid) is None for pid, _ in pids))
    reap()
