"""The room through which a camera moves: closed, textured, and in perspective."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mti_addon.motion import PoseSequence, draw, project, variations
from mti_addon.motion.drawing.raster import PALETTE
from mti_addon.motion.drawing.room import draw_room, lay_out, room_poses
from tests.motion.drawing.cameras import look_along_y, orthographic, perspective

FOCUS = np.array([0.0, 0.0, 1.0])


def _eye(x=0.0, y=-6.0, z=1.0):
    return np.array([[x, y, z]])


def _picture(eye, turn=0.0, size=(64, 64), lens=None):
    matrix = (perspective(size[0] / size[1]) if lens is None else lens) @ look_along_y(eye[0], turn)
    return draw_room(lay_out(_eye(), FOCUS, 6.0), matrix[None], size)[0]


@pytest.mark.parametrize("turn", [0, 1.2, 3.1, 4.6])
def test_there_is_something_to_see_wherever_it_looks(turn):
    picture = _picture(_eye(), turn).astype(float)
    assert picture.shape == (64, 64, 3)
    assert picture.std((0, 1)).min() > 12
    quarters = picture.reshape(2, 32, 2, 32, 3).std((1, 3))
    assert quarters.min() > 4  # no part of the image is plain


def test_every_step_looks_different():
    steps = [_picture(_eye(x)).astype(float) for x in np.linspace(0, 2, 9)]
    apart = [np.abs(a - b).mean() for i, a in enumerate(steps) for b in steps[i + 1 :]]
    assert min(apart) > 6


def test_near_blocks_pass_before_far_ones():
    """The blue block is behind the focus, the green one in front of it."""
    places = []
    for x in (-1.0, 0.5):
        picture = _picture(_eye(x), size=(128, 128)).astype(int)
        at = []
        for part in ("left_arm", "left_leg"):
            ink = np.array(PALETTE[part])
            ratio = picture / np.maximum(picture.max(2, keepdims=True), 1)
            near = np.abs(ratio - ink / ink.max()).max(2) < 0.04
            assert near.sum() > 20, part
            at.append(np.nonzero(near)[1].mean())
        places.append(at[1] - at[0])
    assert places[0] > places[1] + 5


def test_a_parallel_view_and_other_sizes():
    picture = _picture(_eye(), lens=orthographic(6.0, 2.0), size=(64, 32))
    assert picture.shape == (32, 64, 3) and picture.std() > 12


def test_a_camera_nowhere():
    with pytest.raises(ValueError, match="distance"):
        lay_out(_eye(), FOCUS, 0.0)


def _pan():
    """A camera that passes by, and turns as it goes."""
    eyes = np.concatenate([_eye(x) for x in (-0.5, 0.0, 0.5)])
    clips = np.stack([perspective(1.0) @ look_along_y(eye, 0.1 * i) for i, eye in enumerate(eyes)])
    return eyes, clips


def test_a_moving_camera_is_a_pose_sequence_that_draws_its_room_again():
    eyes, clips = _pan()
    poses = room_poses(eyes, FOCUS, 6.0, clips, 7.0, (48, 48))
    again = PoseSequence.from_json(poses.to_json())
    assert again.is_room and again.fps == 7.0
    pictures = draw(poses)
    assert pictures.shape == (3, 48, 48, 3)
    assert np.array_equal(draw(again), pictures)
    straight = draw_room(lay_out(eyes, FOCUS, 6.0), clips, (48, 48))
    assert np.abs(straight.astype(int) - pictures).mean() < 0.5  # rounded to float32 in between
    with pytest.raises(ValueError, match="no other parts"):
        replace(poses, limbs=((0, 1),) * 2, parts=("room", "head"), radii=(1.0, 1.0))


def test_its_variations_are_the_same_move_before_other_walls():
    """In each, the camera's path and what it looks at are as far apart, at the same angles."""
    eyes, clips = _pan()
    poses = room_poses(eyes, FOCUS, 6.0, clips, 7.0, (48, 48))
    first, *others = variations(poses, 4, seed=0)
    assert first.poses is poses
    point = np.array([0.3, 1.0, 1.2])  # seen at the same place if it is turned along
    for other in others:
        moved = other.poses
        gone = np.linalg.norm(moved.joints[1:, 0] - moved.joints[:-1, 0], axis=1)
        assert np.allclose(gone, np.linalg.norm(np.diff(eyes, axis=0), axis=1), atol=1e-5)
        u, _, vt = np.linalg.svd((poses.joints[:, 0] - FOCUS).T @ (moved.joints[:, 0] - FOCUS))
        turn = vt.T @ np.diag([1, 1, np.sign(np.linalg.det(vt.T @ u.T))]) @ u.T
        there = np.tile(FOCUS + turn @ (point - FOCUS), (3, 1, 1)).reshape(3, 1, 3)
        now, _ = project(there, moved.world_to_clip, moved.size)
        before, _ = project(np.tile(point, (3, 1)).reshape(3, 1, 3), poses.world_to_clip, (48, 48))
        assert np.allclose(now, before, atol=1e-2)
        apart = np.abs(draw(*other).astype(int) - draw(poses)).mean((1, 2, 3))
        assert apart.min() > 8
