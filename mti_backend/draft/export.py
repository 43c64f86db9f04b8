"""Writes a trained draft in the layout StableVideoDiffusionPipeline reads. Imports diffusers."""

import json
import shutil
from pathlib import Path

import torch
from diffusers import StableVideoDiffusionPipeline
from safetensors.torch import load_file

from ..models.svd import identity
from . import history
from .networks import (
    make_image_encoder,
    make_image_processor,
    make_predictor,
    make_scheduler,
    make_unet,
    make_vae,
)
from .stage import averaged, checkpoint_file, save_start
from .training import latent_scale


def export(checkpoints: Path, folder: Path, unet_stage: str = "clips") -> int:
    """Collect the averaged weights of the stages into `folder`, in half precision.

    The predictor, which SVD does not have either, may be missing. Returns the size of `folder` in
    bytes. Raises FileNotFoundError where a stage has not been trained.
    """
    torch.manual_seed(0)  # layers that no stage trains get the same numbers at every export
    vae = averaged(make_vae(), checkpoints, "vae")
    vae.register_to_config(scaling_factor=latent_scale(vae))
    pipeline = StableVideoDiffusionPipeline(
        vae=vae,
        image_encoder=averaged(make_image_encoder(), checkpoints, "image-encoder"),
        unet=averaged(make_unet(), checkpoints, unet_stage),
        scheduler=make_scheduler(),
        feature_extractor=make_image_processor(),
    ).to(dtype=torch.float16)
    pipeline.save_pretrained(folder, safe_serialization=True)
    shutil.rmtree(folder / "predictor", ignore_errors=True)  # of an earlier image encoder
    if checkpoint_file(checkpoints, "predictor").exists():
        averaged(make_predictor(), checkpoints, "predictor").half().save(folder / "predictor")
    _tidy(folder)
    before = history.load(checkpoints)
    started_from = before[-1]["identity"] if before else None
    now = history.record(checkpoints, started_from) | {"identity": identity(folder)}
    history.save(folder, [*before, now])
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


# stage: (its part of an exported model, the name of the part's file)
_PARTS = {
    "vae": ("vae", "diffusion_pytorch_model.safetensors"),
    "image-encoder": ("image_encoder", "model.safetensors"),
    "predictor": ("predictor", "model.safetensors"),
    "frames": ("unet", "diffusion_pytorch_model.safetensors"),
}


def start_from(exported: Path, checkpoints: Path) -> None:
    """Let training go on from an exported model: step 0 of every stage that has not begun.

    The optimiser starts anew, since an export does not hold it. Raises FileNotFoundError where
    `exported` is no exported model.
    """
    checkpoints.mkdir(parents=True, exist_ok=True)
    for stage, (part, name) in _PARTS.items():
        if part == "predictor" and not (exported / part).exists():
            continue  # SVD has none
        weights = {k: t.float() for k, t in load_file(exported / part / name).items()}
        if not checkpoint_file(checkpoints, stage).exists():
            save_start(checkpoints, stage, weights)
    # where `exported` is written anew by this training, its file tells of it already
    if not (checkpoints / history.FILE).exists():
        history.save(checkpoints, history.load(exported))


def _tidy(folder: Path) -> None:
    """Leave no path of the machine that trained in the configs; let everybody read the weights."""
    for path in folder.rglob("*.safetensors"):
        path.chmod(0o644)
    for path in folder.rglob("*.json"):
        if path.name == history.FILE:
            continue
        config = json.loads(path.read_text(encoding="utf-8"))
        config.pop("_name_or_path", None)
        path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
