"""Jobs on a real Ray cluster of two nodes on loopback, whose GPUs are only counted.

MTI_RAY names the folder with the `ray` command of an environment of its own, which has
`ray[default]`; without it, only what needs no cluster is tested. Ray listens on the machine's own
address even if it is told 127.0.0.1, so it is only started where there is no other one:

    export MTI_RAY=...
    unshare --net sh -c 'ip link set lo up; python -m pytest tests/server/execution/test_ray.py'
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mti_addon.wire.errors import BackendMissing, BadRequest
from mti_addon.wire.owner import process_identity, read_owner
from mti_backend.server.execution.executor import Handle, Resources, RunState
from mti_backend.server.execution.ray import RayExecutor
from mti_backend.server.execution.reconcile import Reconciler
from mti_backend.server.execution.runner import ROOT, Runner
from mti_backend.server.store import jobs as stored
from tests.fake_runner import FAKE
from tests.server.faults.test_faults import Shop, until

TOKEN = "a-token-of-the-cluster-that-nobody-guesses"
RAY = os.environ.get("MTI_RAY") or os.path.dirname(shutil.which("ray") or "")


def runner() -> Runner:
    return Runner(path=(FAKE, ROOT), idle_seconds=0, extra={"MTI_FAKE_PAUSE": "0.2"})


class Head(BaseHTTPRequestHandler):
    """Answers as a cluster's head that checks tokens, or does not."""

    open = False
    jobs: list[dict[str, str]] = []

    def do_GET(self) -> None:
        self.answer(200 if self.known() else 401, self.jobs)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(400 if self.open else 401, {})

    def known(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def answer(self, status: int, value: Any) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def head() -> Iterator[tuple[str, type[Head]]]:
    kind = type("OneHead", (Head,), {"jobs": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", kind
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_cluster_that_is_open_to_everybody_is_refused(
    tmp_path: Path, head: tuple[str, type[Head]]
) -> None:
    address, kind = head
    kind.open = True
    with pytest.raises(BadRequest, match="takes jobs from anybody"):
        RayExecutor(tmp_path, runner(), address, TOKEN, 1)


def test_a_wrong_token_is_told(tmp_path: Path, head: tuple[str, type[Head]]) -> None:
    with pytest.raises(BadRequest, match="does not know the server's token"):
        RayExecutor(tmp_path, runner(), head[0], "wrong", 1)


def test_a_cluster_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BackendMissing, match="does not answer"):
        RayExecutor(tmp_path, runner(), "http://127.0.0.1:9", TOKEN, 1)


def test_its_word_that_a_job_died_is_no_proof(tmp_path: Path, head: tuple[str, type[Head]]) -> None:
    address, kind = head
    executor = RayExecutor(tmp_path, runner(), address, TOKEN, 2)
    handle = Handle("a" * 32, 1, "mti-a-1")
    heart = tmp_path / "ray" / f"{'a' * 32}.1" / "heartbeat"
    heart.parent.mkdir()
    assert executor.capacity() == {"ray": (1, 2)}
    for status, beats, expected in (
        ("RUNNING", False, RunState.RUNNING),
        ("PENDING", False, RunState.PENDING),
        ("FAILED", True, RunState.RUNNING),
        ("FAILED", False, RunState.ENDED),
        (None, True, RunState.RUNNING),
        (None, False, RunState.LOST),
    ):
        kind.jobs = [{"submission_id": handle.place, "status": status}] if status else []
        if beats:
            heart.touch()
        else:
            heart.unlink(missing_ok=True)
        assert executor.poll([handle]) == {handle: expected}, (status, beats)
    executor._address = "http://127.0.0.1:9"  # no answer is no proof either
    assert executor.poll([handle]) == {handle: RunState.PENDING}
    heart.touch()
    assert executor.poll([handle]) == {handle: RunState.RUNNING}


class Cluster:
    """A head and another node, each with one GPU that is only counted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.dashboard = free_port(), free_port()
        self.environment = {
            "PATH": f"{RAY}:/usr/bin:/bin",
            "HOME": str(folder),
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": TOKEN,
            "RAY_DISABLE_USAGE_STATS": "1",
            "RAY_USAGE_STATS_ENABLED": "0",
        }

    def ray(self, *arguments: str) -> None:
        done = subprocess.run(
            [f"{RAY}/ray", *arguments],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    def start_head(self) -> None:
        self.ray(
            *("start", "--head", "--node-ip-address=127.0.0.1", f"--port={self.port}"),
            *("--dashboard-host=127.0.0.1", f"--dashboard-port={self.dashboard}"),
            *("--num-cpus=2", "--num-gpus=1", f"--temp-dir={self.folder}/ray"),
            *("--disable-usage-stats", "--object-store-memory=80000000"),
        )

    def add_node(self) -> None:
        self.ray(
            *("start", f"--address=127.0.0.1:{self.port}", "--node-ip-address=127.0.0.1"),
            *("--num-cpus=2", "--num-gpus=1", "--object-store-memory=80000000"),
        )

    def processes(self, word: str) -> list[int]:
        """Its own processes whose command line contains a word."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                line = (path / "cmdline").read_bytes().decode("utf-8", "replace")
                ours = TOKEN.encode() in (path / "environ").read_bytes()
            except OSError:
                continue
            if ours and word in line and int(path.name) != os.getpid():
                found.append(int(path.name))
        return found

    def kill(self, word: str) -> None:
        for pid in self.processes(word):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if not RAY or not os.path.exists(f"{RAY}/ray"):
        pytest.skip("there is no Ray here: set MTI_RAY")
    if [name for _, name in socket.if_nameindex()] != ["lo"]:
        pytest.skip("Ray would listen on a network: run this with unshare --net")
    found = Cluster(Path(tmp_path_factory.mktemp("r")))
    found.start_head()
    found.add_node()
    yield found
    found.kill("")


def shop_on(cluster: Cluster, data: Path) -> Shop:
    shop = Shop(data)
    executor = RayExecutor(
        *(shop.places.spool, runner(), f"http://127.0.0.1:{cluster.dashboard}", TOKEN, 2)
    )
    shop.executor = executor
    shop.loop = Reconciler(shop.store, shop.places, executor, lambda job: None)
    return shop


@pytest.mark.slow
def test_jobs_run_on_the_cluster(cluster: Cluster, data: Path) -> None:
    shop = shop_on(cluster, data)
    jobs = [shop.submit("finish") for _ in range(2)]
    shop.until(lambda: all(shop.job(job).is_final for job in jobs), 120)
    assert [shop.job(job).state for job in jobs] == ["done", "done"]
    shop.store.close()


@pytest.mark.slow
def test_the_same_attempt_is_submitted_once(cluster: Cluster, data: Path) -> None:
    shop = shop_on(cluster, data)
    job = shop.submit("slow")
    shop.until(lambda: shop.job(job).handle is not None, 60)
    handle = Handle.from_json(str(shop.job(job).handle))
    folder = shop.places.spool / "ray" / f"{job}.1"
    assert shop.executor.submit(job, 1, folder, Resources("draft")) == handle
    shop.until(lambda: shop.job(job).is_final, 120)
    assert shop.job(job).state == "done"
    assert [line["event"] for line in shop.lines(job)].count("started") == 1
    shop.store.close()


@pytest.mark.slow
def test_a_job_is_cancelled_and_a_killed_one_goes_on(cluster: Cluster, data: Path) -> None:
    shop = shop_on(cluster, data)
    cancelled, killed = shop.submit("slow"), shop.submit("slow")
    shop.until(lambda: shop.job(cancelled).seq > 2 and shop.job(killed).seq > 8, 90)
    shop.store.write(stored.ask_cancel, cancelled)
    owner = read_owner(shop.places.spool / "ray" / f"{killed}.1" / "owner.json")
    assert owner is not None
    os.kill(owner.pid, signal.SIGKILL)
    shop.until(lambda: shop.job(cancelled).is_final and shop.job(killed).is_final, 120)
    assert (shop.job(cancelled).state, shop.job(killed).state) == ("cancelled", "done")
    assert shop.job(killed).epoch == 2
    assert "resumed" in [line["event"] for line in shop.lines(killed)]
    shop.store.close()


@pytest.mark.slow
def test_a_cluster_that_lost_its_head_has_lost_nothing_of_ours(
    cluster: Cluster, data: Path
) -> None:
    shop = shop_on(cluster, data)
    job = shop.submit("slow")
    shop.until(lambda: shop.job(job).seq > 5, 90)
    owner = read_owner(shop.places.spool / "ray" / f"{job}.1" / "owner.json")
    cluster.kill("")  # every process of it, as when its machines lose power
    assert owner is not None
    until(lambda: process_identity(owner.pid) is None)
    for _ in range(5):
        shop.loop.tick()
        time.sleep(0.1)
    assert not shop.job(job).is_final and shop.job(job).stalled <= 1
    cluster.port, cluster.dashboard = free_port(), cluster.dashboard
    cluster.start_head()
    cluster.add_node()
    shop.until(lambda: shop.job(job).is_final, 120)
    assert shop.job(job).state == "done" and shop.job(job).epoch >= 2
    numbers = [line["seq"] for line in shop.lines(job)]
    assert numbers == sorted(set(numbers))
    shop.store.close()
