"""Applies a motion to an image: Karras sigmas, increasing guidance. Imports torch and models.

The steps and their order are those of diffusers' StableVideoDiffusionPipeline, so that the same
seed gives the same frames if the motion is the plain image embedding
(tests/backend/method/motion_textual_inversion/test_sampling.py).
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from mti_addon.wire.settings import SamplingSettings

from ...models.framing import Framed, Framing
from ...models.svd import SvdModel
from .embedding import MotionEmbedding
from .stillness import hold_still

_Step = Callable[[int, int], None]


@torch.no_grad()
def sample(
    model: SvdModel, picture: Tensor, motion: MotionEmbedding, settings: SamplingSettings,
    on_step: _Step = lambda step, total: None,
) -> Tensor:  # fmt: skip
    """Generate a clip.

    Args:
        picture: Target, (3, H, W) in [-1, 1], which becomes frame 1. SVD needs it in the size of
        the
            settings, the draft takes any. With settings.appearance 'none' only its size matters.
        motion: Tokens for F frames.
        on_step: Called with (steps done, total steps); an exception it raises stops the sampling.
    Returns:
        (F, 3, H, W) in [-1, 1], on the CPU.
    """
    latents, first = sample_latents(model, picture, motion, settings, on_step)
    clip = model.decode(latents, first, settings.decode_chunk_size).cpu()
    if not _holds_still(model, settings):
        return clip
    seen = model.decode(model.encode_video(picture[None]), first)[0].cpu()
    return hold_still(clip, picture.cpu(), seen, settings.hold_still)


@torch.no_grad()
def sample_images(
    model: SvdModel, picture: Tensor, motion: MotionEmbedding, settings: SamplingSettings,
    on_step: _Step = lambda step, total: None,
) -> Iterator[Tensor]:  # fmt: skip
    """Generate the images of a result one by one, (3, H, W) each: the frames of `sample`, and
    settings.in_between more after each but the last."""
    if _holds_still(model, settings):
        yield from sample(model, picture, motion, settings, on_step)
        return
    latents, first = sample_latents(model, picture, motion, settings, on_step)
    for image in model.images(latents, first, settings.decode_chunk_size, settings.in_between):
        yield image.cpu()


def _holds_still(model: SvdModel, settings: SamplingSettings) -> bool:
    """Whether small changes are suppressed, for which the whole clip is needed."""
    wanted = settings.hold_still > 0 and settings.appearance != "none"
    return wanted and not model.keeps_size


@torch.no_grad()
def sample_latents(
    model: SvdModel, picture: Tensor, motion: MotionEmbedding, settings: SamplingSettings,
    on_step: _Step = lambda step, total: None,
) -> tuple[Tensor, Framed]:  # fmt: skip
    """What `sample` decodes: scaled latents (1, F, C, h, w), and the first frame as the model sees
    it. The draft's latents are motion."""
    g = torch.Generator().manual_seed(settings.seed)
    first = model.framed(picture, Framing(subject=settings.framing == "subject"))
    image_noise = torch.randn((1, *first.shown.shape), generator=g)[0]
    image_latents = model.encode_image(first.shown, image_noise, settings.noise_aug_strength)
    if settings.appearance == "none":
        # Motion visualization (paper, fig. 5): what the tokens alone produce.
        image_latents = torch.zeros_like(image_latents)
    shape = (1, motion.num_frames, model.latent_channels, *image_latents.shape[-2:])
    noise = torch.randn(shape, generator=g).to(model.device, model.dtype)
    return _denoise(model, noise, image_latents, motion, settings, on_step), first


def _denoise(
    model: SvdModel, noise: Tensor, image_latents: Tensor, motion: MotionEmbedding,
    settings: SamplingSettings, on_step: _Step,
) -> Tensor:  # fmt: skip
    """Denoise noise (1, F, C, h, w) of variance 1 to scaled latents of the same shape."""
    scheduler = model.scheduler
    scheduler.set_timesteps(settings.num_inference_steps, device=model.device)
    latents: Tensor = noise * scheduler.init_noise_sigma
    tokens = motion.frame_tokens[None].to(model.device), motion.video_tokens[None].to(model.device)
    nothing = model.no_motion(motion.num_frames)
    time_ids = model.time_ids(settings.fps, settings.motion_bucket_id, settings.noise_aug_strength)
    guidance = torch.linspace(
        settings.min_guidance_scale, settings.max_guidance_scale, motion.num_frames
    )
    guidance = guidance.to(latents).view(1, -1, 1, 1, 1)
    for i, t in enumerate(scheduler.timesteps):
        x = scheduler.scale_model_input(latents, t)
        output = model.network(x, t, image_latents, *tokens, time_ids)
        if guidance.max() > 1:
            # Unconditional branch: both the image latent and the tokens are zero. The branches run
            # one after the other, which needs less memory; a single one already saturates a GPU.
            free = model.network(x, t, torch.zeros_like(image_latents), *nothing, time_ids)
            output = free + guidance * (output - free)
        latents = scheduler.step(output, t, latents).prev_sample
        on_step(i + 1, settings.num_inference_steps)
    return latents


def visualisation(settings: SamplingSettings) -> SamplingSettings:
    """The paper's settings to show a motion alone: no image, guidance from 1 to 10."""
    return replace(settings, appearance="none", min_guidance_scale=1.0, max_guidance_scale=10.0)


def image_embedding_motion(model: SvdModel, picture: Tensor) -> MotionEmbedding:
    """SVD's behavior without a learned motion: one token, the image's own embedding, everywhere."""
    shown = model.framed(picture, Framing()).shown
    token = model.image_embeddings(shown[None]).float()  # (1, D)
    tokens = model.tokens_from(token.repeat(model.num_frames, 1), model.plain_tokens)
    return MotionEmbedding(tokens, tokens.mean(0), {"model": model.identity})
