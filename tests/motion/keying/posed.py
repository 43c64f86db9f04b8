"""Poses of the starter figures by their own kinematics, as a capture samples them."""

from __future__ import annotations

import numpy as np

from mti_addon.motion import Bone, PoseSequence, plan_limbs
from mti_addon.motion.starters.catalog import find_kind
from mti_addon.motion.starters.posing import Pose, Skeleton
from tests.motion.drawing.cameras import look_along_y, perspective, still

FRAMES = 6
HERE = np.eye(4)


def in_order(rows, parent=None):
    """Bones depth first, as Blender lists them."""
    for row in rows:
        if row[1] == parent:
            yield row
            yield from in_order(rows, row[0])


def random_poses(seed, names, degrees=40.0):
    """A pose per frame: every bone turned at random, and the root moved."""
    rng = np.random.default_rng(seed)
    return [
        Pose(
            {name: tuple(rng.uniform(-degrees, degrees, 3)) for name in names},
            tuple(rng.uniform(-0.3, 0.3, 3)),
        )
        for _ in range(FRAMES)
    ]


def sampled(rows, poses, place=HERE, camera=None):
    """What a capture samples of an armature of these bones, which stands at `place` (4, 4)."""
    rows = tuple(in_order(rows))
    skeleton = Skeleton(rows)
    index = {row[0]: i for i, row in enumerate(rows)}
    plan = plan_limbs(
        [Bone(n, index[p] if p else -1, h, t) for n, p, h, t in rows],
    )
    both = [skeleton.ends(pose) for pose in poses]
    heads, tails = (
        np.stack(each)[:, list(plan.bones)] @ place[:3, :3].T + place[:3, 3]
        for each in zip(*both, strict=True)
    )
    scale = np.linalg.norm(place[:3, 0])
    clip = still(perspective() @ look_along_y(), len(poses)) if camera is None else camera
    return PoseSequence(
        plan.joints(heads, tails), plan.limbs, plan.parts,
        tuple(radius * scale for radius in plan.radii), clip, 7.0, (64, 64), plan.parents,
    )  # fmt: skip


def starter(name, seed=0, place=HERE, degrees=40.0, first=None):
    """A starter figure moving at random; `first`: degrees by bone in the first frame."""
    kind = find_kind(name)
    poses = random_poses(seed, [row[0] for row in kind.rows], degrees)
    if first is not None:
        poses[0] = Pose(first)
    return sampled(kind.rows, poses, place)


def standing(yaw=0.0, at=(0.0, 0.0, 0.0), scale=1.0):
    """An armature object's matrix: turned about Z (degrees), scaled evenly."""
    c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    matrix = np.eye(4)
    matrix[:3, :3] = scale * np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    matrix[:3, 3] = at
    return matrix
