"""A guess of a motion's tokens from the pictures of it, without optimisation. Imports torch only.

What a few seconds of optimisation start from, or replace: one embedding a frame is noisy and knows
neither where the figure came from nor what it does next; a small transformer over the frames does.
Not a part of SVD, and of no use to its weights: each model needs one of its own.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

_CONFIG, _WEIGHTS = "config.json", "model.safetensors"


class TokenPredictor(nn.Module):
    """Pictures of a clip and their image embeddings -> the motion token of each frame.

    A correction of the image embeddings, which it starts as: its last layer is zero. Each picture
    is looked at beside the clip's first, so that paths and camera moves can be seen.
    """

    SIZE = 64  # pixels along each side that it looks at

    def __init__(self, token_width: int, frames: int, width: int = 128, layers: int = 3) -> None:
        """
        Args:
            token_width: D of a token and of an image embedding. frames: the longest clip.
            width, layers: of the transformer over the frames.
        """
        super().__init__()
        self.config = {
            "token_width": token_width, "frames": frames, "width": width, "layers": layers
        }  # fmt: skip
        channels = (6, 32, 64, 96, width)
        convolutions: list[nn.Module] = []
        for before, after in zip(channels, channels[1:], strict=False):
            convolutions += [nn.Conv2d(before, after, 3, 2, 1), nn.GELU()]
        self.look = nn.Sequential(*convolutions, nn.Flatten())
        side = self.SIZE // 2 ** (len(channels) - 1)
        self.enter = nn.Linear(width * side * side + token_width, width)
        self.place = nn.Parameter(0.02 * torch.randn(frames, width))
        layer = nn.TransformerEncoderLayer(
            width, 4, 3 * width, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.frames = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.norm, self.leave = nn.LayerNorm(width), nn.Linear(width, token_width)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, pictures: Tensor, embeddings: Tensor) -> Tensor:
        """(B, F, D) of pictures (B, F, 3, H, W) in [-1, 1] and image embeddings (B, F, D).

        Raises ValueError for more frames than it was made for.
        """
        batch, count = pictures.shape[:2]
        if count > len(self.place):
            raise ValueError(f"the predictor takes {len(self.place)} frames at most, got {count}")
        small = functional.interpolate(
            pictures.flatten(0, 1), (self.SIZE, self.SIZE), mode="bilinear", antialias=True
        ).unflatten(0, (batch, count))
        pair = torch.cat([small, small[:, :1].expand_as(small)], 2)
        seen = self.look(pair.flatten(0, 1)).unflatten(0, (batch, count))
        rows = self.enter(torch.cat([seen, embeddings], -1)) + self.place[:count]
        corrected: Tensor = embeddings + self.leave(self.norm(self.frames(rows)))
        return corrected

    def save(self, folder: Path) -> None:
        """Write config.json and model.safetensors into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _CONFIG).write_text(json.dumps(self.config), encoding="utf-8")
        save_file(dict(self.state_dict()), folder / _WEIGHTS)

    @classmethod
    def load(cls, folder: Path) -> "TokenPredictor":
        """Read what `save` wrote, as float32. Raises OSError or ValueError."""
        predictor = cls(**json.loads((folder / _CONFIG).read_text(encoding="utf-8")))
        state = {k: t.float() for k, t in load_file(folder / _WEIGHTS).items()}
        predictor.load_state_dict(state)
        return predictor.requires_grad_(False).eval()
