"""Several targets and seeds, motion visualization and attention maps, with real runners."""

from __future__ import annotations

import dataclasses
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mti_addon.wire.events import Done, Progress
from mti_addon.wire.job import JobFolder, create_job
from mti_addon.wire.request import target_name
from tests.e2e import jobs
from tests.tiny import FRAMES, SIZE

pytestmark = pytest.mark.e2e


def apply_job(
    spool: Path, finished: JobFolder, targets: int = 1, other: int = 0, **sampling: Any
) -> JobFolder:
    """A job that applies the motion learned by `finished`; `other` changes the last target."""
    request = jobs.new_job(
        spool / "templates", "apply", {"motion.safetensors": finished.output_motion}
    ).request()
    settings = dataclasses.replace(
        request.settings, sampling=dataclasses.replace(request.settings.sampling, **sampling)
    )
    inputs: dict[str, bytes | Path] = {"motion.safetensors": finished.output_motion}
    for number in range(1, targets + 1):
        colour = (40 * number, 90, 200 - 20 * number + (other if number == targets else 0))
        inputs[target_name(number)] = jobs.png(np.full((SIZE, SIZE, 3), colour, np.uint8))
    request = dataclasses.replace(request, job=uuid.uuid4().hex, settings=settings, targets=targets)
    return create_job(spool, request, inputs)


def clip(folder: Path) -> np.ndarray:
    pictures = [Image.open(path) for path in sorted(folder.iterdir())]
    return np.stack([np.asarray(picture) for picture in pictures])


def test_every_target_is_moved_with_every_seed(
    finished: JobFolder, staying: jobs.StayingRunner
) -> None:
    job = apply_job(staying.spool, finished, targets=2, takes=3, seed=2**32 - 2)
    result = staying.done(job)
    takes = result["takes"]
    assert [take["target"] for take in takes] == [1, 1, 1, 2, 2, 2]
    seeds = {2**32 - 2, 2**32 - 1, 0}
    assert {t["seed"] for t in takes[:3]} == {t["seed"] for t in takes[3:]} == seeds
    for group in (takes[:3], takes[3:]):
        scores = [take["score"] for take in group]
        assert scores == sorted(scores, reverse=True) and len(set(scores)) == 3
    folders = [take["frames_dir"] for take in takes]
    assert folders == ["output/frames", *(f"output/takes/{n:02d}" for n in range(2, 7))]
    clips = [clip(job.path / folder) for folder in folders]
    assert all(c.shape == (FRAMES, SIZE, SIZE, 3) for c in clips)
    assert len({c.tobytes() for c in clips}) == 6
    assert job.verify_output()  # the manifest lists all of them
    steps = [e.step for e in jobs.told(job) if isinstance(e, Progress) and e.stage == "apply"]
    assert steps[-1] == 6 * 3 and steps == sorted(steps)
    # the first take equals that of a job with a single seed
    alone = apply_job(staying.spool, finished, targets=1, seed=0)
    assert staying.done(alone)["takes"][0]["score"] is None
    same = next(t for t in takes[:3] if t["seed"] == 0)
    assert np.array_equal(clip(alone.frames_dir), clip(job.path / same["frames_dir"]))


def test_a_target_knows_nothing_of_the_others(
    finished: JobFolder, staying: jobs.StayingRunner
) -> None:
    one, other = (apply_job(staying.spool, finished, targets=2, other=n) for n in (0, 30))
    staying.done(one)
    staying.done(other)
    assert np.array_equal(clip(one.frames_dir), clip(other.frames_dir))
    assert not np.array_equal(clip(one.takes_dir / "02"), clip(other.takes_dir / "02"))


def test_a_motion_by_itself(finished: JobFolder, staying: jobs.StayingRunner) -> None:
    job = apply_job(staying.spool, finished, targets=0, appearance="none", max_guidance_scale=10.0)
    result = staying.done(job)
    assert [take["target"] for take in result["takes"]] == [0]
    assert clip(job.frames_dir).std() > 0 and job.preview_file.is_file()


def test_where_the_tokens_look(finished: JobFolder, staying: jobs.StayingRunner) -> None:
    job = apply_job(staying.spool, finished, attention=True)
    staying.done(job)
    strips, result = clip(job.attention_dir), clip(job.frames_dir)
    assert strips.shape == (FRAMES, SIZE, 3 * SIZE, 3)  # the frame and two tokens
    assert np.array_equal(strips[:, :, :SIZE], result)
    first, second = strips[:, :, SIZE : 2 * SIZE], strips[:, :, 2 * SIZE :]
    assert first.std() > 0 and not np.array_equal(first, second)


def test_the_reconstruction_is_told(staying: jobs.StayingRunner, tmp_path: Path) -> None:
    template = jobs.new_job(tmp_path / "template", "learn", iterations=2)
    request = template.request()
    inversion = dataclasses.replace(request.settings.inversion, reconstruct=True)
    request = dataclasses.replace(
        request, settings=dataclasses.replace(request.settings, inversion=inversion)
    )
    job = create_job(staying.spool, request, jobs.reference())
    result = staying.done(job)
    # with random weights nothing moves as it should, which is reported
    assert result["reconstruction"] < 0.1
    assert "only part of the motion" in result["warning"]
    stages = [e.stage for e in jobs.told(job) if isinstance(e, Progress)]
    assert "reconstruct" in stages and stages.index("save") < stages.index("reconstruct")


def test_without_it_nothing_is_told(finished: JobFolder) -> None:
    final = jobs.told(finished)[-1]
    assert isinstance(final, Done)
    assert final.result["reconstruction"] is None and final.result["warning"] == ""
