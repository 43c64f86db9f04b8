"""Whether the target is still what its preview shows: what has changed since, in one sentence."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import bpy

from . import fingerprint, looks
from .glance import file_state
from .render_result import renders
from .sources import find_viewport
from .strip import shown_scene
from .translations import translated

Shape = tuple[int, int]
"""Width and height, in pixels."""
Made = dict[str, Any]
SENTENCES = {
    "target": "Changed since preview: another target is chosen.",
    "fit": "Changed since preview: Crop or Pad.",
    "shape": "Changed since preview: the engine's shape.",
    "engine": "Changed since preview: what renders it.",
    "frame": "Changed since preview: another frame.",
    "settings": "Changed since preview: the scene's settings.",
    "view": "Changed since preview: the view.",
    "file": "Changed since preview: the image.",
    "render": "Changed since preview: there is another render.",
    "content": "Changed since preview: the scene.",
}
"""What is otherwise -> what is said of it; the first one that holds."""
AGAIN = "The image of the earlier result, as it was sent again; Apply takes the target above."


def made_of(context: Any, shape: Shape | None, again: bool = False) -> Made:
    """What a target made now is made of: plain values, to be kept with its picture.

    `again`: it was not made now, but is that of an earlier result.
    """
    return {
        **quick(context),
        "shape": list(shape or ()),
        "content": content(context),
        "again": again,
    }


def remember(made: Made) -> str:
    """As a property of the scene can hold it."""
    return json.dumps(made)


def changed_since(context: Any, kept: str, shapes: Collection[Shape | None], same: bool) -> str:
    """What is otherwise than when made_of() gave what was remembered; empty if nothing is.

    `shapes`: those that engines take which would be sent one, None for any; `same`: content() was
    as before when it was looked at last. This looks at nothing that takes long.
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
    """content() is as it was remembered; at another frame it is not known, and counts as so."""
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
    """What is chosen, as far as it is known in no time."""
    props = context.scene.mti
    return {"fit": props.fit, **_QUICK[props.target](context, props)}


def content(context: Any) -> str:
    """Of what the target shows, as a few letters; this looks at all of the scene."""
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
