"""Trains the draft model stage by stage, resumable at any step. Imports the draft's modules.

    frames         UNet without its temporal layers, and the first frame's encoder: first frame and
                   one frame's tokens -> the motion between the two
    pairs          two images -> the motion between them, which is how a reference is encoded
    image-encoder  image -> the motion token of the pose it shows (what CLIP is to SVD)
    clips          the UNet's temporal layers, and its attention to the tokens, on 14 frames;
                   per-frame and video tokens

The order is SVD's: first an image model, then temporal layers inserted as the identity, then clips.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from diffusers.models.attention_processor import Attention

from ...models.attention import ShortAttention
from .losses import (
    Drafts,
    clips_loss,
    frames_check,
    frames_loss,
    frozen_autoencoder,
    generator,
    image_encoder_loss,
    pairs_loss,
)
from .networks import is_temporal, make_autoencoder, make_image_encoder, make_unet
from .trainer import Stage, StageSettings, averaged
from .training_clips import draw_clips

__all__ = ["STAGES", "Stage", "StageSettings", "averaged", "stages", "train"]

STAGES = {
    "frames": StageSettings(
        steps=20_000, batch=64, learning_rate=1e-3, seed=3, warmup=200, muon=True
    ),
    "pairs": StageSettings(steps=3000, batch=32, learning_rate=8e-4, seed=1, muon=True),
    "image-encoder": StageSettings(steps=2400, batch=64, learning_rate=1e-3, seed=2),
    "clips": StageSettings(steps=2000, batch=56, learning_rate=4e-4, seed=4, muon=True),
}
_CODE_SEED, _CODE_CLIPS = 5, 192


def stages(folder: Path, settings: dict[str, StageSettings]) -> Iterator[Stage]:
    """The four stages in order, each created once the previous one is finished."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    networks = Drafts(make_autoencoder(), plainly_attending(make_unet()))
    _fit_code(networks)
    trained = ("autoencoder.first_frame.", "unet.")
    for name, parameter in networks.named_parameters():
        parameter.requires_grad_(name.startswith(trained) and not is_temporal(name))
    numbers, check = settings["frames"], frames_check(networks)
    loss = frames_loss(networks, numbers)
    yield Stage("frames", networks, loss, folder, numbers, check, first=True)
    autoencoder, numbers = frozen_autoencoder(folder), settings["pairs"]
    autoencoder.pair.requires_grad_(True)
    yield Stage("pairs", autoencoder, pairs_loss(autoencoder, numbers), folder, numbers)
    encoder, numbers = make_image_encoder(), settings["image-encoder"]
    yield Stage("image-encoder", encoder, image_encoder_loss(encoder, numbers), folder, numbers)
    unet = averaged(plainly_attending(make_unet()), folder, "frames", "unet.")
    for name, parameter in unet.named_parameters():
        parameter.requires_grad_(is_of_clips(name))
    networks, numbers = Drafts(frozen_autoencoder(folder), unet), settings["clips"]
    yield Stage("clips", networks, clips_loss(networks, numbers), folder, numbers)


def is_of_clips(name: str) -> bool:
    """Whether clips train the parameter `name` of the UNet: the temporal layers, and the attention
    to the tokens. A step of clips shows only a few figures. The image model, which has seen many
    more, would forget some of them."""
    return is_temporal(name) or ".attn2." in name


def plainly_attending(unet: Any) -> Any:
    """Use plain matrix products for attention: faster to differentiate for so few positions."""
    for module in unet.modules():
        if isinstance(module, Attention):
            module.set_processor(ShortAttention())
    return unet


def _fit_code(networks: Drafts) -> None:
    """Fit the linear motion code to clips drawn for this purpose."""
    g = generator(_CODE_SEED)
    times = torch.cat([torch.zeros(_CODE_CLIPS, 1), torch.rand(_CODE_CLIPS, 4, generator=g)], 1)
    maps = draw_clips(g, _CODE_CLIPS, times).maps
    near = maps.near.repeat_interleave(4, 0)
    networks.autoencoder.fit_code(maps.flow.flatten(0, 1), maps.depth.flatten(0, 1), near)


def train(
    folder: Path,
    settings: dict[str, StageSettings] = STAGES,
    report: Callable[[str], None] = print,
    minutes: float | None = None,
    only: str | None = None,
) -> None:
    """Train all unfinished stages, resuming from the checkpoints in `folder`.

    Stop with Ctrl-C; the same call resumes. minutes: Approximate maximum per stage. only: One
    stage, even if earlier ones are unfinished.
    """
    run_stages(stages(folder, settings), report, minutes, only)


def run_stages(
    every: Iterator[Stage],
    report: Callable[[str], None] = print,
    minutes: float | None = None,
    only: str | None = None,
) -> None:
    """Run stages one after another, or `only` one; ends at the first that `minutes` stop."""
    for stage in every:
        if only and stage.name != only:
            continue
        if not stage.run(report, minutes) or only:
            return
