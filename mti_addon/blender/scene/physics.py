"""Simulations: what they move, and which of their frames are cached."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy

from ...wire.problem import Problem
from ..common.file_cache import cached
from .animation import all_channels
from .keyed import Played

NUMBER = re.compile(r"\d+")
SIZES = re.compile(r"\(.*?\)")
"""Memory usage in Blender's description of a cache."""
OF_FRAME = re.compile(r"_(\d+)\.")
WITHOUT_CACHE = ("NO", "KEYED")
"""Particle physics types that have no cache since they simulate nothing."""
NEVER = "{name} is moved by physics that were never played."
PARTLY = "{name} is moved by physics that were only played up to frame {kept}, not to {until}."
CHANGED = "{name} is moved by physics that have changed since they were played."
PLAY_IT = "Bake the simulation, or play it from frame {start}, then capture."
SAVE_IT = "Save the file, since this simulation is cached on disk; bake or play it, then capture."
UNDRAWN = "{name} itself does not move, and its particles, smoke or paint are not drawn."
LOOK_ON = "Capture the viewport or the camera view."


@dataclass(frozen=True)
class Cache:
    """The cached frames of one simulation."""

    name: str
    """Name of the object that it moves."""
    start: int
    end: int
    """Its own first and last frame."""
    kept: int
    """Last cached frame; below `start` if there is none."""
    outdated: bool
    drawn: bool = True
    """It moves the object or its shape; particles, smoke and paint are only visible to cameras."""
    unsaved: bool = False
    """It is cached on disk, next to a .blend file that has not been saved yet."""

    @property
    def played(self) -> Played:
        """Return when it moves anything."""
        return Played((float(self.start), float(self.end)))

    def problem(self, last: int) -> Problem | None:
        """Return what is missing up to scene frame `last`."""
        until = min(last, self.end)
        if until < self.start:
            return None
        values = {"name": self.name, "start": self.start, "kept": self.kept, "until": until}
        if self.kept < self.start:
            if self.unsaved:
                return Problem("physics_never_saved", NEVER, SAVE_IT, values)
            return Problem("physics_never_played", NEVER, PLAY_IT, values)
        if self.outdated:
            if self.unsaved:
                return Problem("physics_changed_unsaved", CHANGED, SAVE_IT, values)
            return Problem("physics_changed", CHANGED, PLAY_IT, values)
        if self.kept < until:
            if self.unsaved:
                return Problem("physics_partly_saved", PARTLY, SAVE_IT, values)
            return Problem("physics_partly_played", PARTLY, PLAY_IT, values)
        return None


def caches(scene: Any, objects: Iterable[Any]) -> Iterator[Cache]:
    """Yield the simulations that move these objects; other IDs among them are ignored."""
    for owner in objects:
        if owner.id_type != "OBJECT":
            continue
        world = scene.rigidbody_world
        if world is not None and world.enabled and _is_thrown(owner, world):
            yield _cache(owner, world.point_cache)
        for modifier in owner.modifiers:
            if modifier.show_viewport:
                yield from _of_modifier(owner, modifier)


def _of_modifier(owner: Any, modifier: Any) -> Iterator[Cache]:
    if modifier.type in ("CLOTH", "SOFT_BODY"):
        yield _cache(owner, modifier.point_cache)
    elif modifier.type == "PARTICLE_SYSTEM":
        yield from _particles(owner, modifier.particle_system)
    elif modifier.type == "DYNAMIC_PAINT" and modifier.canvas_settings is not None:
        for surface in modifier.canvas_settings.canvas_surfaces:
            if surface.is_active and surface.is_cache_user:
                drawn = surface.surface_type != "PAINT"
                yield _cache(owner, surface.point_cache, drawn)
    elif modifier.type == "FLUID" and modifier.fluid_type == "DOMAIN":
        yield _fluid(owner, modifier.domain_settings)


def _particles(owner: Any, system: Any) -> Iterator[Cache]:
    """Yield particle caches while particles exist; hair only moves with Hair Dynamics."""
    settings = system.settings
    if settings.type == "HAIR":
        if system.use_hair_dynamics:
            yield _cache(owner, system.point_cache, drawn=False)
        return
    start, end = math.floor(settings.frame_start), math.ceil(settings.frame_end + settings.lifetime)
    burst = any(modifier.type == "EXPLODE" for modifier in owner.modifiers)
    if settings.physics_type in WITHOUT_CACHE:
        yield Cache(owner.name, start, end, kept=end, outdated=False, drawn=burst)
    else:
        found = _cache(owner, system.point_cache, drawn=burst)
        yield replace(found, end=min(found.end, end))


def _fluid(owner: Any, domain: Any) -> Cache:
    """Return a fluid's cache of numbered files; for a liquid with a mesh, those of the mesh."""
    start, end = domain.cache_frame_start, domain.cache_frame_end
    folder = Path(bpy.path.abspath(domain.cache_directory, library=owner.library))
    liquid = domain.domain_type == "LIQUID"
    part = "mesh" if liquid and domain.use_mesh else "data"
    kept = frames_in(folder / part)
    last = start - 1
    while last < end and last + 1 in kept:
        last += 1
    return Cache(owner.name, start, end, last, outdated=False, drawn=liquid)


@cached
def frames_in(folder: Path) -> frozenset[int]:
    """Return the frame numbers of a fluid cache's files, such as fluid_data_0012.vdb."""
    try:
        names = os.listdir(folder)
    except OSError:
        return frozenset()
    return frozenset(int(found[1]) for name in names if (found := OF_FRAME.search(name)))


def _is_thrown(owner: Any, world: Any) -> bool:
    """Return whether a rigid body is moved by the simulation at any time."""
    body = owner.rigid_body
    if body is None or body.type != "ACTIVE" or not body.enabled:
        return False
    if world.collection is None or owner.name not in world.collection.all_objects:
        return False
    released = (curve.data_path == "rigid_body.kinematic" for curve in all_channels(owner))
    return not body.kinematic or any(released)


def _cache(owner: Any, cache: Any, drawn: bool = True) -> Cache:
    """Parse the state of a point cache.

    Blender only reports the number of cached frames as text, such as '10 frames in memory (3 KiB),
    not exact since frame 8'.
    """
    numbers = [int(number) for number in NUMBER.findall(SIZES.sub("", cache.info))]
    count = numbers[0] if numbers else 0
    kept = cache.frame_start + count * cache.frame_step - 1
    if cache.is_baked and not count:
        kept = cache.frame_end
    elif len(numbers) > 1:  # frames were skipped during playback
        kept = min(kept, numbers[1])
    unsaved = cache.use_disk_cache and not bpy.data.is_saved
    name, start, end = owner.name, cache.frame_start, cache.frame_end
    return Cache(name, start, end, kept, cache.is_outdated, drawn, unsaved)
