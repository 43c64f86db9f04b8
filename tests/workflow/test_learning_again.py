"""A motion is drawn again for another engine: as many images as it takes, and not distorted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mti_addon.motion import PoseSequence, decode_png, draw, project
from mti_addon.wire import Settings
from mti_addon.wire.errors import BadRequest, UnreadableInput
from mti_addon.wire.library import Motion, read_motion
from mti_addon.workflow.job_requests import LearnOptions
from mti_addon.workflow.learning_again import create_relearn_job, kept_in, shaped
from tests.motion.figures import figure_poses, waving
from tests.wire.library.examples import saved

OPTIONS = LearnOptions("wave", 0, 3, False, 1)
SVD_XT = Settings.for_model("svd-xt")


def box(poses: PoseSequence, frame: int) -> np.ndarray:
    """Width and height of the figure in pixels."""
    pixels, *_ = project(poses.joints, poses.world_to_clip, poses.size)
    return np.ptp(pixels[frame], axis=0)


@pytest.mark.parametrize("size", [(64, 64), (128, 72), (72, 128), (320, 192)])
def test_a_figure_keeps_its_proportions(size: tuple[int, int]) -> None:
    before = figure_poses(waving)
    after = shaped(before, 14, size)
    wide, high = box(before, 5)
    new_wide, new_high = box(after, 5)
    assert new_wide / new_high == pytest.approx(wide / high, rel=1e-3)
    inside, *_ = project(after.joints, after.world_to_clip, size)
    assert (inside >= 0).all() and (inside <= size).all()


def test_more_images_are_in_between() -> None:
    before = figure_poses(waving)
    after = shaped(before, 27, before.size)
    assert np.allclose(after.joints[::2], before.joints)
    assert np.allclose(after.joints[1], before.joints[:2].mean(0), atol=1e-5)
    assert (after.frames - 1) / after.fps == pytest.approx((before.frames - 1) / before.fps)
    assert np.array_equal(draw(shaped(before, 14, before.size)), draw(before))


def test_a_job_for_another_engine(tmp_path: Path) -> None:
    motion = saved(tmp_path, "Wave")
    job = create_relearn_job(tmp_path / "jobs", motion, SVD_XT.sized(320, 192), OPTIONS)
    request = job.request()
    assert request.settings.model == "svd-xt" and request.reference_frames == 25
    assert request.settings.inversion.seed == 3 and request.capture == motion.preset.capture
    image = decode_png((job.inputs / "reference/0013.png").read_bytes())
    assert image.shape == (192, 320, 3)
    keep = kept_in(motion)
    assert (keep.folder, keep.motion) == (str(motion.folder), motion.preset.id)


def test_variations_are_drawn_as_for_a_capture(tmp_path: Path) -> None:
    motion = saved(tmp_path, "Wave")
    several = replace(OPTIONS, variations=3)
    job = create_relearn_job(tmp_path / "jobs", motion, Settings.for_model("draft"), several)
    assert job.request().references == 3


def test_without_poses_the_images_are_used(tmp_path: Path) -> None:
    motion = saved(tmp_path, "Wave")
    files = {n: s for n, s in motion.preset.files.items() if n != "poses.json"}
    bare = Motion(motion.folder, replace(motion.preset, files=files))
    job = create_relearn_job(tmp_path / "jobs", bare, SVD_XT.sized(320, 192), OPTIONS)
    assert "poses.json" not in job.request().inputs
    image = decode_png((job.inputs / "reference/0001.png").read_bytes())
    assert image.shape == (192, 320, 3)
    nothing = Motion(motion.folder, replace(motion.preset, files={}))
    with pytest.raises(BadRequest, match="neither poses nor images"):
        create_relearn_job(tmp_path / "jobs", nothing, SVD_XT, OPTIONS)


def test_what_is_damaged_is_refused_and_leaves_no_job(tmp_path: Path) -> None:
    motion = saved(tmp_path, "Wave")
    (motion.folder / "poses.json").write_text("{}")
    with pytest.raises(UnreadableInput):
        create_relearn_job(tmp_path / "jobs", read_motion(motion.folder), SVD_XT, OPTIONS)
    assert not (tmp_path / "jobs").exists() or not list((tmp_path / "jobs").iterdir())
