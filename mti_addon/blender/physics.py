"""Simulations: who is moved by one, and which of its frames Blender has kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..motion import Problem
from .animation import all_channels
from .translations import translated

NUMBER = re.compile(r"\d+")
NEVER = "{} is moved by physics that were never played."
PARTLY = "{} is moved by physics that were played up to frame {} only, not to {}."
CHANGED = "{} is moved by physics that have changed since they were played."
PLAY_IT = "Bake the simulation, or play it from frame {} on, and then capture."


@dataclass(frozen=True)
class Cache:
    """The kept frames of one simulation."""

    name: str
    """The object that it moves."""
    start: int
    end: int
    """Its own first and last frame."""
    kept: int
    """The last frame that is kept; below `start` if there is none."""
    outdated: bool

    def problem(self, last: int) -> Problem | None:
        """What is missing of it up to the scene frame `last`."""
        until = min(last, self.end)
        if until < self.start:
            return None
        if self.kept < self.start:
            what = translated(NEVER).format(self.name)
        elif self.outdated:
            what = translated(CHANGED).format(self.name)
        elif self.kept < until:
            what = translated(PARTLY).format(self.name, self.kept, until)
        else:
            return None
        return Problem(what, translated(PLAY_IT).format(self.start))


def caches(scene: Any, objects: Iterable[Any]) -> Iterator[Cache]:
    """The simulations that move these objects (other IDs among them are passed over)."""
    for owner in objects:
        if owner.id_type != "OBJECT":
            continue
        world = scene.rigidbody_world
        if world is not None and world.enabled and _is_thrown(owner, world):
            yield _cache(owner, world.point_cache)
        for modifier in owner.modifiers:
            if modifier.type in ("CLOTH", "SOFT_BODY") and modifier.show_viewport:
                yield _cache(owner, modifier.point_cache)


def _is_thrown(owner: Any, world: Any) -> bool:
    """A rigid body that moves by itself, at least at some time."""
    body = owner.rigid_body
    if body is None or body.type != "ACTIVE" or not body.enabled:
        return False
    if world.collection is None or owner.name not in world.collection.all_objects:
        return False
    released = (curve.data_path == "rigid_body.kinematic" for curve in all_channels(owner))
    return not body.kinematic or any(released)


def _cache(owner: Any, cache: Any) -> Cache:
    """Blender tells how many frames it keeps in a sentence only, such as '10 frames in memory'."""
    number = NUMBER.search(cache.info)
    count = int(number[0]) if number else 0
    kept = cache.frame_start + count * cache.frame_step - 1
    if cache.is_baked and not count:
        kept = cache.frame_end
    return Cache(owner.name, cache.frame_start, cache.frame_end, kept, cache.is_outdated)
