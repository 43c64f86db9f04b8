"""From joints back to bones: whatever was posed is posed again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mti_addon.motion import Bone, plan_limbs
from mti_addon.motion.keying.channels import TURN, channels_of
from mti_addon.motion.keying.figures import figure_of
from mti_addon.motion.keying.solving import euler_xyz
from mti_addon.motion.starters.catalog import KINDS, find_kind
from mti_addon.motion.starters.posing import Pose, Skeleton
from tests.motion.keying.posed import in_order, sampled, standing, starter


def posed_again(figure):
    """Heads and tails (F, B, 3) in the world, by the starters' own kinematics."""
    rest, posed = figure.rest, figure.posed()
    skeleton = Skeleton(figure.rows)
    turns = np.stack([np.degrees(euler_xyz(posed.rotations[:, b])) for b in range(len(rest.names))])
    found = []
    for frame in range(len(posed.locations)):
        pose = Pose(dict(zip(rest.names, map(tuple, turns[:, frame]), strict=True)),
                    tuple(posed.locations[frame, 0]))  # fmt: skip
        found.append(skeleton.ends(pose))
    both = (np.stack(each) for each in zip(*found, strict=True))
    return [each @ figure.matrix[:3, :3].T + figure.matrix[:3, 3] for each in both]


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_a_starter_figure_is_itself_again(kind):
    poses = starter(kind, 3)
    figure = figure_of(poses)
    rows = find_kind(kind).rows
    assert figure.label == find_kind(kind).label and figure.rows == tuple(in_order(rows))
    assert figure.drawn_height is None
    heads, tails = posed_again(figure)
    assert np.abs(heads - poses.joints[:, 0::3]).max() < 1e-5
    assert np.abs(tails - poses.joints[:, 1::3]).max() < 1e-5


@pytest.mark.parametrize("yaw", [0, 30, 90, 179, -120])
@pytest.mark.parametrize("scale", [1.0, 0.5, 7.0])
def test_it_stands_where_it_stood(yaw, scale):
    """In the first frame it is at rest; from then on it may turn as it likes."""
    place = standing(yaw, (1.0, -2.0, 0.5), scale)
    figure = figure_of(starter("STICK", 1, place, first={}))
    assert np.allclose(figure.matrix[:2], place[:2], atol=1e-4)
    assert np.allclose(figure.matrix[:3, :3], place[:3, :3], atol=1e-4)


def test_one_that_stands_on_the_ground_is_put_there():
    """A toe that dips into the ground does not lower it."""
    bent = [Pose({"foot.L": (-4.0 * i, 0, 0), "forearm.R": (9.0 * i, 0, 0)}) for i in range(4)]
    figure = figure_of(sampled(find_kind("STICK").rows, bent, standing(10)))
    assert figure.matrix[2, 3] == 0.0
    raised = figure_of(sampled(find_kind("STICK").rows, bent, standing(10, (0, 0, 1.5))))
    assert raised.matrix[2, 3] == pytest.approx(1.5, abs=0.05)


def test_other_proportions_keep_the_names():
    """Long legs and short arms: the rest pose has the sampled lengths, so nothing is stretched."""
    factors = {"thigh": 1.3, "shin": 1.2, "upper_arm": 0.8, "forearm": 0.7}
    rows, moved = [], {}
    for name, above, head, tail in find_kind("STICK").rows:
        start = np.add(head, moved.get(above, 0.0))
        end = start + np.subtract(tail, head) * factors.get(name.split(".")[0], 1.0)
        moved[name] = end - tail
        rows.append((name, above, tuple(start), tuple(end)))
    poses = sampled(rows, [Pose({"thigh.L": (20.0 * i, 0, 0)}) for i in range(4)])
    figure = figure_of(poses)
    assert figure.label == "Stick Figure"
    assert {row[0] for row in figure.rows} == {row[0] for row in rows}
    lengths = {row[0]: np.linalg.norm(np.subtract(row[3], row[2])) for row in rows}
    ours = dict(zip(figure.rest.names, figure.rest.lengths, strict=True))
    assert ours == pytest.approx(lengths, rel=1e-4)
    assert np.abs(figure.posed().stretches - 1).max() < 1e-3
    heads, tails = posed_again(figure)
    assert np.abs(np.stack([heads, tails]) - np.stack(
        [poses.joints[:, 0::3], poses.joints[:, 1::3]])).max() < 1e-4  # fmt: skip


