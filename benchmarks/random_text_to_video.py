"""Writes a folder with AnimateDiff's classes, size and layout and random weights.

The real weights are not available where this is developed, and neither time nor memory depends on
their values. Half precision, with the hub's `fp16` in the file names.

    python -m benchmarks.random_text_to_video FOLDER       # 1.3 billion weights in the UNet, 3.0 GB
    python -m benchmarks.random_text_to_video FOLDER --size tiny     # seconds
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, MotionAdapter, PNDMScheduler, UNet2DConditionModel
from diffusers.models.embeddings import SinusoidalPositionalEmbedding
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel
from transformers.convert_slow_tokenizer import bytes_to_unicode

from benchmarks.random_svd import fill

_TEXT = {"vocab_size": 49408, "bos_token_id": 512, "eos_token_id": 513, "pad_token_id": 513}
_LEVELS = {"animatediff": (320, 640, 1280, 1280), "tiny": (32, 32, 64, 64)}
_VAE = {"animatediff": (128, 256, 512, 512), "tiny": (8, 8, 16, 16)}
_TEXT_ENCODER: dict[str, dict[str, int]] = {
    "animatediff": {
        "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
        "num_attention_heads": 12,
    },
    "tiny": {
        "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 2,
    },
}  # fmt: skip
SIZES = tuple(_LEVELS)


def _parts(size: str) -> dict[str, Callable[[], Any]]:
    """What makes each part of AnimateDiff; tiny, it has the same blocks and fewer channels."""
    levels, text = _LEVELS[size], _TEXT_ENCODER[size]
    groups = 32 if size == "animatediff" else 8
    return {
        "unet": lambda: UNet2DConditionModel(
            sample_size=64, cross_attention_dim=text["hidden_size"], block_out_channels=levels,
            norm_num_groups=groups,
        ),
        "motion_adapter": lambda: MotionAdapter(
            use_motion_mid_block=False, block_out_channels=levels, motion_norm_num_groups=groups
        ),
        "vae": lambda: AutoencoderKL(
            block_out_channels=_VAE[size], layers_per_block=2, latent_channels=4,
            down_block_types=("DownEncoderBlock2D",) * 4, norm_num_groups=groups,
            up_block_types=("UpDecoderBlock2D",) * 4,
        ),
        "text_encoder": lambda: CLIPTextModel(CLIPTextConfig(**_TEXT, **text)),
    }  # fmt: skip


_INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "scheduler": ["diffusers", "PNDMScheduler"],
}


def write_random_animatediff(folder: Path, size: str = "animatediff", seed: int = 0) -> Path:
    """Write `folder` like Stable Diffusion 1.5 with a motion adapter; returns it.

    size: One of SIZES.
    """
    generator = torch.Generator().manual_seed(seed)
    for part, make in _parts(size).items():
        with torch.device("meta"):
            model = make()
        model = nn.Module.to_empty(nn.Module.to(model, "meta", torch.float16), device="cpu")
        fill(model, generator)
        _restore_frame_codes(model)
        model.save_pretrained(folder / part, variant="fp16", max_shard_size="100GB")
        del model
    write_tokenizer(folder / "tokenizer")
    write_scheduler(folder / "scheduler")
    (folder / "model_index.json").write_text(json.dumps(_INDEX), encoding="utf-8")
    return folder


@torch.no_grad()
def _restore_frame_codes(model: nn.Module) -> None:
    """The codes of time are in the motion adapter's file, but are no weights."""
    for module in model.modules():
        if isinstance(module, SinusoidalPositionalEmbedding):
            _, frames, width = module.pe.shape
            module.pe.copy_(SinusoidalPositionalEmbedding(width, frames).pe)


def write_tokenizer(folder: Path) -> None:
    """CLIP's tokenizer without merges: every letter is a token, the last of a word another one."""
    letters = list(bytes_to_unicode().values())
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def write_scheduler(folder: Path) -> None:
    """The one that lies in Stable Diffusion 1.5's folder."""
    PNDMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True,
        set_alpha_to_one=False, steps_offset=1,
    ).save_pretrained(folder)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", choices=SIZES, default=SIZES[0])
    options = parser.parse_args()
    print(f"wrote {write_random_animatediff(options.folder, options.size)}")


if __name__ == "__main__":
    main()
