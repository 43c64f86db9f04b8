"""Measurements of the drawing: areas, positions, order, edges."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from mti_addon.motion import Look, PoseSequence, draw
from tests.motion.drawing.cameras import look_along_y, orthographic, perspective, still

BACK, INK = (255, 255, 255), (0, 0, 0)
LOOK = Look(background=BACK, palette=dict.fromkeys(("torso", "head", "left_arm"), INK))


def _poses(joints, limbs, radius=0.2, parts=None, size=(64, 64), matrix=None):
    """One frame; the view is 4 m wide, so a meter is a quarter of the image."""
    matrix = orthographic(4.0, size[0] / size[1]) @ look_along_y() if matrix is None else matrix
    return PoseSequence(
        joints=np.array([joints], np.float32),
        limbs=limbs,
        parts=parts or ("torso",) * len(limbs),
        radii=(radius,) * len(limbs),
        world_to_clip=still(matrix, 1),
        fps=7,
        size=size,
    )


def _ink(picture):
    """Covered area in pixels: the sum of darkness."""
    return (255 - picture[..., 0].astype(float)).sum() / 255


def test_nothing_but_background_where_nothing_is():
    picture = draw(_poses([(50, 0, 1)], ((0, 0),)), LOOK)
    assert picture.shape == (1, 64, 64, 3) and picture.dtype == np.uint8
    assert (picture == BACK).all()


def test_a_ball_has_the_area_of_a_disc_at_its_place():
    picture = draw(_poses([(0.5, 0, 1.25)], ((0, 0),), radius=0.5), LOOK)[0]
    assert _ink(picture) == pytest.approx(np.pi * 8**2, rel=0.01)
    y, x = np.indices((64, 64)) + 0.5
    dark = 255 - picture[..., 0].astype(float)
    assert (dark * x).sum() / dark.sum() == pytest.approx(40, abs=0.05)
    assert (dark * y).sum() / dark.sum() == pytest.approx(28, abs=0.05)


@pytest.mark.parametrize("angle", [0, 17, 45, 90, 133])
def test_a_capsule_has_its_area_at_any_angle(angle):
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    picture = draw(_poses([(-c, 0, 1 - s), (c, 0, 1 + s)], ((0, 1),), radius=0.25), LOOK)[0]
    assert _ink(picture) == pytest.approx(2 * 4 * 32 + np.pi * 4**2, rel=0.01)


def test_edges_are_smooth():
    picture = draw(_poses([(-1, 0, 0.5), (1, 0, 1.4)], ((0, 1),)), LOOK)[0, ..., 0]
    assert len(np.unique(picture)) > 12
    assert {0, 255} <= set(np.unique(picture))


def test_moving_by_a_part_of_a_pixel_changes_the_picture_smoothly():
    pictures = [
        draw(_poses([(x / 16, 0, 1)], ((0, 0),)), LOOK)[0].astype(int)
        for x in np.linspace(0, 1, 11)
    ]
    steps = [np.abs(a - b).sum() for a, b in zip(pictures, pictures[1:], strict=False)]
    assert min(steps) > 0 and max(steps) < 2.0 * min(steps)


def test_the_nearer_limb_is_on_top():
    look = Look(palette={"torso": (255, 0, 0), "head": (0, 0, 255)})
    parts = ("torso", "head")
    for near, far, color in (
        ((0, -1, 1), (0, 1, 1), (255, 0, 0)),
        ((0, 1, 1), (0, -1, 1), (0, 0, 255)),
    ):
        for matrix in (None, perspective() @ look_along_y()):
            poses = _poses([near, far], ((0, 0), (1, 1)), parts=parts, matrix=matrix)
            assert tuple(draw(poses, look)[0, 32, 32]) == color


def test_the_ground_is_behind_everything():
    look = Look(palette={"ground": (255, 0, 0), "head": (0, 0, 255)})
    poses = _poses([(0, -2, 1), (0, 2, 1)], ((0, 0), (1, 1)), parts=("ground", "head"))
    assert tuple(draw(poses, look)[0, 32, 32]) == (0, 0, 255)


def test_limbs_at_one_depth_keep_their_order_in_every_frame():
    """Otherwise a figure would flicker: its limbs lie in one plane, up to rounding."""
    rng = np.random.default_rng(0)
    joints = np.zeros((30, 2, 3), np.float32) + np.float32([0, 0, 1])
    joints[..., 1] += rng.normal(0, 1e-6, (30, 2))
    base = _poses([(0, 0, 1)] * 2, ((0, 0), (1, 1)), parts=("torso", "head"))
    matrix = still(base.world_to_clip[0], 30)
    look = Look(palette={"torso": (255, 0, 0), "head": (0, 0, 255)})
    pictures = draw(replace(base, joints=joints, world_to_clip=matrix), look)
    assert {tuple(picture[32, 32]) for picture in pictures} == {(0, 0, 255)}


def test_perspective_makes_the_far_end_thinner():
    poses = _poses([(-1.5, -3, 1), (1.5, 6, 1)], ((0, 1),), matrix=perspective() @ look_along_y())
    covered = (draw(poses, LOOK)[0, ..., 0] < 128).sum(0)
    columns = covered[covered > 0]
    assert columns[2] > 2 * columns[-3]


def test_a_limb_that_passes_the_camera_is_cut_and_not_mirrored():
    matrix = perspective() @ look_along_y()
    poses = _poses([(0, 0, 1), (0, -12, 1)], ((0, 1),), matrix=matrix)
    picture = draw(poses, LOOK)[0]
    assert tuple(picture[32, 32]) == INK and tuple(picture[2, 2]) == BACK
    behind = _poses([(0, -8, 1), (0, -12, 1)], ((0, 1),), matrix=matrix)
    assert (draw(behind, LOOK) == BACK).all()


def test_thin_limbs_do_not_vanish():
    picture = draw(_poses([(-1, 0, 1), (1, 0, 1)], ((0, 1),), radius=1e-5), LOOK)[0]
    assert _ink(picture) == pytest.approx(2 * 0.9 * 32, rel=0.06)


@pytest.mark.parametrize("size", [(1024, 576), (64, 64), (50, 90)])
def test_any_size_in_short_time(size):
    poses = _poses([(-1, 0, 0), (1, 0, 2)], ((0, 1),), size=size)
    begin = time.perf_counter()
    picture = draw(poses, LOOK)
    assert picture.shape == (1, size[1], size[0], 3)
    assert time.perf_counter() - begin < 2


def test_twice_the_same():
    poses = _poses([(-1, 0, 0.3), (1, 0, 1.2), (0, 0, 1)], ((0, 1), (2, 2)))
    assert (draw(poses) == draw(poses)).all()
