"""The learning part of a job, on the tiny model: its events, and what it resumes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mti_addon.wire.errors import Cancelled
from mti_addon.wire.events import EventReader, Notice, Planned, Progress, Resumed
from mti_addon.wire.job import JobFolder
from mti_addon.wire.owner import JobLock
from mti_addon.wire.request import Request
from mti_addon.wire.settings import Augmentation
from mti_backend.failures import as_mti_error
from mti_backend.job.session import Session
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding
from mti_backend.models.gradient_checkpointing import POLICIES
from mti_backend.models.svd import SvdModel
from mti_backend.runner.learn import Learning
from tests.e2e import jobs
from tests.tiny import FRAMES, SIZE, make_tiny_model

VARIANTS = 3


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SvdModel:
    return SvdModel("draft", make_tiny_model(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def references() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, FRAMES, SIZE, SIZE, 3), np.uint8)


@pytest.fixture
def job(tmp_path: Path) -> JobFolder:
    return jobs.new_job(tmp_path, "learn", jobs.reference())


def order(job: JobFolder, iterations: int) -> Request:
    """The job's request, with variants and this number of iterations."""
    settings = jobs.settings(iterations)
    augmentation = Augmentation(variants=VARIANTS)
    inversion = replace(settings.inversion, augmentation=augmentation, precision="auto")
    return replace(job.request(), settings=replace(settings, inversion=inversion))


def learn(
    job: JobFolder, model: SvdModel, references: np.ndarray, iterations: int
) -> MotionEmbedding:
    """Run one session of the job."""
    with JobLock(job) as lock:
        learning = Learning(Session(job, lock), order(job, iterations))
        return learning.run(model, references, fps=2.0)


def told(job: JobFolder, kind: type) -> list[Any]:
    return [e for _, _, e in EventReader(job.events_file).read_new() if isinstance(e, kind)]


def test_variants_are_part_of_encoding(
    job: JobFolder, model: SvdModel, references: np.ndarray
) -> None:
    motion = learn(job, model, references, 1)
    encode = [event for event in told(job, Progress) if event.stage == "encode"]
    assert (encode[0].step, encode[-1].step) == (0, 1 + VARIANTS)
    assert {event.total for event in encode} == {1 + VARIANTS}
    assert motion.meta["precision"] in ("float32", "bfloat16")
    assert motion.frame_tokens.shape == (FRAMES, 2, 32)


def test_one_reference_needs_no_stack(
    tmp_path: Path, model: SvdModel, references: np.ndarray
) -> None:
    motions = []
    for number, pictures in enumerate((references[0], references[:1], references)):
        job = jobs.new_job(tmp_path / str(number), "learn", jobs.reference())
        motions.append(learn(job, model, pictures, 1).frame_tokens)
    assert motions[0].equal(motions[1])
    assert not motions[0].equal(motions[2])


def test_who_is_cancelled_while_encoding_tells_what_was_learned_before(
    job: JobFolder, model: SvdModel, references: np.ndarray
) -> None:
    learn(job, model, references, 2)
    job.ask_cancel()
    with JobLock(job) as lock:
        session = Session(job, lock)
        with pytest.raises(Cancelled):
            Learning(session, order(job, 2)).run(model, references, fps=2.0)
    assert session.learned == 2
    assert told(job, Resumed) == []


@pytest.mark.parametrize(("precision", "goes_on"), [("float32", True), ("bfloat16", False)])
def test_only_a_checkpoint_of_the_same_precision_is_gone_on_from(
    job: JobFolder,
    model: SvdModel,
    references: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
    precision: str,
    goes_on: bool,
) -> None:
    """The same request on CPUs with and without bfloat16."""
    from mti_backend.models import precision as module

    monkeypatch.setattr(module, "computes_bfloat16", lambda device: False)
    learn(job, model, references, 2)
    monkeypatch.setattr(module, "computes_bfloat16", lambda device: precision == "bfloat16")
    motion = learn(job, model, references, 2)
    assert motion.meta["precision"] == precision
    assert [event.step for event in told(job, Resumed)] == ([2] if goes_on else [])


