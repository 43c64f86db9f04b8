"""Measured results as files, so that a stopped evaluation can be resumed. Imports torch, PIL.

OUT/results/SUITE/003_walk/learned.json          figures, and the key that identifies them
OUT/results/SUITE/003_walk/learned.png           the clip, its frames side by side
OUT/results/SUITE/003_walk/learned.safetensors   the motion, if one was learned
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

from ..frames import to_pictures
from ..method.motion_textual_inversion.embedding import MotionEmbedding
from .bench import Played

Pictures = npt.NDArray[np.uint8]
# Increment when a column's definition changes, to invalidate old results.
_FORMAT = 1


def result_key(**what: Any) -> str:
    """16 hex digits of everything that affects a result."""
    text = json.dumps({"format": _FORMAT} | what, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Store:
    """A folder of results. Each file is written atomically, so many processes can share it."""

    def __init__(self, out: Path) -> None:
        self.folder = out / "results"

    def path(self, place: str, row: str, suffix: str) -> Path:
        """place: 'SUITE/NUMBER_NAME'."""
        return self.folder / place / f"{row}{suffix}"

    def read(self, place: str, row: str, key: str) -> dict[str, Any] | None:
        """Figures of a row; None if missing, damaged, or stored under another key."""
        try:
            found = json.loads(self.path(place, row, ".json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and found.get("key") == key else None

    def write(self, place: str, row: str, key: str, played: Played, **about: Any) -> dict[str, Any]:
        """Store a row. The figures are written last, so that they refer to existing files."""
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
        """Write frames uint8 (F, H, W, 3) side by side in one PNG."""
        path = self.path(place, name, ".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        data = io.BytesIO()
        Image.fromarray(np.concatenate(list(pictures), axis=1)).save(data, "png")
        write_atomic(path, data.getvalue())

    def read_clip(self, place: str, name: str, frames: int) -> Pictures:
        """Read the frames, uint8 (F, H, W, 3). Raises FileNotFoundError."""
        with Image.open(self.path(place, name, ".png")) as image:
            strip = np.asarray(image.convert("RGB"))
        return np.stack(np.split(strip, frames, axis=1))

    def read_motion(self, place: str, row: str) -> MotionEmbedding:
        """Load a row's learned motion. Raises BadEmbedding."""
        return MotionEmbedding.load(self.path(place, row, ".safetensors"))
