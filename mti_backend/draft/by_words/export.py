"""Exports a trained text-to-video draft in AnimateDiffPipeline's layout. Imports diffusers."""

import json
from pathlib import Path
from typing import Any

from ...models.animatediff import AnimateDiffModel
from ...models.svd import identity
from ..training import history
from ..training.export import tidy
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


def export(checkpoints: Path, folder: Path) -> int:
    """Write the averaged weights of the stages to `folder`, in half precision.

    Returns the size of `folder` in bytes. Raises FileNotFoundError if a stage has not been trained.
    """
    painter = trained_painter(checkpoints)
    parts: dict[str, Any] = {
        "vae": trained_autoencoder(checkpoints),
        "text_encoder": painter.text_encoder,
        "unet": painter.unet,
        "motion_adapter": averaged(make_motion_adapter(), checkpoints, "clips"),
    }
    for name, part in parts.items():
        part.half().save_pretrained(folder / name, safe_serialization=True)
    make_scheduler().save_pretrained(folder / "scheduler")
    save_tokenizer(folder / "tokenizer")
    (folder / "model_index.json").write_text(json.dumps(_INDEX), encoding="utf-8")
    tidy(folder)
    fingerprint = identity(
        folder, tuple(part for part in AnimateDiffModel.classes if part != "vae")
    )
    now = history.record(checkpoints, None, tuple(STAGES)) | {"identity": fingerprint}
    history.save(folder, [now])
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
