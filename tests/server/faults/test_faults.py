"""Real processes that die, hang, lie, or run out of space: nothing lost, nothing done twice."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import process_identity, read_owner
from mti_addon.wire.queue import is_worked_on
from mti_backend.server.execution.executor import Handle, Resources, RunState
from mti_backend.server.execution.process import ProcessExecutor
from mti_backend.server.execution.reconcile import Reconciler
from mti_backend.server.execution.runner import ROOT, Runner
from mti_backend.server.files import folders
from mti_backend.server.files.blobs import add_blob
from mti_backend.server.files.places import Places
from mti_backend.server.store import events, jobs, users
from mti_backend.server.store.database import Store
from mti_backend.server.store.jobs import Job, NewJob
from tests.fake_runner import FAKE
from tests.mounting import mounted
from tests.server.kill_rounds import Rounds
from tests.server.serving import Client, contents, end_runners, invited, job_of, running, start


def until(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait for something, and return it."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def test_twenty_random_kills_lose_nothing(data: Path) -> None:
    rounds = Rounds(data, random.Random(20))
    try:
        rounds.run(20)
    finally:
        rounds.close()
    assert rounds.kills["server"] >= 3 and rounds.kills["runner"] >= 3


def test_two_servers_cannot_use_one_folder(data: Path) -> None:
    with running(data) as server:
        client = Client(server.port, invited(data, "anna"))
        job = client.submit("slow")["id"]
        client.wait(job, "running")
        with pytest.raises(AssertionError, match="Another server uses the folder"):
            start(data)
        assert client.job(job)["state"] == "running"
        client.close()


def test_a_runner_outlives_its_server(data: Path) -> None:
    server = start(data, "--pause", "0.1")
    client = Client(server.port, invited(data, "anna"))
    job = client.submit("slow")["id"]
    until(lambda: len(client.lines(job)) > 3)
    before = client.lines(job)
    owner = read_owner(next(data.glob("spool/*/*/owner.json")))
    server.kill()
    client.close()
    assert owner is not None and process_identity(owner.pid) == owner.create_time
    time.sleep(0.5)  # it goes on meanwhile
    assert server.process.stdout is not None
    server.process.stdout.close()
    with running(data, "--pause", "0.1") as server:
        client.port = server.port
        assert client.wait(job)["state"] == "done"
        lines = client.lines(job)
        assert lines[: len(before)] == before
        assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
        assert [line["event"] for line in lines].count("started") == 1  # it was never restarted
        assert client.job(job)["attempt"] == 1
        client.close()


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    with mounted(tmp_path / "disk", "size=3m") as place:
        yield place


def test_a_full_disk_is_told_and_costs_nothing(full: Path) -> None:
    with running(full / "data") as server:
        client = Client(server.port, invited(full / "data", "anna"))
        job = client.submit("finish")["id"]
        client.wait(job)
        before = client.lines(job)
        data = os.urandom(4 * 2**20)
        name = hashlib.sha256(data).hexdigest()
        answer = client.ask("PUT", f"/v1/blobs/{name}", data)
        assert answer.status == 503 and int(answer.headers["Retry-After"]) > 0
        assert answer.code in ("server_disk_full", "server_disk_low")
        # what did not fit is taken back when the client gives up; the rest is as it was
        received = client.get(f"/v1/blobs/{name}/upload").json["received"]
        assert received < len(data)
        assert client.get("/v1/me").status == 200 and client.lines(job) == before
        request, body = job_of("finish")
        refused = client.post("/v1/jobs", body, Idempotency_Key=request.job)
        assert refused.status in (422, 503)
        for path in (full / "data" / "uploads").glob("*/*"):
            path.unlink()
        again = client.submit("finish")["id"]
        assert client.wait(again)["state"] == "done"
        client.close()


class Shop:
    """The work loop alone, without HTTP, in this process; ticks when told."""

    def __init__(self, data: Path, executor: Any = None, fake: str = "") -> None:
        self.places = Places(data)
        self.store = Store(self.places.database)
        extra = {"MTI_FAKE_PAUSE": "0.1"} | ({"MTI_FAKE": fake} if fake else {})
        runner = Runner(path=(FAKE, ROOT), idle_seconds=0, extra=extra)
        self.processes = ProcessExecutor(self.places.spool, runner, ["cpu"])
        self.executor = executor or self.processes
        self.loop = Reconciler(self.store, self.places, self.executor, lambda job: None)
        self.user = self.store.write(lambda db: users.user_of(db, users.invite(db, "anna", 1)))

    def submit(self, name: str) -> str:
        request, body = job_of(name)
        for data in contents(request).values():
            add_blob(self.places.blobs, data)
        assert self.user is not None
        sums = body["inputs"]
        text = json.dumps(body["request"])
        new = NewJob(
            *(self.user.id, request.job, "body", text, name, request.task, "draft"),
            *(request.job, sums),
        )
        return self.store.write(jobs.add, new).id

    def job(self, job: str) -> Job:
        found = jobs.get(self.store.db, job)
        assert found is not None
        return found

    def lines(self, job: str) -> list[dict[str, Any]]:
        return [json.loads(line) for _, line in events.after(self.store.db, job, 0)]

    def until(self, condition: Callable[[], Any], seconds: float = 30.0) -> Any:
        def ticked() -> Any:
            self.loop._polled = 0.0
            self.loop.tick()
            return condition()

        return until(ticked, seconds)

    def close(self) -> None:
        self.store.close()
        end_runners(self.places.data)
        for child in {*self.processes._children, *self.executor._children}:
            child.kill()
            child.wait(10)


class Liar(ProcessExecutor):
    """An engine whose word is worth nothing: it says that a run is lost while it is at work."""

    about = 0
    """The attempt that it lies about."""

    def poll(self, handles: Sequence[Handle]) -> Mapping[Handle, RunState]:
        found = dict(super().poll(handles))
        for handle in handles:
            if handle.epoch == self.about:
                assert is_worked_on(self._folder(self.slots[handle.place], handle))
                found[handle] = RunState.LOST
        return found


def test_a_zombie_that_goes_on_writing_changes_nothing(data: Path) -> None:
    shop = Shop(data)
    liar = Liar(shop.places.spool, shop.processes._runner, ["cpu"])
    shop.executor = liar
    shop.loop = Reconciler(shop.store, shop.places, liar, lambda job: None)
    job = shop.submit("slow")
    shop.until(lambda: shop.job(job).state == "running" and shop.job(job).seq > 2)
    folder = folders.find(shop.places, job)
    assert folder is not None
    zombie = read_owner(folder / "owner.json")
    assert zombie is not None
    os.kill(zombie.pid, signal.SIGSTOP)
    liar.about = 1
    shop.until(lambda: shop.job(job).epoch == 2 and shop.job(job).seq > 8)
    os.kill(zombie.pid, signal.SIGCONT)
    shop.until(lambda: shop.job(job).is_final)
    assert shop.job(job).state == "done" and shop.job(job).epoch == 2
    until(lambda: process_identity(zombie.pid) is None, 20)
    lines = shop.lines(job)
    numbers = [line["seq"] for line in lines]
    assert numbers == sorted(set(numbers))
    assert [line["event"] for line in lines].count("done") == 1
    assert not folder.exists()  # nothing it wrote has made the folder again
    settled = JobFolder(shop.places.jobs / job)
    assert set(settled.verify_output()) == {n for n, _, _ in jobs.files_of(shop.store.db, job)}
    shop.close()


def test_a_server_that_dies_between_leasing_and_starting_starts_it_once(data: Path) -> None:
    shop = Shop(data)
    job = shop.submit("finish")
    assert shop.store.write(jobs.lease, job, shop.job(job).user) == 1
    shop.until(lambda: shop.job(job).is_final)
    assert (shop.job(job).state, shop.job(job).epoch) == ("done", 1)
    assert [line["event"] for line in shop.lines(job)].count("started") == 1
    shop.close()


def test_a_server_that_dies_after_starting_adopts_the_runner(data: Path) -> None:
    shop = Shop(data)
    job = shop.submit("slow")
    assert shop.store.write(jobs.lease, job, shop.job(job).user) == 1
    request, inputs = jobs.request_of(shop.store.db, job), jobs.inputs_of(shop.store.db, job)
    folder = folders.prepare(shop.places, job, 1, request, inputs)
    first = shop.processes.submit(job, 1, folder.path, Resources("draft"))
    owner = until(lambda: read_owner(next(data.glob("spool/0/*/owner.json"), Path("none"))))
    assert shop.job(job).handle is None  # here it died
    shop.until(lambda: shop.job(job).handle is not None)
    assert Handle.from_json(str(shop.job(job).handle)) == first
    shop.until(lambda: shop.job(job).is_final)
    again = read_owner(shop.places.jobs / job / "owner.json")
    assert again == owner and shop.job(job).state == "done"
    shop.close()


def test_a_folder_left_in_a_slot_does_not_block_it(data: Path) -> None:
    """The server died after it had queued the job again, before it moved the folder."""
    shop = Shop(data)
    job = shop.submit("finish")
    shop.store.write(jobs.lease, job, shop.job(job).user)
    request, inputs = jobs.request_of(shop.store.db, job), jobs.inputs_of(shop.store.db, job)
    folder = folders.prepare(shop.places, job, 1, request, inputs)
    folders.move_to(folder.path, shop.places.spool / "0" / folder.path.name)
    shop.store.write(jobs.requeue, job, 1, 0.0, 1)
    shop.until(lambda: shop.job(job).is_final)
    assert (shop.job(job).state, shop.job(job).epoch) == ("done", 2)
    shop.close()


def test_a_lost_input_fails_the_job_and_says_so(data: Path) -> None:
    shop = Shop(data)
    job = shop.submit("finish")
    for path in shop.places.blobs.glob("*/*"):
        path.unlink()
    shop.until(lambda: shop.job(job).is_final)
    assert shop.job(job).state == "failed"
    assert shop.lines(job)[-1]["problem"] == "server_blob_gone"
    shop.close()


def test_damaged_results_are_made_again(data: Path) -> None:
    """A runner says that it is done, but its files are not what its manifest says."""
    shop = Shop(data)
    job = shop.submit("slow")
    shop.until(lambda: shop.job(job).seq > 3)
    folder = JobFolder(folders.find(shop.places, job) or Path())

    def damaged() -> bool:
        if folder.output_motion.is_file():
            folder.output_motion.write_bytes(b"zeros")
            return True
        return False

    until(damaged)
    shop.until(lambda: shop.job(job).is_final)
    assert shop.job(job).state == "done" and shop.job(job).epoch == 2
    settled = JobFolder(shop.places.jobs / job)
    assert settled.verify_output() and settled.output_motion.read_bytes() != b"zeros"
    assert [line["event"] for line in shop.lines(job)].count("done") == 1
    shop.close()


def test_a_hung_runner_is_ended_and_its_job_goes_on(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mti_backend.server.execution import process

    monkeypatch.setattr(process, "STUCK_SECONDS", 1.0)
    shop = Shop(data)
    job = shop.submit("slow")
    shop.until(lambda: shop.job(job).seq > 3)
    owner = read_owner(next(data.glob("spool/0/*/owner.json")))
    assert owner is not None
    os.kill(owner.pid, signal.SIGSTOP)
    shop.until(lambda: shop.job(job).is_final)
    assert shop.job(job).state == "done" and shop.job(job).epoch == 2
    shop.close()


def test_a_runner_that_ignores_cancel_is_ended(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mti_backend.server.execution import follow

    monkeypatch.setattr(follow, "CANCEL_SECONDS", 0.5)
    shop = Shop(data)
    job = shop.submit("silent")
    shop.until(lambda: next(data.glob("spool/0/*/owner.json"), None))
    shop.store.write(jobs.ask_cancel, job)
    shop.until(lambda: shop.job(job).is_final)
    assert shop.job(job).state == "cancelled"
    assert [line["event"] for line in shop.lines(job)] == ["cancelled"]
    shop.close()


@pytest.mark.parametrize("ahead", [-90_000.0, 90_000.0])
def test_a_clock_that_jumps_loses_nothing(
    data: Path, ahead: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's clock moves by a day while a job runs; files have the times of another one."""
    shop = Shop(data)
    job = shop.submit("slow")
    shop.until(lambda: shop.job(job).seq > 3)
    real = time.time
    for module in ("store.jobs", "execution.reconcile", "execution.ending"):
        monkeypatch.setattr(f"mti_backend.server.{module}.now", lambda: real() + ahead)
    second = shop.submit("finish")
    shop.until(lambda: shop.job(job).is_final and shop.job(second).is_final)
    assert (shop.job(job).state, shop.job(second).state) == ("done", "done")
    assert shop.job(job).epoch == 1
    shop.close()


def test_the_server_starts_where_a_killed_one_has_left_its_temporary_files(data: Path) -> None:
    places = Places(data)
    for folder in (places.data, places.jobs, places.results, places.library):
        (folder / ".tmp-abc-x").mkdir()
        (folder / ".tmp-abc-x" / "half").write_bytes(b"half")
    (places.jobs / ("a" * 32)).mkdir()  # of a job that was deleted
    with running(data):
        assert [path for path in places.data.rglob(".tmp-*")] == []
        assert list(places.jobs.iterdir()) == []
