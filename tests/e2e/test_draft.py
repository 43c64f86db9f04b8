"""The shipped draft in a real runner: an image is animated at its own size."""

from __future__ import annotations

import dataclasses
import io
import json
import uuid
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mti_addon.wire.events import Done, EventReader, Notice
from mti_addon.wire.job import JobFolder, create_job
from mti_addon.wire.request import POSES, PROTOCOL, CaptureInfo, Request, reference_name
from mti_addon.wire.settings import Settings
from mti_backend.evaluation.pairs import held_out_pair
from mti_backend.frames import to_pictures
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding
from tests.e2e import jobs

WIDTH, HEIGHT = 420, 260


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def learned(tmp_path: Path, poses: bytes, iterations: int = 3) -> JobFolder:
    """A finished job that is given pair 0's images, and poses to take the motion from."""
    pair = held_out_pair(0)
    settings = Settings.for_model("draft")
    inversion = dataclasses.replace(settings.inversion, iterations=iterations, token_init="poses")
    inputs: dict[str, bytes | Path] = {
        reference_name(i + 1, 1): jobs.png(picture)
        for i, picture in enumerate(to_pictures(pair.reference))
    }
    request = Request(
        protocol=PROTOCOL, job=uuid.uuid4().hex, task="learn", name="wave",
        settings=dataclasses.replace(settings, inversion=inversion), inputs={},
        reference_frames=settings.num_frames, references=1, targets=0,
        capture=CaptureInfo(24.0, 1, 48, (128, 128), False),
    )  # fmt: skip
    job = create_job(tmp_path, request, {**inputs, POSES: poses})
    done = jobs.run(job, tmp_path / "no models")
    assert done.returncode == 0, job.log_file.read_text()
    return job


def test_a_keyed_motion_is_taken_from_its_poses(tmp_path: Path) -> None:
    """Nothing is optimized, and the motion is the true one."""
    pair = held_out_pair(0)
    assert pair.poses is not None
    job = learned(tmp_path, pair.poses)
    result = job.finished()
    assert isinstance(result, Done)
    assert result.result["iterations"] == 0 and result.result["loss"] is None
    motion = MotionEmbedding.load(job.output_motion)
    assert "loss" not in motion.meta and motion.meta["iterations"] == "0"
    torch.testing.assert_close(motion.frame_tokens[:, 0], pair.tokens, rtol=0, atol=0.5)
    near = (motion.frame_tokens[:, 0] - pair.tokens).norm() / pair.tokens.norm()
    assert near < 0.02


def test_poses_that_the_draft_plays_poorly_are_learned_from_the_images(tmp_path: Path) -> None:
    """The poses are of another motion than the images, and do not play it; of the two motions the
    better one is kept."""
    other = held_out_pair(1)
    assert other.poses is not None
    job = learned(tmp_path, other.poses, iterations=15)
    result = job.finished()
    assert isinstance(result, Done)
    told = [e for _, _, e in EventReader(job.events_file).read_new() if isinstance(e, Notice)]
    assert [each.problem for each in told] == ["poses_played_poorly"]
    assert result.result["iterations"] == 15
    motion = MotionEmbedding.load(job.output_motion)
    assert (motion.frame_tokens[:, 0] - other.tokens).norm() > other.tokens.norm() / 2


def test_poses_that_the_draft_does_not_know_are_learned_from_the_images(tmp_path: Path) -> None:
    pair = held_out_pair(0)
    assert pair.poses is not None
    headless = json.loads(pair.poses)
    headless["parts"] = ["torso" if part == "head" else part for part in headless["parts"]]
    job = learned(tmp_path, json.dumps(headless).encode())
    result = job.finished()
    assert isinstance(result, Done)
    assert result.result["iterations"] == 3 and result.result["loss"] > 0
    told = [e for _, _, e in EventReader(job.events_file).read_new() if isinstance(e, Notice)]
    assert [each.problem for each in told] == ["poses_not_known"]


def test_the_target_s_own_pixels_are_moved(tmp_path: Path) -> None:
    pair = held_out_pair(0)
    settings = Settings.for_model("draft")
    inversion = dataclasses.replace(settings.inversion, iterations=3)
    sampling = dataclasses.replace(settings.sampling, in_between=1)
    settings = dataclasses.replace(settings, inversion=inversion, sampling=sampling)
    inputs: dict[str, bytes | Path] = {
        reference_name(i + 1, 1): jobs.png(picture)
        for i, picture in enumerate(to_pictures(pair.reference))
    }
    shown = Image.fromarray(to_pictures(pair.answer[:1])[0]).resize((HEIGHT, HEIGHT))
    target = Image.new("RGB", (WIDTH, HEIGHT), shown.getpixel((2, 2)))
    target.paste(shown, (WIDTH - HEIGHT, 0))
    data = io.BytesIO()
    target.save(data, "PNG")
    request = Request(
        protocol=PROTOCOL, job=uuid.uuid4().hex, task="learn+apply", name="wave",
        settings=settings, inputs={}, reference_frames=settings.num_frames, references=1,
        targets=1, capture=CaptureInfo(24.0, 1, 48, (128, 128), False),
    )  # fmt: skip
    job = create_job(tmp_path, request, {**inputs, "target.png": data.getvalue()})
    done = jobs.run(job, tmp_path / "no models")
    assert done.returncode == 0, job.log_file.read_text()
    clip = [pixels(path) for path in sorted(job.frames_dir.glob("*.png"))]
    result = job.finished()
    assert isinstance(result, Done)
    assert result.result["frames"] == 27 and result.result["fps"] == pytest.approx(27 / 2)
    assert len(clip) == 27 and {frame.shape for frame in clip} == {(HEIGHT, WIDTH, 3)}
    still = np.asarray(target).astype(int)
    # pixels without motion equal the image, bit for bit
    assert all(
        (frame[:, : (WIDTH - HEIGHT) // 2] == still[:, : (WIDTH - HEIGHT) // 2]).all()
        for frame in clip
    )
    assert max(np.abs(frame - still).max() for frame in clip[1:]) > 60
    # an in-between is nearer to both of its frames than they are to each other
    apart = [np.abs(clip[i] - clip[i + 2]).sum() for i in range(0, 25, 2)]
    near = [max(np.abs(clip[i + 1] - clip[k]).sum() for k in (i, i + 2)) for i in range(0, 25, 2)]
    assert sum(near) < 0.9 * sum(apart)
