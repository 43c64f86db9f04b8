"""Starter motions between their keys: monotone cubics, like Blender's auto-clamped handles."""

from __future__ import annotations

import numpy as np

from mti_addon.motion.starters.keys import SHIFT, TURN
from mti_addon.motion.starters.posing import Pose


def value_at(track, frame, cycle):
    """A track's value at any frame from the motion's first frame on."""
    at = np.array([key[0] for key in track.keys], float)
    values = np.array([key[1] for key in track.keys])
    if len(at) == 1:
        return values[0]
    if track.goes_on:
        return values[0] + (values[1] - values[0]) * (frame - at[0]) / (at[1] - at[0])
    if cycle:
        frame = frame % cycle
    frame = min(max(frame, at[0]), at[-1])
    slope = np.diff(values) / np.diff(at)
    tangent = np.zeros(len(values))
    for i in range(1, len(values) - 1):
        if slope[i - 1] * slope[i] > 0:
            tangent[i] = (values[i + 1] - values[i - 1]) / (at[i + 1] - at[i - 1])
    if cycle and slope[-1] * slope[0] > 0:  # its last key is the first of the next cycle
        around = values[1] - values[0] + values[-1] - values[-2]
        tangent[[0, -1]] = around / (at[1] - at[0] + at[-1] - at[-2])
    i = min(int(np.searchsorted(at, frame, "right")) - 1, len(at) - 2)
    h = at[i + 1] - at[i]
    s = (frame - at[i]) / h
    return (
        (2 * s**3 - 3 * s**2 + 1) * values[i]
        + (s**3 - 2 * s**2 + s) * h * tangent[i]
        + (3 * s**2 - 2 * s**3) * values[i + 1]
        + (s**3 - s**2) * h * tangent[i + 1]
    )


def pose_at(motion, frame):
    """Rotations and the root's translation, without stretch."""
    turns, root = {}, [0.0, 0.0, 0.0]
    for track in motion.tracks:
        value = value_at(track, frame, motion.cycle)
        if track.path == TURN:
            turns.setdefault(track.bone, [0.0, 0.0, 0.0])[track.index] = value
        elif track.path == SHIFT:
            root[track.index] = value
    return Pose({bone: tuple(value) for bone, value in turns.items()}, tuple(root))
