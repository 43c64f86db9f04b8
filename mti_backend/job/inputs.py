"""A job's inputs, read and checked before the slow loading of the model. No diffusers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mti_addon.wire.errors import UnreadableInput
from mti_addon.wire.job import JobFolder
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import POSES, Request, motion_name, target_name

from .. import frames
from ..models.pose_tokens import Poses, read_poses

if TYPE_CHECKING:
    from ..method.learned_motion import LearnedMotion


@dataclass(frozen=True)
class Inputs:
    """Inputs of a job; None where the task does not have one."""

    references: frames.Pictures | None
    """uint8 (K, F, H, W, 3): K drawings of one motion to learn from."""
    poses: Poses | None
    """What the references show, if the tokens start from it."""
    targets: list[frames.Pictures]
    """uint8 (H, W, 3) each, to apply the motion to."""
    motions: list[LearnedMotion]
    """Previously learned motions to apply, one for each part of the request's edit."""


def read_inputs(job: JobFolder, request: Request) -> Inputs:
    """Read all inputs of the task in the request's size, or in their own if the model keeps it.

    Raises UnreadableInput, BadEmbedding."""
    job.verify_inputs()
    settings = request.settings
    size = None if settings.keeps_size else settings.size
    references, poses, motions = None, None, []
    if request.learns:
        if settings.inversion.token_init == "poses":
            poses = read_poses((job.inputs / POSES).read_bytes(), settings.num_frames)
        references = _read_references(job, request.references, settings.num_frames, size)
    names = [target_name(number + 1) for number in range(request.targets)]
    targets = [frames.read_picture(job.inputs / name, size) for name in names]
    if not request.learns:
        names = [motion_name(number + 1) for number in range(len(request.edit.parts))]
        motions = [_load(request, job.inputs / name) for name in names]
    return Inputs(references, poses, targets, motions)


def _load(request: Request, path: Path) -> LearnedMotion:
    """A motion of the request's method. Raises BadEmbedding."""
    if request.settings.method == "motion-inversion":
        from ..method.motion_inversion.motion import Motion

        return Motion.load(path)
    from ..method.motion_textual_inversion.embedding import MotionEmbedding

    return MotionEmbedding.load(path)


def _read_references(
    job: JobFolder, count: int, length: int, size: tuple[int, int] | None
) -> frames.Pictures:
    """uint8 (K, F, H, W, 3). Raises UnreadableInput if an image is missing or sizes differ."""
    folders = [job.further_reference_dir(number) for number in range(1, count + 1)]
    references = [frames.read_reference(folder, length, size) for folder in folders]
    sizes = {frames.png_size(folder / frames.frame_name(1)) for folder in folders}
    if len(sizes) != 1:
        raise UnreadableInput(
            Problem(
                "references_sizes_differ",
                "The references differ in size.",
                "Draw all references in the same size.",
            )
        )
    return np.stack(references)
