"""How well a motion was learned, and which of several takes shows it best. Imports torch, models.

Neither needs the right answer, which nobody has.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from mti_addon.wire.settings import InversionSettings, SamplingSettings

from .embedding import MotionEmbedding
from .gain import motion_gain
from .models.svd import SvdModel
from .noise import c_in, c_noise, network_target
from .sampling import sample

_POOR = {"draft": 0.55}
"""Motion gain on the reference itself below which a transfer often fails, by model (docs/
evaluation.md: of 64 motions, 70 % are told rightly, 64 % when each is judged by the others)."""
_POOR_ELSEWHERE = 0.1
"""Where nothing was measured: hardly anything of the motion is there."""
# quartiles and middle of a normal distribution
_STRATA = (-1.15, -0.32, 0.32, 1.15)


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


def warning(model: str, gain: float | None) -> str:
    """What to tell of such a reconstruction by the model 'draft', 'svd' ..., or nothing.

    The paper admits that a failed reconstruction comes before a failed transfer (App., fig. 20).
    """
    poor = _POOR.get(model, _POOR_ELSEWHERE)
    if gain is None or gain >= poor:
        return ""
    return (
        f"Played on its own reference, only a part of this motion is there (gain {gain:.2f}, below "
        f"{poor:.2f}); it may not transfer. Learn longer, or make it larger in the picture."
    )


@torch.no_grad()
def explained(
    model: SvdModel,
    clip: Tensor,
    motion: MotionEmbedding,
    learning: InversionSettings,
    sampling: SamplingSettings,
) -> float:
    """How much better the model denoises a clip when it is told the motion: 1 - with / without.

    The mean of the training loss at four noise levels, with the same noise both times; a diffusion
    classifier (Li et al. 2023) of two classes. The more a clip shows the motion, the larger.

    Args:
        clip: (F, 3, H, W) in [-1, 1]. learning: its noise levels are looked at.
    """
    x0 = model.encode_video(clip).float()
    image = model.encode_image(clip[0])
    ids = model.time_ids(sampling.fps, sampling.motion_bucket_id, sampling.noise_aug_strength)
    told = motion.frame_tokens[None].to(model.device), motion.clip_tokens[None].to(model.device)
    g = torch.Generator().manual_seed(0)
    losses = [0.0, 0.0]
    for stratum in _STRATA:
        sigma = torch.tensor([learning.p_mean + learning.p_std * stratum]).exp().to(x0)
        noisy = x0 + sigma * torch.randn(x0.shape, generator=g).to(x0)
        for which, tokens in enumerate((told, model.no_motion(motion.frames))):
            output = model.network(c_in(sigma) * noisy, c_noise(sigma), image, *tokens, ids)
            error = output.float() - network_target(x0, noisy, sigma)
            losses[which] += float(error.square().mean())
    return 1 - losses[0] / losses[1]
