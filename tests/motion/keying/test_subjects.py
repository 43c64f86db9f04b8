"""What moves, and poses that nothing can be keyed from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mti_addon.motion import PoseSequence
from mti_addon.motion.drawing.room import room_poses
from mti_addon.motion.drawing.solid import box_poses
from mti_addon.motion.keying.boxes import Box
from mti_addon.motion.keying.cameras import Camera
from mti_addon.motion.keying.channels import channels_of
from mti_addon.motion.keying.figures import Figure
from mti_addon.motion.keying.subjects import poses_problem, subject_of
from mti_addon.motion.pose_sequence import PARTS
from tests.motion.drawing.cameras import look_along_y, perspective, still
from tests.motion.keying.posed import starter
from tests.motion.keying.test_boxes import CORNERS

PAN = np.array([perspective() @ look_along_y(turn=0.1 * i) for i in range(4)]).astype(np.float32)


def test_a_figure_a_box_and_a_camera():
    assert isinstance(subject_of(starter("FACE")), Figure)
    bouncing = np.array([CORNERS + (0, 0, i) for i in range(4)])
    box = box_poses(bouncing, still(PAN[0], 4), 7.0, (64, 64))
    assert isinstance(subject_of(box), Box)
    room = room_poses(np.zeros((4, 3)), np.array([0, 5.0, 0]), 5.0, PAN, 7.0, (64, 64))
    assert isinstance(subject_of(room), Camera)
    before = box_poses(np.array([CORNERS] * 4), PAN, 7.0, (64, 64))
    assert isinstance(subject_of(before), Camera)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"joints": np.full((6, 57, 3), np.nan, np.float32)}, "poses_not_finite"),
        ({"parents": ()}, "poses_unknown"),
        ({"parents": (-1,) * 57}, "poses_unknown"),
    ],
)
def test_odd_poses_are_named(change, code):
    poses = starter("STICK")
    assert poses_problem(poses) is None
    problem = poses_problem(replace(poses, **change))
    assert problem.code == code and problem.hint


def test_a_single_image():
    poses = starter("STICK")
    one = replace(poses, joints=poses.joints[:1], world_to_clip=poses.world_to_clip[:1])
    assert poses_problem(one).code == "poses_single"


def test_a_camera_without_depth():
    room = room_poses(np.zeros((4, 3)), np.array([0, 5.0, 0]), 5.0, PAN * 0, 7.0, (64, 64))
    assert poses_problem(room).code == "poses_unknown"


def test_a_thousand_bones():
    """As many joints as a motion may have: a chain that is no person."""
    count = 1365
    heads = np.zeros((3, count, 3))
    heads[..., 2] = np.arange(count) * 0.1
    heads[1:, :, 0] = np.sin(np.arange(count))
    ends = np.concatenate([heads[:, 1:], heads[:, -1:] + (0, 0, 0.1)], 1)
    joints = np.stack([heads, ends, (heads + ends) / 2], 2).reshape(3, -1, 3)
    parents = [p for i in range(count) for p in (3 * i - 2 if i else -1, 3 * i, 3 * i)]
    poses = PoseSequence(
        joints.astype(np.float32), tuple((3 * i, 3 * i + 1) for i in range(count)),
        ("torso",) * count, (0.1,) * count, PAN[:3], 7.0, (64, 64), tuple(parents),
    )  # fmt: skip
    assert poses_problem(poses) is None
    figure = subject_of(poses)
    assert len(figure.rows) == count and np.isfinite(figure.posed().rotations).all()


@st.composite
def any_poses(draw):
    """Whatever a pose sequence can hold."""
    joints, frames = draw(st.integers(1, 14)), draw(st.integers(1, 3))
    number = st.floats(-1e9, 1e9, width=32) | st.sampled_from([0.0, 1.0, float("nan")])
    limbs = draw(st.lists(st.tuples(*[st.integers(0, joints - 1)] * 2), min_size=1, max_size=12))
    bones = [p for i in range(joints // 3) for p in (3 * (i - 1) if i else -1, 3 * i, 3 * i)]
    free = [draw(st.integers(-1, i - 1)) for i in range(joints)]
    parents = draw(st.sampled_from([(), tuple(free), tuple(bones + free[len(bones) :])]))
    return PoseSequence(
        draw(arrays(np.float32, (frames, joints, 3), elements=number)),
        tuple(limbs),
        tuple(draw(st.sampled_from(PARTS)) for _ in limbs),
        tuple(draw(st.floats(1e-6, 1e6)) for _ in limbs),
        draw(arrays(np.float32, (frames, 4, 4), elements=number) | st.just(PAN[:frames])),
        7.0,
        (64, 64),
        parents,
    )


@settings(max_examples=150, deadline=None)
@given(any_poses())
def test_any_poses_end_in_a_sentence_or_in_numbers(poses):
    if poses_problem(poses) is not None:
        return
    subject = subject_of(poses)
    if isinstance(subject, Figure):
        channels = list(channels_of(subject.rest, subject.posed(), subject.height))
    elif isinstance(subject, Box):
        channels = list(subject.channels())
    else:
        channels = [*subject.object_channels(), *subject.lens_channels()]
    assert all(np.isfinite(channel.values).all() for channel in channels)
