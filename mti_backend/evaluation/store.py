"""What has been measured, kept as files, so that a stopped evaluation goes on. Imports torch, PIL.

OUT/results/SUITE/003_walk/learned.json          figures, and the key that says what of
OUT/results/SUITE/003_walk/learned.png           the clip, its frames side by side
OUT/results/SUITE/003_walk/learned.safetensors   the motion, where one was learned
"""

import hashlib
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from mti_addon.wire.files import write_atomic

from ..embedding import MotionEmbedding
from ..frames import to_pictures
from .bench import Played

Pictures = npt.NDArray[np.uint8]
# counted up when a column is defined otherwise, so that old results are measured again
_FORMAT = 1


def result_key(**what: Any) -> str:
    """16 hex digits of everything that decides a result."""
    text = json.dumps({"format": _FORMAT} | what, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Store:
    """One folder of results, a file each, written whole or not at all: many processes may work."""

    def __init__(self, out: Path) -> None:
        self.folder = out / "results"

    def path(self, place: str, row: str, suffix: str) -> Path:
        """place: 'SUITE/NUMBER_NAME'."""
        return self.folder / place / f"{row}{suffix}"

    def read(self, place: str, row: str, key: str) -> dict[str, Any] | None:
        """The figures of a row, None where they are not there, damaged, or of something else."""
        try:
            found = json.loads(self.path(place, row, ".json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and found.get("key") == key else None

    def write(self, place: str, row: str, key: str, played: Played, **about: Any) -> dict[str, Any]:
        """Keep a row; the figures come last, so that they speak of files that are there."""
        self.write_clip(place, row, to_pictures(played.clip))
        if played.motion:
            played.motion.save(self.path(place, row, ".safetensors"))
        figures = {
            name: None if value is None or not math.isfinite(value) else value
            for name, value in played.figures.items()
        }
        result = {"key": key, **about, "row": row, **figures, "curve": played.curve}
        self.write_figures(place, row, result)
        return result

    def write_figures(self, place: str, row: str, result: dict[str, Any]) -> None:
        path = self.path(place, row, ".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, json.dumps(result).encode())

    def write_clip(self, place: str, name: str, pictures: Pictures) -> None:
        """Frames uint8 (F, H, W, 3) side by side in one PNG."""
        path = self.path(place, name, ".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        data = io.BytesIO()
        Image.fromarray(np.concatenate(list(pictures), axis=1)).save(data, "png")
        write_atomic(path, data.getvalue())

    def read_clip(self, place: str, name: str, frames: int) -> Pictures:
        """The frames, uint8 (F, H, W, 3). Raises FileNotFoundError."""
        with Image.open(self.path(place, name, ".png")) as image:
            strip = np.asarray(image.convert("RGB"))
        return np.stack(np.split(strip, frames, axis=1))

    def read_motion(self, place: str, row: str) -> MotionEmbedding:
        """The motion a row learned. Raises BadEmbedding."""
        return MotionEmbedding.load(self.path(place, row, ".safetensors"))
