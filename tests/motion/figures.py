"""Poses of the starter figure by an independent implementation of forward kinematics."""

from __future__ import annotations

import math

import numpy as np

from mti_addon.motion import Bone, PoseSequence, plan_limbs
from mti_addon.motion.starters.figure import WAVE, stick_figure
from tests.motion.drawing.cameras import look_along_y, orthographic, perspective

FIGURE = stick_figure()
NAMES = [row[0] for row in FIGURE]
PARENTS = [NAMES.index(row[1]) if row[1] else -1 for row in FIGURE]
PLAN = plan_limbs([Bone(n, p, h, t) for (n, _, h, t), p in zip(FIGURE, PARENTS, strict=True)])


def turn(axis, angle):
    """A rotation (3, 3) about a unit vector, radians."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross


def waving(name, t):
    """The shipped wave: a bone's local rotation at time t in 0..1."""
    keys = WAVE.get(name, ((0.0, 0.0),))
    degrees = np.interp(t, [key[0] for key in keys], [key[1] for key in keys])
    return turn((0, -1, 0), math.radians(degrees) * (-1 if name.endswith(".R") else 1))


def walking(name, t):
    """Two steps with each leg, arms swinging in opposition."""
    phase = 4 * math.pi * t
    sign = {"L": 1, "R": -1}.get(name[-1], 0)
    later = phase + (0 if sign > 0 else math.pi)
    angle = {
        "thigh": -sign * 0.55 * math.sin(phase),
        "shin": 0.45 * (1 - math.cos(later + 0.6)),
        "upper_arm": sign * 0.5 * math.sin(phase),
        "forearm": -0.35,
    }.get(name[:-2], 0.0)
    return turn((1, 0, 0), angle)


def squatting(name, t):
    """Down and up again with the feet flat on the ground."""
    bend = _bend(t)
    angle = {"thigh": -bend, "shin": 2 * bend, "foot": -bend}.get(name[:-2], 0.0)
    return turn((1, 0, 0), angle)


def _bend(t):
    return 0.6 * (1 - math.cos(2 * math.pi * t))


def figure_poses(move, path=lambda t: (0, 0, 0), yaw=0.0, view=2.4, size=(64, 64), **camera):
    """14 images; `path` is the root's (meters), `view` the extent of the shorter side (meters).

    camera: `pan(t)` gives its x, `kind` is PERSP or ORTHO.
    """
    times = np.linspace(0, 1, 14)
    heads, tails = np.zeros((2, 14, len(FIGURE), 3))
    for k, t in enumerate(times):
        turns = []
        for i, (name, _, head, tail) in enumerate(FIGURE):
            up = PARENTS[i]
            above = turns[up] if up >= 0 else turn((0, 0, 1), yaw)
            turns.append(above @ move(name, t))
            if up < 0:
                heads[k, i] = above @ np.array(head) + path(t)
            else:
                heads[k, i] = heads[k, up] + above @ np.subtract(head, FIGURE[up][2])
            tails[k, i] = heads[k, i] + turns[i] @ np.subtract(tail, head)
    pan, kind = camera.get("pan", lambda t: 0.0), camera.get("kind", "PERSP")
    aspect, far = size[0] / size[1], view * 85 / 36
    wide = max(1.0, aspect)  # `view` refers to the image's shorter side
    if kind == "PERSP":
        lens = perspective(aspect, 2 * 85 / 36 / wide)
    else:
        lens = orthographic(view * wide, aspect)
    matrices = [lens @ look_along_y((pan(t), -far, 1.0)) for t in times]
    return PoseSequence(
        PLAN.joints(heads, tails), PLAN.limbs, PLAN.parts, PLAN.radii,
        np.array(matrices, np.float32), 7.0, size, PLAN.parents,
    )  # fmt: skip


def wave(**camera):
    return figure_poses(waving, **camera)


def walk(**camera):
    """From left to right, seen from the side."""
    return figure_poses(walking, lambda t: (1.8 * t - 0.9, 0, 0), math.pi / 2, view=3.4, **camera)


def squat(**camera):
    """From the front and slightly from the side; the root goes down as the legs bend."""

    def path(t):
        thigh, shin = (
            np.subtract((0.13, 0.50), (0.10, 0.95)),
            np.subtract((0.16, 0.08), (0.13, 0.5)),
        )
        return (0, 0, (thigh[1] + shin[1]) * (1 - math.cos(_bend(t))))

    return figure_poses(squatting, path, 0.7, **camera)


def joint(bone, end):
    """The index of a bone's joint: end 0 is its head, 1 its tail, 2 its middle."""
    return 3 * PLAN.bones.index(NAMES.index(bone)) + end
