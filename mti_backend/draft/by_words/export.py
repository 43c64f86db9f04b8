"""Exports a trained text-to-video draft in AnimateDiffPipeline's layout. Imports diffusers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ...models.animatediff import AnimateDiffModel
from ...models.svd import identity
from ..training import history
from ..training.export import Parts, tidy
from ..training.trainer import averaged
from .networks import make_motion_adapter, make_scheduler
from .stages import STAGES, trained_autoencoder, trained_painter
from .tokenizer import save_tokenizer

_INDEX = {
    "_class_name": "AnimateDiffPipeline",
    "motion_adapter": ["diffusers", "MotionAdapter"],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
PARTS: Parts = {
    "autoencoder": {"": ("vae", "diffusion_pytorch_model.safetensors")},
    "pictures": {
        "text_encoder.": ("text_encoder", "model.safetensors"),
        "unet.": ("unet", "diffusion_pytorch_model.safetensors"),
    },
    "clips": {"": ("motion_adapter", "diffusion_pytorch_model.safetensors")},
}
"""What `training.export.start_from` needs to continue from an exported model."""


def export(checkpoints: Path, folder: Path, motion: bool = True) -> int:
    """Write the averaged weights of the stages to `folder`, in half precision.

    motion: False leaves the motion modules as they begin, the identity, which needs no clips stage.
    Returns the size of `folder` in bytes. Raises FileNotFoundError if a stage has not been trained.
    """
    torch.manual_seed(0)  # motion modules that no stage has trained are alike in every export
    adapter = make_motion_adapter()
    painter = trained_painter(checkpoints)
    parts: dict[str, Any] = {
        "vae": trained_autoencoder(checkpoints),
        "text_encoder": painter.text_encoder,
        "unet": painter.unet,
        "motion_adapter": averaged(adapter, checkpoints, "clips") if motion else adapter,
    }
    write(parts, folder)
    fingerprint = identity(
        folder, tuple(part for part in AnimateDiffModel.classes if part != "vae")
    )
    history.add(folder, checkpoints, fingerprint, tuple(STAGES))
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def write(parts: Mapping[str, Any], folder: Path) -> None:
    """Write networks by the names of their folders, in half precision, and what belongs to them."""
    for name, part in parts.items():
        part.half().save_pretrained(folder / name, safe_serialization=True)
    make_scheduler().save_pretrained(folder / "scheduler")
    save_tokenizer(folder / "tokenizer")
    (folder / "model_index.json").write_text(json.dumps(_INDEX), encoding="utf-8")
    tidy(folder)
