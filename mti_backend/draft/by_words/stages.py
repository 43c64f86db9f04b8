"""Trains the text-to-video draft stage by stage, resumable at any step. Imports the draft.

    autoencoder   an image -> its latents -> the image
    pictures      caption, noisy image -> image: the text encoder and the image model
    clips         caption, noisy clip -> clip: the motion modules alone, inserted as the identity

The order is AnimateDiff's: an image model first, then motion modules in the frozen image model.
"""

from collections.abc import Iterator
from pathlib import Path

import torch
from diffusers import AutoencoderKL

from ..training.losses import generator
from ..training.trainer import Stage, StageSettings, averaged
from .losses import autoencoder_loss, clips_loss, draw_pictures, pictures_check, pictures_loss
from .networks import (
    Painter,
    make_autoencoder,
    make_motion_adapter,
    make_text_encoder,
    make_unet,
    whiten,
    with_motion,
)

STAGES = {
    "autoencoder": StageSettings(steps=2500, batch=16, learning_rate=1e-3, seed=1, muon=True),
    "pictures": StageSettings(
        steps=10_000, batch=32, learning_rate=1e-3, seed=2, warmup=200, muon=True
    ),
    "clips": StageSettings(steps=7000, batch=32, learning_rate=5e-4, seed=3, muon=True),
}
_WHITENING_SEED, _WHITENING = 7, 128


def stages(folder: Path, settings: dict[str, StageSettings]) -> Iterator[Stage]:
    """The three stages in order, each created once the previous one is finished."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    autoencoder, numbers = make_autoencoder(), settings["autoencoder"]
    loss = autoencoder_loss(autoencoder, numbers)
    yield Stage("autoencoder", autoencoder, loss, folder, numbers)
    autoencoder, numbers = trained_autoencoder(folder), settings["pictures"]
    torch.manual_seed(1)
    painter = Painter(make_text_encoder(), make_unet())
    check = pictures_check(painter, autoencoder)
    pictures = pictures_loss(painter, autoencoder, numbers)
    yield Stage("pictures", painter, pictures, folder, numbers, check)
    painter, numbers = trained_painter(folder), settings["clips"]
    torch.manual_seed(2)
    video = with_motion(painter.unet, make_motion_adapter())
    clips = clips_loss(video, painter, autoencoder, numbers)
    yield Stage("clips", video, clips, folder, numbers)


def trained_autoencoder(folder: Path) -> AutoencoderKL:
    """The autoencoder as trained so far, frozen, with whitened latents."""
    autoencoder = averaged(make_autoencoder(), folder, "autoencoder")
    autoencoder.requires_grad_(False).eval()
    pixels, _ = draw_pictures(_WHITENING, generator(_WHITENING_SEED))
    whiten(autoencoder, pixels)
    return autoencoder


def trained_painter(folder: Path) -> Painter:
    """The text encoder and the image model as trained so far, frozen."""
    painter = averaged(Painter(make_text_encoder(), make_unet()), folder, "pictures")
    painter.requires_grad_(False).eval()
    return painter
