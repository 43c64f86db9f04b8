"""Random motions: reproducible, anatomically possible, and a function of time alone."""

from __future__ import annotations

import math

import pytest
import torch

from mti_backend.draft.procedural.motions import (
    AMPLITUDE,
    CHANNELS,
    FRAMES,
    INDEX,
    _tie,
    frame_times,
    limit,
    random_motions,
)
from mti_backend.draft.procedural.named import NAMED, named_motion
from tests.draft.procedural.examples import generator

CAMERA = ("pan_x", "pan_y", "zoom", "roll")
LIMITS = {"arm": (-0.2, 3.0), "elbow": (-0.3, 2.2), "leg": (-0.15, 1.0), "knee": (0.0, 2.0)}


def test_frame_times_are_even_from_first_to_last() -> None:
    times = frame_times(3)
    assert times.shape == (3, FRAMES) and times[0, 0] == 0 and times[0, -1] == 1
    torch.testing.assert_close(times.diff(dim=1), torch.full((3, FRAMES - 1), 1 / (FRAMES - 1)))


def test_every_channel_has_an_amplitude() -> None:
    values = random_motions(400, generator(1)).values(frame_times(400))
    assert values.shape == (400, len(CHANNELS), FRAMES) and values.isfinite().all()
    moved = (values.amax(-1) - values.amin(-1)).amax(0)  # for the most active of 400 clips
    assert (moved > 0.03).all(), [CHANNELS[i] for i in (moved <= 0.03).nonzero()]
    # a curve stays within its amplitude from its start
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


def what_moves(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Whether the body and whether the camera moves, bool (count,) each."""
    values = random_motions(count, generator(seed)).values(frame_times(count))
    changes = values.amax(-1) - values.amin(-1) > 0.02
    camera = torch.tensor([name in CAMERA for name in CHANNELS])
    return changes[:, ~camera].any(1), changes[:, camera].any(1)


def test_one_motion_in_fifty_stands_still_and_few_others() -> None:
    body, camera = what_moves(4000, 7)
    still = (~body & ~camera).float().mean().item()
    assert 0.015 < still < 0.035


def test_some_clips_move_the_camera_alone_and_some_everything() -> None:
    body, camera = what_moves(4000, 8)
    assert (camera & ~body).float().mean().item() == pytest.approx(0.075, abs=0.015)
    assert 0.1 < (camera & body).float().mean() < 0.3


def test_no_motion_is_another() -> None:
    values = random_motions(500, generator(7)).values(frame_times(500))
    assert len(values.flatten(1).unique(dim=0)) == 500


def tie(active: str, limb: str, relation: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Amplitude and phase, (C,) each, of a motion of one channel after coupling its limbs."""
    tables = [torch.zeros(1, len(CHANNELS)) for _ in range(6)]
    amplitude, phase = tables[1], tables[5]
    amplitude[:, INDEX[active]] = 0.5
    _tie(torch.tensor([relation]), (limb, _BELOW[limb]), tuple(tables[:5]), phase)
    return amplitude[0], phase[0]


_BELOW = {"arm": "elbow", "leg": "knee"}


@pytest.mark.parametrize("relation", [1, 2])
@pytest.mark.parametrize(
    "active",
    ["arm_l", "arm_r", "elbow_r", "arm_r_forward"]
    + ["leg_l", "leg_r", "leg_l_forward", "leg_r_forward", "knee_r"],
)
def test_a_tie_moves_both_sides_and_silences_none(active: str, relation: int) -> None:
    amplitude, phase = tie(active, "arm" if active[:3] in ("arm", "elb") else "leg", relation)
    left = active.replace("_r", "_l")
    right = left.replace("_l", "_r")
    assert amplitude[INDEX[left]] == amplitude[INDEX[right]] == 0.5
    turns = (phase[INDEX[right]] - phase[INDEX[left]]).item()
    assert turns == pytest.approx(math.pi * (relation - 1))


def test_limbs_that_are_free_stay_as_they_are() -> None:
    amplitude, _ = tie("arm_r", "arm", 0)
    assert amplitude.nonzero().tolist() == [[INDEX["arm_r"]]]


def test_some_pans_go_around_the_figure() -> None:
    """The figure turns as far as the pan goes, and in step with it at every moment."""
    values = random_motions(4000, generator(10)).values(frame_times(4000))
    pan, yaw = (values[:, INDEX[name]] for name in ("pan_x", "yaw"))
    pan, yaw = pan - pan[:, :1], yaw - yaw[:, :1]
    panned = pan.abs().amax(1) > 0.04
    around = (yaw[:, -1] - 4 * pan[:, -1].clamp(-0.2, 0.2)).abs() < 1e-3
    around &= pan[:, -1].abs() > 0.04
    # three in ten of all pans
    assert around[panned].float().mean().item() == pytest.approx(0.3, abs=0.06)
    share = pan[around] / pan[around, -1:]
    torch.testing.assert_close(yaw[around], share * yaw[around, -1:], rtol=0, atol=1e-4)
    # other figures turn at different times
    turned = panned & ~around & (yaw[:, -1].abs() > 0.1) & (pan[:, -1].abs() > 0.04)
    off = yaw[turned] - pan[turned] / pan[turned, -1:] * yaw[turned, -1:]
    assert turned.any() and (off.abs().amax(1) > 0.02).float().mean() > 0.5


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
    assert (agreement.abs() < 0.9).float().mean() > 0.05  # independent


def test_the_camera_is_slow() -> None:
    """At most one reversal per clip: half a period, an ease or one there-and-back."""
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
