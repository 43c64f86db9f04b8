"""What an object's place and shape depend on, over any number of other IDs, and when that moves."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import bpy

from ..wire.problem import Problem
from .animation import played_by
from .keyed import STILL, Played, Span, together
from .physics import Cache, caches

NO_PLACE = frozenset(
    "ACTION MATERIAL IMAGE WORLD TEXT LIBRARY SOUND FONT LINESTYLE WORKSPACE SCREEN WINDOWMANAGER "
    "BRUSH PALETTE PAINTCURVE".split()
)
"""Types of IDs that say nothing about where a thing is or what shape it has."""
SIMULATION = ("GeometryNodeSimulationInput",)
CLOCKS = ("GeometryNodeInputSceneTime", *SIMULATION)
"""Nodes that change as time goes on."""
TRACKED = ("CAMERA_SOLVER", "FOLLOW_TRACK", "OBJECT_SOLVER")
"""Constraints that follow what was tracked in a movie clip."""
MOST = 64
"""Answers that are remembered at a time."""
SECONDS = 0.5
"""A panel that is drawn again and again looks no more often than this."""


def all_behind(roots: Iterable[Any], without: Collection[str] = NO_PLACE) -> list[Any]:
    """IDs that `roots` depend on, these first: parents, targets, drivers, data, nodes, and theirs.

    Blender says who uses whom; types `without` place or shape (materials, say) are left out. Scenes
    are named, but not gone through: everything is in them.
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
    """For each ID those that it uses."""
    uses: dict[int, list[Any]] = {}
    for used, users in bpy.data.user_map().items():
        for user in users:
            uses.setdefault(_key(user), []).append(used)
    return uses


@dataclass(frozen=True)
class Moving:
    """When and by what something moves."""

    played: Played
    caches: tuple[Cache, ...] = ()
    """The simulations that it is moved by."""
    steps: bool = False
    """Geometry nodes simulate it: each frame is made from the one that was shown before."""
    shaped: Played = STILL
    """When it moves without what is not drawn of it: particles, smoke, paint."""

    def physics_problem(self, last: int, drawn: bool = False) -> Problem | None:
        """What has to be played or baked before it can be captured up to the frame `last`; `drawn`:
        where it is not rendered, but drawn as a figure or a box."""
        found = (cache.problem(last) for cache in self.caches if cache.drawn or not drawn)
        return next((problem for problem in found if problem is not None), None)

    @property
    def undrawn(self) -> Cache | None:
        """A simulation that moves nothing that is drawn, such as particles."""
        return next((cache for cache in self.caches if not cache.drawn), None)

    def as_drawn(self) -> Moving:
        """The same for a figure or a box."""
        return replace(self, played=self.shaped)


def moving(scene: Any, roots: Iterable[Any]) -> Moving:
    """When anything that `roots` depend on is animated or simulated."""
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
    """The first and the last whole frame around it."""
    return math.floor(span[0] + 1e-3), math.ceil(span[1] - 1e-3)


class Known:
    """What `moving` gave last, until something in the file changes."""

    def __init__(self) -> None:
        self.at_once = bpy.app.background
        """Look anew each time: where no window is drawn, nobody is told of changes."""
        self._found: dict[tuple[int, object], tuple[Moving, float]] = {}
        self._outdated: set[tuple[int, object]] = set()

    def moving(self, scene: Any, whose: object, roots: Callable[[], Iterable[Any]]) -> Moving:
        """As `moving`, remembered; after a change looked for again at most every SECONDS.

        `whose` names the roots in this scene, which are asked for only when it is looked.
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
        """Something in the file has changed."""
        self._outdated = set(self._found)

    def stepped(self) -> None:
        """The frame has changed: of a simulation another one may be kept now."""
        self._outdated |= {key for key, (found, _) in self._found.items() if found.caches}

    def forget(self) -> None:
        """It is another file."""
        self._found.clear()
        self._outdated.clear()


known = Known()


def _by_itself(scene: Any, owner: Any) -> Played:
    """When something goes on without keys, as Blender's own clock does."""
    if owner.id_type == "CACHEFILE" or _nodes(owner, CLOCKS):
        return Played(endless=True)
    if owner.id_type.startswith("GREASEPENCIL"):
        return together(_drawn(layer) for layer in owner.layers)
    if owner.id_type == "OBJECT":
        return together([*map(_timed, owner.modifiers), *_tracked(scene, owner)])
    return STILL


def _nodes(owner: Any, kinds: tuple[str, ...]) -> bool:
    """A tree of nodes has one of these."""
    return owner.id_type == "NODETREE" and any(node.bl_idname in kinds for node in owner.nodes)


def _drawn(layer: Any) -> Played:
    """A layer of a Grease Pencil: from its first drawing to its last."""
    frames = [frame.frame_number for frame in layer.frames]
    return Played((min(frames), max(frames))) if len(frames) > 1 else STILL


def _timed(modifier: Any) -> Played:
    """A modifier that knows what time it is."""
    if not modifier.show_viewport:
        return STILL
    if modifier.type == "BUILD":
        start = modifier.frame_start
        return Played((start, start + modifier.frame_duration))
    return Played(endless=modifier.type in ("WAVE", "MESH_CACHE"))


def _tracked(scene: Any, owner: Any) -> Iterator[Played]:
    """For as long as the clip lasts that an object, or one of its bones, follows."""
    bones = owner.pose.bones if owner.pose is not None else ()
    for limit in (limit for thing in (owner, *bones) for limit in thing.constraints):
        if limit.type in TRACKED and not limit.mute and limit.influence:
            clip = scene.active_clip if limit.use_active_clip else limit.clip
            if clip is not None:
                yield Played((clip.frame_start, clip.frame_start + clip.frame_duration - 1))
