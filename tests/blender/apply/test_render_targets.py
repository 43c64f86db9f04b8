"""What the tool that renders the evaluation's targets tells of its pictures is what they show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mti_addon.motion.drawing.png import decode_png
from tools import render_targets, target_character

PLAIN = {"roughness": 1.0, "specular": 0.0, "pattern": "plain"}
GREY, RED = (PLAIN | {"colour": c, "second": c} for c in ((0.6, 0.6, 0.6), (0.9, 0.1, 0.1)))
# pelvis at the origin, arms to the sides, legs apart; only the ten tracked parts are there
ENDS = [
    [[0, 0, 0], [0, 0.2, 0]], [[0, 0.3, 0], [0, 0.3, 0]],
    [[-0.1, 0.2, 0], [-0.2, 0.2, 0]], [[-0.2, 0.2, 0], [-0.35, 0.2, 0]],
    [[0.1, 0.2, 0], [0.2, 0.2, 0]], [[0.2, 0.2, 0], [0.2, 0.38, 0]],
    [[-0.05, 0, 0], [-0.1, -0.2, 0]], [[-0.1, -0.2, 0], [-0.1, -0.4, 0]],
    [[0.05, 0, 0], [0.1, -0.2, 0]], [[0.1, -0.2, 0], [0.1, -0.4, 0]],
    *[[[0, 0.2, 0], [0, 0.3, 0]]] * 9,
]  # fmt: skip
RADII = [[0.08, 0.08], [0.07, 0.07], *[[0.035, 0.035]] * 8, *[[0, 0]] * 9]


def design(**changes: Any) -> dict[str, Any]:
    """Two frames; in the second the camera has gone a tenth of the picture to the right."""
    return {
        "name": "somebody", "frames": 2, "ends": [ENDS, ENDS], "radii": RADII, "yaw": [0.0, 0.0],
        "shapes": ["capsule"] * 19, "materials": {"top": RED, "dark": RED, "bottom": RED},
        "part_materials": ["top"] * 19, "hat": False, "eyes": False,
        "surroundings": "two colours", "wall": GREY, "floor": GREY, "ground": -0.45,
        "wall_depth": 1.0, "pattern_size": 0.2,
        "light": {"elevation": 0.8, "azimuth": 0.3, "energy": 2.0, "angle": 0.3,
                  "colour": [1, 1, 1], "world": 0.5},
        "camera": {"path": [[0, 0, 0, 0], [0.1, 0, 0, 0]], "elevation": 0.0, "azimuth": 0.0,
                   "perspective": False},
    } | changes  # fmt: skip


@pytest.fixture(scope="module")
def rendered(enabled: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("targets")
    return folder, render_targets.render_scene(design(), folder)


def frames(path: Path) -> np.ndarray:
    return decode_png(path.read_bytes()).reshape(-1, 128, 128, 3).astype(int)


@pytest.mark.once
def test_tracks_are_the_projected_middles_of_the_parts(rendered) -> None:
    _, known = rendered
    wanted = np.array(ENDS)[:10, :, :2].mean(1) * [1, -1] + 0.5
    assert np.allclose(known["tracks"][0], wanted, atol=1e-4)
    assert np.allclose(known["tracks"][1], wanted - [0.1, 0], atol=1e-4)


def test_a_part_is_seen_where_its_track_is(rendered) -> None:
    _, known = rendered
    for tracks, classes in zip(known["tracks"], known["classes"], strict=True):
        picture = np.array(classes).reshape(128, 128)
        for part, (x, y) in enumerate(tracks):
            if 0 <= x < 1:
                assert picture[int(128 * y), int(128 * x)] == part
        assert set(np.unique(picture)) <= {-1, *range(10)}


def test_the_character_is_what_differs_from_the_background(rendered) -> None:
    folder, known = rendered
    picture = frames(folder / "somebody.png")
    behind = frames(folder / "somebody.background.png")
    red = picture[..., 0] - picture[..., 1:].max(-1) > 80
    seen = np.array(known["classes"]).reshape(2, 128, 128) >= 0
    assert picture.shape == behind.shape == (2, 128, 128, 3)
    assert (red == seen).mean() > 0.98  # but for its edges
    assert not (behind[..., 0] - behind[..., 1:].max(-1) > 80).any()


def test_a_rod_turns_with_its_bone_and_a_robot_keeps_its_sides(enabled: str) -> None:
    import bpy

    scene = bpy.data.scenes.new("turning")
    raised = json.loads(json.dumps(ENDS))
    raised[2][1] = [-0.1, 0.3, 0.0]  # the upper arm points up
    posed = target_character.Character(
        scene, design(ends=[ENDS, raised], shapes=["box"] * 19, yaw=[0.0, 0.0])
    )
    for frame, end in ((0, (-0.2, 0.0, 0.2)), (1, (-0.1, 0.0, 0.3))):
        posed.pose(frame)
        part, arm = posed.rods[2]
        top = arm.matrix_world @ target_character.Vector((0, 0, 0.1))
        assert part == 2 and np.allclose(top, end, atol=1e-5)
        # its sides face the viewer: the box's x or y axis is the view's
        axes = np.abs(np.array(arm.matrix_world.to_3x3())[1, :2])
        assert axes.max() > 0.99
    bpy.data.scenes.remove(scene)
