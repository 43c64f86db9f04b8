"""The poses and reference images of a motion, wherever it is kept. Imports no bpy."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..motion import PoseSequence
from ..motion.drawing.png import decoding_png
from ..wire import MtiError
from ..wire.contents import read_inside
from ..wire.edit import MotionEdit
from ..wire.library.pictures import plain_size
from ..wire.library.preset import largest
from ..wire.request import POSES, reference_name
from .edit_preview import SIDE, Pictures, SketchSource, edit_previewing
from .motions import KnownMotion

_MOST_FRAMES = 128
_MOST_LIMBS = 256
_MOST_POSE_BYTES = 2**20
"""With more, reading or drawing them would block Blender, so images are shown instead."""
_KEPT = 32
_State = tuple[str, tuple[tuple[str, int, int], ...]]
"""A motion's ID, and path, size and time of the files that tell what it looks like."""
_sources: OrderedDict[_State, SketchSource] = OrderedDict()


def sketching(
    motions: Sequence[KnownMotion], edit: MotionEdit, frames: int = 14, side: int = SIDE
) -> Generator[None, None, Pictures | None]:
    """Sketch an edit of motions in steps of a few milliseconds, and return the images at last,
    uint8 (F, H, W, 3), or None if a motion has no looks.

    Reads files.
    """
    sources = []
    for motion in motions:
        source = yield from sketch_source(motion)
        sources.append(source)
    pictures = yield from edit_previewing(sources, edit, frames, side)
    return pictures


def sketch_source(motion: KnownMotion) -> Generator[None, None, SketchSource]:
    """Return its poses, or else its images, in steps.

    A job keeps both beside its request, in inputs; the library beside preset.json, one level above
    the embedding. What was read is kept until the files change.
    """
    folder = motion.files[0].parent
    roots = (folder.parent / "inputs", folder.parent, folder)
    state = (motion.id or motion.job, _stamps(roots))
    if state not in _sources:
        _sources[state] = yield from _read(roots)
    _sources.move_to_end(state)
    while len(_sources) > _KEPT:
        _sources.popitem(last=False)
    return _sources[state]


def _stamps(roots: Sequence[Path]) -> tuple[tuple[str, int, int], ...]:
    found = []
    for path in (root / name for root in roots for name in (POSES, reference_name(1))):
        with suppress(OSError):
            stat = path.stat()
            found.append((str(path), stat.st_size, stat.st_mtime_ns))
    return tuple(found)


def _read(roots: Sequence[Path]) -> Generator[None, None, SketchSource]:
    for root in roots:
        poses = _poses(root)
        yield
        if poses is not None:  # they are drawn sooner than images are decoded
            return SketchSource(poses, None)
        pictures = yield from _pictures(root)
        if pictures is not None:
            return SketchSource(None, pictures)
    return SketchSource(None, None)


def _poses(root: Path) -> PoseSequence | None:
    with suppress(MtiError, ValueError):
        poses = PoseSequence.from_json(read_inside(root, POSES, _MOST_POSE_BYTES))
        return poses if len(poses.limbs) <= _MOST_LIMBS else None
    return None


def _pictures(root: Path) -> Generator[None, None, Pictures | None]:
    """Return the reference images as small as a sketch; None if there are none."""
    found: list[NDArray[np.uint8]] = []
    with suppress(MtiError, ValueError):
        for index in range(_MOST_FRAMES):
            name = reference_name(index + 1)
            data = read_inside(root, name, largest(name))
            if plain_size(data) is None:  # larger than a motion's may be, or in another format
                break
            picture = yield from decoding_png(data)
            if picture.shape[2] < 3:  # gray
                picture = np.repeat(picture[..., :1], 3, axis=2)
            step = max(1, max(picture.shape[:2]) // (2 * SIDE))
            found.append(picture[::step, ::step, :3])
            yield
    shapes = {picture.shape for picture in found}
    return np.stack(found) if len(found) > 1 and len(shapes) == 1 else None
