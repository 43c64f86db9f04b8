"""Another body performs the same motion: bones keep their directions and stay connected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mti_addon.motion.proportions import is_one_body, limb_groups, reproportion
from tests.motion.figures import NAMES, PLAN, joint, squat, walk, wave

FACTORS = {
    "torso": 1.1, "neck": 0.7, "shoulders": 1.3, "hips": 0.8, "head": 1.4, "arms": 0.9, "legs": 0.75
}  # fmt: skip
GROUP = {
    "hips": "torso", "spine": "torso", "chest": "torso", "neck": "neck", "shoulder": "shoulders",
    "upper_arm": "arms", "forearm": "arms", "hand": "arms",
    "thigh": "legs", "shin": "legs", "foot": "legs",
}  # fmt: skip


def _bone(poses, name):
    """A bone's vector in every frame, (F, 3)."""
    return poses.joints[:, joint(name, 1)] - poses.joints[:, joint(name, 0)]


def test_the_groups_of_the_starter_figure():
    groups = limb_groups(wave())
    for limb, group in zip(PLAN.limbs, groups, strict=True):
        name = NAMES[PLAN.bones[limb[1] // 3]].split(".")[0]
        bone = limb[0] // 3 == limb[1] // 3
        expected = "head" if name == "head" else GROUP[name]
        if not bone:  # a link, which belongs to its child
            expected = {"thigh": "hips", "shoulder": "shoulders"}[name]
        assert group == expected, (name, limb)


@pytest.mark.parametrize("make", [wave, walk, squat])
def test_bones_keep_their_directions_and_are_scaled(make):
    poses = make()
    other = reproportion(poses, FACTORS)
    for name in NAMES:
        if name == "head":
            continue
        before, after = _bone(poses, name), _bone(other, name)
        factor = FACTORS[GROUP[name.split(".")[0]]]
        assert np.abs(after - factor * before).max() < 1e-5, name


@pytest.mark.parametrize("make", [wave, walk, squat])
def test_what_touched_still_touches(make):
    poses = make()
    other = reproportion(poses, FACTORS)
    for child, parent in (("forearm.L", "upper_arm.L"), ("shin.R", "thigh.R"), ("neck", "chest")):
        gap = other.joints[:, joint(child, 0)] - other.joints[:, joint(parent, 1)]
        assert np.abs(gap).max() < 1e-5


def test_the_head_s_ball_grows_and_stays_on_the_neck():
    poses = wave()
    other = reproportion(poses, {"head": 1.4})
    ball = poses.parts.index("head")
    assert other.radii[ball] == pytest.approx(1.4 * poses.radii[ball])
    assert (
        other.radii[:ball] + other.radii[ball + 1 :] == poses.radii[:ball] + poses.radii[ball + 1 :]
    )
    far = np.linalg.norm(
        other.joints[:, joint("head", 2)] - other.joints[:, joint("neck", 1)], axis=1
    )
    assert np.allclose(far, other.radii[ball], atol=1e-4)  # it touches the neck, as at rest


def test_no_factor_is_no_change():
    poses = walk()
    assert np.abs(reproportion(poses, {}).joints - poses.joints).max() < 1e-6


def test_feet_that_stand_still_still_do():
    poses = squat()
    hips = poses.joints[:, joint("hips", 0)]
    assert np.ptp(hips[:, 2]) > 0.4
    for factor in (0.6, 1.0, 1.4):
        feet = reproportion(poses, {"legs": factor}).joints[:, joint("foot.L", 1)]
        assert np.ptp(feet[:, 2]) < 1e-3


def test_a_walk_s_path_is_scaled_like_the_legs():
    poses = walk()
    hips = [t.joints[:, joint("hips", 0)] for t in (poses, reproportion(poses, {"legs": 0.75}))]
    assert np.allclose(hips[1] - hips[1][0], 0.75 * (hips[0] - hips[0][0]), atol=1e-5)
    assert np.allclose(hips[1][0], hips[0][0])


def test_two_loose_parts_are_not_one_body():
    poses = wave()
    parents = list(poses.parents)
    parents[joint("forearm.L", 0)] = -1
    loose = replace(poses, parents=tuple(parents))
    assert (
        is_one_body(poses)
        and not is_one_body(loose)
        and not is_one_body(replace(poses, parents=()))
    )
    assert set(limb_groups(loose)) == {"torso", "head", "arms", "legs"}
    with pytest.raises(ValueError, match="are not connected"):
        reproportion(loose, FACTORS)
