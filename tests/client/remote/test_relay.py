"""A job on a studio's server, to whoever follows its folder: real processes, real HTTPS."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mti_addon.client.jobs import job_control
from mti_addon.client.jobs.follow import Follower
from mti_addon.client.jobs.state import JobState
from mti_addon.client.remote import outbox
from mti_addon.client.remote.studio import StudioFolder
from mti_addon.wire.events import Connection, EventReader, Progress, Started
from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import process_identity
from mti_addon.wire.remote.note import read_remote
from tests.client.conftest import poll_until, wait_for
from tests.client.remote.conftest import Relays, remote
from tests.client.remote.studio_server import TOKEN, Handler, StudioServer
from tests.wire.examples import make_inputs, make_job, make_request


def end_of(job: JobFolder) -> JobState:
    return poll_until(Follower(job), "done", "failed", "cancelled", "dead")


def told(job: JobFolder) -> list[Any]:
    return [event for _, _, event in EventReader(job.events_file).read_new()]


def server_numbers(job: JobFolder) -> list[int]:
    lines = [json.loads(line) for line in job.events_file.read_text().splitlines()]
    return [line["server_seq"] for line in lines if "server_seq" in line]


def count(server: StudioServer, method: str, path: str) -> int:
    return sum(m == method and p == path for m, p, _ in server.log)


def test_a_job_goes_there_and_its_results_come_back(
    server: StudioServer, remote_job: JobFolder, start: Relays
) -> None:
    start(remote_job)
    state = end_of(remote_job)
    assert state.phase == "done", remote_job.log_file.read_text()
    assert state.result and state.result["frames"] == 1
    note = read_remote(remote_job)
    assert note and note.job in [each["job"] for each in server.keys().values()]
    there = server.folder(note.job)
    assert remote_job.manifest() == there.manifest() and remote_job.verify_output()
    assert server_numbers(remote_job) == sorted(set(server_numbers(remote_job)))
    wait_for(lambda: not remote_job.heartbeat_file.exists())
    stages = [event.stage for event in told(remote_job) if isinstance(event, Progress)]
    assert stages[0] == "upload" and stages[-1] == "download" and "learn" in stages
    assert all(event.epoch == 1 for event in told(remote_job) if isinstance(event, Started))
    uploads = [path for method, path, _ in server.log if method == "PUT"]
    assert len(uploads) == len(set(uploads)) == len(set(remote_job.request().inputs.values()))
    assert not list(remote_job.path.glob(".tmp-*")) and not (remote_job.path / "reserve").exists()


def test_the_token_is_in_no_argument_log_or_job(
    server: StudioServer, remote_job: JobFolder, studio: StudioFolder, start: Relays
) -> None:
    server.hold = True
    pid = start(remote_job)
    wait_for(lambda: bool(server.keys()))
    arguments = (
        Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
    )
    assert b"relay" in arguments and TOKEN.encode() not in arguments
    server.release()
    assert end_of(remote_job).phase == "done"
    files = [path for path in remote_job.path.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert [path for path in files if TOKEN.encode() in path.read_bytes()] == []
    assert studio.credentials_file.stat().st_mode & 0o777 == 0o600
    assert TOKEN not in repr(studio.credentials())


def test_the_place_in_the_queue_is_shown(
    server: StudioServer, remote_job: JobFolder, start: Relays
) -> None:
    server.hold, server.places = True, [3]
    start(remote_job)
    follower = Follower(remote_job)
    wait_for(lambda: follower.poll().stage == "queue")
    assert (follower.poll().step, follower.poll().total) == (0, 3)
    assert follower.poll().phase == "running" and follower.poll().seconds_left == 12.5
    server.places = [1]
    wait_for(lambda: follower.poll().step == 2)
    server.release()
    assert end_of(remote_job).phase == "done"


def test_a_lost_connection_is_shown_and_nothing_is_lost_or_twice(
    server: StudioServer, remote_job: JobFolder, start: Relays, tmp_path: Path
) -> None:
    server.mode = "slow"
    start(remote_job)
    follower = Follower(remote_job)
    wait_for(lambda: follower.poll().step >= 2)
    server.stop()
    wait_for(lambda: not follower.poll().online)
    assert follower.poll().phase == "running"
    again = StudioServer(tmp_path / "server", server.port).start()
    try:
        state = end_of(remote_job)
        assert state.phase == "done" and state.online
        numbers = server_numbers(remote_job)
        note = read_remote(remote_job)
        assert note and numbers == list(range(1, len(again.lines(note.job)) + 1))
        assert [e.online for e in told(remote_job) if isinstance(e, Connection)] == [False, True]
        assert not count(again, "POST", "/v1/jobs")
    finally:
        again.stop()


def test_what_is_learned_so_far_is_shown_while_it_is_learned(
    server: StudioServer, remote_job: JobFolder, start: Relays
) -> None:
    server.mode = "live"
    start(remote_job)
    follower = Follower(remote_job)
    wait_for(lambda: follower.poll().preview.startswith("live/"))
    picture = remote_job.path / follower.poll().preview
    assert picture.read_bytes().startswith(b"\x89PNG") and follower.poll().phase == "running"
    assert end_of(remote_job).phase == "done"
    wait_for(lambda: not remote_job.heartbeat_file.exists())
    assert not remote_job.live_dir.exists()
    # one picture in five seconds, however many are announced
    assert count(server, "GET", f"/v1/jobs/{_job_there(remote_job)}/live") == 1


def _on_pictures(act: Callable[[Handler], None]) -> Callable[[Handler], bool]:
    """A fault that concerns pictures alone."""

    def fault(handler: Handler) -> bool:
        concerned = handler.path.endswith("/live")
        if concerned:
            act(handler)
        return concerned

    return fault


_not_there = _on_pictures(lambda handler: handler.answer(404))
_no_picture = _on_pictures(lambda handler: handler.answer(200, {"a": "picture"}))
_never_answers = _on_pictures(lambda _handler: time.sleep(5))


@pytest.mark.parametrize("fault", [_not_there, _no_picture, _never_answers])
def test_a_picture_that_cannot_be_had_is_left_out(
    server: StudioServer, remote_job: JobFolder, start: Relays, fault: Any
) -> None:
    server.mode, server.fault = "live", fault
    start(remote_job)
    state = end_of(remote_job)
    assert state.phase == "done" and state.preview == ""
    assert (
        count(server, "GET", f"/v1/jobs/{_job_there(remote_job)}/live") or fault is _never_answers
    )
    assert not remote_job.live_dir.exists()


def _job_there(job: JobFolder) -> str:
    note = read_remote(job)
    assert note is not None
    return note.job


def test_events_come_by_the_long_poll_where_a_proxy_holds_them_back(
    server: StudioServer, remote_job: JobFolder, start: Relays
) -> None:
    server.fault = _holds_back
    start(remote_job)
    state = end_of(remote_job)
    assert state.phase == "done"
    assert any("events.json" in path for _, path, _ in server.log)
    assert len(server_numbers(remote_job)) == len(set(server_numbers(remote_job)))


def _holds_back(handler: Handler) -> bool:
    """What a proxy does with a stream that does not end: its own answer, late."""
    if handler.path.partition("?")[0].endswith("/events"):
        handler.answer(504)
        return True
    return False


def test_a_cancelled_job_is_cancelled_there_and_goes_on_when_it_is_resumed(
    server: StudioServer, remote_job: JobFolder, start: Relays
) -> None:
    server.mode = "slow"
    start(remote_job)
    follower = Follower(remote_job)
    wait_for(lambda: follower.poll().step >= 6)
    began = time.monotonic()
    job_control.cancel(remote_job)
    assert end_of(remote_job).phase == "cancelled"
    assert time.monotonic() - began < 4
    note = read_remote(remote_job)
    assert note and server.job(note.job)["state"] == "cancelled"
    wait_for(lambda: not job_control.is_running(remote_job))
    job_control.requeue(remote_job)
    server.mode = "bare"
    start(remote_job)
    assert end_of(remote_job).phase == "done"
    assert count(server, "POST", "/v1/jobs") == 1
    assert server_numbers(remote_job) == sorted(set(server_numbers(remote_job)))
    # it went on from its checkpoint
    assert [event.step for event in told(remote_job) if type(event).__name__ == "Resumed"] == [5]


def test_without_the_server_a_job_is_cancelled_at_once_and_there_later(
    server: StudioServer, remote_job: JobFolder, studio: StudioFolder, start: Relays
) -> None:
    server.mode = "slow"
    start(remote_job)
    follower = Follower(remote_job)
    wait_for(lambda: follower.poll().step >= 1)
    server.stop()
    job_control.cancel(remote_job)
    assert end_of(remote_job).phase == "cancelled"
    (order,) = outbox.pending_requests(studio)
    note = read_remote(remote_job)
    assert note and (order.action, order.job) == ("cancel", note.job)
    assert order.key == remote_job.path.name


def test_a_job_that_fails_there_fails_here_with_the_same_words(
    server: StudioServer, remote_job: JobFolder, start: Relays
) -> None:
    server.mode = "fail"
    start(remote_job)
    state = end_of(remote_job)
    assert state.phase == "failed" and state.error and state.error.code == "out_of_memory"
    wait_for(lambda: not job_control.is_running(remote_job))
    server.mode = "bare"
    job_control.requeue(remote_job)
    start(remote_job)
    assert end_of(remote_job).phase == "done"
    assert count(server, "POST", "/v1/jobs") == 1


def test_a_job_that_the_server_has_lost_starts_anew_when_it_is_resumed(
    server: StudioServer, remote_job: JobFolder, start: Relays
) -> None:
    server.mode = "fail"
    start(remote_job)
    assert end_of(remote_job).phase == "failed"
    wait_for(lambda: not job_control.is_running(remote_job))
    note = read_remote(remote_job)
    assert note
    shutil.rmtree(server.folder(note.job).path)
    server.mode = "bare"
    job_control.requeue(remote_job)
    start(remote_job)
    assert end_of(remote_job).phase == "done"
    again = read_remote(remote_job)
    assert again and again.attempt == 2 and again.job != note.job and not again.again
    assert set(server.keys()) == {remote_job.path.name, f"{remote_job.path.name}-2"}


def test_a_large_input_goes_on_where_it_was_cut_off(
    server: StudioServer, tmp_path: Path, start: Relays
) -> None:
    inputs = {name: data for name, data in make_inputs(make_request("apply")).items()}
    inputs["target.png"] = os.urandom(3_500_000)
    from mti_addon.wire import create_job

    job = remote(create_job(tmp_path / "spool", make_request("apply"), inputs), server)
    cut: list[int] = []

    def fault(handler: Handler) -> bool:
        if handler.command == "PUT" and "Content-Range" in handler.headers and len(cut) < 2:
            cut.append(1)
            part = server.data / "blobs" / (handler.path.split("/")[-1] + ".part")
            with open(part, "ab") as stream:
                stream.write(handler.rfile.read(300_000))
            handler.connection.close()
            return True
        return False

    server.fault = fault
    start(job)
    assert end_of(job).phase == "done", job.log_file.read_text()
    spans = [m for m, p, status in server.log if m == "PUT" and status in (201, 202)]
    assert len(cut) == 2 and len(spans) <= 6
    assert count(server, "POST", "/v1/jobs") == 1


def test_a_damaged_result_is_fetched_again_and_one_that_stays_so_is_an_error(
    server: StudioServer, remote_job: JobFolder, start: Relays
) -> None:
    wrong: list[str] = []

    def fault(handler: Handler) -> bool:
        if handler.path.endswith("/files/frames/0001.png") and len(wrong) < limit[0]:
            wrong.append(handler.path)
            handler.send_response(200)
            handler.send_header("Content-Length", "9")
            handler.end_headers()
            handler.wfile.write(b"not a PNG")
            return True
        return False

    limit = [3]
    server.fault = fault
    start(remote_job)
    state = end_of(remote_job)
    assert state.phase == "failed" and state.error and state.error.problem == "result_damaged"
    assert not remote_job.output_dir.exists()
    limit[0] = 5
    wait_for(lambda: not job_control.is_running(remote_job))
    job_control.requeue(remote_job)
    start(remote_job)
    assert end_of(remote_job).phase == "done" and remote_job.verify_output()
    assert len(wrong) == 5 and count(server, "POST", "/v1/jobs") == 1


def test_a_download_that_was_cut_off_goes_on_where_it_stopped(
    server: StudioServer, remote_job: JobFolder, start: Relays
) -> None:
    server.mode = "real"
    ranges: list[str | None] = []

    def fault(handler: Handler) -> bool:
        if not handler.path.endswith("/files/motion.safetensors"):
            return False
        ranges.append(handler.headers.get("Range"))
        if len(ranges) > 1:
            return False
        job = handler.path.split("/")[3]
        data = server.folder(job).output_motion.read_bytes()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[: len(data) // 2])
        socket.socket.shutdown(handler.connection, socket.SHUT_RDWR)
        return True

    server.fault = fault
    start(remote_job)
    assert end_of(remote_job).phase == "done" and remote_job.verify_output()
    assert ranges[0] is None and len(ranges) == 2
    assert ranges[1] is not None and int(ranges[1].removeprefix("bytes=").rstrip("-")) > 0


def test_no_proxy_is_asked(
    server: StudioServer, remote_job: JobFolder, start: Relays, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0.2)
        for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        start(remote_job)
        assert end_of(remote_job).phase == "done"
        with pytest.raises(TimeoutError):
            proxy.accept()


def test_redirections_are_refused_and_get_no_token(
    server: StudioServer, remote_job: JobFolder, start: Relays
) -> None:
    other = socket.create_server(("127.0.0.1", 0))
    other.settimeout(0.2)
    address = f"https://127.0.0.1:{other.getsockname()[1]}/"

    def fault(handler: Handler) -> bool:
        handler.answer(302, {}, {"Location": address})
        return True

    server.fault = fault
    start(remote_job)
    state = end_of(remote_job)
    assert state.phase == "failed" and state.error and state.error.problem == "studio_redirects"
    with other, pytest.raises(TimeoutError):
        other.accept()


def test_another_certificate_gets_nothing(
    server: StudioServer, remote_job: JobFolder, tmp_path: Path, start: Relays
) -> None:
    server.stop()
    other = StudioServer(tmp_path / "other", server.port, name="other").start()
    try:
        start(remote_job)
        state = end_of(remote_job)
        assert state.error and state.error.problem == "studio_other_certificate"
        assert state.error.code == "studio" and other.sent == []
    finally:
        other.stop()


@pytest.mark.parametrize(
    "status, problem",
    [(401, "studio_token_refused"), (422, "studio_refused_request"), (413, "studio_too_large")],
)
def test_a_refusal_ends_the_job_with_a_sentence(
    server: StudioServer, remote_job: JobFolder, start: Relays, status: int, problem: str
) -> None:
    def fault(handler: Handler) -> bool:
        if handler.command == "POST":
            handler.answer(status)
            return True
        return False

    server.fault = fault
    start(remote_job)
    state = end_of(remote_job)
    assert state.phase == "failed" and state.error and state.error.problem == problem


def test_a_busy_server_is_asked_again_when_it_says_so(
    server: StudioServer, remote_job: JobFolder, start: Relays
) -> None:
    busy: list[float] = []

    def fault(handler: Handler) -> bool:
        if handler.command == "POST" and len(busy) < 2:
            busy.append(time.monotonic())
            handler.answer(429 if len(busy) == 1 else 503, None, {"Retry-After": "1"})
            return True
        return False

    server.fault = fault
    start(remote_job)
    assert end_of(remote_job).phase == "done"
    assert len(busy) == 2 and busy[1] - busy[0] > 0.7
    assert not any(isinstance(event, Connection) for event in told(remote_job))


def test_an_older_server_is_not_sent_a_job(
    server: StudioServer, remote_job: JobFolder, start: Relays
) -> None:
    server.protocol = 2
    start(remote_job)
    state = end_of(remote_job)
    assert state.error and state.error.problem == "studio_older"
    assert not count(server, "POST", "/v1/jobs") and not any(m == "PUT" for m, _, _ in server.log)


def test_a_job_of_another_studio_is_not_sent_to_this_one(
    server: StudioServer, remote_job: JobFolder, studio: StudioFolder, start: Relays
) -> None:
    text = remote_job.remote_file.read_text().replace("127.0.0.1", "localhost")
    remote_job.remote_file.write_text(text)
    start(remote_job)
    assert (state := end_of(remote_job)).error and state.error.problem == "other_studio"
    wait_for(lambda: not job_control.is_running(remote_job))
    studio.forget()
    job_control.requeue(remote_job)
    start(remote_job)
    follower = Follower(remote_job)
    wait_for(
        lambda: (
            (error := follower.poll().error) is not None and error.problem == "studio_not_paired"
        )
    )
    assert server.sent == []


def test_two_relays_do_not_work_on_one_job(
    server: StudioServer, remote_job: JobFolder, start: Relays
) -> None:
    server.hold = True
    first = start(remote_job)
    wait_for(lambda: bool(server.keys()))
    second = start(remote_job)
    wait_for(lambda: process_identity(second) is None)
    assert process_identity(first) is not None
    assert "already working on this job" in remote_job.log_file.read_text()


def test_a_relay_goes_on_with_the_jobs_that_wait_beside_its_own(
    server: StudioServer, remote_job: JobFolder, start: Relays, tmp_path: Path
) -> None:
    here = make_job(tmp_path / "spool")
    others = [remote(make_job(tmp_path / "spool"), server) for _ in range(2)]
    for job in (here, *others):
        job_control.requeue(job)
        time.sleep(0.02)  # file systems tell times no finer than that
    start(remote_job)
    assert end_of(others[0]).phase == end_of(others[1]).phase == "done"
    first, second = (job.events_file.stat().st_mtime_ns for job in others)
    assert first < second
    assert Follower(here).poll().phase == "waiting"  # it is of this machine


def test_a_killed_relay_is_dead_until_another_one_goes_on(
    server: StudioServer, remote_job: JobFolder, start: Relays
) -> None:
    server.mode = "slow"
    pid = start(remote_job)
    follower = Follower(remote_job)
    wait_for(lambda: follower.poll().step >= 2)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: follower.poll().phase == "dead")
    start(remote_job)
    assert end_of(remote_job).phase == "done"
    note = read_remote(remote_job)
    assert note and server_numbers(remote_job) == list(range(1, len(server.lines(note.job)) + 1))
    assert count(server, "POST", "/v1/jobs") == 1


def test_plain_http_is_spoken_to_this_machine(tmp_path: Path, start: Relays) -> None:
    """`start` is paired with the server of TLS; this test has its own."""
    from mti_addon.client.remote.relay.__main__ import run_relay
    from tests.client.remote.conftest import pair
    from tests.client.remote.studio_server import serving

    with serving(tmp_path / "plain", tls=False) as server:
        folder = pair(StudioFolder(tmp_path / "plain-studio"), server)
        job = remote(make_job(tmp_path / "spool"), server)
        assert run_relay(job, folder) == 0 and job.verify_output()


def test_a_stream_that_stays_silent_is_replaced_by_the_long_poll(
    server: StudioServer,
    remote_job: JobFolder,
    studio: StudioFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from mti_addon.client.remote.relay import follow
    from mti_addon.client.remote.relay.__main__ import run_relay

    monkeypatch.setattr(follow, "SILENT_SECONDS", 0.5)
    server.no_sse = True
    assert run_relay(remote_job, studio) == 0
    assert count(server, "GET", f"/v1/jobs/{_server_job(remote_job)}/events?after=0") == 1
    assert any("events.json" in path for _, path, _ in server.log)


def _server_job(job: JobFolder) -> str:
    note = read_remote(job)
    assert note
    return note.job
