"""Parts have the figure's proportions; features do not depend on them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from mti_backend.draft.procedural.body import EXTRAS, JOINTS, PART_COUNT, PARTS, Figures
from mti_backend.draft.procedural.figures import random_figures
from mti_backend.draft.procedural.motions import FRAMES, INDEX, Motions, frame_times, random_motions
from mti_backend.draft.procedural.named import named_motion
from mti_backend.draft.procedural.pose import directions, pose
from mti_backend.models.token_layout import MOTION_FEATURES
from tests.draft.procedural.examples import generator, held

BONES = 36  # number of bone direction features; then root x, y, pan x, y, ln zoom, roll
NAMES = ("torso", "head", "shoulders", "hips", "upper_arm_l", "forearm_l", "upper_arm_r",
         "forearm_r", "thigh_l", "shin_l", "thigh_r", "shin_r")  # fmt: skip


ENDS = [(start, end) for _, start, end in PARTS]


def joint(ends: Tensor, name: str) -> Tensor:
    """(B, T, 3) position of a joint, from the first part that starts or ends there."""
    for part, names in enumerate(ENDS):
        if name in names:
            return ends[:, :, part, names.index(name)]
    raise KeyError(name)


def bone(name: str, **channels: float) -> list[float]:
    """Direction of a bone while the channels are held."""
    values = held(True, **channels).values(torch.zeros(1, 1))
    direction: list[float] = directions(values)[0, 0, NAMES.index(name)].tolist()
    return direction


def drawn(count: int, seed: int = 0) -> tuple[Figures, Motions]:
    g = generator(seed)
    return random_figures(count, g), random_motions(count, g)


def test_directions_are_unit_vectors() -> None:
    _, motions = drawn(300)
    bones = directions(motions.values(frame_times(300)))
    assert bones.shape == (300, FRAMES, len(NAMES), 3)
    torch.testing.assert_close(bones.norm(dim=-1), torch.ones(300, FRAMES, 12), rtol=0, atol=1e-5)


def test_angles_mean_what_they_are_called() -> None:
    """x to the viewer's right, y up, z toward the viewer; left limbs are at -x."""
    quarter = math.pi / 2
    near = pytest.approx
    assert bone("torso") == near([0, 1, 0], abs=1e-6)
    assert bone("upper_arm_l") == near([0, -1, 0], abs=1e-6)
    assert bone("upper_arm_l", arm_l=quarter) == near([-1, 0, 0], abs=1e-6)
    assert bone("upper_arm_r", arm_r=quarter) == near([1, 0, 0], abs=1e-6)
    assert bone("upper_arm_r", arm_r_forward=quarter) == near([0, 0, 1], abs=1e-6)
    assert bone("forearm_r", arm_r=quarter, elbow_r=quarter) == near([0, 1, 0], abs=1e-6)
    assert bone("torso", lean_forward=quarter) == near([0, 0, 1], abs=1e-6)
    assert bone("torso", lean_side=quarter) == near([1, 0, 0], abs=1e-6)
    # a bent knee moves the shin backward and leaves the thigh alone
    assert bone("shin_l", knee_l=quarter) == near([0, 0, -1], abs=1e-6)
    assert bone("thigh_l", knee_l=quarter) == near([0, -1, 0], abs=1e-6)
    # yaw turns the whole body toward +x
    assert bone("torso", lean_forward=quarter, yaw=quarter) == near([1, 0, 0], abs=1e-6)


def test_every_joint_is_known_and_parts_meet_in_them() -> None:
    assert len(JOINTS) == len(set(JOINTS)) == 22
    figures, motions = drawn(10)
    ends = pose(figures, motions, frame_times(10)).ends
    places: dict[str, Tensor] = {}
    for part, (_, *names) in enumerate((*PARTS, *EXTRAS)):
        for side, name in enumerate(names):
            assert name in JOINTS
            place = places.setdefault(name, ends[:, :, part, side])
            assert torch.equal(ends[:, :, part, side], place), name
    assert set(places) == set(JOINTS)


def test_bones_have_the_figures_lengths() -> None:
    figures, motions = drawn(40)
    posed = pose(figures, motions, frame_times(40))
    assert posed.ends.shape == (40, FRAMES, PART_COUNT, 2, 3)
    assert posed.features.shape == (40, FRAMES, MOTION_FEATURES)
    ends = {"torso": ("pelvis", "chest"), "upper_arm": ("shoulder_l", "elbow_l"),
            "forearm": ("elbow_r", "wrist_r"), "thigh": ("hip_l", "knee_l"),
            "shin": ("knee_r", "ankle_r"), "shoulder": ("chest", "shoulder_r"),
            "hip": ("pelvis", "hip_l")}  # fmt: skip
    for name, (start, end) in ends.items():
        length = (joint(posed.ends, start) - joint(posed.ends, end)).norm(dim=-1)
        wanted = (getattr(figures, name) * figures.height)[:, None].expand(-1, FRAMES)
        torch.testing.assert_close(length, wanted, rtol=0, atol=1e-5)


