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
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mti_addon.wire.errors import BackendMissing, BadRequest
from mti_addon.wire.owner import Owner, process_identity, read_owner
from mti_backend.server.execution.executor import Handle, Resources, RunState
from mti_backend.server.execution.limits import LIMITS
from mti_backend.server.execution.ray import RayExecutor
from mti_backend.server.execution.reconcile import Reconciler
from mti_backend.server.execution.runner import ROOT, Runner
from mti_backend.server.store import jobs as stored
from tests.fake_runner import FAKE
from tests.server.faults.test_faults import Shop, until
from tests.wire.examples import make_job

TOKEN = "a-token-of-the-cluster-that-nobody-guesses"
RAY = os.environ.get("MTI_RAY") or os.path.dirname(shutil.which("ray") or "")


def runner() -> Runner:
    return Runner(path=(FAKE, ROOT), idle_seconds=0, extra={"MTI_FAKE_PAUSE": "0.2"})


class Head(BaseHTTPRequestHandler):
    """Answers as a cluster's head that checks tokens, or does not."""

    open = False
    jobs: list[dict[str, str]] = []
    sent: list[Any] = []

    def do_GET(self) -> None:
        one = self.path != "/api/jobs/"
        self.answer(404 if one else 200 if self.known() else 401, self.jobs)

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        if self.known():
            self.sent.append(sent)
        self.answer(200 if self.known() else 400 if self.open else 401, {})

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
    kind = type("OneHead", (Head,), {"jobs": [], "sent": []})
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


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_runner_has_limits_and_nothing_of_the_cluster_s(
    tmp_path: Path, head: tuple[str, type[Head]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is posted is run as Ray runs it: by a shell, in a node's environment."""
    monkeypatch.setenv("MTI_PREVIEW_SECONDS", "7")
    monkeypatch.setenv("HF_TOKEN", "hidden-of-the-server")
    address, kind = head
    silent = Runner(path=(FAKE, ROOT), idle_seconds=0, extra={"MTI_FAKE": "silent"})
    executor = RayExecutor(tmp_path / "spool", silent, address, TOKEN, 1)
    job = make_job(tmp_path)
    executor.submit("a" * 32, 1, job.path, Resources("draft"))
    (sent,) = kind.sent
    assert TOKEN not in json.dumps(sent) and "hidden" not in json.dumps(sent)
    node = {
        "PATH": os.environ["PATH"],
        "RAY_AUTH_TOKEN": TOKEN,
        "RAY_AUTH_MODE": "token",
        "AWS_SECRET_ACCESS_KEY": "hidden",
        "LD_PRELOAD": "",
        "PYTHONPATH": "/evil",
        "CUDA_VISIBLE_DEVICES": "3",
        "MTI_MODELS_DIR": "/models-of-the-node",
        "MTI_PREVIEW_SECONDS": "1",
    }
    process = subprocess.Popen(sent["entrypoint"], shell=True, env=node, start_new_session=True)
    folder = tmp_path / "spool" / "ray" / f"{'a' * 32}.1"
    try:
        owner = until(lambda: read_owner(folder / "owner.json"))
        assert owner.pid == process.pid  # nothing stands between it and who should end it
        for name, most in LIMITS.items():
            assert resource.prlimit(owner.pid, getattr(resource, name)) == (most, most)
        environ = Path(f"/proc/{owner.pid}/environ").read_bytes()
        for word in (TOKEN.encode(), b"RAY_", b"hidden", b"LD_PRELOAD", b"/evil"):
            assert word not in environ
        for word in (
            *(b"CUDA_VISIBLE_DEVICES=3", b"MTI_MODELS_DIR=/models-of-the-node"),
            *(b"MTI_PREVIEW_SECONDS=7", b"HF_HUB_OFFLINE=1", b"MTI_FAKE=silent"),
        ):
            assert word in environ.split(b"\0")
        assert b"MTI_DEVICE" not in environ
    finally:
        process.kill()
        process.wait(20)


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

    def ray(self, *arguments: str, gpu: str) -> None:
        """Run `ray` on a node that has one GPU of this number."""
        done = subprocess.run(
            [f"{RAY}/ray", *arguments],
            env=self.environment | {"CUDA_VISIBLE_DEVICES": gpu},
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
            f"--dashboard-agent-listen-port={free_port()}",  # its nodes share one address
            gpu="0",
        )

    def add_node(self) -> None:
        self.ray(
            *("start", f"--address=127.0.0.1:{self.port}", "--node-ip-address=127.0.0.1"),
            *("--num-cpus=2", "--num-gpus=1", "--object-store-memory=80000000"),
            f"--dashboard-agent-listen-port={free_port()}",
            gpu="1",
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

    def of_gpu(self, gpu: str, word: str) -> list[int]:
        """Those of the node that has this GPU."""
        wanted = f"CUDA_VISIBLE_DEVICES={gpu}".encode()
        return [
            pid
            for pid in self.processes(word)
            if wanted in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        ]

    def kill(self, word: str) -> None:
        """Kill its processes whose command line contains a word, and what they still start."""
        until(lambda: not self.kill_all(self.processes(word)))

    def kill_all(self, pids: list[int]) -> list[int]:
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return pids


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


def runner_of(shop: Shop, job: str) -> Owner:
    """Who works on a job."""
    epoch = shop.job(job).epoch
    found: Owner = until(
        lambda: read_owner(shop.places.spool / "ray" / f"{job}.{epoch}" / "owner.json")
    )
    return found


def gpu_of(owner: Owner) -> str:
    """The GPU that a runner sees."""
    environ = Path(f"/proc/{owner.pid}/environ").read_bytes().split(b"\0")
    pairs = dict(each.decode().split("=", 1) for each in environ if each)
    assert not [name for name in pairs if name.startswith("RAY_")], pairs
    return pairs["CUDA_VISIBLE_DEVICES"]


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
def test_two_jobs_have_different_gpus(cluster: Cluster, data: Path) -> None:
    shop = shop_on(cluster, data)
    jobs = [shop.submit("slow") for _ in range(2)]
    shop.until(lambda: all(shop.job(job).seq > 2 for job in jobs), 90)
    owners = [runner_of(shop, job) for job in jobs]
    assert sorted(gpu_of(owner) for owner in owners) == ["0", "1"]
    for owner in owners:
        assert resource.prlimit(owner.pid, resource.RLIMIT_CORE) == (0, 0)
    shop.until(lambda: all(shop.job(job).is_final for job in jobs), 120)
    assert [shop.job(job).state for job in jobs] == ["done", "done"]
    shop.store.close()


@pytest.mark.slow
def test_a_job_of_a_node_that_died_goes_on_elsewhere(cluster: Cluster, data: Path) -> None:
    """And the other node's job is not disturbed."""
    shop = shop_on(cluster, data)
    jobs = [shop.submit("slow") for _ in range(2)]
    shop.until(lambda: all(shop.job(job).seq > 5 for job in jobs), 90)
    by_gpu = {gpu_of(runner_of(shop, job)): job for job in jobs}
    stays, moves = by_gpu["0"], by_gpu["1"]
    cluster.kill_all([*cluster.of_gpu("1", ""), runner_of(shop, moves).pid])
    shop.until(lambda: all(shop.job(job).is_final for job in jobs), 180)
    assert [shop.job(job).state for job in jobs] == ["done", "done"]
    assert shop.job(stays).epoch == 1 and shop.job(moves).epoch >= 2
    lines = [line["event"] for line in shop.lines(moves)]
    assert "resumed" in lines and lines.count("done") == 1
    cluster.add_node()
    shop.store.close()


@pytest.mark.slow
def test_a_head_that_died_alone_costs_nothing(cluster: Cluster, data: Path) -> None:
    """Its nodes, and the runners on them, are still there for a while."""
    shop = shop_on(cluster, data)
    job = shop.submit("slow")
    shop.until(lambda: shop.job(job).seq > 5, 90)
    owner = runner_of(shop, job)
    for word in ("gcs_server", "dashboard"):
        cluster.kill(word)
    for _ in range(20):
        shop.loop.tick()
        time.sleep(0.1)
    found = shop.job(job)
    assert found.is_final or (found.state, found.epoch) == ("running", 1)  # silence is no proof
    cluster.kill("")
    cluster.kill_all([owner.pid])
    cluster.port = free_port()
    cluster.start_head()
    cluster.add_node()
    shop.until(lambda: shop.job(job).is_final, 180)
    assert shop.job(job).state == "done"
    lines = shop.lines(job)
    assert [line["event"] for line in lines].count("done") == 1
    assert [line["seq"] for line in lines] == sorted({line["seq"] for line in lines})
    shop.store.close()


@pytest.mark.slow
def test_a_cluster_that_lost_its_head_has_lost_nothing_of_ours(
    cluster: Cluster, data: Path
) -> None:
    shop = shop_on(cluster, data)
    job = shop.submit("slow")
    shop.until(lambda: shop.job(job).seq > 5, 90)
    owner = read_owner(shop.places.spool / "ray" / f"{job}.1" / "owner.json")
    assert owner is not None
    cluster.kill("")  # every process of it, as when its machines lose power
    cluster.kill_all([owner.pid])
    until(lambda: process_identity(owner.pid) is None)
    for _ in range(5):
        shop.loop.tick()
        time.sleep(0.1)
    assert not shop.job(job).is_final and shop.job(job).stalled <= 1
    cluster.port = free_port()
    cluster.start_head()
    cluster.add_node()
    shop.until(lambda: shop.job(job).is_final, 120)
    assert shop.job(job).state == "done" and shop.job(job).epoch >= 2
    numbers = [line["seq"] for line in shop.lines(job)]
    assert numbers == sorted(set(numbers))
    shop.store.close()
