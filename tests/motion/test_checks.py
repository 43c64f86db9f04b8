"""What is wrong with a capture is found, and what is right is not complained about."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mti_addon.motion import Take, check_range, check_take, note_about
from tests.motion.cameras import look_along_y, perspective, still

FRAMES = 14


def _take(path, matrix=None):
    """A rod of three metres whose upper end moves by path(t) metres (x, y, z), t in 0..1."""
    joints = np.zeros((FRAMES, 2, 3), np.float32)
    joints[:, 0, 2], joints[:, 1, 2] = -0.5, 2.5
    for k in range(FRAMES):
        joints[k, 1] += np.float32(path(k / (FRAMES - 1)))
    matrix = perspective() @ look_along_y() if matrix is None else matrix
    return Take(joints, ((0, 1),), ("torso",), (0.05,), still(matrix, FRAMES), 7, (64, 64))


def test_a_motion_in_view_is_right():
    take = _take(lambda t: (t, 0, 0))
    assert check_take(take) is None and note_about(take) == ""


def test_no_motion():
    assert "does not move" in check_take(_take(lambda t: (0, 0, 0))).message


def test_almost_no_motion():
    """3 m are 32 pixels: 1 cm is a tenth of a pixel, 20 cm are two."""
    assert "does not move" in check_take(_take(lambda t: (0.01 * t, 0, 0))).message
    assert check_take(_take(lambda t: (0.2 * t, 0, 0))) is None


def test_motion_along_the_view_only():
    """Straight at the camera, in the middle of the picture: nothing to be seen."""
    take = _take(lambda t: (0, t, 0), perspective() @ look_along_y((0, -6, 2.5)))
    joints = take.joints.copy()
    joints[:, 0] = joints[:, 1]
    assert "does not move" in check_take(replace(take, joints=joints)).message


def test_a_moving_camera_is_a_motion():
    matrices = np.stack([perspective() @ look_along_y((k / 10, -6, 1)) for k in range(FRAMES)])
    take = replace(_take(lambda t: (0, 0, 0)), world_to_clip=matrices.astype(np.float32))
    assert check_take(take) is None


def test_there_and_back_is_a_motion():
    assert check_take(_take(lambda t: (np.sin(2 * np.pi * t), 0, 0))) is None


@pytest.mark.parametrize("eye", [(40, -6, 1), (0, 6, 1)])
def test_out_of_view_and_behind(eye):
    problem = check_take(_take(lambda t: (t, 0, 0), perspective() @ look_along_y(eye)))
    assert "out of the camera's view" in problem.message and problem.hint


def test_half_out_of_view_is_a_note():
    take = _take(lambda t: (6 * t, 0, 0))
    assert check_take(take) is None
    assert note_about(take) == "25% of the motion is outside the picture"


def test_a_motion_far_away_is_a_note():
    take = _take(lambda t: (0.5 * t, 0, 0), perspective() @ look_along_y((0, -12, 1)))
    assert check_take(take) is None
    assert "fills only" in note_about(take) and "nearer" in note_about(take)


def test_not_finite():
    take = _take(lambda t: (t, 0, 0))
    take.joints[3, 1] = np.nan
    assert "not finite" in check_take(take).message


@pytest.mark.parametrize(("start", "end", "words"), [(9, 3, "empty"), (9, 9, "single frame 9")])
def test_ranges(start, end, words):
    problem = check_range(start, end)
    assert words in problem.message and problem.hint
    assert check_range(1, 2) is None
