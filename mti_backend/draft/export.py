"""Writes a trained draft in the layout StableVideoDiffusionPipeline reads. Imports diffusers."""

import json
from pathlib import Path

import torch
from diffusers import StableVideoDiffusionPipeline

from .networks import make_image_encoder, make_image_processor, make_scheduler, make_unet, make_vae
from .stage import averaged
from .training import latent_scale


def export(checkpoints: Path, folder: Path, unet_stage: str = "clips") -> int:
    """Collect the averaged weights of the stages into `folder`, in half precision.

    Returns the size of `folder` in bytes.
    Raises FileNotFoundError where a stage has not been trained.
    """
    torch.manual_seed(0)  # layers that no stage trains get the same numbers at every export
    vae = averaged(make_vae(), checkpoints, "vae")
    vae.register_to_config(scaling_factor=latent_scale(checkpoints))
    pipeline = StableVideoDiffusionPipeline(
        vae=vae,
        image_encoder=averaged(make_image_encoder(), checkpoints, "image-encoder"),
        unet=averaged(make_unet(), checkpoints, unet_stage),
        scheduler=make_scheduler(),
        feature_extractor=make_image_processor(),
    ).to(dtype=torch.float16)
    pipeline.save_pretrained(folder, safe_serialization=True)
    _tidy(folder)
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _tidy(folder: Path) -> None:
    """Leave no path of the machine that trained in the configs; let everybody read the weights."""
    for path in folder.rglob("*.safetensors"):
        path.chmod(0o644)
    for path in folder.rglob("*.json"):
        config = json.loads(path.read_text(encoding="utf-8"))
        config.pop("_name_or_path", None)
        path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