def test_any_other_figure_is_named_by_its_parts():
    """They are drawn as they were, although nothing tells what its bones were called."""
    rows = [
        ("pelvis", None, (0.0, 0.0, 1.0), (0.0, 0.0, 1.5)),
        ("skull", "pelvis", (0.0, 0.0, 1.5), (0.0, 0.0, 1.8)),
        ("arm_a.L", "pelvis", (0.2, 0.0, 1.5), (0.6, 0.0, 1.5)),
        ("arm_b.L", "arm_a.L", (0.6, 0.0, 1.5), (0.9, 0.0, 1.5)),
        ("leg.R", "pelvis", (-0.1, 0.0, 1.0), (-0.1, 0.0, 0.1)),
    ]
    bent = [Pose({"arm_a.L": (0, 0, 25.0 * i), "pelvis": (5.0 * i, 0, 0)}) for i in range(4)]
    poses = sampled(rows, bent)
    figure = figure_of(poses)
    assert figure.label == ""
    names = [row[0] for row in figure.rows]
    assert names == ["spine", "head", "arm.L", "arm.L.001", "leg.R"]
    index = {name: i for i, name in enumerate(names)}
    plan = plan_limbs(
        [Bone(n, index[p] if p else -1, h, t) for n, p, h, t in figure.rows],
        figure.drawn_height or figure.height,
    )
    assert (plan.limbs, plan.parts) == (poses.limbs, poses.parts)
    assert plan.radii == pytest.approx(poses.radii, rel=2e-3)
    heads, tails = posed_again(figure)
    assert np.abs(heads - poses.joints[:, 0::3]).max() < 1e-5
    assert np.abs(tails - poses.joints[:, 1::3]).max() < 1e-5


def test_a_bone_without_a_length_is_built_all_the_same():
    poses = starter("STICK", 2)
    joints = poses.joints.copy()
    joints[:, 3 * 4 + 1] = joints[:, 3 * 4]
    figure = figure_of(replace(poses, joints=joints))
    assert min(figure.rest.lengths) > 0
    posed = figure.posed()
    assert np.isfinite(posed.rotations).all() and np.isfinite(posed.locations).all()


@pytest.mark.parametrize("shown", [0.0, 1e-30, 1e-7])
def test_a_figure_without_any_extent(shown):
    poses = starter("STICK", 2)
    figure = figure_of(replace(poses, joints=(poses.joints * shown).astype(np.float32)))
    assert min(figure.rest.lengths) > 0 and np.isfinite(figure.posed().locations).all()


def test_angles_go_on_without_jumps():
    """More than a full turn, through the poles where X and Z turn about the same axis."""
    angles = np.radians(np.arange(0, 500, 10))
    for axis in range(3):
        wanted = np.zeros((len(angles), 3))
        wanted[:, axis] = angles
        found = euler_xyz(np.stack([_matrix(each) for each in wanted]))
        assert np.abs(np.diff(found, axis=0)).max() < np.radians(181)
        if axis != 1:
            assert np.allclose(found, wanted, atol=1e-6)
        assert np.allclose([_matrix(each) for each in found], [_matrix(each) for each in wanted])


@pytest.mark.parametrize("y", [90.0, -90.0])
def test_angles_at_the_pole_are_those_of_the_same_rotation(y):
    turn = _matrix(np.radians([20.0, y, 50.0]))
    assert np.allclose(_matrix(euler_xyz(turn[None])[0]), turn, atol=1e-7)


def _matrix(angles):
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles), np.sin(angles)
    x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return z @ y @ x


def test_what_rests_has_no_key_and_what_is_constant_has_one():
    poses = sampled(find_kind("STICK").rows, [
        Pose({"upper_arm.R": (0.0, 0.0, 30.0 * i), "thigh.L": (0.0, 20.0, 0.0)}) for i in range(4)
    ])  # fmt: skip
    figure = figure_of(poses)
    channels = channels_of(figure.rest, figure.posed(), figure.height)
    parts = [part for channel in channels for part in channel.parts()]
    moving = [part for part in parts if part.moves]
    assert [(part.bone, part.path, part.indices) for part in moving] == [
        ("upper_arm.R", TURN, (2,))
    ]
    # how a straight leg is twisted shows in the foot alone
    assert {part.bone for part in parts if not part.moves} <= {"thigh.L", "shin.L", "foot.L"}
