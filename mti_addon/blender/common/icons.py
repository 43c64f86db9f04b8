"""Image files and drawn images as icons for panels, limited to about as many as a panel shows.

Blender loads an image file by itself when it draws its icon. Nothing here is stored in a .blend
file.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy.utils.previews

from ...workflow.captures import Capture
from .file_cache import is_file

KEPT = 256
"""Number of most recently shown icons to keep; a panel shows a few dozen, and a large grid of
motions more. Each takes up to 256 KB."""

_previews: Any = None
_used: OrderedDict[str, None] = OrderedDict()
"""Icon names, the most recently shown last."""


def icon_of(capture: Capture) -> int:
    """Return the icon ID of a capture's contact sheet; 0 if it cannot be shown."""
    return file_icon(capture.sheet)


def file_icon(path: Path) -> int:
    """Return the icon ID of an image file that does not change; 0 if it cannot be read."""
    icons, key = _collection(), str(path)
    if key not in icons:
        if not is_file(path):
            return 0
        with contextlib.suppress(KeyError, OSError, RuntimeError):
            icons.load(key, key, "IMAGE")
    return _shown(key)


def sure_icon(key: str, path_of: Callable[[], Path | None]) -> int:
    """Return the icon ID of an image file that is known to exist, without looking for it.

    `key`: of what the file shows, which changes if the file does. `path_of`: called only if it is
    not loaded yet; None: there is no such file, and the icon ID is 0.
    """
    icons = _collection()
    if key not in icons and (path := path_of()) is not None:
        with contextlib.suppress(KeyError, OSError, RuntimeError):
            icons.load(key, str(path), "IMAGE")
    return _shown(key)


def load_now(key: str, path: Path) -> None:
    """Load an image file at once, which Blender otherwise does some time after it was drawn."""
    if sure_icon(key, lambda: path):
        _ = tuple(_previews[key].image_size)


def drawn_icon(key: str) -> int:
    """Return the icon ID that draw() created for this key; 0 if there is none."""
    return _shown(key) if _previews is not None else 0


def draw(key: str, pixels: Any) -> None:
    """Create or update an icon from float32 pixels (H, W, 4) in 0..1, bottom row first."""
    icons = _collection()
    icon = icons[key] if key in icons else icons.new(key)
    icon.image_size = (pixels.shape[1], pixels.shape[0])
    icon.image_pixels_float.foreach_set(pixels.ravel())
    _shown(key)


def drop(key: str) -> None:
    """Free an icon's memory; the key of a file is its path."""
    _used.pop(key, None)
    if _previews is not None and key in _previews:
        del _previews[key]


def forget() -> None:
    """Free all icons; for unregister()."""
    global _previews
    _used.clear()
    if _previews is not None:
        bpy.utils.previews.remove(_previews)
        _previews = None


def _shown(key: str) -> int:
    if key not in _previews:
        return 0
    _used[key] = None
    _used.move_to_end(key)
    while len(_used) > KEPT:
        drop(next(iter(_used)))
    icon: int = _previews[key].icon_id
    return icon


def _collection() -> Any:
    global _previews
    if _previews is None:
        _previews = bpy.utils.previews.new()
    return _previews
