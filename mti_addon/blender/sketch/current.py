"""The scene's current capture."""

from __future__ import annotations

from typing import Any

from ...workflow.captures import Capture, load_capture
from ..common import addon
from ..common.file_cache import cached

seen_capture = cached(load_capture)


def current_capture(scene: Any) -> Capture | None:
    """Return the scene's capture, if it still exists."""
    return seen_capture(addon.captures_folder(), scene.mti.capture)