def test_a_facing_turns_the_body_and_not_the_motion() -> None:
    figures, motions = drawn(20)
    figures.facing[:] = 0
    turned = replace(figures, facing=torch.full((20,), 0.5))
    t = frame_times(20)
    one, other = pose(figures, motions, t), pose(turned, motions, t)
    assert torch.equal(one.features, other.features)
    across = joint(one.ends, "hip_r") - joint(one.ends, "hip_l")
    across_turned = joint(other.ends, "hip_r") - joint(other.ends, "hip_l")
    angle = torch.atan2(-across_turned[..., 2], across_turned[..., 0]) - torch.atan2(
        -across[..., 2], across[..., 0]
    )
    torch.testing.assert_close(angle, torch.full_like(angle, 0.5), rtol=0, atol=1e-4)


def test_features_have_nothing_of_the_figure() -> None:
    one, motions = drawn(30)
    other = random_figures(30, generator(99), kind="any", family="held-out")
    t = frame_times(30)
    first, second = pose(one, motions, t), pose(other, motions, t)
    assert torch.equal(first.features, second.features)
    assert not torch.allclose(first.ends, second.ends, atol=0.01)


def test_no_feature_has_anything_of_place_and_size() -> None:
    figures, motions = drawn(30)
    moved = replace(
        figures, height=0.5 * figures.height, centre=figures.centre + 0.3, ground=figures.ground - 1
    )
    t = frame_times(30)
    assert torch.equal(pose(figures, motions, t).features, pose(moved, motions, t).features)


def test_the_lower_foot_stands_on_the_ground() -> None:
    figures, _ = drawn(1, seed=4)
    for name in ("squat", "walk", "kick", "bow"):
        ends = pose(figures, named_motion(name), frame_times(1)).ends
        ankles = torch.stack([joint(ends, "ankle_l"), joint(ends, "ankle_r")])[..., 1]
        ground = figures.ground.expand(FRAMES)
        torch.testing.assert_close(ankles.amin(0)[0], ground, rtol=0, atol=1e-5)


def test_grounded_or_not_the_root_path_is_added() -> None:
    figures, _ = drawn(1, seed=5)
    t = torch.zeros(1, 1)
    bent = {"knee_l": 1.5, "knee_r": 1.5}
    lengths = (figures.thigh + figures.shin) * figures.height
    for grounded in (True, False):
        low = pose(figures, held(grounded, **bent), t).ends
        high = pose(figures, held(grounded, **bent, root_y=0.2, root_x=0.1), t).ends
        rise = (high - low)[0, 0].flatten(0, 1)
        height = figures.height.item()
        assert rise[:, 0].tolist() == pytest.approx([0.1 * height] * 2 * PART_COUNT, abs=1e-5)
        assert rise[:, 1].tolist() == pytest.approx([0.2 * height] * 2 * PART_COUNT, abs=1e-5)
        pelvis = joint(low, "pelvis")[0, 0, 1] - figures.ground[0]
        assert bool(abs(pelvis - lengths[0]) < 1e-5) is not grounded


def test_root_and_camera_are_counted_from_time_0() -> None:
    figures, motions = drawn(50, seed=6)
    times = torch.tensor([0.4, 0.0, 0.9]).expand(50, 3)
    features = pose(figures, motions, times).features
    assert (features[:, 1, BONES : BONES + 6] == 0).all()
    for column, time in ((0, 0.4), (2, 0.9)):
        alone = pose(figures, motions, torch.full((50, 1), time)).features
        torch.testing.assert_close(alone[:, 0], features[:, column], rtol=0, atol=1e-5)
    # and they are the channels' own changes, times ten
    values = motions.values(times)
    for place, name in ((0, "root_x"), (2, "pan_x"), (3, "pan_y"), (4, "zoom"), (5, "roll")):
        change = values[:, INDEX[name]] - values[:, INDEX[name], 1:2]
        torch.testing.assert_close(
            features[..., BONES + place], 10 * change, rtol=0, atol=1e-4, msg=name
        )


def test_features_have_about_unit_spread() -> None:
    """Tokens are compared with CLIP-like embeddings, and noise of 0.1 is added to them."""
    figures, motions = drawn(300, seed=7)
    features = pose(figures, motions, frame_times(300)).features
    spread = features.flatten(0, 1).square().mean(0).sqrt()
    assert 0.5 < spread[spread > 0].median() < 2 and spread.max() < 3
