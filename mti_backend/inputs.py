"""What a job starts from, read and checked before the long wait for the model. No diffusers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mti_addon.wire.errors import UnreadableInput
from mti_addon.wire.job import JobFolder
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import Request, target_name

from . import frames

if TYPE_CHECKING:
    from .embedding import MotionEmbedding


@dataclass(frozen=True)
class Inputs:
    """None for what the task does not have."""

    references: frames.Pictures | None
    """uint8 (K, F, H, W, 3): one motion in K drawings, to learn from."""
    targets: list[frames.Pictures]
    """uint8 (H, W, 3) each, to apply to."""
    motion: MotionEmbedding | None
    """Learned before, to apply."""


def read_inputs(job: JobFolder, request: Request) -> Inputs:
    """All inputs of the task, in the size of the request, or in their own where the model keeps it.
    UnreadableInput, BadEmbedding."""
    job.verify_inputs()
    settings = request.settings
    size = None if settings.keeps_size else settings.size
    references = motion = None
    if request.learns:
        references = _read_references(job, request.references, settings.num_frames, size)
    names = [target_name(number + 1) for number in range(request.targets)]
    targets = [frames.read_picture(job.inputs / name, size) for name in names]
    if not request.learns:
        from .embedding import MotionEmbedding

        motion = MotionEmbedding.load(job.motion_file)
    return Inputs(references, targets, motion)


def _read_references(
    job: JobFolder, count: int, length: int, size: tuple[int, int] | None
) -> frames.Pictures:
    """uint8 (K, F, H, W, 3). UnreadableInput if a picture is missing, or they differ in size."""
    folders = [job.further_reference_dir(number) for number in range(1, count + 1)]
    references = [frames.read_reference(folder, length, size) for folder in folders]
    sizes = {frames.png_size(folder / frames.frame_name(1)) for folder in folders}
    if len(sizes) != 1:
        raise UnreadableInput(
            Problem(
                "references_sizes_differ",
                "The references are not all of one size.",
                "Draw all of them in the same size.",
            )
        )
    return np.stack(references)
