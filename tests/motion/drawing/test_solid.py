"""An object is a solid box: at each pixel the side that a ray through it hits first."""

from __future__ import annotations

import numpy as np
import pytest

from mti_addon.motion import Look, draw
from mti_addon.motion.drawing.solid import box_poses
from tests.motion.drawing.cameras import look_along_y, orthographic, perspective

CUBE = np.array([[x, y, z] for x, y, z in (
    (-1, -1, -1), (-1, -1, 1), (-1, 1, 1), (-1, 1, -1),
    (1, -1, -1), (1, -1, 1), (1, 1, 1), (1, 1, -1))], float)  # fmt: skip
"""In Blender's order."""
HALF = np.array([0.9, 0.6, 1.1])
SIDES = {(1, -1): "torso", (1, 1): "head", (2, 1): "left_arm", (2, -1): "right_leg",
         (0, -1): "left_leg", (0, 1): "right_arm"}  # fmt: skip
"""(axis, sign) -> body part in whose color a side is drawn."""
CODES = {part: (30 * (i + 1), 7, 9) for i, part in enumerate(SIDES.values())}
FLAT = Look(background=(0, 0, 0), palette={**CODES, "ground": (0, 0, 0)}, supersampling=1)
SIZE = 96


def _turn(a: float, b: float, c: float) -> np.ndarray:
    """A rotation about X, then Y, then Z; radians."""
    turns = []
    for axis, angle in enumerate((a, b, c)):
        i, j = [k for k in range(3) if k != axis]
        turn = np.eye(3)
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        turns.append(turn)
    return turns[2] @ turns[1] @ turns[0]


def _hit(matrix: np.ndarray, turn: np.ndarray, place: np.ndarray) -> np.ndarray:
    """For each pixel the code of the side that is hit first, or 0: slabs in the box's own axes."""
    x = (np.arange(SIZE) + 0.5) / SIZE * 2 - 1
    grid = np.stack(np.meshgrid(x, -x, indexing="xy"), -1).reshape(-1, 2)
    back = np.linalg.inv(matrix)
    ends = []
    for depth in (-1.0, 1.0):
        clip = np.concatenate([grid, np.full((len(grid), 1), depth), np.ones((len(grid), 1))], 1)
        world = clip @ back.T
        ends.append((world[:, :3] / world[:, 3:] - place) @ turn)
    eye, ray = ends[0], ends[1] - ends[0]
    with np.errstate(divide="ignore"):
        near = (-np.sign(ray) * HALF - eye) / ray
        far = (np.sign(ray) * HALF - eye) / ray
    enter, leave = near.max(1), far.min(1)
    axis = near.argmax(1)
    sign = -np.sign(ray[np.arange(len(ray)), axis])
    found = np.zeros(len(ray), int)
    for (of, to), part in SIDES.items():
        found[(enter < leave) & (enter > 0) & (axis == of) & (sign == to)] = CODES[part][0]
    return found.reshape(SIZE, SIZE)


@pytest.mark.parametrize("kind", ["PERSP", "ORTHO"])
@pytest.mark.parametrize("seed", range(6))
def test_every_pixel_shows_the_side_that_is_nearest(kind, seed):
    random = np.random.default_rng(seed)
    turn, place = _turn(*random.uniform(-3, 3, 3)), random.uniform(-0.4, 0.4, 3)
    lens = perspective() if kind == "PERSP" else orthographic(4.5)
    matrix = lens @ look_along_y((0.2, -5.0, 0.3), 0.1)
    corners = (CUBE * HALF) @ turn.T + place
    poses = box_poses(corners[None], matrix[None], 1.0, (SIZE, SIZE))
    red = draw(poses, FLAT)[0, ..., 0].astype(int)
    wanted = _hit(matrix.astype(np.float32).astype(float), turn, place)
    assert (wanted > 0).sum() > 1000 and len(set(wanted.ravel())) > 2
    around = np.lib.stride_tricks.sliding_window_view(wanted, (5, 5))
    clear = (around == around[..., :1, :1]).all((2, 3))  # no edge, and no border, within two pixels
    assert clear.sum() > 3000
    assert (red[2:-2, 2:-2] == wanted[2:-2, 2:-2])[clear].all()


def test_a_corner_behind_the_camera_leaves_the_edges():
    matrix = perspective(focal=0.7) @ look_along_y((0.0, 0.0, 0.0))
    corners = CUBE * HALF + np.array([0.0, 0.5, 0.0])
    poses = box_poses(corners[None], matrix[None], 1.0, (SIZE, SIZE))
    picture = draw(poses, FLAT)[0]
    assert 0.02 < (picture[..., 0] > 0).mean() < 0.6
