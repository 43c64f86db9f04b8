"""Exports a trained draft in StableVideoDiffusionPipeline's layout. Imports diffusers."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from ...models.svd import identity
from . import history
from .losses import frozen_autoencoder
from .networks import make_image_encoder, make_image_processor, make_scheduler, make_unet
from .trainer import averaged, checkpoint_file, save_start

_INDEX = {
    "_class_name": "StableVideoDiffusionPipeline",
    "feature_extractor": ["transformers", "CLIPImageProcessor"],
    "image_encoder": ["transformers", "CLIPVisionModelWithProjection"],
    "scheduler": ["diffusers", "EulerDiscreteScheduler"],
    "unet": ["diffusers", "UNetSpatioTemporalConditionModel"],
    "vae": ["mti_backend.models.motion_autoencoder", "MotionAutoencoder"],
}


def export(checkpoints: Path, folder: Path, unet_stage: str = "clips") -> int:
    """Write the averaged weights of the stages to `folder`, in half precision.

    Returns the size of `folder` in bytes. Raises FileNotFoundError if a stage has not been trained.
    """
    torch.manual_seed(0)  # layers that no stage trains are initialized alike in every export
    parts: dict[str, Any] = {
        "vae": frozen_autoencoder(checkpoints),
        "image_encoder": averaged(make_image_encoder(), checkpoints, "image-encoder"),
        "unet": averaged(make_unet(), checkpoints, "frames", "unet."),
    }
    if unet_stage != "frames":  # it trains a part
        averaged(parts["unet"], checkpoints, unet_stage, "unet.")
    if not checkpoint_file(checkpoints, "pairs").exists():
        raise FileNotFoundError(checkpoint_file(checkpoints, "pairs"))
    shutil.rmtree(folder / "predictor", ignore_errors=True)  # belongs to an earlier image encoder
    for name, part in parts.items():
        part.half().save_pretrained(folder / name, safe_serialization=True)
    make_scheduler().save_pretrained(folder / "scheduler")
    make_image_processor().save_pretrained(folder / "feature_extractor")
    (folder / "model_index.json").write_text(json.dumps(_INDEX), encoding="utf-8")
    tidy(folder)
    history.add(folder, checkpoints, identity(folder))
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


_AUTOENCODER = ("vae", "diffusion_pytorch_model.safetensors")
_UNET = ("unet", "diffusion_pytorch_model.safetensors")
Parts = Mapping[str, Mapping[str, tuple[str, str]]]
"""stage: the parts (folder, file) of an exported model that it trains, by the prefix of their
weights in the stage."""
_PARTS: Parts = {
    "frames": {"autoencoder.": _AUTOENCODER, "unet.": _UNET},
    "pairs": {"": _AUTOENCODER},
    "image-encoder": {"": ("image_encoder", "model.safetensors")},
}


def start_from(exported: Path, checkpoints: Path, every: Parts = _PARTS) -> None:
    """Start training from an exported model: writes step 0 of every stage that has not begun.

    The optimizer state is not part of an export, so it starts fresh. Raises FileNotFoundError if
    `exported` is not an exported model.
    """
    checkpoints.mkdir(parents=True, exist_ok=True)
    for stage, parts in every.items():
        weights = {
            prefix + k: t.float()
            for prefix, (part, name) in parts.items()
            for k, t in load_file(exported / part / name).items()
        }
        if not checkpoint_file(checkpoints, stage).exists():
            save_start(checkpoints, stage, weights)
    # If this training overwrites `exported`, its file already includes these records.
    if not (checkpoints / history.FILE).exists():
        history.save(checkpoints, history.load(exported))


def tidy(folder: Path) -> None:
    """Remove the training machine's paths from the configs, and make the weights world-readable."""
    for path in folder.rglob("*.safetensors"):
        path.chmod(0o644)
    for path in folder.rglob("*.json"):
        if path.name == history.FILE:
            continue
        config = json.loads(path.read_text(encoding="utf-8"))
        config.pop("_name_or_path", None)
        path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
