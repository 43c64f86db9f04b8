"""Poses from elsewhere are checked before anything draws them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mti_addon.motion import PoseSequence
from mti_addon.wire.errors import UnreadableInput
from mti_addon.wire.library.poses import check_poses
from tests.wire import strategies
from tests.wire.library.examples import poses, poses_value


def test_poses_of_a_capture_are_right() -> None:
    check_poses(poses(), 14)
    sequence = PoseSequence.from_json(poses())
    check_poses(sequence.to_json().encode(), 14)
    check_poses(poses(frames=128), 128)


def test_what_is_right_for_a_long_capture_of_a_large_rig() -> None:
    """600 joints in 25 images, with all digits."""
    rng = np.random.default_rng(0)
    value = poses_value(25)
    sequence = PoseSequence(
        joints=rng.normal(0, 100, (25, 600, 3)).astype(np.float32),
        limbs=tuple((i, i + 1) for i in range(599)),
        parts=("torso",) * 599,
        radii=(0.01,) * 599,
        world_to_clip=np.array(value["world_to_clip"], np.float32),
        fps=12.5,
        size=(1024, 576),
    )
    check_poses(sequence.to_json().encode(), 25)


DIFFERENT: list[tuple[str, Any]] = [
    ("joints", []),
    ("joints", [[]] * 14),
    ("joints", [[[0.0, 0.0]] * 3] * 14),
    ("joints", [[[0.0, 0.0, "1"]] * 3] * 14),
    ("joints", [[[0.0, 0.0, True]] * 3] * 14),
    ("joints", [[[0.0, 0.0, 1e300]] * 3] * 14),
    ("joints", [[[0.0, 0.0, 10**400]] * 3] * 14),
    ("joints", [[[0.0, 0.0, 1.0]] * 3] * 13),
    ("joints", [[[0.0, 0.0, 1.0]] * 5000] * 14),
    ("joints", {"0": 1}),
    ("limbs", []),
    ("limbs", [[0, 1], [2, 3]]),
    ("limbs", [[0, 1], [-1, 2]]),
    ("limbs", [[0, 1], [0.0, 2]]),
    ("limbs", [[0, 1]] * 5000),
    ("limbs", [[0, 1], 2]),
    ("parts", ["torso"]),
    ("parts", ["torso", "<script>"]),
    ("parts", ["torso", 3]),
    ("radii", [0.1, 0.0]),
    ("radii", [0.1, -1]),
    ("radii", [0.1, None]),
    ("radii", [0.1, 1e300]),
    ("world_to_clip", [[[0.0] * 4] * 4]),
    ("world_to_clip", [[[0.0] * 4] * 3] * 14),
    ("world_to_clip", [[[1e30] * 4] * 4] * 14),
    ("fps", 0),
    ("fps", 1e9),
    ("fps", "7"),
    ("size", [64]),
    ("size", [64, 0]),
    ("size", [10**9, 10**9]),
    ("size", [64.0, 64]),
    ("parents", [-1, 0]),
    ("parents", [-1, 0, 9]),
    ("parents", None),
]


@pytest.mark.parametrize(("field", "value"), DIFFERENT)
def test_a_value_that_no_capture_has_is_refused_by_its_field(field: str, value: Any) -> None:
    data = json.dumps(poses_value() | {field: value}).encode()
    with pytest.raises(UnreadableInput) as caught:
        check_poses(data, 14)
    assert field in caught.value.message and "poses.json" in caught.value.message


def test_fields_are_these() -> None:
    more = json.dumps(poses_value() | {"shader": "x"}).encode()
    less = json.dumps({k: v for k, v in poses_value().items() if k != "radii"}).encode()
    for data, name in ((more, "shader"), (less, "radii"), (b"{}", "fps"), (b"[]", ""), (b"3", "")):
        with pytest.raises(UnreadableInput, match=f"damaged: {name}"):
            check_poses(data, 14)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff\xfe", b"{", b"[" * 1_000_000, b'{"a":1,"a":2}',
        poses().replace(b"1.5", b"NaN"), poses().replace(b"1.5", b"1e999"),
        poses().replace(b"1.5", b"9" * 5000),
    ],
    ids=["empty", "bytes", "cut", "deep", "twice", "NaN", "infinity", "digits"],
)  # fmt: skip
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableInput) as caught:
        check_poses(data, 14)
    assert len(caught.value.message) < 200


def test_images_that_would_fill_the_memory_are_refused() -> None:
    check_poses(json.dumps(poses_value(14) | {"size": [4096, 4096]}).encode(), 14)
    with pytest.raises(UnreadableInput, match="size"):
        check_poses(json.dumps(poses_value(25) | {"size": [4096, 4096]}).encode(), 25)


@given(
    st.sampled_from(sorted(poses_value())),
    strategies.JSON | st.lists(st.lists(st.integers(-3, 5), max_size=4), max_size=4),
)
def test_whatever_passes_is_a_pose_sequence(field: str, value: Any) -> None:
    data = json.dumps(poses_value(2) | {field: value}).encode()
    try:
        check_poses(data, 2)
    except UnreadableInput:
        return
    try:
        sequence = PoseSequence.from_json(data)
    except ValueError as error:  # a rule of drawing, with its own sentence
        assert "parent" in str(error) or "unknown body parts" in str(error)
        return
    assert np.isfinite(sequence.joints).all() and np.isfinite(sequence.world_to_clip).all()
