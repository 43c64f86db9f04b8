"""Tasks at the studio: pairing, testing, refreshing, the outbox, its motions; real processes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from mti_addon.client.jobs import job_control
from mti_addon.client.remote import outbox
from mti_addon.client.remote.studio import StudioFolder
from mti_addon.client.remote.tasks import Kind, StudioTask, start_studio_task
from mti_addon.client.setup.folder import SetupTaskFolder, SetupTaskState
from mti_addon.wire.job import JobFolder
from mti_addon.wire.remote.note import read_remote
from mti_addon.wire.remote.pairing import parse_pairing
from tests.client.conftest import wait_for
from tests.client.remote.conftest import Relays
from tests.client.remote.studio_server import TOKEN, StudioServer
from tests.client.remote.test_relay import end_of
from tests.wire.examples import ROOT


def run(folder: StudioFolder, kind: Kind, **more: str) -> SetupTaskState:
    """Run a studio task to its end, as Blender does; return its state."""
    task = start_studio_task(StudioTask(kind, str(folder.path), **more), ROOT, sys.executable)
    wait_for(lambda: not task.running())
    assert TOKEN.encode() not in b"".join(_contents(task))
    return task.state()


def _contents(task: SetupTaskFolder) -> list[bytes]:
    return [path.read_bytes() for path in task.path.rglob("*") if path.is_file()]


@pytest.fixture
def fresh(tmp_path: Path) -> StudioFolder:
    """A folder that is not paired."""
    return StudioFolder(tmp_path / "fresh")


def test_pairing_keeps_what_it_has_checked(server: StudioServer, fresh: StudioFolder) -> None:
    fresh.propose(parse_pairing(server.pairing))
    assert fresh.pending_file.stat().st_mode & 0o777 == 0o600
    state = run(fresh, "pair")
    assert state.phase == "done" and state.said
    said = str(state.said)
    assert said == (
        f"Connected to 127.0.0.1:{server.port} as anna, version 0.2.0: draft; jobs waiting: 0."
    )
    found = fresh.credentials()
    assert found and found.user == "anna" and found.token == TOKEN
    assert "BEGIN CERTIFICATE" in found.certificate
    assert fresh.credentials_file.stat().st_mode & 0o777 == 0o600
    assert not fresh.pending_file.exists()
    status = fresh.status()
    assert status and status.is_fresh() and status.me and status.me.engines[0].model == "draft"
    fresh.forget()
    assert fresh.credentials() is None and not fresh.path.exists()


@pytest.mark.parametrize(
    "change, problem",
    [
        (lambda text: text[: text.rindex("#")] + "#" + "x" * 32, "studio_token_refused"),
        (lambda text: _with_fingerprint(text, "0" * 64), "studio_other_certificate"),
        (lambda text: _with_fingerprint(text, ""), "studio_unreachable"),
    ],
)
def test_nothing_is_kept_of_a_pairing_that_is_wrong(
    server: StudioServer, fresh: StudioFolder, change: object, problem: str
) -> None:
    assert callable(change)
    fresh.propose(parse_pairing(change(server.pairing)))
    state = run(fresh, "pair")
    assert state.phase == "failed" and state.error and state.error.problem == problem
    assert not fresh.credentials_file.exists() and not fresh.pending_file.exists()
    # a server with another certificate gets neither token nor request
    assert bool(server.sent) == (problem == "studio_token_refused")


def _with_fingerprint(text: str, fingerprint: str) -> str:
    place, _, token = text.split("#")
    return "#".join([place, fingerprint, token])


def test_a_port_where_something_else_answers_is_said_to_be_so(
    server: StudioServer, fresh: StudioFolder
) -> None:
    server.fault = lambda handler: handler.answer(200, {"ollama": 1}) or True
    fresh.propose(parse_pairing(server.pairing))
    state = run(fresh, "pair")
    assert state.error and state.error.problem == "studio_not_understood"


def test_an_older_pairing_stays_when_a_new_one_fails(
    server: StudioServer, studio: StudioFolder
) -> None:
    before = studio.credentials()
    studio.propose(parse_pairing(_with_fingerprint(server.pairing, "1" * 64)))
    assert run(studio, "pair").phase == "failed"
    assert before is not None and studio.credentials() == before


def test_a_test_says_what_is_wrong_in_one_sentence(
    server: StudioServer, studio: StudioFolder
) -> None:
    state = run(studio, "test")
    assert state.phase == "done" and str(state.said).startswith("Connected to 127.0.0.1")
    server.stop()
    state = run(studio, "test")
    assert state.phase == "failed" and state.error
    assert state.error.message.startswith("The studio's server at 127.0.0.1")
    status = studio.status()
    assert status and status.me is None and status.error == state.error
    studio.forget()
    studio.path.mkdir()
    state = run(studio, "test")
    assert state.error and state.error.problem == "studio_not_paired"


def test_a_job_that_was_deleted_here_is_deleted_there_when_it_can_be(
    server: StudioServer, remote_job: JobFolder, studio: StudioFolder, start: Relays
) -> None:
    start(remote_job)
    assert end_of(remote_job).phase == "done"
    note = read_remote(remote_job)
    assert note
    wait_for(lambda: not job_control.is_running(remote_job))
    outbox.put(studio, "delete", remote_job, note)
    job_control.remove(remote_job)
    server.fault = lambda handler: handler.answer(503) or True
    assert run(studio, "refresh").phase == "failed"
    assert len(outbox.pending_requests(studio)) == 1
    server.fault = lambda handler: False
    assert run(studio, "refresh").phase == "done"
    assert outbox.pending_requests(studio) == [] and not server.folder(note.job).path.exists()


def test_an_order_about_a_job_without_an_id_finds_it_by_its_key(
    server: StudioServer, remote_job: JobFolder, studio: StudioFolder, start: Relays
) -> None:
    server.mode = "slow"
    start(remote_job)
    wait_for(lambda: bool((note := read_remote(remote_job)) and note.job))
    job = (read_remote(remote_job) or pytest.fail()).job
    orders = [("cancel", remote_job.path.name), ("cancel", "0" * 32)]
    for action, key in orders:
        studio.outbox.mkdir(exist_ok=True)
        value = {"action": action, "studio": f"127.0.0.1:{server.port}", "key": key, "job": ""}
        (studio.outbox / f"{key}.json").write_text(json.dumps(value))
    (studio.outbox / ("1" * 32 + ".json")).write_text("damaged")
    assert len(outbox.pending_requests(studio)) == 2
    assert run(studio, "refresh").phase == "done"
    assert outbox.pending_requests(studio) == []
    wait_for(lambda: bool(server.job(job)["state"] == "cancelled"))
    assert end_of(remote_job).phase == "cancelled"


def test_a_job_that_is_deleted_while_it_runs_is_cancelled_first(
    server: StudioServer, remote_job: JobFolder, studio: StudioFolder, start: Relays
) -> None:
    server.mode = "slow"
    start(remote_job)
    wait_for(lambda: bool((note := read_remote(remote_job)) and note.job))
    note = read_remote(remote_job) or pytest.fail()
    job = note.job
    outbox.put(studio, "delete", remote_job, note)
    assert run(studio, "refresh").phase == "done" and len(outbox.pending_requests(studio)) == 1
    wait_for(lambda: bool(server.job(job)["state"] == "cancelled"))
    assert run(studio, "refresh").phase == "done" and outbox.pending_requests(studio) == []
    assert not server.folder(job).path.exists()


def test_motions_are_shared_found_and_taken(
    server: StudioServer, studio: StudioFolder, tmp_path: Path
) -> None:
    mine = tmp_path / "wave.motion"
    mine.write_bytes(b"a motion" * 300_000)
    assert run(studio, "publish", file=str(mine)).phase == "done"
    assert not mine.exists()
    state = run(studio, "motions")
    assert state.phase == "done" and str(state.said) == "Motions found: 1."
    (found,) = json.loads(studio.motions_file.read_text())["motions"]
    taken = tmp_path / "in" / "taken.motion"
    assert run(studio, "take", motion=found["id"], file=str(taken)).phase == "done"
    assert taken.read_bytes() == b"a motion" * 300_000
    assert run(studio, "motions", query="nothing like this").phase == "done"
    assert json.loads(studio.motions_file.read_text())["motions"] == []
    state = run(studio, "take", motion="unknown", file=str(taken))
    assert state.error and state.error.problem == "studio_not_found"
