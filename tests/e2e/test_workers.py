"""One motion learned by two real processes, either of which may be killed."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from mti_addon.client.jobs.launch import launch
from mti_addon.wire.events import Done, Planned, Progress, Resumed, Started
from mti_addon.wire.job import JobFolder
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding
from tests.e2e import jobs
from tests.e2e.test_crash import kill, learned

ITERATIONS, BATCH = 14, 3
TWO = {"MTI_DEVICE": "cpu,cpu", "MTI_THREADS": "1"}


def new_job(root: Path, batch: int = BATCH, iterations: int = ITERATIONS) -> JobFolder:
    return jobs.new_job(root, "learn", iterations=iterations, batch=batch)


def run(job: JobFolder, models: Path, **environment: str) -> None:
    command = [sys.executable, "-m", "mti_backend", "run", str(job.path)]
    own = {**os.environ, **jobs.environment(models), "MTI_THREADS": "1", **environment}
    done = subprocess.run(command, cwd=jobs.ROOT, env=own, timeout=300)
    assert done.returncode == 0, job.log_file.read_text()


def start(job: JobFolder, models: Path) -> int:
    return launch(sys.executable, jobs.ROOT, job, {**jobs.environment(models), **TWO})


def workers_of(pid: int) -> list[psutil.Process]:
    try:
        children = psutil.Process(pid).children()
        return [child for child in children if "mti_backend.distributed.worker" in child.cmdline()]
    except psutil.NoSuchProcess:
        return []


def same(one: JobFolder, other: JobFolder) -> None:
    """Equal up to the order of sums, accumulated over the steps of Adam."""
    a, b = (MotionEmbedding.load(job.output_motion) for job in (one, other))
    assert (a.frame_tokens - b.frame_tokens).abs().max() < 2e-3
    assert (a.video_tokens - b.video_tokens).abs().max() < 2e-3
    assert float(a.meta["loss"]) == pytest.approx(float(b.meta["loss"]), rel=1e-3)


@pytest.fixture(scope="module")
def alone(models: Path, tmp_path_factory: pytest.TempPathFactory) -> JobFolder:
    """A single process with the whole batch."""
    job = new_job(tmp_path_factory.mktemp("alone"))
    run(job, models)
    return job


def test_two_processes_learn_what_one_does(
    alone: JobFolder, finished: JobFolder, models: Path, tmp_path: Path
) -> None:
    job = new_job(tmp_path)
    run(job, models, **TWO)
    same(job, alone)
    events = jobs.told(job)
    assert [e.device for e in events if isinstance(e, Started)] == ["cpu, cpu"]
    assert not [e for e in events if isinstance(e, Planned)]
    log = job.log_file.read_text()
    assert "alone" not in log and "lost" not in log
    with pytest.raises(AssertionError):  # otherwise `same` would say nothing
        same(job, finished)


@pytest.mark.slow
def test_an_additional_clip_changes_what_two_processes_learn(
    alone: JobFolder, models: Path, tmp_path: Path
) -> None:
    """So the batch was split, and not computed twice."""
    more = new_job(tmp_path, BATCH + 1)
    run(more, models, **TWO)
    with pytest.raises(AssertionError):
        same(more, alone)


def learning(models: Path, tmp_path: Path) -> tuple[JobFolder, int, psutil.Process]:
    """A job while it learns on two devices, its leader's process ID, and its worker."""
    job = new_job(tmp_path)
    pid = start(job, models)
    jobs.wait_for(lambda: learned(job) >= 4, what="learning")
    [worker] = workers_of(pid)
    return job, pid, worker


def test_a_worker_that_is_killed_is_done_without(
    alone: JobFolder, models: Path, tmp_path: Path
) -> None:
    job, _, worker = learning(models, tmp_path)
    worker.kill()
    assert isinstance(jobs.wait_until_finished(job), Done)
    same(job, alone)
    [told] = [e for e in jobs.told(job) if isinstance(e, Planned)]
    assert told.text == "Another device failed; learning continues without it."
    assert psutil.pid_exists(worker.pid) is False


@pytest.mark.slow
def test_a_worker_does_not_outlive_its_leader(
    alone: JobFolder, models: Path, tmp_path: Path
) -> None:
    job, pid, worker = learning(models, tmp_path)
    kill(job, pid)
    psutil.wait_procs([worker], timeout=30)
    assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE
    run(job, models, **TWO)
    same(job, alone)
    assert [e for e in jobs.told(job) if isinstance(e, Resumed)]


