"""The reported plan of GPU memory and time. Without a GPU here, free memory and speed are given;
the rest is real."""

from pathlib import Path

import pytest

from mti_addon.wire.errors import OutOfMemory
from mti_addon.wire.events import EventReader, Planned
from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import JobLock
from mti_addon.wire.problem import Problem
from mti_addon.wire.settings import Settings
from mti_backend import device
from mti_backend.job.session import Session
from mti_backend.runner import memory_plan as planning
from tests.wire.examples import make_job


def told(job: JobFolder) -> list[Planned]:
    events = [event for _, _, event in EventReader(job.events_file).read_new()]
    return [event for event in events if isinstance(event, Planned)]


def attempt_at(job: JobFolder, lock: JobLock, where: str) -> Session:
    session = Session(job, lock)
    session.devices = [where]
    return session


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "free_memory", lambda name: 16 * 2**30)
    monkeypatch.setattr(planning, "product_rate", lambda name: 100e12)


def test_a_cpu_and_the_draft_need_no_plan(tmp_path: Path) -> None:
    assert device.free_memory("cpu") is None
    job = make_job(tmp_path)
    with JobLock(job) as lock:
        assert planning.planned(attempt_at(job, lock, "cpu"), job.request()) is None
    assert told(job) == []


@pytest.mark.usefixtures("gpu")
def test_what_will_be_used_is_told_before_it_begins(tmp_path: Path) -> None:
    settings = Settings.for_model("svd")
    job = make_job(tmp_path, settings=settings, reference_frames=14)
    with JobLock(job) as lock:
        plan = planning.planned(attempt_at(job, lock, "cuda"), job.request())
    assert plan is not None and plan.policy == "two levels"
    [event] = told(job)
    assert event.text.startswith("Up to 1") and "GB of the GPU" in event.text
    assert 12_000 < event.memory_mib <= 16 * 1024
    # 1000 iterations of 130 TF and 2.3 PF of applying at 40 % of 100 TF/s
    assert event.seconds == pytest.approx((1000 * 128e12 + 2.4e15) / 40e12, rel=0.05)
    carried_out = plan.applied_to(settings)
    assert carried_out.sampling.decode_chunk_size == plan.decode_chunk > 0
    assert carried_out.inversion == settings.inversion


@pytest.mark.usefixtures("gpu")
def test_the_draft_is_not_planned_on_a_gpu_either(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    with JobLock(job) as lock:
        assert planning.planned(attempt_at(job, lock, "cuda"), job.request()) is None


def test_what_cannot_fit_is_refused_before_weights_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "free_memory", lambda name: 6 * 2**30)
    job = make_job(tmp_path, settings=Settings.for_model("svd"), reference_frames=14)
    with JobLock(job) as lock, pytest.raises(OutOfMemory, match="6.0 GB are free"):
        planning.planned(attempt_at(job, lock, "cuda"), job.request())
    assert told(job) == []


ENOUGH = Problem("not_enough", "Only {left} left.", values={"left": 6})


@pytest.mark.usefixtures("gpu")
def test_a_change_of_plan_is_told(tmp_path: Path) -> None:
    job = make_job(tmp_path, settings=Settings.for_model("svd"), reference_frames=14)
    draft = make_job(tmp_path)
    for each in (job, draft):
        with JobLock(each) as lock:
            session = attempt_at(each, lock, "cuda")
            planning.replanned(session, each.request(), "all blocks", ENOUGH)
    assert told(job) == [Planned("Only 6 left.", 10_655, None, "not_enough", {"left": 6})]
    assert told(draft) == [Planned("Only 6 left.", 0, None, "not_enough", {"left": 6})]
