"""Plays images in place of a picture in the sidebar, at their own speed.

A timer loads the images, a few milliseconds at a time, and redraws the sidebars in which they were
drawn since. If they were drawn nowhere, nothing shows them, and the timer ends. Each redraw draws
the whole tab, so the timer also ends when nobody has touched the sidebar for a while; it goes on
when the mouse is over it. While the animation plays or something is rendered, nothing is redrawn.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import bpy

from . import addon, panels

SLICE = 0.004
"""Seconds in which images are loaded at a time; at least one is."""
SOON, LATER = 0.02, 1.0
FASTEST = 15.0
"""Redraws per second, at most."""
REST = 30.0
"""Seconds without another redraw than those of the timer, until it ends."""
_PATIENCE = 3
"""Ticks without a drawing until the timer ends: Blender may be slower than the timer."""


class Clip(Protocol):
    """Images that are loaded, played, and freed."""

    key: str
    """Of what they show: another key, other images."""
    fps: float

    @property
    def count(self) -> int:
        """Return the number of images; 0 if there are none to play."""

    def load(self, seconds: float) -> bool:
        """Load images for about so many seconds; return whether all are loaded."""

    def icon(self, number: int) -> int:
        """Return the icon ID of an image that is loaded."""

    def free(self) -> None:
        """Free the images."""


class Player:
    """One clip, and where it was drawn."""

    def __init__(self, clip: Clip, before: Player | None = None) -> None:
        """`before`: another clip, which is shown until this one is loaded."""
        self.clip = clip
        self.before = before
        self.is_ready = False
        self.regions: set[int] = before.regions if before else set()
        """Sidebars in which it was drawn since the last tick."""
        self.tagged: set[int] = before.tagged if before else set()
        """Those that the timer has redrawn, and nobody else since."""
        self.touched = time.monotonic()
        self.unseen = 0
        self.since: float = before.since if before else 0.0
        """When its first image was shown."""

    def load(self, seconds: float) -> None:
        """Load images for about so many seconds."""
        if self.clip.load(seconds):
            self.is_ready = True
            if self.before is None:
                self.since = time.monotonic()
            else:
                self.before.free()
                self.before = None

    def free(self) -> None:
        """Free the images."""
        if self.before is not None:
            self.before.free()
        self.clip.free()

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
        past = (time.monotonic() - self.since) * self.clip.fps
        return max(1 / FASTEST, (int(past) + 1 - past) / self.clip.fps + 0.002)

    def icon(self) -> int:
        """Return the icon ID of the image to show now; 0 until all are loaded."""
        if not self.is_ready:
            return self.before.icon() if self.before else 0
        if not self.clip.count:
            return 0
        number = int((time.monotonic() - self.since) * self.clip.fps)
        return self.clip.icon(number % self.clip.count)


_players: dict[str, Player] = {}
"""What is played in each place."""


def icon(context: Any, place: str, key: str, make: Callable[[], Clip], keep: bool = False) -> int:
    """Return the icon ID of the current image of a place's clip; 0 if it does not play (yet).

    Called while it is drawn, which keeps it playing. `make`: called if the place shows a clip with
    another key. `keep`: then the clip before is shown until this one is loaded.
    """
    if not addon.preferences().play_motions or bpy.app.background:
        return 0
    player = _players.get(place)
    if player is None or player.clip.key != key:
        player = _players[place] = _next(player, key, make, keep)
    player.drawn_in(context.region.as_pointer())
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=SOON)
    return player.icon()


def _next(player: Player | None, key: str, make: Callable[[], Clip], keep: bool) -> Player:
    """Return what plays the clip with this key.

    It may be the one that is still shown: an undo comes before the clip after it is loaded.
    """
    before = _succeeded(player, keep)
    if before is None or before.clip.key != key:
        return Player(make(), before)
    before.touched = time.monotonic()
    return before


def _succeeded(player: Player | None, keep: bool) -> Player | None:
    """Return what is shown until the next clip is loaded; the rest is freed."""
    if player is None or keep and player.is_ready:
        return player
    if not keep:
        player.free()
        return None
    player.clip.free()  # never shown: another one has come before it was loaded
    return player.before


def stop() -> None:
    """Stop, and free the images; for unregister()."""
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    for player in _players.values():
        player.free()
    _players.clear()


def _tick() -> float | None:
    """Load images, or redraw where they are shown; return the seconds until the next time."""
    if not addon.preferences().play_motions:
        return None
    if _players and _is_busy():
        return LATER
    waits = [wait for player in _players.values() if (wait := _advance(player)) is not None]
    return min(waits, default=None)


def _advance(player: Player) -> float | None:
    """Load or redraw one; return the seconds until its next image, or None if nobody sees it."""
    if not player.is_ready:
        player.load(SLICE)
        if not player.is_ready:
            return SOON
    player.unseen = 0 if player.regions else player.unseen + 1
    if player.unseen > _PATIENCE or player.rests:
        return None
    for region in panels.sidebars():
        if region.as_pointer() in player.regions:
            region.tag_redraw()
    player.tagged, player.regions = player.regions, set()
    return player.until_next()


def _is_busy() -> bool:
    """Return whether Blender needs its time for something else."""
    windows = bpy.context.window_manager.windows
    playing = any(window.screen.is_animation_playing for window in windows)
    return playing or bpy.app.is_job_running("RENDER")
