"""How well a motion was learned, and which of several takes shows it best. Imports torch, models.

Neither needs the right answer, which nobody has.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from mti_addon.wire.problem import Problem
from mti_addon.wire.settings import SamplingSettings

from .embedding import MotionEmbedding
from .gain import motion_gain
from .models.svd import SvdModel
from .sampling import sample

_POOR = {"draft": 0.25}
"""Motion gain on the reference itself below which little of the motion was learned, by model. On 16
pairs it does not tell which transfer fails (docs/evaluation.md): a motion that was learned well may
still be played badly on a target."""
_POOR_ELSEWHERE = 0.1
"""Where nothing was measured: hardly anything of the motion is there."""


def reconstruction(
    model: SvdModel,
    reference: Tensor,
    motion: MotionEmbedding,
    sampling: SamplingSettings,
    on_step: Callable[[int, int], None] = lambda step, total: None,
) -> float | None:
    """Motion gain of a motion played on the first picture that it was learned from.

    A failed one comes before a failed transfer (paper, App., fig. 20). None for a reference in
    which nothing moves.

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


def warning(model: str, gain: float | None) -> Problem | None:
    """What to tell of such a reconstruction by the model 'draft', 'svd' ..., or None.

    The paper admits that a failed reconstruction comes before a failed transfer (App., fig. 20).
    """
    poor = _POOR.get(model, _POOR_ELSEWHERE)
    if gain is None or gain >= poor:
        return None
    return WEAK


def agreement(clips: Sequence[Tensor]) -> list[float] | None:
    """How much each of several takes does what the others do, to put the likeliest first.

    The motion gain of a take where the mean of the others is the right answer: 1 is the same, 0 no
    better than standing still. What one seed alone has done is more often a fault than a find. (How
    well the network explains a take by its motion, as a diffusion classifier does, was measured
    too, and says nothing of which seed is best: benchmarks/README.md.)

    Args:
        clips: (F, 3, H, W) each, of one motion on one picture by different seeds.
    Returns:
        None for fewer than three, where nobody is outvoted, or where nothing moves.
    """
    if len(clips) < 3:
        return None
    whole = torch.stack([clip.float() for clip in clips])
    others = (whole.sum(0) - whole) / (len(clips) - 1)
    if any(torch.equal(other, other[:1].expand_as(other)) for other in others):
        return None
    return [motion_gain(clip, other) for clip, other in zip(whole, others, strict=True)]
