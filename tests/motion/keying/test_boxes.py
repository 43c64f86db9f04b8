"""Objects that were sampled as boxes."""

from __future__ import annotations

import numpy as np
import pytest

from mti_addon.motion.drawing.solid import box_poses
from mti_addon.motion.keying.boxes import box_of, is_box
from tests.motion.drawing.cameras import look_along_y, perspective, still
from tests.motion.figures import turn
from tests.motion.keying.posed import starter

CORNERS = np.array([(x, y, z) for x in (-1, 1) for y, z in ((-1, -1), (-1, 1), (1, 1), (1, -1))])
CLIPS = still(perspective() @ look_along_y(), 5)


def moving(half, scales=None, mirrored=False):
    """A box that moves and turns, with half its sides (3,)."""
    found = []
    for i in range(5):
        size = np.array(half) * (1 if scales is None else scales[i])
        own = CORNERS * size * ((-1, 1, 1) if mirrored else 1)
        found.append(own @ turn((0, 0.6, 0.8), 0.4 * i).T + (0.3 * i, 0, 1))
    return box_poses(np.array(found), CLIPS, 7.0, (64, 64))


def corners_of(box):
    scaled = box.corners[None] * box.scales[:, None]
    return np.einsum("fij,fnj->fni", box.rotations, scaled) + box.locations[:, None]


@pytest.mark.parametrize(
    ("half", "scales", "mirrored"),
    [
        ((1, 2, 0.5), None, False),
        ((1, 2, 0.5), None, True),
        ((1, 1, 0), None, False),
        ((0, 2, 1), [1, 2, 3, 2, 1], False),
        ((0, 0, 1), None, False),
        ((1, 1, 1), [1, 1.5, 2, 0.5, 1], False),
    ],
    ids=["box", "mirrored", "plane", "growing plane", "line", "growing"],
)
def test_its_corners_are_where_they_were(half, scales, mirrored):
    poses = moving(half, scales, mirrored)
    assert is_box(poses)
    box = box_of(poses)
    assert np.allclose(np.linalg.det(box.rotations), 1)
    assert np.abs(corners_of(box) - poses.joints).max() < 1e-5


def test_a_point_is_no_fault():
    box = box_of(moving((0, 0, 0)))
    assert np.isfinite(box.rotations).all() and (box.scales == 1).all()


def test_a_figure_is_no_box():
    assert not is_box(starter("STICK"))
