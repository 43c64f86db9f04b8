"""Results that hardly move: noticed when a job ends, and told before somebody adds one."""

from __future__ import annotations

from pathlib import Path

from ..motion.movement import STILL, movement
from .jobs import Row
from .problems import TargetError
from .results import takes_of
from .target_images import read_png

ADVICE = "It hardly moves: try a target in which the figure is larger, or learn longer"
LOOKED_AT = 7
"""Pictures of a result, besides the first: a motion shows in them, and all would take a second."""
_still: dict[str, list[int]] = {}
"""Of each job that has ended since Blender was started: the takes that hardly move."""


def look(row: Row) -> None:
    """Look at the takes of a job that is done; some milliseconds for each picture."""
    _still[row.folder.path.name] = [
        take.number for take in takes_of(row) if hardly_moves(take.folder)
    ]


def still_takes(row: Row) -> list[int]:
    """The numbers of a job's takes that hardly move; empty for a job that nobody has looked at."""
    return _still.get(row.folder.path.name, [])


def hardly_moves(folder: Path) -> bool:
    """The numbered pictures in a folder are nearly the same; False where they cannot be read."""
    paths = sorted(folder.glob("[0-9]*.png"))
    if len(paths) < 2:
        return False
    chosen = [paths[round(i * (len(paths) - 1) / LOOKED_AT)] for i in range(LOOKED_AT + 1)]
    try:
        pictures = [read_png(path.read_bytes()) for path in dict.fromkeys(chosen)]
    except (OSError, TargetError):
        return False
    return len({picture.shape for picture in pictures}) == 1 and movement(pictures) < STILL


def forget() -> None:
    """For unregister()."""
    _still.clear()