def listening(pid: int) -> list[str]:
    """Addresses on which a process or its children listen."""
    found = []
    for process in (psutil.Process(pid), *workers_of(pid)):
        with suppress(psutil.NoSuchProcess):
            found += [
                str(each.laddr.ip)
                for each in process.net_connections("inet")
                if each.status == psutil.CONN_LISTEN
            ]
    return found


@dataclass(frozen=True)
class Watched:
    """What was seen of a job on two devices from its start until it was cancelled and had ended."""

    worker: psutil.Process
    addresses: set[str]
    """On which any of its processes listened, at any time."""
    folder: Path
    """Where its processes found each other."""
    mode: int
    """That folder's permissions while they learned."""


@pytest.fixture(scope="module")
def watched(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    root = tmp_path_factory.mktemp("watched")
    job = new_job(root / "spool", iterations=4000)
    temp = root / "temp"
    temp.mkdir()
    own = {**jobs.environment(models), **TWO, "TMPDIR": str(temp)}
    pid = launch(sys.executable, jobs.ROOT, job, own)
    seen: set[str] = set()

    def look(until: bool) -> bool:
        with suppress(psutil.NoSuchProcess):
            seen.update(listening(pid))
        return until

    jobs.wait_for(lambda: look(bool(workers_of(pid))), what="a worker")
    jobs.wait_for(lambda: look(learned(job) >= 4), what="learning")
    [folder] = temp.glob("mti-workers-*")
    mode = folder.stat().st_mode
    [worker] = workers_of(pid)
    job.ask_cancel()
    jobs.wait_until_finished(job)
    return Watched(worker, seen, folder, mode)


def test_nobody_else_can_reach_the_workers(watched: Watched) -> None:
    """At no time is there a port that another machine could find."""
    assert watched.mode & 0o077 == 0
    assert watched.addresses <= {"127.0.0.1", "::1"}


def test_who_is_cancelled_leaves_no_worker(watched: Watched) -> None:
    psutil.wait_procs([watched.worker], timeout=30)
    assert not watched.worker.is_running() or watched.worker.status() == psutil.STATUS_ZOMBIE
    jobs.wait_for(lambda: not watched.folder.exists(), what="its end")


@pytest.mark.parametrize("moment", ["loading", pytest.param("learning", marks=pytest.mark.slow)])
def test_nothing_stays_of_workers_whose_leader_was_killed(
    models: Path, tmp_path: Path, moment: str
) -> None:
    """Even a worker still waiting for its leader notices."""
    job = new_job(tmp_path / "spool", iterations=4000)
    temp = tmp_path / "temp"
    temp.mkdir()
    own = {**jobs.environment(models), **TWO, "TMPDIR": str(temp)}
    pid = launch(sys.executable, jobs.ROOT, job, own)
    if moment == "loading":
        jobs.wait_for(lambda: bool(workers_of(pid)), what="a worker")
    else:
        jobs.wait_for(lambda: learned(job) >= 4, what="learning")
    [worker] = workers_of(pid)
    kill(job, pid)
    psutil.wait_procs([worker], timeout=30)
    assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE
    assert not list(temp.glob("mti-workers-*"))


@pytest.mark.slow
def test_a_job_named_relative_to_the_current_folder(models: Path, tmp_path: Path) -> None:
    job = new_job(tmp_path, iterations=4)
    command = [sys.executable, "-m", "mti_backend", "run", job.path.name]
    own = {**os.environ, **jobs.environment(models), **TWO, "PYTHONPATH": str(jobs.ROOT)}
    done = subprocess.run(command, cwd=job.path.parent, env=own, timeout=300)
    log = job.log_file.read_text()
    assert done.returncode == 0 and "alone" not in log, log


@pytest.mark.slow
def test_a_worker_that_cannot_begin_is_done_without(models: Path, tmp_path: Path) -> None:
    job = new_job(tmp_path, iterations=2)
    # a device of another kind than the leader's, which loads no weights
    run(job, models, MTI_DEVICE="cpu,meta")
    assert "Learning continues with cpu alone: worker 1 ended with exit code 1." in (
        job.log_file.read_text()
    )


def test_a_batch_of_one_has_no_use_for_a_second_device(models: Path, tmp_path: Path) -> None:
    job = new_job(tmp_path, batch=1, iterations=2)
    run(job, models, **TWO)
    assert "A batch of 1 leaves nothing to do for cpu." in job.log_file.read_text()
    steps = [e for e in jobs.told(job) if isinstance(e, Progress) and e.stage == "learn"]
    assert steps[-1].step == 2
    assert steps[-1].total == 2