@pytest.mark.parametrize("has", [True, False])
def test_a_processor_that_imitates_half_precision_is_told_of(
    job: JobFolder,
    model: SvdModel,
    references: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
    has: bool,
) -> None:
    from mti_backend.runner import learn as module

    monkeypatch.setattr(module, "computes_bfloat16", lambda device: has)
    wish = order(job, 1)
    inversion = replace(wish.settings.inversion, precision="bfloat16")
    wish = replace(wish, settings=replace(wish.settings, inversion=inversion))
    with JobLock(job) as lock:
        motion = Learning(Session(job, lock), wish).run(model, references, fps=2.0)
    assert motion.meta["precision"] == "bfloat16"  # as requested
    texts = [event.text for event in told(job, Notice)]
    assert (texts == []) if has else ("set inversion.precision to auto" in texts[0])


class Full:
    """A network that is out of memory until it recomputes enough."""

    def __init__(self, model: SvdModel, enough: int, calls: int = 3) -> None:
        self.model, self.enough, self.calls = model, enough, calls
        self.network = model.network
        self.policies: list[str] = []

    def __call__(self, *given: Any) -> torch.Tensor:
        self.calls -= 1
        self.policies.append(self.model.policy)
        if self.calls < 0 and [p.name for p in POLICIES].index(self.model.policy) < self.enough:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return self.network(*given)


@pytest.fixture
def plain(model: SvdModel) -> Iterator[SvdModel]:
    """Restore the model afterwards."""
    yield model
    model.set_checkpointing(POLICIES[0].name)
    vars(model).pop("network", None)


def test_where_memory_ends_more_is_computed_again(
    tmp_path: Path, plain: SvdModel, references: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    easy = learn(jobs.new_job(tmp_path / "easy", "learn", jobs.reference()), plain, references, 6)
    full = Full(plain, enough=2)
    monkeypatch.setattr(plain, "network", full)
    job = jobs.new_job(tmp_path / "hard", "learn", jobs.reference())
    motion = learn(job, plain, references, 6)
    names = [policy.name for policy in POLICIES]
    assert full.policies == names[:1] * 4 + names[1:2] + names[2:3] * 3
    # no iteration is lost or repeated; recomputation does not change the result
    torch.testing.assert_close(motion.frame_tokens, easy.frame_tokens, rtol=0, atol=1e-3)
    assert [event.text for event in told(job, Planned)] == [
        "Out of memory; learning continues with more recomputation (feed-forwards).",
        "Out of memory; learning continues with more recomputation (finest level).",
    ]
    assert [event.step for event in told(job, Progress) if event.stage == "learn"][-1] == 6


def test_where_nothing_helps_it_says_so_and_keeps_what_it_has(
    tmp_path: Path, plain: SvdModel, references: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = jobs.new_job(tmp_path, "learn", jobs.reference())
    monkeypatch.setattr(plain, "network", Full(plain, enough=len(POLICIES), calls=5))
    with pytest.raises(torch.OutOfMemoryError) as caught:
        learn(job, plain, references, 6)
    assert "not enough" in as_mti_error(caught.value).message
    assert plain.policy == POLICIES[-1].name
    monkeypatch.undo()
    learn(job, plain, references, 6)
    assert [event.step for event in told(job, Resumed)] == [4]  # the last checkpoint


def test_other_failures_are_not_tried_again(
    job: JobFolder, plain: SvdModel, references: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def broken(*given: Any) -> torch.Tensor:
        calls.append(1)
        raise RuntimeError("shapes")

    monkeypatch.setattr(plain, "network", broken)
    with pytest.raises(RuntimeError, match="shapes"):
        learn(job, plain, references, 2)
    assert len(calls) == 1 and plain.policy == POLICIES[0].name
