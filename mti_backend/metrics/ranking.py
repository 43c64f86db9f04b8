"""How well a motion was learned, and which of several takes is best. Imports torch and models.

Neither needs ground truth, which does not exist for a user's targets.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from mti_addon.wire.problem import Problem
from mti_addon.wire.settings import SamplingSettings

from ..method.motion_textual_inversion.embedding import MotionEmbedding
from ..method.motion_textual_inversion.sampling import sample
from ..models.svd import SvdModel
from .gain import motion_gain

_POOR = {"draft": 0.25}
"""Motion gain on the reference itself below which little of the motion was learned, by model.

When it was set, it found the 7 of 25 motions that the draft played too badly at Balanced quality,
and 2 whose median motion gain on held-out targets is above 0.3 (make presets). It does not
tell how a single target will turn out (docs/evaluation.md)."""
_POOR_ELSEWHERE = 0.1
"""For models without measurements: hardly any motion is visible below it."""


def reconstruction(
    model: SvdModel,
    reference: Tensor,
    motion: MotionEmbedding,
    sampling: SamplingSettings,
    on_step: Callable[[int, int], None] = lambda step, total: None,
) -> float | None:
    """Motion gain of a motion applied to the first frame of its own reference.

    A failed reconstruction precedes a failed transfer (paper, App., fig. 20). None for a reference
    without motion.

    Args:
        reference: (F, 3, H, W) in [-1, 1].
    """
    if torch.equal(reference, reference[:1].expand_as(reference)):
        return None
    plain = replace(sampling, appearance="target", attention=False)
    return motion_gain(sample(model, reference[0], motion, plain, on_step), reference)


WEAK = Problem(
    "motion_weak", "Weak: only part of the motion was learned. Raise Quality or frame closer."
)


def warning(
    model: str, reconstruction: float | None, on_targets: float | None = None
) -> Problem | None:
    """Warning about a motion that the model 'draft', 'svd' ... has learned badly, or None.

    The paper notes that a failed reconstruction precedes a failed transfer (App., fig. 20).

    Args:
        reconstruction: Motion gain on the reference. on_targets: The same on held-out targets, if
            it was measured. A motion that does well on either is not warned about: a stick figure
            may hardly show what a body or a face does.
    """
    poor = _POOR.get(model, _POOR_ELSEWHERE)
    known = [gain for gain in (reconstruction, on_targets) if gain is not None]
    return WEAK if known and max(known) < poor else None


def agreement(clips: Sequence[Tensor]) -> list[float] | None:
    """Score each of several takes by its agreement with the others, to rank them.

    The score is the motion gain of a take with the mean of the others as ground truth: 1 is
    identical, 0 no better than a static image. Motion that appears with one seed only is more often
    an artifact than an improvement. (How well the network explains a take by its motion, as a
    diffusion classifier does, was measured too and does not predict the best seed:
    benchmarks/README.md.)

    Args:
        clips: (F, 3, H, W) each, of one motion on one target with different seeds.
    Returns:
        None for fewer than three takes, where there is no majority, or if nothing moves.
    """
    if len(clips) < 3:
        return None
    whole = torch.stack([clip.float() for clip in clips])
    others = (whole.sum(0) - whole) / (len(clips) - 1)
    if any(torch.equal(other, other[:1].expand_as(other)) for other in others):
        return None
    return [motion_gain(clip, other) for clip, other in zip(whole, others, strict=True)]
