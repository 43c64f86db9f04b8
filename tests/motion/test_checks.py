"""Problems of a capture are found, without false alarms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mti_addon.motion import PoseSequence, check_pictures, check_poses, check_range, warnings_about
from mti_addon.motion.checks import BETWEEN, moving_part, thinned, warnings_about_pictures
from tests.motion.drawing.cameras import look_along_y, perspective, still

FRAMES = 14


def _poses(path, matrix=None):
    """A rod of three meters whose upper end moves by path(t) meters (x, y, z), t in 0..1."""
    joints = np.zeros((FRAMES, 2, 3), np.float32)
    joints[:, 0, 2], joints[:, 1, 2] = -0.5, 2.5
    for k in range(FRAMES):
        joints[k, 1] += np.float32(path(k / (FRAMES - 1)))
    matrix = perspective() @ look_along_y() if matrix is None else matrix
    return PoseSequence(joints, ((0, 1),), ("torso",), (0.05,), still(matrix, FRAMES), 7, (64, 64))


def test_a_motion_in_view_is_right():
    poses = _poses(lambda t: (t, 0, 0))
    assert check_poses(poses) is None and warnings_about(poses) == []


def test_no_motion():
    assert "does not move" in check_poses(_poses(lambda t: (0, 0, 0))).message


def test_almost_no_motion():
    """3 m are 32 pixels: 1 cm is a tenth of a pixel, 20 cm are two."""
    assert "does not move" in check_poses(_poses(lambda t: (0.01 * t, 0, 0))).message
    assert check_poses(_poses(lambda t: (0.2 * t, 0, 0))) is None


def test_motion_along_the_view_only():
    """Straight toward the camera, at the image's center: invisible."""
    poses = _poses(lambda t: (0, t, 0), perspective() @ look_along_y((0, -6, 2.5)))
    joints = poses.joints.copy()
    joints[:, 0] = joints[:, 1]
    assert "does not move" in check_poses(replace(poses, joints=joints)).message


def test_a_moving_camera_is_a_motion():
    matrices = np.stack([perspective() @ look_along_y((k / 10, -6, 1)) for k in range(FRAMES)])
    poses = replace(_poses(lambda t: (0, 0, 0)), world_to_clip=matrices.astype(np.float32))
    assert check_poses(poses) is None


def test_almost_nothing_moves_is_a_warning():
    (warning,) = warnings_about(_poses(lambda t: (0.2 * t, 0, 0)))
    assert "Hardly anything moves" in warning.message and warning.hint


def _sampled(periods):
    """A rod that swings this many times, as drawn and as sampled in between."""
    whole = _poses(lambda t: (0, 0, 0))
    count = (FRAMES - 1) * BETWEEN + 1
    joints = np.repeat(whole.joints[:1], count, axis=0)
    joints[:, 1, 0] = np.sin(2 * np.pi * periods * np.linspace(0, 1, count) + 0.4)
    matrices = np.repeat(whole.world_to_clip[:1], count, axis=0)
    between = replace(whole, joints=joints, world_to_clip=matrices, fps=7.0 * BETWEEN)
    return thinned(between, BETWEEN), between


@pytest.mark.parametrize(("periods", "fast"), [(1, False), (2, False), (3, False), (6, True)])
def test_a_motion_faster_than_the_pictures(periods, fast):
    """13 steps represent a swing of 4 steps well enough, and one of 2 steps not at all."""
    poses, between = _sampled(periods)
    assert poses.frames == FRAMES and poses.fps == pytest.approx(7)
    assert np.allclose(poses.joints[1], between.joints[BETWEEN])
    found = [warning.message for warning in warnings_about(poses, between)]
    assert any("faster than 14 frames" in message for message in found) == fast


def _pictures(values):
    return np.stack([np.full((8, 8, 3), value, np.uint8) for value in values])


def test_pictures_that_are_all_the_same():
    assert "All images are the same" in check_pictures(_pictures([7] * 5)).message
    assert check_pictures(_pictures([7, 7, 9, 20, 30])) is None


def test_pictures_that_stand_still_for_long():
    pictures = _pictures([0, 40, 80, 80, 80, 80])
    (warning,) = warnings_about_pictures(pictures)
    assert "4 of 6 consecutive frames" in warning.message and warning.hint
    assert warnings_about_pictures(_pictures([0, 20, 40, 60])) == []


def test_there_and_back_is_a_motion():
    assert check_poses(_poses(lambda t: (np.sin(2 * np.pi * t), 0, 0))) is None


@pytest.mark.parametrize("eye", [(40, -6, 1), (0, 6, 1)])
def test_out_of_view_and_behind(eye):
    problem = check_poses(_poses(lambda t: (t, 0, 0), perspective() @ look_along_y(eye)))
    assert "out of the camera's view" in problem.message and problem.hint


def test_half_out_of_view_is_a_note():
    poses = _poses(lambda t: (6 * t, 0, 0))
    assert check_poses(poses) is None
    (warning,) = warnings_about(poses)
    assert "25% of the motion is outside the frame" in warning.message
    assert "between frames 8 and 14" in warning.message and "camera back" in warning.hint


def test_a_motion_far_away_is_a_note():
    poses = _poses(lambda t: (0.5 * t, 0, 0), perspective() @ look_along_y((0, -12, 1)))
    assert check_poses(poses) is None
    warning = warnings_about(poses)[0]
    assert "only fills" in warning.message and "closer" in warning.hint


def test_not_finite():
    poses = _poses(lambda t: (t, 0, 0))
    poses.joints[3, 1] = np.nan
    assert "not finite" in check_poses(poses).message


@pytest.mark.parametrize(("start", "end", "words"), [(9, 3, "empty"), (9, 9, "single frame 9")])
def test_ranges(start, end, words):
    problem = check_range(start, end)
    assert words in problem.message and problem.hint
    assert check_range(1, 2) is None


def test_the_part_in_which_something_moves():
    late = _poses(lambda t: (min(max(t - 4 / 13, 0), 3 / 13), 0, 0))
    assert moving_part(late) == (4, 7)
    assert moving_part(_poses(lambda t: (t, 0, 0))) == (0, 13)
    assert moving_part(_poses(lambda t: (0, 0, 0))) is None
    behind = _poses(lambda t: (0, -99 * t, 0))
    assert moving_part(behind) == (0, 13), "what passes the camera is not cut off"
