"""Fingerprint of a scene's appearance: its motion, materials, lights and images.

Nothing is rendered; comparing fingerprints tells whether a render would show the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

import bpy
import numpy as np

from ..common.file_cache import file_state
from . import fingerprint
from .compositing import all_nodes, node_tree
from .dependencies import all_behind
from .fingerprint import plain

UNSEEN = frozenset("ACTION TEXT LIBRARY SOUND WORKSPACE SCREEN WINDOWMANAGER PALETTE".split())
"""ID types that no render shows."""
NOT_RENDERED = ("filepath", "threads", "threads_mode", "use_lock_interface", "use_overwrite")
"""Render settings of a scene that do not affect its appearance."""
UNSET = ("wireframe_color_type",)
"""Shading settings to skip: Blender warns when they are read, since renders do not have them."""
EDITOR = ("location", "location_absolute", "width", "height", "color", "label", "hide")
"""Position and appearance of a node in its editor."""
FIELDS = {
    "FLOAT": ("value", 1),
    "INT": ("value", 1),
    "INT8": ("value", 1),
    "BOOLEAN": ("value", 1),
    "FLOAT2": ("vector", 2),
    "FLOAT_VECTOR": ("vector", 3),
    "FLOAT_COLOR": ("color", 4),
    "BYTE_COLOR": ("color", 4),
}
"""Attribute type -> its property, and the number of values."""
MOST_PIXELS = 2048 * 2048
"""Larger painted images are not examined."""
MOST_FILES = 32
"""Of a longer image sequence, only every so many files are looked at."""
MOST_POINTS = 2_000_000


def of_scene(scene: Any) -> str:
    """Hash everything that a render of the scene shows, except settings: 16 hexadecimal digits."""
    tree = node_tree(scene)
    parts = [
        fingerprint.total(_of(owner) for owner in _shown(scene)),
        [(thing.name, thing.hide_render) for thing in scene.objects],
        [_layer(layer.layer_collection) for layer in scene.view_layers],
        [_node(node) for node in all_nodes(tree)],
        list(_links(tree)) if tree is not None else [],
    ]
    return fingerprint.of_values(*parts)


def of_settings(scene: Any) -> str:
    """Hash how the scene is rendered and displayed; fast, since it reads the scene alone."""
    engines = (getattr(scene, name, None) for name in ("cycles", "eevee"))
    owners = [scene.view_settings, scene.display_settings, *engines]
    return fingerprint.of_values(
        plain(scene.render, NOT_RENDERED),
        plain(scene.display.shading, UNSET),
        [plain(owner) for owner in owners if owner is not None],
        [(layer.name, layer.use) for layer in scene.view_layers],
        scene.camera.name if scene.camera else "",
    )


def of_strips(scene: Any) -> str:
    """Hash all strips of a scene's sequencer, and the scenes that they show."""
    return fingerprint.of_values(*_strips(scene, set()))


def of_image(image: Any) -> str:
    """Hash an image's file, or its pixels if it was painted on."""
    return fingerprint.of_values(*_image(image))


def _shown(scene: Any) -> list[Any]:
    behind = all_behind([*scene.objects, scene.world], UNSEEN)
    return [owner for owner in behind if owner.id_type != "SCENE"]


def _of(owner: Any) -> str:
    return fingerprint.of_values(fingerprint.of_one(owner), *_more(owner))


def _more(owner: Any) -> Iterator[Any]:
    """Yield what is visible of an ID besides its transform and shape."""
    kind = owner.id_type
    if kind == "OBJECT":
        yield plain(owner), owner.is_holdout, owner.is_shadow_catcher
        yield [slot.material.name if slot.material else "" for slot in owner.material_slots]
    elif kind == "IMAGE":
        yield from _image(owner)
    elif kind == "LIGHT":
        yield getattr(owner, "angle", 0)
    elif kind == "META":
        yield [plain(element) for element in owner.elements]
    elif kind.startswith("GREASEPENCIL"):
        yield from _drawings(owner)
    if hasattr(owner, "attributes"):
        yield from _attributes(owner.attributes)
    if hasattr(owner, "materials"):
        yield [each.name if each else "" for each in owner.materials]
    tree = owner if kind == "NODETREE" else getattr(owner, "node_tree", None)
    if tree is not None:
        yield [_node(node) for node in tree.nodes], list(_links(tree))


