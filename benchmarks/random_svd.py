"""Writes a model with Stable Video Diffusion's classes, size and folder layout and random weights.

The real weights are not available where this is developed, and neither time nor memory depends on
their values. Half precision, with the hub's `fp16` in the file names.

    python -m benchmarks.random_svd FOLDER                 # 1.5 billion weights in the UNet, 4.6 GB
    python -m benchmarks.random_svd FOLDER --size tiny     # seconds
"""

import argparse
import json
import math
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKLTemporalDecoder,
    EulerDiscreteScheduler,
    UNetSpatioTemporalConditionModel,
)
from torch import nn
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

SIZES: dict[str, dict[str, dict[str, Any]]] = {
    "svd": {
        "unet": {"num_frames": 14},  # otherwise the class's defaults
        "vae": {
            "block_out_channels": (128, 256, 512, 512),
            "down_block_types": ("DownEncoderBlock2D",) * 4,
            "layers_per_block": 2,
            "latent_channels": 4,
            "sample_size": 768,
        },
        "image_encoder": {
            "hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32,
            "num_attention_heads": 16, "patch_size": 14, "projection_dim": 1024,
            "hidden_act": "gelu",
        },
    },
    "tiny": {
        "unet": {
            "num_frames": 14, "block_out_channels": (64, 128, 128, 128),
            "num_attention_heads": (1, 2, 2, 2), "cross_attention_dim": 64,
            "addition_time_embed_dim": 32, "projection_class_embeddings_input_dim": 96,
            "layers_per_block": 1,
        },
        "vae": {
            "block_out_channels": (32, 32, 64, 64), "down_block_types": ("DownEncoderBlock2D",) * 4,
            "layers_per_block": 1, "latent_channels": 4,
        },
        "image_encoder": {
            "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
            "num_attention_heads": 2, "patch_size": 32, "projection_dim": 64,
        },
    },
}  # fmt: skip
SIZES["svd-xt"] = SIZES["svd"] | {"unet": {"num_frames": 25}}

_FEATURES = {
    "image_processor_type": "CLIPImageProcessor",
    "crop_size": {"height": 224, "width": 224},
    "size": {"shortest_edge": 224},
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}
_INDEX = {
    "_class_name": "StableVideoDiffusionPipeline",
    "feature_extractor": ["transformers", "CLIPImageProcessor"],
    "image_encoder": ["transformers", "CLIPVisionModelWithProjection"],
    "scheduler": ["diffusers", "EulerDiscreteScheduler"],
    "unet": ["diffusers", "UNetSpatioTemporalConditionModel"],
    "vae": ["diffusers", "AutoencoderKLTemporalDecoder"],
}


def write_random_svd(
    folder: Path, size: str = "svd", variant: str | None = "fp16", seed: int = 0
) -> Path:
    """Write `folder` like StableVideoDiffusionPipeline.save_pretrained; returns it.

    size: 'svd', 'svd-xt' or 'tiny'. variant: in the names of weight files, or None.
    """
    config = SIZES[size]
    generator = torch.Generator().manual_seed(seed)
    makers = {
        "unet": lambda: UNetSpatioTemporalConditionModel(**config["unet"]),
        "vae": lambda: AutoencoderKLTemporalDecoder(force_upcast=True, **config["vae"]),
        "image_encoder": lambda: CLIPVisionModelWithProjection(
            CLIPVisionConfig(image_size=224, **config["image_encoder"])
        ),
    }
    for part, make in makers.items():
        with torch.device("meta"):
            model = make()
        model = nn.Module.to_empty(nn.Module.to(model, "meta", torch.float16), device="cpu")
        fill(model, generator)
        model.save_pretrained(folder / part, variant=variant, max_shard_size="100GB")
        del model
    write_rest(folder)
    return folder


def write_rest(folder: Path) -> None:
    """Write all files of a model's folder that contain no weights."""
    scheduler().save_pretrained(folder / "scheduler")
    _write(folder / "feature_extractor" / "preprocessor_config.json", _FEATURES)
    _write(folder / "model_index.json", _INDEX)


def scheduler() -> EulerDiscreteScheduler:
    """SVD's scheduler: Karras sigmas from 0.002 to 700, v-prediction, continuous timesteps."""
    return EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
        num_train_timesteps=1000, prediction_type="v_prediction", interpolation_type="linear",
        sigma_min=0.002, sigma_max=700.0, steps_offset=1, timestep_spacing="leading",
        timestep_type="continuous", use_karras_sigmas=True,
    )  # fmt: skip


@torch.no_grad()
def fill(model: nn.Module, generator: torch.Generator) -> None:
    """Random weights that preserve the scale of activations; norms and biases as initialized."""
    for name, p in model.named_parameters():
        if "mix_factor" in name:
            p.fill_(0.5)
        elif p.ndim > 1:
            p.normal_(0, 1 / math.sqrt(p[0].numel()), generator=generator)
        elif name.endswith("class_embedding"):
            p.normal_(generator=generator)
        else:
            p.fill_(float("norm" in name and name.endswith("weight")))


def _write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", choices=SIZES, default="svd")
    options = parser.parse_args()
    print(f"wrote {write_random_svd(options.folder, options.size)}")


if __name__ == "__main__":
    main()
