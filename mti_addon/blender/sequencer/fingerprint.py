"""Fingerprint of what a strip shows, as plain values: settings, keys, files, and its parts.

As in scene/fingerprint.py nothing is played back, and keyed or driven values are excluded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import bpy

from ..scene import fingerprint
from ..scene.animation import all_channels
from .media import SEES_BELOW, own_files
from .strip import strip_end, strip_start

MOST_FILES = 1000
"""Of more files than this, only an evenly spaced selection is checked, since they may be on a
network drive."""
HARMLESS = ("channel", "mute", "lock", "color_tag", "use_proxy", "volume", "blend_type")
"""Strip settings that do not change what it shows, or that are handled separately."""
UNSET = ("show_", "select", "is_", "rna_", "open_", "bl_", "ui_")
"""Prefixes of settings that do not affect the image."""
OTHERS = ("rna_type", "proxy", "input_1", "input_2", "input_mask_strip", "view_layer", "scene")
"""Properties of a strip that are not settings, or that are handled separately."""
PARTS = ("retiming_keys", "curves", "points", "modifiers")

Seen = set[int]
"""Scenes already visited, since scenes may show each other."""


def of_strip(strip: Any) -> str:
    """Hash a strip as it is captured: alone, and within the meta strips that contain it."""
    seen: Seen = set()
    values = [*_frame(strip.id_data), strip.blend_type == "REPLACE", *_with_parts(strip, seen)]
    while (strip := strip.parent_meta()) is not None:
        values += _own(strip)
    return fingerprint.of_values(*values)


def files_of(strip: Any) -> list[Path]:
    """Return all files that contribute to a strip at any time."""
    found: dict[Path, None] = {}
    seen: Seen = set()
    waiting = [strip]
    while waiting:
        part = waiting.pop()
        if part.as_pointer() not in seen:
            seen.add(part.as_pointer())
            found |= dict.fromkeys(own_files(part))
            waiting += [*_parts(part), *_inner(part)]
    return list(found)


def written(paths: Iterable[Path]) -> list[tuple[object, ...]]:
    """Return files with their modification times."""
    files = list(paths)
    return [_written(path) for path in files[:: max(1, -(-len(files) // MOST_FILES))]]


def _written(path: Path) -> tuple[object, ...]:
    try:
        state = path.stat()
    except OSError:
        return (str(path),)
    return str(path), state.st_size, state.st_mtime_ns


def _frame(scene: Any) -> tuple[float, ...]:
    """Return the frame in which strips are placed by pixels."""
    render = scene.render
    size = render.resolution_x, render.resolution_y
    return *size, render.pixel_aspect_x, render.pixel_aspect_y


def _with_parts(strip: Any, seen: Seen) -> Iterator[Any]:
    """Yield a strip's values, and those of all its parts."""
    if strip.as_pointer() in seen:
        return
    seen.add(strip.as_pointer())
    yield from _own(strip)
    if strip.type == "SCENE" and strip.scene is not None:
        yield list(_scene(strip, seen))
    for part in _parts(strip):
        yield part.blend_type, list(_with_parts(part, seen))


def _own(strip: Any) -> Iterator[Any]:
    """Yield the strip's own settings, keys and files."""
    path = strip.path_from_id()
    curves = [curve for curve in all_channels(strip.id_data) if _is_of(curve, path)]
    known = {curve.data_path for curve in curves} | {f"{path}.{name}" for name in HARMLESS}
    yield strip.type, list(_settings(strip, path, known)), written(own_files(strip))
    yield [element.filename for element in getattr(strip, "elements", ())]
    if curves:
        yield list(fingerprint.of_curves(strip.id_data, curves, path))


def _is_of(curve: Any, path: str) -> bool:
    return curve.data_path.startswith((path + ".", path + "["))


def _settings(owner: Any, path: str, known: set[str]) -> Iterator[Any]:
    """Yield all values of an item and its sub-items."""
    own_name = {path + ".name"} if path.endswith("]") else set()
    yield fingerprint.plain(owner, known | own_name, path + ".", UNSET)
    for item in owner.bl_rna.properties:
        name = item.identifier
        if item.type == "POINTER" and name not in OTHERS:
            thing = getattr(owner, name)
            if isinstance(thing, bpy.types.ID):
                yield name, fingerprint.of_all_behind([thing])
            elif thing is not None:
                yield name, list(_settings(thing, f"{path}.{name}", known))
        elif item.type == "COLLECTION" and name in PARTS:
            yield name, [list(_settings(each, _at(path, name, each), known))
                         for each in getattr(owner, name)]  # fmt: skip


def _at(path: str, group: str, thing: Any) -> str:
    """Return the path of one of a strip's items; only modifiers have keys of their own."""
    name = getattr(thing, "name", "")
    return f'{path}.{group}["{bpy.utils.escape_identifier(name)}"]'


def _parts(strip: Any) -> list[Any]:
    """Return the strips visible in it, lowest first."""
    if strip.type == "META":
        found = _shown(strip)
    elif strip.type in SEES_BELOW:
        start, end = strip_start(strip), strip_end(strip)
        found = [
            part
            for part in _shown(strip.parent_meta() or strip.id_data.sequence_editor)
            if part.channel < strip.channel and strip_start(part) < end and strip_end(part) > start
        ]
    else:
        found = [getattr(strip, name, None) for name in ("input_1", "input_2")]
    masks = [getattr(modifier, "input_mask_strip", None) for modifier in strip.modifiers]
    return [part for part in (*found, *masks) if part is not None]


def _shown(place: Any) -> list[Any]:
    """Return the strips of a sequence editor or meta strip that show anything at any time."""
    found = [
        strip
        for strip in place.strips
        if strip.type != "SOUND" and not strip.mute and not place.channels[strip.channel].mute
    ]
    return sorted(found, key=lambda strip: (strip.channel, strip_start(strip)))


def _scene(strip: Any, seen: Seen) -> Iterator[Any]:
    """Yield what a scene strip shows: the scene's strips, or its objects through a camera."""
    scene = strip.scene
    yield _frame(scene), scene.frame_start, scene.frame_end
    if strip.scene_input == "SEQUENCER":
        for part in _inner(strip):
            yield part.blend_type, list(_with_parts(part, seen))
        return
    camera = strip.scene_camera or scene.camera
    seen_things = [thing for thing in scene.objects if not thing.hide_render]
    yield fingerprint.of_all_behind([camera, *seen_things])


def _inner(strip: Any) -> list[Any]:
    """Return the strips of its scene that a scene strip shows."""
    if strip.type != "SCENE" or strip.scene is None or strip.scene_input != "SEQUENCER":
        return []
    editor = strip.scene.sequence_editor
    return _shown(editor) if editor is not None else []
