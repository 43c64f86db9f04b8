"""Whether the target still matches its preview, and if not, the first change found."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import bpy

from ..common.file_cache import file_state
from ..scene import fingerprint, looks
from ..scene.render_result import renders
from ..scene.viewport import find_viewport
from ..sequencer.strip import shown_scene
from ..translations import translated

Shape = tuple[int, int]
"""Width and height, in pixels."""
Made = dict[str, Any]
SENTENCES = {
    "target": "Changed since preview: different target.",
    "fit": "Changed since preview: crop or pad.",
    "shape": "Changed since preview: engine shape.",
    "engine": "Changed since preview: render engine.",
    "frame": "Changed since preview: different frame.",
    "settings": "Changed since preview: scene settings.",
    "view": "Changed since preview: view.",
    "file": "Changed since preview: image.",
    "render": "Changed since preview: newer render.",
    "content": "Changed since preview: scene.",
}
"""Kind of change -> message; the first match is reported."""
AGAIN = "Image of the earlier result, as it was sent again; Apply uses the target above."


def made_of(context: Any, shape: Shape | None, again: bool = False) -> Made:
    """Describe what a target made now is made from, as plain values to store with its image.

    `again`: the target was not made now but belongs to an earlier result.
    """
    return {
        **quick(context),
        "shape": list(shape or ()),
        "content": content(context),
        "again": again,
    }


def remember(made: Made) -> str:
    """Serialize for a scene property."""
    return json.dumps(made)


def changed_since(context: Any, kept: str, shapes: Collection[Shape | None], same: bool) -> str:
    """Return what differs from the remembered made_of() result; empty if nothing does.

    `shapes`: shapes that engines would be sent, None for any. `same`: whether content() was
    unchanged at the last check; nothing slow is computed here.
    """
    before = _read(kept)
    if before is None:
        return translated(SENTENCES["target"])
    now = quick(context)
    taken = {tuple(shape or ()) for shape in shapes}
    now["shape"] = before.get("shape") if tuple(before.get("shape", ())) in taken else None
    now["content"] = before.get("content") if same else None
    for name, sentence in SENTENCES.items():
        if now.get(name) != before.get(name):
            return translated(sentence)
    return translated(AGAIN) if before.get("again") else ""


def is_same(context: Any, kept: str) -> bool:
    """Return whether content() is as remembered; True at another frame, where it is unknown."""
    before = _read(kept) or {}
    if before.get("frame") != quick(context).get("frame"):
        return True
    return before.get("content") == content(context)


def _read(kept: str) -> Made | None:
    try:
        before = json.loads(kept)
    except ValueError:
        return None
    return before if isinstance(before, dict) and isinstance(before.get("shape"), list) else None


def quick(context: Any) -> Made:
    """Return the choices that are known without computing anything."""
    props = context.scene.mti
    return {"fit": props.fit, **_QUICK[props.target](context, props)}


def content(context: Any) -> str:
    """Return a short hash of what the target shows; this scans the whole scene."""
    props = context.scene.mti
    if props.target in ("RENDER", "VIEWPORT"):
        scene = context.scene if props.target == "VIEWPORT" else _rendered(context)
        return looks.of_scene(scene)
    if props.target in ("STRIP", "FRAME"):
        return looks.of_strips(shown_scene(context))
    if props.target == "DATABLOCK" and props.target_datablock:
        return looks.of_image(props.target_datablock)
    return ""


def _rendered(context: Any) -> Any:
    return context.scene.mti.target_scene or context.scene


def _frame(scene: Any) -> float:
    return round(float(scene.frame_current_final), 4)


def _render(context: Any, props: Any) -> Made:
    scene = _rendered(context)
    return {
        "target": ["RENDER", scene.name],
        "engine": props.target_engine,
        "frame": _frame(scene),
        "settings": looks.of_settings(scene),
    }


def _result(context: Any, _props: Any) -> Made:
    return {
        "target": ["RESULT"],
        "render": renders(),
        "settings": fingerprint.of_values(fingerprint.plain(context.scene.view_settings)),
    }


def _viewport(context: Any, _props: Any) -> Made:
    made: Made = {"target": ["VIEWPORT"], "frame": _frame(context.scene), "view": ""}
    if bpy.app.background:
        return made
    space, region = find_viewport(context)
    if space is not None:
        view = space.region_3d
        rows = [fingerprint.value_of(row) for row in (*view.view_matrix, *view.window_matrix)]
        shading = fingerprint.plain(space.shading)
        made["view"] = fingerprint.of_values(rows, shading, region.width, region.height)
    made["settings"] = looks.of_settings(context.scene)
    return made


def _file(_context: Any, props: Any) -> Made:
    path = bpy.path.abspath(props.target_image)
    return {"target": ["IMAGE", path], "file": list(file_state(path))}


def _datablock(context: Any, props: Any) -> Made:
    image = props.target_datablock
    moving = image is not None and image.source in ("SEQUENCE", "MOVIE")
    return {
        "target": ["DATABLOCK", image.name if image else ""],
        "frame": _frame(context.scene) if moving else 0,
    }


def _sequencer(context: Any, props: Any) -> Made:
    scene = shown_scene(context)
    editor = scene.sequence_editor
    strip = editor.active_strip if editor and props.target == "STRIP" else None
    return {
        "target": [props.target, scene.name, strip.name if strip else ""],
        "frame": _frame(scene),
        "settings": looks.of_settings(scene),
    }


_QUICK = {
    "RENDER": _render,
    "RESULT": _result,
    "VIEWPORT": _viewport,
    "IMAGE": _file,
    "DATABLOCK": _datablock,
    "STRIP": _sequencer,
    "FRAME": _sequencer,
}
