"""Random motions: reproducible, within what a body can do, and a function of time alone."""

from __future__ import annotations

import math

import pytest
import torch

from mti_backend.draft.motions import (
    AMPLITUDE,
    CHANNELS,
    FRAMES,
    INDEX,
    frame_times,
    limit,
    random_motions,
)
from mti_backend.draft.named import NAMED, named_motion
from tests.draft.examples import generator

LIMITS = {"arm": (-0.2, 3.0), "elbow": (-0.3, 2.2), "leg": (-0.15, 1.0), "knee": (0.0, 2.0)}


def test_frame_times_are_even_from_first_to_last() -> None:
    times = frame_times(3)
    assert times.shape == (3, FRAMES) and times[0, 0] == 0 and times[0, -1] == 1
    torch.testing.assert_close(times.diff(dim=1), torch.full((3, FRAMES - 1), 1 / (FRAMES - 1)))


def test_every_channel_has_an_amplitude() -> None:
    values = random_motions(400, generator(1)).values(frame_times(400))
    assert values.shape == (400, len(CHANNELS), FRAMES) and values.isfinite().all()
    moved = (values.amax(-1) - values.amin(-1)).amax(0)  # by the liveliest of 400 clips
    assert (moved > 0.03).all(), [CHANNELS[i] for i in (moved <= 0.03).nonzero()]
    # a curve is within its amplitude of its start; nothing may run away
    assert values[:, INDEX["root_x"]].abs().max() <= AMPLITUDE["root_x"][1]
    assert values[:, INDEX["zoom"]].abs().max() <= AMPLITUDE["zoom"][1]


@pytest.mark.parametrize("joint", LIMITS)
def test_joints_stay_inside_what_a_body_can_do(joint: str) -> None:
    low, high = LIMITS[joint]
    clips = [random_motions(400, generator(2)).values(frame_times(400))]
    clips += [named_motion(name).values(frame_times(1)) for name in NAMED]
    for values in clips:
        for side in ("l", "r"):
            angle = values[:, INDEX[f"{joint}_{side}"]]
            assert angle.min() >= low and angle.max() <= high
    wild = torch.full((1, len(CHANNELS), 1), -9.0)
    before = wild.clone()
    assert limit(wild)[0, INDEX[f"{joint}_l"]] == pytest.approx(2.0 if joint == "knee" else low)
    assert torch.equal(wild, before)


def test_the_same_seed_is_the_same_motion() -> None:
    one, again, other = (random_motions(5, generator(s)) for s in (3, 3, 4))
    t = frame_times(5)
    assert torch.equal(one.values(t), again.values(t))
    assert torch.equal(one.grounded, again.grounded)
    assert not torch.allclose(one.values(t), other.values(t))


def test_a_motion_is_a_function_of_time_alone() -> None:
    motions = random_motions(6, generator(5))
    t = torch.rand(6, 9, generator=generator(6))
    some = torch.tensor([7, 0, 3])
    torch.testing.assert_close(motions.values(t)[..., some], motions.values(t[:, some]))


def test_nearly_every_motion_moves_and_none_is_another() -> None:
    values = random_motions(500, generator(7)).values(frame_times(500))
    still = (values.amax(-1) - values.amin(-1)).amax(1) < 0.02
    assert still.float().mean() < 0.08
    assert len(values.flatten(1).unique(dim=0)) == 500


def test_limbs_are_free_mirrored_or_opposed() -> None:
    values = random_motions(600, generator(8)).values(frame_times(600))
    left, right = values[:, INDEX["arm_l"]], values[:, INDEX["arm_r"]]
    left, right = (arm - arm.mean(1, keepdim=True) for arm in (left, right))
    both = (left.abs().amax(1) > 0.05) & (right.abs().amax(1) > 0.05)
    left, right = left[both], right[both]
    mirrored = (left - right).abs().amax(1) < 1e-4
    agreement = torch.cosine_similarity(left, right)
    assert 0.2 < mirrored.float().mean() < 0.8
    assert (agreement < -0.95).float().mean() > 0.05  # opposed sines, as in a walk
    assert (agreement.abs() < 0.9).float().mean() > 0.05  # free


def test_the_camera_is_slow() -> None:
    """It never turns back more than once a clip: half a period, an ease or one there-and-back."""
    values = random_motions(300, generator(9)).values(frame_times(300))
    for name in ("pan_x", "pan_y", "zoom", "roll"):
        steps = values[:, INDEX[name]].diff(dim=1)
        signs = torch.where(steps.abs() > 1e-5, steps.sign(), torch.nan)
        turns = [
            int((row[~row.isnan()].diff() != 0).sum()) if (~row.isnan()).any() else 0
            for row in signs
        ]
        assert max(turns) <= 1
    assert math.isclose(values[:, INDEX["pan_x"]].mean().item(), 0, abs_tol=0.05)
