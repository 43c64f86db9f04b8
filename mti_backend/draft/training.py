"""Trains the draft model, stage by stage, resumable from any step. Imports the draft's own modules.

    vae            pictures -> latents -> pictures
    image-encoder  picture -> the motion token of the pose it shows (what CLIP is to SVD)
    frames         UNet without its temporal layers: first frame + one frame's token -> that frame
    clips          the whole UNet on 14 frames, per-frame and clip tokens

The order is SVD's own: an image model first, temporal layers inserted as the identity, then clips.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from .losses import clips_loss, frames_loss, frozen_vae, image_encoder_loss, latent_scale, vae_loss
from .networks import is_temporal, make_image_encoder, make_unet, make_vae
from .stage import Stage, StageSettings, averaged

__all__ = [
    "STAGES",
    "Stage",
    "StageSettings",
    "averaged",
    "frozen_vae",
    "latent_scale",
    "stages",
    "train",
    "vae_loss",
]

STAGES = {
    "vae": StageSettings(steps=600, batch=16, learning_rate=5e-4, seed=1),
    "image-encoder": StageSettings(steps=1200, batch=128, learning_rate=1e-3, seed=2),
    "frames": StageSettings(steps=4000, batch=56, learning_rate=6e-4, seed=3, warmup=200),
    "clips": StageSettings(steps=1200, batch=56, learning_rate=4e-4, seed=4),
}


def stages(folder: Path, settings: dict[str, StageSettings]) -> Iterator[Stage]:
    """The four stages in order, each made when the one before it is finished."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    vae = make_vae()
    for name, parameter in vae.named_parameters():
        parameter.requires_grad_(not is_temporal(name))
    yield Stage("vae", vae, vae_loss(vae, settings["vae"]), folder, settings["vae"])
    encoder, numbers = make_image_encoder(), settings["image-encoder"]
    yield Stage("image-encoder", encoder, image_encoder_loss(encoder, numbers), folder, numbers)
    unet, numbers = make_unet(), settings["frames"]
    yield Stage("frames", unet, frames_loss(unet, folder, numbers), folder, numbers)
    unet, numbers = averaged(make_unet(), folder, "frames"), settings["clips"]
    yield Stage("clips", unet, clips_loss(unet, folder, numbers), folder, numbers)


def train(
    folder: Path,
    settings: dict[str, StageSettings] = STAGES,
    report: Callable[[str], None] = print,
    minutes: float | None = None,
) -> None:
    """Train what is not yet trained, from the last checkpoints in `folder`.

    Stop with Ctrl-C, go on with the same call. minutes: about the most for each stage.
    """
    for stage in stages(folder, settings):
        if not stage.run(report, minutes):
            return
