"""Why Blender does not animate an object: what in the Outliner keeps it from being played."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..motion import Problem
from .translations import translated

DISABLED = "{} is disabled in the viewport, so Blender does not animate it."
EXCLUDED = (
    "{} is in the collection {}, which is excluded from this view layer, so Blender does not "
    "animate it."
)
SHUT = "{} is in the collection {}, which is disabled in viewports, so Blender does not animate it."
ELSEWHERE = "{} is not in this view layer, so Blender does not animate it."
SCREEN_ICON = "Enable it (the screen icon in the Outliner); hiding it (H) does no harm."


def why_not_played(thing: Any, view_layer: Any) -> Problem:
    """What keeps an object that is not evaluated from it, and how that is changed."""
    if thing.hide_viewport:
        return Problem(translated(DISABLED).format(thing.name), SCREEN_ICON)
    for layers in _ways_to(thing, view_layer.layer_collection):
        for layer in layers:
            if layer.exclude:
                what = translated(EXCLUDED).format(thing.name, layer.name)
                return Problem(what, "Set the check mark beside the collection in the Outliner.")
            if layer.collection.hide_viewport:
                return Problem(translated(SHUT).format(thing.name, layer.name), SCREEN_ICON)
    what = translated(ELSEWHERE).format(thing.name)
    return Problem(what, "Link it to a collection of this scene, or choose another view layer.")


def _ways_to(thing: Any, layer: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The layer collections, from the outermost on, on every way to an object."""
    way = (*above, layer)
    if thing.name in layer.collection.objects:
        yield way
    for child in layer.children:
        yield from _ways_to(thing, child, way)
