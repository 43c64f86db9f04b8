"""The motion-text embedding and its file. Imports torch, safetensors, and the wire's errors and
files.
"""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from mti_addon.wire.errors import BadEmbedding
from mti_addon.wire.files import write_atomic
from mti_addon.wire.problem import Problem

from ..motion_file import AGAIN, MAX_VALUE, learned_elsewhere, readable, without_motion

FORMAT = "mti-motion-2"
_NAMES = {FORMAT: "video_tokens", "mti-motion-1": "clip_tokens"}
"""Name of `video_tokens` in a file, by format; format 1 was written before 0.2.0."""
MAX_BYTES = 8 * 2**20


@dataclass(frozen=True)
class MotionEmbedding:
    """A learned motion (Reenact Anything, sec. 4), which replaces SVD's image token.

    frame_tokens: float32 (F, N, D), for the spatial cross-attention of each frame.
    video_tokens: float32 (N, D), for the temporal cross-attention.
    meta: Metadata such as 'model' (SvdModel.identity), 'name', 'fps' and 'loss'.
    """

    frame_tokens: Tensor
    video_tokens: Tensor
    meta: dict[str, str] = field(default_factory=dict)

    @property
    def num_frames(self) -> int:
        return self.frame_tokens.shape[0]

    @property
    def loss(self) -> float:
        """The mean loss at the end of learning; NaN if the file does not say it."""
        return float(self.meta.get("loss", "nan"))

    def save(self, path: Path) -> None:
        """Write one safetensors file atomically. Raises DiskFull, NotWritable."""
        tensors = {"video_tokens": self.video_tokens, "frame_tokens": self.frame_tokens}
        tensors = {k: t.detach().float().cpu().contiguous() for k, t in tensors.items()}
        # A single JSON entry, because safetensors does not write several in a stable order.
        write_atomic(path, save(tensors, {FORMAT: json.dumps(self.meta, sort_keys=True)}))

    @classmethod
    def load(cls, path: Path) -> "MotionEmbedding":
        """Read and validate a file written by `save`. Raises BadEmbedding with the reason."""
        with readable(path, MAX_BYTES), safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            kind = next((each for each in _NAMES if each in metadata), FORMAT)
            name = _NAMES[kind]
            if kind not in metadata or set(file.keys()) != {name, "frame_tokens"}:
                raise without_motion(path)
            frame_tokens, video_tokens = file.get_tensor("frame_tokens"), file.get_tensor(name)
        embedding = cls(frame_tokens, video_tokens, _read_meta(metadata[kind], path))
        embedding._check(path)
        return embedding

    def check_model(self, identity: str, frames: int, width: int) -> None:
        """Raise WrongModel unless the motion was learned on the model that will apply it."""
        mine = self.meta.get("model", "")
        if mine != identity or self.num_frames != frames or self.video_tokens.shape[-1] != width:
            raise learned_elsewhere(
                self.meta.get("name", ""), self.meta.get("engine", "unknown"), self.num_frames
            )

    def _check(self, path: Path) -> None:
        f, c = self.frame_tokens, self.video_tokens
        good = (
            f.dtype == c.dtype == torch.float32
            and f.ndim == 3
            and c.ndim == 2
            and f.shape[1:] == c.shape
            and min(f.shape) > 0
        )
        # safetensors accepts NaN and infinity.
        if not good or not all(
            math.isfinite(v) and v < MAX_VALUE for v in (f.abs().max(), c.abs().max())
        ):
            raise BadEmbedding(
                Problem(
                    "motion_misshapen",
                    "The motion {file} has tokens with an invalid shape or value.",
                    AGAIN,
                    {"file": path.name},
                )
            )


def _read_meta(text: str, path: Path) -> dict[str, str]:
    nameless = BadEmbedding(
        Problem(
            "motion_nameless",
            "The motion {file} has no readable description.",
            AGAIN,
            {"file": path.name},
        )
    )
    try:
        meta = json.loads(text)
    except ValueError as error:
        raise nameless from error
    if not isinstance(meta, dict) or not all(isinstance(v, str) for v in meta.values()):
        raise nameless
    return meta
