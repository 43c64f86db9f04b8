"""What a job starts from, read and checked before the long wait for the model. No diffusers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mti_addon.wire.job import JobFolder
from mti_addon.wire.request import Request

from . import frames

if TYPE_CHECKING:
    from .embedding import MotionEmbedding


@dataclass(frozen=True)
class Inputs:
    """None for what the task does not have."""

    reference: frames.Pictures | None
    """uint8 (F, H, W, 3), to learn from."""
    target: frames.Pictures | None
    """uint8 (H, W, 3), to apply to."""
    motion: MotionEmbedding | None
    """Learned before, to apply."""


def read_inputs(job: JobFolder, request: Request) -> Inputs:
    """All inputs of the task, in the size of the request. UnreadableInput, BadEmbedding."""
    job.verify_inputs()
    settings = request.settings
    size = settings.width, settings.height
    reference = target = motion = None
    if request.learns:
        reference = frames.read_reference(job.reference_dir, settings.frames, size)
    if request.applies:
        target = frames.read_picture(job.target_file, size)
    if not request.learns:
        from .embedding import MotionEmbedding

        motion = MotionEmbedding.load(job.motion_file)
    return Inputs(reference, target, motion)
