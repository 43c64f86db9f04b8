"""A sketch of an edited motion before anything is generated. Imports no bpy.

The numbers mean the same as in the backend: both take the moments from `wire.edit_timing`.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..motion import Look, PoseSequence, draw
from ..motion.edits import Shown, edited_pictures, edited_poses
from ..motion.stepwise import finished
from ..wire.edit import MotionEdit
from ..wire.edit_timing import chain_windows, laps_of, time_of, timing

Pictures = NDArray[np.uint8]
SIDE = 96
"""Longer side of a sketch, in pixels."""
_LOOK = Look(supersampling=1)


@dataclass(frozen=True)
class SketchSource:
    """What is known of one motion's looks: its poses, its reference images, or both."""

    poses: PoseSequence | None
    pictures: Pictures | None
    """uint8 (F, H, W, 3)."""


def edit_preview(
    motions: Sequence[SketchSource], edit: MotionEdit, frames: int = 14, side: int = SIDE
) -> Pictures | None:
    """Return a sketch of the edit, uint8 (F, H, W, 3); None if a motion has no images to show."""
    return finished(edit_previewing(motions, edit, frames, side))


def edit_previewing(
    motions: Sequence[SketchSource], edit: MotionEdit, frames: int = 14, side: int = SIDE
) -> Generator[None, None, Pictures | None]:
    """Do the same in steps of a few milliseconds, one image at a time.

    With poses of one skeleton, joints are moved and drawn again. Otherwise images are faded into
    each other (`motion.edits.edited_pictures`).
    """
    plan = plan_of(edit, frames)
    sequences = [motion.poses for motion in motions if motion.poses is not None]
    if len(sequences) == len(motions):
        poses = edited_poses(sequences, plan)
        yield
        if poses is not None:
            drawn = yield from _drawn(sized(poses, side))
            return drawn
    known: list[Pictures] = []
    for motion in motions:
        pictures = yield from _pictures(motion, side)
        if pictures is None:
            return None
        known.append(pictures)
    return edited_pictures(same_size(known), plan)


def plan_of(edit: MotionEdit, frames: int) -> list[Shown]:
    """Return what each motion contributes to each frame."""
    clip = [k / (frames - 1) for k in range(frames)]
    chain = edit.mode == "chain"
    windows = chain_windows(edit) if chain else [(0.0, 1.0)] * len(edit.parts)
    return [
        Shown(
            each.times,
            each.weights,
            tuple(laps_of(part, max(0.0, at - start)) for at in clip),
            part.strength,
            (time_of(part, end - start), laps_of(part, end - start)) if chain else None,
        )
        for each, part, (start, end) in zip(timing(edit, frames), edit.parts, windows, strict=True)
    ]


def sized(poses: PoseSequence, side: int) -> PoseSequence:
    """Return the poses with images whose longer side has this many pixels."""
    width, height = poses.size
    scale = side / max(width, height)
    return replace(poses, size=(max(1, round(width * scale)), max(1, round(height * scale))))


def _drawn(poses: PoseSequence) -> Generator[None, None, Pictures]:
    """Draw the poses, one image at a time."""
    found = []
    for k in range(poses.frames):
        one = replace(
            poses, joints=poses.joints[k : k + 1], world_to_clip=poses.world_to_clip[k : k + 1]
        )
        found.append(draw(one, _LOOK))
        yield
    return np.concatenate(found)


def _pictures(motion: SketchSource, side: int) -> Generator[None, None, Pictures | None]:
    if motion.pictures is not None:
        height, width = motion.pictures.shape[1:3]
        scale = side / max(width, height)
        size = (max(1, round(height * scale)), max(1, round(width * scale)))
        return _fitted(motion.pictures, size)
    if motion.poses is None:
        return None
    drawn = yield from _drawn(sized(motion.poses, side))
    return drawn


def same_size(motions: Sequence[Pictures]) -> list[Pictures]:
    """Return images (F, H, W, 3) of motions in the size of the first one's."""
    return [_fitted(each, motions[0].shape[1:3]) for each in motions]


def _fitted(pictures: Pictures, size: tuple[int, ...]) -> Pictures:
    """Return images (F, h, w, 3) of this size, each pixel the nearest of the original."""
    if pictures.shape[1:3] == size:
        return pictures
    rows, columns = (
        ((np.arange(count) + 0.5) * of / count).astype(int)
        for count, of in zip(size, pictures.shape[1:3], strict=True)
    )
    return pictures[:, rows[:, None], columns]
