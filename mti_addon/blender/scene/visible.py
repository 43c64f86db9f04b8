"""Why Blender does not evaluate, and so not animate, an object: a setting in the Outliner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...wire.problem import Problem

DISABLED = "{name} is disabled in the viewport, so Blender does not animate it."
EXCLUDED = (
    "{name} is in the collection {collection}, which is excluded from this view layer, so Blender "
    "does not animate it."
)
SHUT = (
    "{name} is in the collection {collection}, which is disabled in viewports, so Blender does not "
    "animate it."
)
ELSEWHERE = "{name} is not in this view layer, so Blender does not animate it."
SCREEN_ICON = "Enable it (screen icon in the Outliner); hiding it (H) is fine."


def why_not_played(thing: Any, view_layer: Any) -> Problem:
    """Return why an object is not evaluated, and how to change that."""
    if thing.hide_viewport:
        return Problem("object_disabled", DISABLED, SCREEN_ICON, {"name": thing.name})
    for layers in _ways_to(thing, view_layer.layer_collection):
        for layer in layers:
            values = {"name": thing.name, "collection": layer.name}
            if layer.exclude:
                hint = "Enable the checkbox next to the collection in the Outliner."
                return Problem("collection_excluded", EXCLUDED, hint, values)
            if layer.collection.hide_viewport:
                return Problem("collection_disabled", SHUT, SCREEN_ICON, values)
    hint = "Link it to a collection of this scene, or choose another view layer."
    return Problem("not_in_view_layer", ELSEWHERE, hint, {"name": thing.name})


def _ways_to(thing: Any, layer: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield every path to an object as its layer collections, outermost first."""
    way = (*above, layer)
    if thing.name in layer.collection.objects:
        yield way
    for child in layer.children:
        yield from _ways_to(thing, child, way)
