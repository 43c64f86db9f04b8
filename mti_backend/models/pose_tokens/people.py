"""Bone directions of people and animals in the units of `layout`. Imports numpy."""

from __future__ import annotations

import numpy as np

from .layout import Array, path, posed
from .skeleton import Skeleton

_LEVEL = 0.6  # vertical share of a trunk's direction below which it lies
_STANDS = 0.75  # share of a leg's length by which its foot is below its root, if it carries weight
_TRUNK = 0.475  # of an animal, in the heights in which the draft's animals are measured


def is_animal(body: Skeleton) -> bool:
    """Whether it stands on four legs: with a level trunk, on limbs that reach down.

    Somebody who crawls kneels, so that the shins are level.
    """
    trunk = body.chest - body.pelvis
    level = np.abs(trunk[:, 2]) / np.maximum(np.linalg.norm(trunk, axis=-1), 1e-9)
    length = np.linalg.norm(np.diff(body.limbs, axis=2), axis=-1).sum(-1)
    down = (body.limbs[:, :, 0, 2] - body.limbs[:, :, 2, 2]) / np.maximum(length, 1e-9)
    return bool(np.median(level) < _LEVEL and np.median(down, axis=0).min() > _STANDS)


def body_bones(body: Skeleton, axes: Array) -> tuple[Array, Array]:
    """Bones (F, 12, 3) of a person, or of the one whose motion an animal's is, in view space, and
    the root's path (F, 2)."""
    return (animal_bones if is_animal(body) else person_bones)(body, axes)


def person_bones(body: Skeleton, axes: Array) -> tuple[Array, Array]:
    """Bones (F, 12, 3) in view space, and the root's path (F, 2) in figure heights."""
    limbs = body.limbs
    bones = [
        body.chest - body.pelvis,
        body.head - body.chest,
        limbs[:, 1, 0] - limbs[:, 0, 0],
        limbs[:, 3, 0] - limbs[:, 2, 0],
    ]
    for limb in range(4):
        bones += [
            limbs[:, limb, 1] - limbs[:, limb, 0],
            limbs[:, limb, 2] - limbs[:, limb, 1],
        ]
    seen = np.einsum("fij,fbj->fbi", axes, np.stack(bones, 1))
    seen /= np.maximum(np.linalg.norm(seen, axis=-1, keepdims=True), 1e-9)
    return seen, path(body.pelvis, axes, body.height)


def animal_bones(body: Skeleton, axes: Array) -> tuple[Array, Array]:
    """Bones (F, 12, 3) of the person whose motion the animal's is, and the root's path (F, 2).

    The draft's animals do what a person does with arms and legs (draft/procedural/creatures.py);
    this is the way back. Legs swing about how they stand on average.
    """
    trunk = body.chest - body.pelvis
    length = float(np.linalg.norm(trunk, axis=-1).mean())
    ahead = trunk.copy()
    ahead[:, 2] = 0
    ahead /= np.maximum(np.linalg.norm(ahead, axis=-1, keepdims=True), 1e-9)
    pitch = np.arctan2(trunk[:, 2], (trunk * ahead).sum(-1))
    lean = -2 * (pitch - pitch.mean())
    neck = body.head - body.chest
    raised = np.arctan2(neck[:, 2], (neck * ahead).sum(-1))
    nod = -(raised - raised.mean()) - 0.3 * lean
    angles = np.zeros((len(trunk), 8, 2))
    angles[:, :4, 0], angles[:, 4:, 0] = 0.15, 0.1
    for limb in range(4):
        upper, lower = _swing(body, ahead, limb, 0), _swing(body, ahead, limb, 1)
        fold = upper - lower
        fold = fold - fold.min()
        if limb < 2:  # front legs follow the arms
            upper = upper / 0.8
            angles[:, 2 * limb, 1], angles[:, 2 * limb + 1, 1] = upper, upper + fold
        else:
            angles[:, 2 * limb, 1] = upper
            angles[:, 2 * limb + 1, 1] = upper - fold / 0.8
    facing = np.einsum("fij,fj->fi", axes, ahead)
    yaw = np.unwrap(np.arctan2(facing[:, 0], facing[:, 2]))
    bones = posed(len(trunk), 0.0, lean, 0.0, nod, yaw - yaw[:1], angles)
    return bones, path((body.chest + body.pelvis) / 2, axes, length / _TRUNK)


def _swing(body: Skeleton, ahead: Array, limb: int, bone: int) -> Array:
    """Angle (F,) of a leg's bone forward of straight down, about its mean."""
    along = body.limbs[:, limb, bone + 1] - body.limbs[:, limb, bone]
    angle = np.unwrap(np.arctan2((along * ahead).sum(-1), -along[:, 2]))
    return np.asarray(angle - angle.mean())
