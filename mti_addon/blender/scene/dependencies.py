"""What an object's transform and shape depend on, across IDs, and when any of it moves."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import bpy

from ...wire.problem import Problem
from .animation import played_by
from .keyed import STILL, Played, Span, together
from .physics import Cache, caches

NO_PLACE = frozenset(
    "ACTION MATERIAL IMAGE WORLD TEXT LIBRARY SOUND FONT LINESTYLE WORKSPACE SCREEN WINDOWMANAGER "
    "BRUSH PALETTE PAINTCURVE".split()
)
"""ID types that do not affect an object's transform or shape."""
SIMULATION = ("GeometryNodeSimulationInput",)
CLOCKS = ("GeometryNodeInputSceneTime", *SIMULATION)
"""Nodes that change over time."""
TRACKED = ("CAMERA_SOLVER", "FOLLOW_TRACK", "OBJECT_SOLVER")
"""Constraints that follow movie clip tracking."""
MOST = 64
"""Maximum number of cached answers."""
SECONDS = 0.5
"""Minimum interval between lookups by a panel that keeps being redrawn."""


def all_behind(roots: Iterable[Any], without: Collection[str] = NO_PLACE) -> list[Any]:
    """Return the IDs that `roots` depend on, directly or indirectly, roots first.

    These are parents, targets, drivers, data and nodes.

    Based on Blender's user map; types `without` transform or shape (such as materials) are left
    out. Scenes are included but not traversed, since they contain everything.
    """
    uses = _uses()
    found = {_key(root): root for root in roots if root is not None}
    waiting = list(found.values())
    while waiting:
        owner = waiting.pop()
        if owner.id_type == "SCENE":
            continue
        override = getattr(owner, "override_library", None)
        original = override.reference if override is not None else None
        for used in uses.get(_key(owner), ()):
            if used.id_type in without or _key(used) in found or used == original:
                continue
            found[_key(used)] = used
            waiting.append(used)
    return list(found.values())


def _key(owner: Any) -> int:
    return int(owner.session_uid)


def _uses() -> dict[int, list[Any]]:
    """Map each ID to those that it uses."""
    uses: dict[int, list[Any]] = {}
    for used, users in bpy.data.user_map().items():
        for user in users:
            uses.setdefault(_key(user), []).append(used)
    return uses


@dataclass(frozen=True)
class Moving:
    """When something moves, and by what."""

    played: Played
    caches: tuple[Cache, ...] = ()
    """Simulations that move it."""
    steps: bool = False
    """Simulated by geometry nodes, where each frame is computed from the one shown before."""
    shaped: Played = STILL
    """When it moves, ignoring what is not drawn: particles, smoke, paint."""

    def physics_problem(self, last: int, drawn: bool = False) -> Problem | None:
        """Return what must be played or baked before capturing up to frame `last`.

        `drawn`: it is drawn as a figure or a box instead of rendered.
        """
        found = (cache.problem(last) for cache in self.caches if cache.drawn or not drawn)
        return next((problem for problem in found if problem is not None), None)

    @property
    def undrawn(self) -> Cache | None:
        """Return a simulation that moves nothing drawn, such as particles."""
        return next((cache for cache in self.caches if not cache.drawn), None)

    def as_drawn(self) -> Moving:
        """Return the same for something drawn as a figure or a box."""
        return replace(self, played=self.shaped)


def moving(scene: Any, roots: Iterable[Any]) -> Moving:
    """Return when anything that `roots` depend on is animated or simulated."""
    behind = all_behind(roots)
    kept = tuple(caches(scene, behind))
    keyed = together(played_by(owner) | _by_itself(scene, owner) for owner in behind)
    shaped = keyed | together(cache.played for cache in kept if cache.drawn)
    whole = shaped | together(cache.played for cache in kept)
    render = scene.render
    slower = render.frame_map_new / render.frame_map_old  # Time Stretching
    steps = any(_nodes(owner, SIMULATION) for owner in behind)
    return Moving(whole.stretched(slower), kept, steps, shaped.stretched(slower))


def whole_frames(span: Span) -> tuple[int, int]:
    """Return the first and last whole frame that enclose a span."""
    return math.floor(span[0] + 1e-3), math.ceil(span[1] - 1e-3)


class Known:
    """Cache of `moving` results, until something in the file changes."""

    def __init__(self) -> None:
        self.at_once = bpy.app.background
        """Without a window there are no change notifications, so look up every time."""
        self._found: dict[tuple[int, object], tuple[Moving, float]] = {}
        self._outdated: set[tuple[int, object]] = set()

    def moving(self, scene: Any, whose: object, roots: Callable[[], Iterable[Any]]) -> Moving:
        """Return the result of `moving`, cached; after a change updated at most every SECONDS.

        `whose` identifies the roots in this scene, which are requested only for a lookup.
        """
        key = (_key(scene), whose)
        before = self._found.get(key)
        if before is not None and not self.at_once:
            if key not in self._outdated or time.monotonic() - before[1] < SECONDS:
                return before[0]
        if len(self._found) > MOST:
            self.forget()
        found = moving(scene, roots())
        self._found[key] = found, time.monotonic()
        self._outdated.discard(key)
        return found

    def changed(self) -> None:
        """Handle a change in the file."""
        self._outdated = set(self._found)

    def stepped(self) -> None:
        """Handle a frame change: more frames of a simulation may be cached now."""
        self._outdated |= {key for key, (found, _) in self._found.items() if found.caches}

    def forget(self) -> None:
        """Handle the opening of another file."""
        self._found.clear()
        self._outdated.clear()


known = Known()


def _by_itself(scene: Any, owner: Any) -> Played:
    """Return when something moves without keys, such as Blender's own clock."""
    if owner.id_type == "CACHEFILE" or _nodes(owner, CLOCKS):
        return Played(endless=True)
    if owner.id_type.startswith("GREASEPENCIL"):
        return together(_drawn(layer) for layer in owner.layers)
    if owner.id_type == "OBJECT":
        return together([*map(_timed, owner.modifiers), *_tracked(scene, owner)])
    return STILL


def _nodes(owner: Any, kinds: tuple[str, ...]) -> bool:
    """Return whether a node tree contains one of these types."""
    return owner.id_type == "NODETREE" and any(node.bl_idname in kinds for node in owner.nodes)


def _drawn(layer: Any) -> Played:
    """Return when a Grease Pencil layer plays: from its first drawing to its last."""
    frames = [frame.frame_number for frame in layer.frames]
    return Played((min(frames), max(frames))) if len(frames) > 1 else STILL


def _timed(modifier: Any) -> Played:
    """Return when a time-dependent modifier moves."""
    if not modifier.show_viewport:
        return STILL
    if modifier.type == "BUILD":
        start = modifier.frame_start
        return Played((start, start + modifier.frame_duration))
    return Played(endless=modifier.type in ("WAVE", "MESH_CACHE"))


def _tracked(scene: Any, owner: Any) -> Iterator[Played]:
    """Yield the duration of the movie clips that an object, or one of its bones, follows."""
    bones = owner.pose.bones if owner.pose is not None else ()
    for limit in (limit for thing in (owner, *bones) for limit in thing.constraints):
        if limit.type in TRACKED and not limit.mute and limit.influence:
            clip = scene.active_clip if limit.use_active_clip else limit.clip
            if clip is not None:
                yield Played((clip.frame_start, clip.frame_start + clip.frame_duration - 1))
