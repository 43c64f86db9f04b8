"""The room through which a camera moves: closed, textured, and in perspective."""

from __future__ import annotations

import numpy as np
import pytest

from mti_addon.motion.drawing.raster import PALETTE
from mti_addon.motion.drawing.room import draw_room, lay_out
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
