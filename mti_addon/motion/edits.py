"""Sketches of an edited motion, from its poses or from its images only. Imports numpy only.

The edit itself changes a learned motion's tokens, in the backend. This shows what it will do before
anything is generated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .pose_sequence import PoseSequence

Array = NDArray[np.float64]
Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Shown:
    """What one motion of an edit contributes to each of the F frames that are shown."""

    times: tuple[float, ...]
    """F moments of the motion as a share of it, 0..1."""
    weights: tuple[float, ...]
    """F influences, 0..1; those of all motions sum to 1 in every frame."""
    laps: tuple[int, ...]
    """F numbers of completed repetitions."""
    strength: float
    """Amplitude about the first pose that is shown; 1 is unchanged."""
    end: tuple[float, int] | None = None
    """Moment and repetitions at which the next motion of a chain takes over; None in a blend."""


def edited_poses(motions: Sequence[PoseSequence], plan: Sequence[Shown]) -> PoseSequence | None:
    """Return the edited motion, seen by the first one's camera; None if their skeletons differ.

    Bones are turned and keep their lengths. A figure that walks goes on from where it is when it
    repeats its motion or begins the next one.
    """
    first = motions[0]
    for other in motions[1:]:
        if (other.limbs, other.parents, other.parts) != (first.limbs, first.parents, first.parts):
            return None
    tables: list[Array] = []
    led = np.zeros(2)
    for motion, shown in zip(motions, plan, strict=True):
        joints = _joints(motion, shown)
        path = _path(motion, joints)
        led = led if tables else path[0]
        joints[..., :2] += led - path[0]
        if shown.end is not None:
            led = led + path[-1] - path[0]
        tables.append(joints[: len(shown.times)])
    joints = tables[0]
    if len(tables) > 1:
        weights = np.array([shown.weights for shown in plan])
        joints = _mixed(first, np.stack(tables), weights)
    return replace(
        first,
        joints=joints.astype(np.float32),
        world_to_clip=_cameras(motions, plan).astype(np.float32),
    )


def edited_pictures(motions: Sequence[Pictures], plan: Sequence[Shown]) -> Pictures:
    """Return images (F, H, W, 3) of the edited motion, made of each motion's (F, H, W, 3).

    Without poses, time is exact, but the rest is only suggested: the motions of a blend or a chain
    cross-fade, and a smaller strength fades toward the first image that is shown. A larger one
    cannot be shown.
    """
    result = np.zeros((len(plan[0].times), *motions[0].shape[1:]), np.float32)
    for pictures, shown in zip(motions, plan, strict=True):
        # the nearest image, as the mean of two would show two poses
        nearest = np.rint(np.array(shown.times) * (len(pictures) - 1)).astype(int)
        there = pictures[nearest].astype(np.float32)
        strength = min(shown.strength, 1.0)
        if strength < 1:
            there = there[:1] + np.float32(strength) * (there - there[:1])
        result += np.array(shown.weights, np.float32)[:, None, None, None] * there
    return np.asarray(np.rint(result).clip(0, 255), np.uint8)


def _joints(motion: PoseSequence, shown: Shown) -> Array:
    """Return joints (F, J, 3) at the moments that are shown, with their amplitude, and one more set
    at the end, if there is one."""
    own = motion.joints.astype(np.float64)
    times, laps = _moments(shown)
    joints = _between(own, times)
    ends = _path(motion, _between(own, _loop_ends(shown)))
    joints[..., :2] += (np.array(laps)[:, None] * (ends[1] - ends[0]))[:, None]
    if shown.strength == 1:
        return joints
    still = np.broadcast_to(joints[:1], joints.shape)
    weights = np.array([[1 - shown.strength], [shown.strength]])
    return _mixed(motion, np.stack([still, joints]), weights)


def _moments(shown: Shown) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return times and repetitions of each frame, and of the end, if there is one."""
    if shown.end is None:
        return shown.times, shown.laps
    return (*shown.times, shown.end[0]), (*shown.laps, shown.end[1])


def _loop_ends(shown: Shown) -> tuple[float, float]:
    """Return the first and the last moment of what is repeated."""
    first = shown.times[0]
    return first, max(shown.times, key=lambda time: abs(time - first))


def _between(values: Array, times: Sequence[float]) -> Array:
    """Return (n, ...) of values (F, ...) at shares of the motion, 0..1."""
    place = np.array(times) * (len(values) - 1)
    low = np.floor(place + 1e-6).astype(int).clip(0, max(0, len(values) - 2))
    share = (place - low).clip(0, 1).reshape(-1, *[1] * (values.ndim - 1))
    high = np.minimum(low + 1, len(values) - 1)
    result: Array = (1 - share) * values[low] + share * values[high]
    return result


def _path(motion: PoseSequence, joints: Array) -> Array:
    """Return the figure's place on the ground, (F, 2): the mean of the joints without parents."""
    roots = [k for k, parent in enumerate(motion.parents) if parent < 0]
    middle: Array = (joints[:, roots] if roots else joints).mean(1)[:, :2]
    return middle


def _mixed(motion: PoseSequence, tables: Array, weights: Array) -> Array:
    """Return the weighted mean of joints (n, F, J, 3); weights (n, F) or (n, 1), summing to 1.

    The mean of two directions is shorter than either, so bones get the mean of their lengths. The
    feet of a body with legs then have the mean of their heights.
    """
    shares = weights[:, :, None, None]
    mean: Array = (shares * tables).sum(0)
    for joint, parent in enumerate(motion.parents):
        if parent < 0:
            continue
        bones = tables[:, :, joint] - tables[:, :, parent]
        bone = (weights[:, :, None] * bones).sum(0)
        length = (weights * np.linalg.norm(bones, axis=-1)).sum(0).clip(0)
        own = np.linalg.norm(bone, axis=-1)
        bone *= np.where(own > 1e-9, length / own.clip(1e-9), 0.0)[:, None]
        mean[:, joint] = mean[:, parent] + bone
    if {"left_leg", "right_leg"} & set(motion.parts):
        low = (weights * tables[..., 2].min(-1)).sum(0)
        mean[..., 2] += (low - mean[..., 2].min(-1))[:, None]
    return mean


def _cameras(motions: Sequence[PoseSequence], plan: Sequence[Shown]) -> Array:
    """Return cameras (F, 4, 4) that begin as the first motion's and make each motion's moves."""
    result = np.zeros((len(plan[0].times), 4, 4))
    led = _between(motions[0].world_to_clip.astype(np.float64), plan[0].times[:1])[0]
    for motion, shown in zip(motions, plan, strict=True):
        moves = _camera_moves(motion, shown)
        frames = moves[: len(shown.times)] @ led
        result += np.array(shown.weights)[:, None, None] * frames
        if shown.end is not None:
            led = moves[-1] @ led
    return result


def _camera_moves(motion: PoseSequence, shown: Shown) -> Array:
    """Return what takes the first camera to each frame's, (F, 4, 4), and to the end's, if any."""
    own = motion.world_to_clip.astype(np.float64)
    first, last = _between(own, _loop_ends(shown))
    back = np.linalg.inv(first)
    times, laps = _moments(shown)
    moves = np.stack([
        camera @ np.linalg.matrix_power(back @ last, lap) @ back
        for camera, lap in zip(_between(own, times), laps, strict=True)
    ])  # fmt: skip
    still = np.eye(4)
    result: Array = still + shown.strength * (moves - still)
    return result
