"""A PoseSequence rejects inconsistent fields."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mti_addon.motion import PoseSequence


def make_poses(**changes) -> PoseSequence:
    """A pose sequence of one limb and one ball, two frames."""
    joints = np.zeros((2, 3, 3), np.float32)
    fields = {
        "joints": joints,
        "limbs": ((0, 1), (2, 2)),
        "parts": ("torso", "head"),
        "radii": (0.1, 0.2),
        "world_to_clip": np.tile(np.eye(4, dtype=np.float32), (2, 1, 1)),
        "fps": 7.0,
        "size": (64, 48),
    }
    return PoseSequence(**(fields | changes))


def test_frames():
    assert make_poses().frames == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("joints", np.zeros((2, 3, 2), np.float32)),
        ("joints", np.zeros((0, 3, 3), np.float32)),
        ("world_to_clip", np.zeros((3, 4, 4), np.float32)),
        ("limbs", ((0, 3), (2, 2))),
        ("limbs", ((0, -1), (2, 2))),
        ("limbs", ((0, 1),)),
        ("limbs", ()),
        ("parts", ("torso", "tail")),
        ("radii", (0.1, 0.0)),
        ("fps", 0.0),
        ("size", (64, 0)),
        ("parents", (-1, 0)),
        ("parents", (-1, 0, 2)),
        ("parents", (1, -1, -1)),
        ("parents", (-1, -2, 0)),
    ],
)
def test_wrong_fields_are_refused(field, value):
    with pytest.raises(ValueError):
        make_poses(**{field: value})


def test_a_pose_sequence_can_be_changed_by_copy_only():
    poses = make_poses()
    assert replace(poses, fps=5.0).fps == 5.0
    with pytest.raises(AttributeError):
        poses.fps = 5.0  # type: ignore[misc]


@pytest.mark.parametrize("parents", [(), (-1, 0, 1)])
def test_a_pose_sequence_survives_the_round_trip(parents):
    poses = make_poses(
        joints=np.random.default_rng(0).random((2, 3, 3), np.float32), parents=parents
    )
    again = PoseSequence.from_json(poses.to_json())
    assert again.joints.dtype == again.world_to_clip.dtype == np.float32
    assert np.array_equal(again.joints, poses.joints)
    assert np.array_equal(again.world_to_clip, poses.world_to_clip)
    rest = {"joints": poses.joints, "world_to_clip": poses.world_to_clip}
    assert repr(replace(again, **rest)) == repr(poses)


@pytest.mark.parametrize(
    "wrong",
    [
        "", "nothing", "[]", "3", "null", "{}", b"\xff\xfe",
        make_poses().to_json()[:-40],
        make_poses().to_json().replace('"radii"', '"ridai"'),
        make_poses().to_json().replace('"radii": [0.1', '"radii": [null'),
        make_poses().to_json().replace('"size": [64, 48]', '"size": [64]'),
        make_poses().to_json().replace('"torso"', '"tail"'),
        make_poses().to_json().replace('"joints": [[[0.0', '"joints": [[[NaN'),
        make_poses().to_json().replace('"joints": [[[0.0', '"joints": [[[1e300'),
        make_poses().to_json().replace('"joints": [[[0.0', '"joints": [[[1' + "0" * 400),
        make_poses().to_json().replace('"world_to_clip": [[[1.0', '"world_to_clip": [[[1e999'),
        make_poses().to_json().replace('"fps": 7.0', '"fps": Infinity'),
        make_poses().to_json().replace('"size": [64', '"size": [1e999'),
        make_poses().to_json().replace('"radii": [0.1', '"radii": [NaN'),
        "[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_pose_sequence_is_refused(wrong):
    with pytest.raises(ValueError):
        PoseSequence.from_json(wrong)
