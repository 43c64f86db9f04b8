"""Plays a motion in what a prompt describes. Imports torch and models.

The steps and their order are those of diffusers' AnimateDiffPipeline and TextToVideoSDPipeline, so
that without a motion the same seed gives the same frames
(tests/backend/method/motion_inversion/test_sampling.py).
"""

from collections.abc import Callable

import torch
from torch import Tensor

from mti_addon.wire.errors import BadRequest
from mti_addon.wire.problem import Problem

from ...models.temporal_injection import TemporalInjection, temporal_attentions
from ...models.text_to_video import TextToVideoModel
from .embeddings import seen
from .initial_noise import start
from .motion import Motion
from .settings import PlayingSettings

_Step = Callable[[int, int], None]


@torch.no_grad()
def sample(
    model: TextToVideoModel, motion: Motion | None, prompt: str, settings: PlayingSettings,
    negative_prompt: str = "", on_step: _Step = lambda step, total: None,
) -> Tensor:  # fmt: skip
    """Generate a clip.

    Args:
        motion: What to play, or None for the model alone, which starts from fresh noise.
        prompt: What is seen. negative_prompt: What is not; may be empty.
        on_step: Called with (steps done, total steps); an exception it raises stops the sampling.
    Returns:
        (F, 3, H, W) in [-1, 1], on the CPU.
    Raises BadRequest for an empty prompt, one that is too long, or a motion of another size or
    length, and WrongModel for a motion of another model.
    """
    return model.decode(
        sample_latents(model, motion, prompt, settings, negative_prompt, on_step)
    ).cpu()


@torch.no_grad()
def sample_latents(
    model: TextToVideoModel, motion: Motion | None, prompt: str, settings: PlayingSettings,
    negative_prompt: str = "", on_step: _Step = lambda step, total: None,
) -> Tensor:  # fmt: skip
    """What `sample` decodes: scaled latents (1, F, C, h, w)."""
    settings.check()
    if not prompt.strip():
        raise BadRequest(
            Problem("prompt_empty", "The prompt is empty.", "Describe what is to be seen.")
        )
    size = model.clip_size(settings.width, settings.height, settings.num_frames)
    text = model.encode_prompt(prompt)
    free = model.encode_prompt(negative_prompt) if settings.guidance_scale > 1 else None
    noise = _fresh_noise(model, settings, size)
    if motion is None:
        return _denoise(model, noise, text, free, settings, on_step)
    attentions = temporal_attentions(model.unet)
    motion.check_playable(
        model.identity, attentions, size, settings.width, settings.height, settings.num_frames,
        settings.view,
    )  # fmt: skip
    noise = start(settings.noise_start, noise, motion.inverted_noise, settings.noise_prior)
    injection = TemporalInjection(model.unet, [a for a in attentions if a.name in motion.qk])
    try:
        qk, v = (
            {name: m.to(model.device, torch.float32) for name, m in table.items()}
            for table in (motion.qk, motion.v)
        )
        # Once a clip rather than in every call.
        injection.set(*seen(qk, v, settings.view, settings.strength), size)
        return _denoise(model, noise, text, free, settings, on_step)
    finally:
        injection.remove()


def _fresh_noise(
    model: TextToVideoModel, settings: PlayingSettings, size: tuple[int, int]
) -> Tensor:
    """(1, F, C, h, w) of variance 1, drawn on the CPU in the pipelines' order."""
    g = torch.Generator().manual_seed(settings.seed)
    shape = (1, model.latent_channels, settings.num_frames, *size)
    return torch.randn(shape, generator=g).transpose(1, 2).to(model.device, model.dtype)


def _denoise(
    model: TextToVideoModel, noise: Tensor, text: Tensor, free: Tensor | None,
    settings: PlayingSettings, on_step: _Step,
) -> Tensor:  # fmt: skip
    """Denoise (1, F, C, h, w) of variance 1 to scaled latents. `free`: the negative prompt's text,
    or None without guidance."""
    scheduler = model.scheduler(settings.scheduler)
    scheduler.set_timesteps(settings.num_inference_steps, device=model.device)
    latents: Tensor = noise * scheduler.init_noise_sigma
    for i, t in enumerate(scheduler.timesteps):
        x = scheduler.scale_model_input(latents, t)
        output = model.network(x, t, text)
        if free is not None:
            # The same embeddings in both halves of guidance, as in the paper's code. The halves run
            # one after the other, which needs less memory.
            base = model.network(x, t, free)
            output = base + settings.guidance_scale * (output - base)
        latents = scheduler.step(output, t, latents).prev_sample
        on_step(i + 1, len(scheduler.timesteps))
    return latents
