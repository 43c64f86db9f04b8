"""The file of a motion of Motion Inversion, made without torch."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

from mti_addon.wire import codec
from mti_addon.wire.library.motion_embeddings import FORMAT, Header, Layer
from mti_addon.wire.settings import ModelName, Settings

LAYERS = (
    Layer("down_blocks.2.motion_modules.0.transformer_blocks.0.attn1", 8, 6),
    Layer("up_blocks.1.motion_modules.0.transformer_blocks.0.attn2", 8, 6),
)


def header(model: ModelName = "animatediff", **changes: Any) -> Header:
    """What a small motion of a model's own size says about itself."""
    settings = Settings.for_model(model)
    given: dict[str, Any] = {
        "method": "motion-inversion", "engine": model, "model": "0123456789abcdef",
        "layers": LAYERS, "frames": settings.num_frames, "width": settings.width,
        "height": settings.height, "view": "object", "values": True,
        "noise": (1, settings.num_frames, 4, 2, 3), "about": {"name": "wave"},
    }  # fmt: skip
    return Header(**(given | changes))


def file(of: Header | None = None, value: float = 0.5, **entries: Any) -> bytes:
    """The bytes of a motion's file, all of whose numbers are `value`; `entries` replace, or with
    None remove, what its safetensors header says."""
    said = of or header()
    listed: dict[str, Any] = {
        "__metadata__": {FORMAT: codec.dumps(codec.to_dict(said))},
    }
    reached = 0
    for key, shape in said.shapes().items():
        size = 2 * math.prod(shape)
        listed[key] = {
            "dtype": "F16", "shape": list(shape), "data_offsets": [reached, reached + size],
        }  # fmt: skip
        reached += size
    listed |= entries
    text = json.dumps({key: entry for key, entry in listed.items() if entry is not None}).encode()
    return struct.pack("<Q", len(text)) + text + struct.pack("<e", value) * (reached // 2)
