"""Live previews during learning: they cost little and do not affect the result."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from mti_addon.wire.errors import Cancelled
from mti_addon.wire.events import EventReader, Preview
from mti_addon.wire.job import PREVIEW_VARIABLE, JobFolder
from mti_addon.wire.owner import JobLock
from mti_backend.job.session import Session
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding
from mti_backend.models.svd import SvdModel
from mti_backend.runner import learn as learning
from mti_backend.runner import preview as module
from mti_backend.runner.learn import Learning
from mti_backend.runner.preview import SHARE, Live
from tests.e2e import jobs
from tests.tiny import FRAMES, SIZE, make_tiny_model

ITERATIONS = 60
FEW = 6


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SvdModel:
    return SvdModel("draft", make_tiny_model(tmp_path_factory.mktemp("tiny")))


@pytest.fixture
def job(tmp_path: Path) -> JobFolder:
    return jobs.new_job(tmp_path, "learn", iterations=ITERATIONS)


@pytest.fixture
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JobFolder:
    """Few iterations, each of which may be shown: with SHARE the first one is the twentieth."""
    monkeypatch.setattr(module, "SHARE", 1.0)
    return jobs.new_job(tmp_path, "learn", iterations=FEW)


def learn(job: JobFolder, model: SvdModel) -> MotionEmbedding:
    references = np.random.default_rng(0).integers(0, 256, (FRAMES, SIZE, SIZE, 3), np.uint8)
    with JobLock(job) as lock:
        return Learning(Session(job, lock), job.request()).run(model, references, fps=2.0)


def previews(job: JobFolder) -> list[str]:
    read = EventReader(job.events_file).read_new()
    return [event.file for _, _, event in read if isinstance(event, Preview)]


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Live]:
    """All Live objects created; their previews are not deleted."""
    made: list[Live] = []

    class Kept(Live):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            made.append(self)

        def end(self) -> None:
            self.ended = time.monotonic()

    monkeypatch.setattr("mti_backend.runner.learn.Live", Kept)
    return made


def test_a_picture_that_somebody_looks_at_does_not_stop_the_learning(
    short: JobFolder, model: SvdModel, monkeypatch: pytest.MonkeyPatch, kept: list[Live]
) -> None:
    """On Windows, a file that Blender is reading cannot be deleted."""
    monkeypatch.setenv(PREVIEW_VARIABLE, "0.01")
    unlink = Path.unlink

    def held(path: Path, missing_ok: bool = False) -> None:
        if path.parent.name == "live" and path.suffix == ".png":
            raise PermissionError(13, "used by another process", str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", held)
    learn(short, model)
    assert len(previews(short)) > 1


def test_the_motion_is_the_same_to_the_last_bit(
    tmp_path: Path, model: SvdModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    motions = []
    monkeypatch.setattr(module, "SHARE", 1.0)
    for seconds in ("", "0.01"):
        monkeypatch.setenv(PREVIEW_VARIABLE, seconds)
        job = jobs.new_job(tmp_path / f"spool{seconds}", "learn", iterations=2 * FEW)
        motions.append(learn(job, model))
        assert bool(previews(job)) == bool(seconds)
        assert not job.live_dir.exists()
    assert torch.equal(motions[0].frame_tokens, motions[1].frame_tokens)
    assert torch.equal(motions[0].video_tokens, motions[1].video_tokens)


def test_it_takes_a_tenth_of_the_time_at_most(
    job: JobFolder, model: SvdModel, monkeypatch: pytest.MonkeyPatch, kept: list[Live]
) -> None:
    monkeypatch.setenv(PREVIEW_VARIABLE, "0.001")
    learn(job, model)
    (live,) = kept
    files = previews(job)
    assert files and live.spent > 0
    assert live.spent / (live.ended - live.began) < 1.5 * SHARE  # the last one may have been slow
    # the newest one is there, complete, and the older ones are not
    assert [path.name for path in job.live_dir.iterdir()] == [Path(files[-1]).name]
    with Image.open(job.path / files[-1]) as sheet:
        assert sheet.size == (2 * SIZE, 2 * SIZE) and np.asarray(sheet).std() > 0


def test_who_is_cancelled_while_it_plays_stops_and_has_kept_all(
    job: JobFolder, model: SvdModel, monkeypatch: pytest.MonkeyPatch, kept: list[Live]
) -> None:
    monkeypatch.setenv(PREVIEW_VARIABLE, "0.001")
    real = learning.sample

    def cancelled_meanwhile(*arguments: Any) -> torch.Tensor:
        job.ask_cancel()
        return real(*arguments)

    monkeypatch.setattr(learning, "sample", cancelled_meanwhile)
    with pytest.raises(Cancelled):
        learn(job, model)
    assert previews(job) == [] and any(job.checkpoint_dir.iterdir())


def test_without_memory_for_it_the_learning_goes_on(
    short: JobFolder, model: SvdModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    def no_memory(*arguments: Any) -> torch.Tensor:
        nonlocal asked
        asked += 1
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setenv(PREVIEW_VARIABLE, "0.001")
    monkeypatch.setattr(learning, "sample", no_memory)
    assert learn(short, model).meta["iterations"] == str(FEW)
    assert asked == 1 and previews(short) == []


@pytest.mark.parametrize(
    ("text", "on"), [("", False), ("often", False), ("-3", False), ("0", False), ("0.001", True)]
)
def test_it_is_off_unless_asked_for(
    short: JobFolder, model: SvdModel, monkeypatch: pytest.MonkeyPatch, text: str, on: bool
) -> None:
    monkeypatch.setenv(PREVIEW_VARIABLE, text)
    learn(short, model)
    assert bool(previews(short)) == on
