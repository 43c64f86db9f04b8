"""Plays the chosen motion's captured images as its picture, at the motion's own speed.

A timer loads the images, a few milliseconds at a time, and redraws the sidebars in which the motion
was drawn since. If it was drawn nowhere, nothing shows it, and the timer ends. Each redraw draws
the whole tab, so the timer also ends when nobody has touched the sidebar for a while; it goes on
when the mouse is over it. While the animation plays or something is rendered, nothing is redrawn.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import bpy

from ...client.library import Entry
from ..common import addon, icons

SLICE = 0.004
"""Seconds in which images are loaded at a time; at least one is."""
SOON, LATER = 0.02, 1.0
FASTEST = 15.0
"""Redraws per second, at most."""
MOST_BYTES = 4 * 2**20
"""Of one image; a larger one would block Blender."""
REST = 30.0
"""Seconds without another redraw than those of the timer, until it ends."""
_PATIENCE = 3
"""Ticks without a drawing until the timer ends: Blender may be slower than the timer."""


class _Player:
    """One motion, and where it was drawn."""

    def __init__(self, entry: Entry) -> None:
        self.key = _key(entry)
        self.paths = entry.references
        self.fps = entry.fps
        self.regions: set[int] = set()
        """Sidebars in which it was drawn since the last tick."""
        self.tagged: set[int] = set()
        """Those that the timer has redrawn, and nobody else since."""
        self.touched = time.monotonic()
        self.unseen = 0
        self._loaded = 0
        self._since = 0.0

    @property
    def is_ready(self) -> bool:
        """Return whether all images are loaded."""
        return self._loaded >= len(self.paths)

    def load(self, seconds: float) -> None:
        """Load images for about so many seconds, in order."""
        deadline = time.perf_counter() + seconds
        while not self.is_ready:
            if _is_too_large(self.paths[self._loaded]):
                self.paths = self.paths[: self._loaded]
            else:
                icons.load_now(self._name(self._loaded), self.paths[self._loaded])
                self._loaded += 1
            if time.perf_counter() > deadline:
                break
        if self.is_ready:
            self._since = time.monotonic()

    def free(self) -> None:
        """Free the images."""
        for number in range(self._loaded):
            icons.drop(self._name(number))

    def drawn_in(self, region: int) -> None:
        """Note that it was drawn in a region, and whether only the timer wanted that."""
        self.regions.add(region)
        if region not in self.tagged:
            self.touched = time.monotonic()
        self.tagged.discard(region)

    @property
    def rests(self) -> bool:
        """Return whether nobody has touched its sidebars for a while."""
        return time.monotonic() - self.touched > REST

    def until_next(self) -> float:
        """Return the seconds until another image is to be shown."""
        if not self.is_ready:
            return SOON
        past = (time.monotonic() - self._since) * self.fps
        return max(1 / FASTEST, (int(past) + 1 - past) / self.fps + 0.002)

    def icon(self) -> int:
        """Return the icon ID of the image to show now; 0 until all are loaded."""
        if not self.is_ready or not self.paths:
            return 0
        number = int((time.monotonic() - self._since) * self.fps) % len(self.paths)
        return icons.sure_icon(self._name(number), lambda: self.paths[number])

    def _name(self, number: int) -> str:
        return f"{number}/{self.key}"


_player: _Player | None = None


def can_play(entry: Entry) -> bool:
    """Return whether a motion has images to play."""
    return entry.num_references > 1


def icon(context: Any, entry: Entry) -> int:
    """Return the icon ID of a motion's current image; 0 if it does not play (yet).

    Called while it is drawn, which keeps it playing.
    """
    global _player
    if not can_play(entry) or not addon.preferences().play_motions or bpy.app.background:
        return 0
    if _player is None or _player.key != _key(entry):
        if _player is not None:
            _player.free()
        _player = _Player(entry)
    _player.drawn_in(context.region.as_pointer())
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=SOON)
    return _player.icon()


def stop() -> None:
    """Stop, and free the images; for unregister()."""
    global _player
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    if _player is not None:
        _player.free()
    _player = None


def _tick() -> float | None:
    """Load images, or redraw where the motion is shown; return the seconds until the next time."""
    if _player is None or not addon.preferences().play_motions:
        return None
    if _is_busy():
        return LATER
    if not _player.is_ready:
        _player.load(SLICE)
        if not _player.is_ready:
            return SOON
    _player.unseen = 0 if _player.regions else _player.unseen + 1
    if _player.unseen > _PATIENCE or _player.rests:
        return None
    _redraw(_player.regions)
    _player.tagged, _player.regions = _player.regions, set()
    return _player.until_next()


def _is_busy() -> bool:
    """Return whether Blender needs its time for something else."""
    windows = bpy.context.window_manager.windows
    playing = any(window.screen.is_animation_playing for window in windows)
    return playing or bpy.app.is_job_running("RENDER")


def _is_too_large(path: Path) -> bool:
    try:
        return path.stat().st_size > MOST_BYTES
    except OSError:
        return True


def _redraw(pointers: set[int]) -> None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions:
                if region.type == "UI" and region.as_pointer() in pointers:
                    region.tag_redraw()


def _key(entry: Entry) -> str:
    return f"{entry.id} {entry.folder}"