def _drawings(owner: Any) -> Iterator[Any]:
    for layer in owner.layers:
        yield plain(layer)
        for frame in getattr(layer, "frames", ()):
            drawing = getattr(frame, "drawing", None)
            if drawing is not None:
                yield frame.frame_number, len(drawing.strokes)
                yield from _attributes(drawing.attributes)


def _attributes(attributes: Any) -> Iterator[Any]:
    """Yield user-defined attributes; names of Blender's own start with a dot."""
    for each in attributes:
        field, size = FIELDS.get(each.data_type, ("", 0))
        if not field or each.name.startswith(".") or len(each.data) > MOST_POINTS:
            yield each.name, len(each.data)
            continue
        values = np.zeros(len(each.data) * size, np.float32)
        each.data.foreach_get(field, values)
        yield each.name, fingerprint.of_bytes(values.tobytes())


def _image(image: Any) -> Iterator[Any]:
    yield image.name, plain(image), tuple(image.size), image.source
    if image.source != "GENERATED":
        yield file_state(bpy.path.abspath(image.filepath, library=image.library))
    pixels = image.size[0] * image.size[1]
    if (image.is_dirty or image.source == "GENERATED") and 0 < pixels <= MOST_PIXELS:
        values = np.zeros(pixels * image.channels, np.float32)
        image.pixels.foreach_get(values)
        yield fingerprint.of_bytes(values.tobytes())


def _node(node: Any) -> list[Any]:
    """Return all settings of a node."""
    found: list[Any] = [node.bl_idname, node.mute, plain(node, EDITOR)]
    for socket in node.inputs:
        if hasattr(socket, "default_value"):
            found.append(fingerprint.value_of(socket.default_value))
    for item in node.bl_rna.properties:
        if item.type == "POINTER":
            found.append(_pointed(getattr(node, item.identifier, None)))
    return found


def _pointed(value: Any) -> Any:
    if isinstance(value, bpy.types.ID):
        return value.name
    if isinstance(value, bpy.types.ColorRamp):
        return plain(value), [plain(element) for element in value.elements]
    if isinstance(value, bpy.types.CurveMapping):
        points = [[tuple(point.location) for point in each.points] for each in value.curves]
        return plain(value), points
    return None


def _links(tree: Any) -> Iterator[Any]:
    for link in tree.links:
        ends = link.from_node, link.to_node
        yield [node.name if node else "" for node in ends], link.is_muted
        yield link.from_socket.identifier, link.to_socket.identifier


def _layer(collection: Any) -> list[Any]:
    """Return which collections a view layer shows, and how."""
    own = [collection.name, collection.exclude, collection.holdout, collection.indirect_only]
    hidden = collection.collection.hide_render
    return [*own, hidden, *(_layer(child) for child in collection.children)]


def _strips(scene: Any, seen: set[Any]) -> Iterator[Any]:
    seen.add(scene)
    editor = scene.sequence_editor
    if editor is None:
        return
    yield [(channel.mute, channel.name) for channel in editor.channels]
    for strip in editor.strips_all:
        yield from _strip(strip)
        inner = getattr(strip, "scene", None)
        if inner is not None and inner not in seen:
            yield inner.name, of_settings(inner), of_scene(inner)
            yield from _strips(inner, seen)


def _strip(strip: Any) -> Iterable[Any]:
    parts = [getattr(strip, name, None) for name in ("crop", "transform")]
    yield strip.type, strip.name, plain(strip), [plain(part) for part in parts if part]
    yield [plain(modifier) for modifier in getattr(strip, "modifiers", ())]
    if path := getattr(strip, "filepath", ""):
        yield file_state(bpy.path.abspath(path))
    # not the folder's state: other files, such as results, may be written there
    names = [element.filename for element in getattr(strip, "elements", ())]
    yield names
    if folder := bpy.path.abspath(getattr(strip, "directory", "")):
        for name in names[:: 1 + len(names) // MOST_FILES]:
            yield file_state(os.path.join(folder, name))
