"""Detect results that hardly move when a job ends, before anybody adds one."""

from __future__ import annotations

from pathlib import Path

from ...motion.movement import STILL, movement
from ...workflow.frame_files import frames_in
from ...workflow.job_list import Row
from ...workflow.kept_results import takes_of
from ..common.problems import TargetError
from ..scene.images import read_png

ADVICE = "It hardly moves: try a target in which the figure is larger, or learn longer"
LOOKED_AT = 7
"""Number of frames to compare with the first; enough to detect motion, and all of them would
take a second."""
_still: dict[str, list[int]] = {}
"""Job ID -> takes that hardly move, for jobs that ended since Blender was started."""


def look(row: Row) -> None:
    """Check the takes of a finished job; takes a few milliseconds per frame."""
    _still[row.folder.path.name] = [
        take.number for take in takes_of(row) if hardly_moves(take.folder)
    ]


def still_takes(row: Row) -> list[int]:
    """Return the numbers of a job's takes that hardly move; empty if it was never checked."""
    return _still.get(row.folder.path.name, [])


def hardly_moves(folder: Path) -> bool:
    """Return whether the numbered images in a folder are nearly identical; False if unreadable."""
    paths = frames_in(folder)
    if len(paths) < 2:
        return False
    chosen = [paths[round(i * (len(paths) - 1) / LOOKED_AT)] for i in range(LOOKED_AT + 1)]
    try:
        pictures = [read_png(path.read_bytes()) for path in dict.fromkeys(chosen)]
    except (OSError, TargetError):
        return False
    return len({picture.shape for picture in pictures}) == 1 and movement(pictures) < STILL


def forget() -> None:
    """Reset all state; for unregister()."""
    _still.clear()
