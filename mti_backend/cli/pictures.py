"""Images as the inputs of a job. Imports PIL."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from .. import frames
from .footage.animation import decoded, open_image

LONGEST_TARGET = 2048
"""Pixels of the longer side of a target; as in the add-on."""


def target_png(path: Path) -> bytes:
    """An image file as a PNG to animate, at most LONGEST_TARGET pixels along a side.

    Raises UnreadableInput."""
    with open_image(path) as image:
        picture = decoded(image, path.name)
    scale = min(1.0, LONGEST_TARGET / max(picture.size))
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return png(frames.fit(picture, size))


def png(picture: Image.Image) -> bytes:
    """A picture as the bytes of a PNG file."""
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()
