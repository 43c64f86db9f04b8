"""Play a motion on a picture: Euler steps on Karras sigmas, rising guidance. Imports torch, models.

The steps and their order are those of diffusers' StableVideoDiffusionPipeline, so that the same
seed gives the same frames where the motion is the plain image embedding
(tests/backend/test_sampling.py).
"""

from collections.abc import Callable

import torch
from torch import Tensor

from mti_addon.wire.settings import SamplingSettings

from .embedding import MotionEmbedding
from .models.svd import SvdModel
from .stillness import hold_still


@torch.no_grad()
def sample(
    model: SvdModel, picture: Tensor, motion: MotionEmbedding, settings: SamplingSettings,
    on_step: Callable[[int, int], None] = lambda step, total: None,
) -> Tensor:  # fmt: skip
    """Generate a clip.

    Args:
        picture: the target, (3, H, W) in [-1, 1]; its frame 1. motion: tokens for F frames.
        on_step: called with (steps done, all steps); what it raises stops the sampling.
    Returns:
        (F, 3, H, W) in [-1, 1], on the CPU.
    """
    g = torch.Generator().manual_seed(settings.seed)
    image_noise = torch.randn((1, *picture.shape), generator=g)[0]
    image_latents = model.encode_image(picture, image_noise, settings.noise_aug_strength)
    scheduler = model.scheduler
    scheduler.set_timesteps(settings.steps, device=model.device)
    shape = (1, motion.frames, model.latent_channels, *image_latents.shape[-2:])
    latents = (
        torch.randn(shape, generator=g).to(model.device, model.dtype) * scheduler.init_noise_sigma
    )
    tokens = motion.frame_tokens[None].to(model.device), motion.clip_tokens[None].to(model.device)
    nothing = torch.zeros_like(tokens[0]), torch.zeros_like(tokens[1])
    time_ids = model.time_ids(settings.fps, settings.motion_bucket_id, settings.noise_aug_strength)
    guidance = torch.linspace(settings.guidance_first, settings.guidance_last, motion.frames)
    guidance = guidance.to(latents).view(1, -1, 1, 1, 1)
    for i, t in enumerate(scheduler.timesteps):
        x = scheduler.scale_model_input(latents, t)
        output = model.network(x, t, image_latents, *tokens, time_ids)
        if guidance.max() > 1:
            # without a motion and without a picture: both the image latent and the tokens are zero
            free = model.network(x, t, torch.zeros_like(image_latents), *nothing, time_ids)
            output = free + guidance * (output - free)
        latents = scheduler.step(output, t, latents).prev_sample
        on_step(i + 1, settings.steps)
    clip = model.decode(latents, settings.decode_chunk).cpu()
    if not settings.hold_still:
        return clip
    seen = model.decode(model.encode_video(picture[None]))[0].cpu()
    return hold_still(clip, picture.cpu(), seen, settings.hold_still)


def image_embedding_motion(model: SvdModel, picture: Tensor) -> MotionEmbedding:
    """What SVD does without a learned motion: the picture's own embedding, one token everywhere."""
    token = model.image_embeddings(picture[None]).float()  # (1, D)
    return MotionEmbedding(token[None].repeat(model.frames, 1, 1), token, {"model": model.identity})
