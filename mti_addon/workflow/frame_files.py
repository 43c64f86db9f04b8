"""The numbered images of a clip in a folder. Imports no bpy."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


def frames_in(folder: Path) -> tuple[Path, ...]:
    """Return the numbered images of a clip, in order; none if the folder cannot be read."""
    with suppress(OSError):
        return tuple(sorted(folder.glob("[0-9]*.png")))
    return ()


def middle_frame(folder: Path, frames: Sequence[Path] | None = None) -> Path:
    """Return a frame from the middle, where something has moved; the first is the target itself.

    `frames`: those of the folder, if they are known. Without any, the first one's name is returned.
    """
    frames = frames_in(folder) if frames is None else frames
    return frames[len(frames) // 2] if frames else folder / "0001.png"
