"""What the panel shows of jobs, as icons: the loss curve, what has been learned so far, the takes.

Blender reads the files by itself, when it draws them. Nothing here is kept in a .blend file.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import bpy.utils.previews

from .curve import SIDE, draw_curve
from .jobs import Row
from .results import takes_of

_previews: Any = None
_drawn: dict[str, int] = {}
"""For each job, of how many losses its curve was drawn."""


def follow(row: Row) -> None:
    """Have the curve of a job drawn anew if it has told more losses; under 2 ms."""
    state, job = row.state, row.folder.path.name
    if row.state.phase != "running" or len(state.losses) < 2:
        return
    if _drawn.get(job) == state.loss_count:
        return
    key = f"curve {job}"
    icons = _collection()
    icon = icons[key] if key in icons else icons.new(key)
    icon.image_size = (SIDE, SIDE)
    pixels = draw_curve(state.losses, state.loss_steps, state.total)
    icon.image_pixels_float.foreach_set(pixels.ravel())
    _drawn[job] = state.loss_count


def curve_icon(row: Row) -> int:
    """The icon of the loss curve; 0 if there is none yet."""
    key = f"curve {row.folder.path.name}"
    return _previews[key].icon_id if _previews is not None and key in _previews else 0


def live_icon(row: Row) -> int:
    """The icon of what has been learned so far; 0 if nothing has been played yet."""
    name = row.state.preview
    if not name.startswith("live/") or ".." in name:
        return 0
    return file_icon(row.folder.path / name)


def take_icons(row: Row) -> list[int]:
    """An icon for each take of a job that is done: 0 where it cannot be shown."""
    return [
        file_icon(take.sheet) if take.sheet else file_icon(_middle(take.folder))
        for take in takes_of(row)
    ]


def file_icon(path: Path) -> int:
    """The icon of a picture file that does not change; 0 if it cannot be read."""
    icons, key = _collection(), str(path)
    if key not in icons:
        if not path.is_file():
            return 0
        with contextlib.suppress(KeyError, OSError, RuntimeError):
            icons.load(key, str(path), "IMAGE")
    return icons[key].icon_id if key in icons else 0


def forget() -> None:
    """Give the pictures' memory back; for unregister()."""
    global _previews
    _drawn.clear()
    if _previews is not None:
        bpy.utils.previews.remove(_previews)
        _previews = None


def _middle(folder: Path) -> Path:
    """A picture in which something has moved: the first is the target itself."""
    names = sorted(folder.glob("*.png"))
    return names[len(names) // 2] if names else folder / "0001.png"


def _collection() -> Any:
    global _previews
    if _previews is None:
        _previews = bpy.utils.previews.new()
    return _previews
