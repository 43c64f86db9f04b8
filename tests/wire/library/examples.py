"""Motions for the tests of the library."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

from mti_addon.wire.library.tensors import WIDTHS
from mti_addon.wire.settings import Settings

DRAFT = Settings.for_model("draft")


def tokens(
    frames: int = DRAFT.num_frames, width: int = WIDTHS["draft"], value: float = 0.5
) -> bytes:
    """A small embedding's file, as the backend writes it."""
    shapes = {"frame_tokens": [frames, 2, width], "video_tokens": [2, width]}
    header: dict[str, Any] = {"__metadata__": {"mti-motion-2": json.dumps({"model": "ab12"})}}
    at = 0
    for name, shape in shapes.items():
        size = 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + struct.pack("<f", value) * (at // 4)
