"""The draft's tokens of captured poses: of people, against the true ones they were drawn from."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from mti_addon.wire.errors import UnreadableInput
from mti_backend.draft.procedural.figures import random_figures
from mti_backend.draft.procedural.motions import FRAMES, INDEX, frame_times, random_motions
from mti_backend.draft.procedural.named import NAMED, named_motion
from mti_backend.draft.procedural.pose import pose
from mti_backend.evaluation.keyed import keyed_poses
from mti_backend.models.pose_tokens import pose_features, read_poses
from mti_backend.models.pose_tokens.poses import NotAProjection, view_axes

BONES, ROOT, CAMERA = slice(0, 36), slice(36, 38), slice(38, 42)


def straight(seed: int = 0) -> Any:
    """A person who is not turned beyond what the motion says."""
    figure = random_figures(1, torch.Generator().manual_seed(seed))
    figure.facing[:] = 0
    return figure


def found(data: bytes) -> np.ndarray:  # type: ignore[type-arg]
    features = pose_features(read_poses(data, FRAMES))
    assert features is not None
    return features


@pytest.mark.parametrize("name", NAMED)
def test_bones_and_camera_are_exactly_those_of_the_motion(name: str) -> None:
    motion = named_motion(name)
    for seed in range(3):
        figure = straight(seed)
        true = pose(figure, motion, frame_times(1)).features[0].numpy()
        mine = found(keyed_poses(motion, figure))
        np.testing.assert_allclose(mine[:, BONES], true[:, BONES], atol=1e-4)
        np.testing.assert_allclose(mine[:, CAMERA], true[:, CAMERA], atol=1e-4)
        # the path is told in the height of this figure, the true one in that of an average one
        np.testing.assert_allclose(mine[:, ROOT], true[:, ROOT], atol=0.5)


def test_random_motions_are_read_as_well() -> None:
    """Of a camera that is rolled from the start only the change can be seen."""
    g = torch.Generator().manual_seed(4)
    level = 0
    for seed in range(24):
        motion, figure = random_motions(1, g), straight(seed)
        if motion.values(frame_times(1))[0, INDEX["roll"], 0].abs() > 1e-6:
            continue
        level += 1
        true = pose(figure, motion, frame_times(1)).features[0].numpy()
        mine = found(keyed_poses(motion, figure))
        np.testing.assert_allclose(mine[:, BONES], true[:, BONES], atol=1e-4)
    assert level > 12


def test_the_camera_may_look_from_anywhere() -> None:
    """Turning scene and camera together changes nothing."""
    value = json.loads(keyed_poses(named_motion("wave"), straight()))
    turn = np.eye(4)
    turn[:2, :2] = [[0.6, -0.8], [0.8, 0.6]]
    joints = np.array(value["joints"]) @ turn[:3, :3].T
    moved = value | {
        "joints": joints.tolist(),
        "world_to_clip": (np.array(value["world_to_clip"]) @ turn.T).tolist(),
    }
    ours = found(json.dumps(moved).encode())
    np.testing.assert_allclose(ours, found(json.dumps(value).encode()), atol=1e-6)


def test_left_and_right_are_the_figure_s_own() -> None:
    features = found(keyed_poses(named_motion("wave"), straight()))
    bones = features[:, BONES].reshape(FRAMES, 12, 3)
    moved = np.ptp(bones, axis=0).max(1)
    assert moved[6:8].min() > 1 and np.delete(moved, (6, 7)).max() < 1e-3
    assert INDEX["arm_r"] > INDEX["arm_l"]  # the arm that waves is called r


@pytest.mark.parametrize("part", ["head", "left_arm", "right_leg"])
def test_a_body_that_lacks_a_part_has_no_features(part: str) -> None:
    value = json.loads(keyed_poses(named_motion("wave"), straight()))
    value["parts"] = ["torso" if name == part else name for name in value["parts"]]
    assert pose_features(read_poses(json.dumps(value).encode(), FRAMES)) is None


def test_matrices_that_are_no_projection_have_no_features() -> None:
    value = json.loads(keyed_poses(named_motion("wave"), straight()))
    flat = np.zeros((FRAMES, 4, 4))
    with pytest.raises(NotAProjection):
        view_axes(flat)
    value["world_to_clip"] = flat.tolist()
    assert pose_features(read_poses(json.dumps(value).encode(), FRAMES)) is None


def test_damaged_poses_are_refused_and_the_field_is_named() -> None:
    value = json.loads(keyed_poses(named_motion("wave"), straight()))
    value["radii"][0] = -1
    with pytest.raises(UnreadableInput, match="radii"):
        read_poses(json.dumps(value).encode(), FRAMES)
