"""The poses and reference images of a motion, wherever it is kept. Imports no bpy."""

from __future__ import annotations

import functools
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..motion import PoseSequence, decode_png
from ..wire import MtiError
from ..wire.contents import read_inside
from ..wire.request import POSES, reference_name
from .edit_preview import SIDE, SketchSource
from .motions import KnownMotion

_MOST_FRAMES = 128


def sketch_source(motion: KnownMotion) -> SketchSource:
    """Return its poses, or else its images.

    A job keeps both beside its request, in inputs; the library beside preset.json, one level above
    the embedding.
    """
    return _source(motion.files[0].parent)


@functools.lru_cache(maxsize=32)
def _source(folder: Path) -> SketchSource:
    for root in (folder.parent / "inputs", folder.parent, folder):
        if (poses := _poses(root)) is not None:  # they are drawn sooner than images are decoded
            return SketchSource(poses, None)
        if (pictures := _pictures(root)) is not None:
            return SketchSource(None, pictures)
    return SketchSource(None, None)


def _poses(root: Path) -> PoseSequence | None:
    with suppress(MtiError, ValueError):
        return PoseSequence.from_json(read_inside(root, POSES))
    return None


def _pictures(root: Path) -> NDArray[np.uint8] | None:
    """Return the reference images as small as a sketch; None if there are none."""
    found: list[NDArray[np.uint8]] = []
    with suppress(MtiError, ValueError):
        for index in range(_MOST_FRAMES):
            picture = decode_png(read_inside(root, reference_name(index + 1)))[..., :3]
            step = max(1, max(picture.shape[:2]) // (2 * SIDE))
            found.append(picture[::step, ::step])
    return np.stack(found) if len(found) > 1 else None
