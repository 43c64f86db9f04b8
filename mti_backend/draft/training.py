"""Trains the draft model, stage by stage, resumable from any step. Imports the draft's own modules.

    vae            pictures -> latents -> pictures
    image-encoder  picture -> the motion token of the pose it shows (what CLIP is to SVD)
    predictor      pictures of a clip -> its motion tokens, where optimisation may start
    frames         UNet without its temporal layers: first frame + one frame's token -> that frame
    clips          the whole UNet on 14 frames, per-frame and clip tokens

The order is SVD's own: an image model first, temporal layers inserted as the identity, then clips.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from .losses import (
    clips_loss,
    frames_check,
    frames_loss,
    frozen_vae,
    image_encoder_loss,
    latent_scale,
    predictor_loss,
    vae_loss,
)
from .networks import is_temporal, make_image_encoder, make_predictor, make_unet, make_vae
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
    "predictor": StageSettings(steps=1500, batch=9, learning_rate=1e-3, seed=5),
    "frames": StageSettings(
        steps=4000, batch=56, learning_rate=4e-4, seed=3, warmup=200, muon=True
    ),
    "clips": StageSettings(steps=1200, batch=56, learning_rate=4e-4, seed=4, muon=True),
}


def stages(
    folder: Path, settings: dict[str, StageSettings], keep_latents: bool = False
) -> Iterator[Stage]:
    """The five stages in order, each made when the one before it is finished.

    keep_latents: of the autoencoder, train the decoder only, so that networks already trained on
    its latents stay right.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    vae = make_vae()
    for name, parameter in vae.named_parameters():
        kept = keep_latents and name.startswith(("encoder.", "quant_conv."))
        parameter.requires_grad_(not is_temporal(name) and not kept)
    yield Stage("vae", vae, vae_loss(vae, settings["vae"]), folder, settings["vae"])
    encoder, numbers = make_image_encoder(), settings["image-encoder"]
    yield Stage("image-encoder", encoder, image_encoder_loss(encoder, numbers), folder, numbers)
    predictor, numbers = make_predictor(), settings["predictor"]
    loss = predictor_loss(predictor, folder, numbers)
    yield Stage("predictor", predictor, loss, folder, numbers)
    unet, numbers = make_unet(), settings["frames"]
    check = frames_check(unet, folder, numbers)
    yield Stage("frames", unet, frames_loss(unet, folder, numbers), folder, numbers, check)
    unet, numbers = averaged(make_unet(), folder, "frames"), settings["clips"]
    yield Stage("clips", unet, clips_loss(unet, folder, numbers), folder, numbers)


def train(
    folder: Path,
    settings: dict[str, StageSettings] = STAGES,
    report: Callable[[str], None] = print,
    minutes: float | None = None,
    only: str | None = None,
    keep_latents: bool = False,
) -> None:
    """Train what is not yet trained, from the last checkpoints in `folder`.

    Stop with Ctrl-C, go on with the same call. minutes: about the most for each stage. only: one
    stage, whether those before it are finished or not. keep_latents: see `stages`.
    """
    for stage in stages(folder, settings, keep_latents):
        if only and stage.name != only:
            continue
        if not stage.run(report, minutes):
            return
