"""The scene that results go to as strips: never the shot, for F12 would render the strips then."""

from __future__ import annotations

from typing import Any

import bpy

from .color import choose, show_plainly
from .strip import shown_scene
from .strip_checks import renders_strips
from .translations import translated

SHOT_KEY = "mti_edit_of"
"""The custom property of an edit scene that holds the shot's scene."""
_SAME = (
    "resolution_x",
    "resolution_y",
    "resolution_percentage",
    "pixel_aspect_x",
    "pixel_aspect_y",
    "fps",
    "fps_base",
)


def edit_for(context: Any) -> Any:
    """The scene that a strip goes to: the one that the sequencer shows if it is an edit, else the
    one of the window's shot, made if need be."""
    for scene in (shown_scene(context), context.scene):
        if is_edit(scene):
            return scene
    shot = context.scene
    found = next((each for each in bpy.data.scenes if each.get(SHOT_KEY) == shot), None)
    return found or _new_edit(shot)


def is_edit(scene: Any) -> bool:
    """It was made for strips, a render of it shows some, or there is nothing else in it to show.

    A shot that has no camera yet is none: once it has one, F12 would render the strips.
    """
    empty = scene.camera is None and not scene.objects
    return shot_of(scene) is not None or renders_strips(scene) or empty


def shot_of(scene: Any) -> Any:
    """The shot that an edit scene of ours was made for; None for any other scene."""
    return scene.get(SHOT_KEY)


def _new_edit(shot: Any) -> Any:
    """As large and as fast as the shot, in a view that shows finished images as they are."""
    edit = bpy.data.scenes.new(translated("{} Edit", shot.name))
    edit[SHOT_KEY] = shot
    for name in _SAME:
        setattr(edit.render, name, getattr(shot.render, name))
    edit.frame_start, edit.frame_end = shot.frame_start, shot.frame_end
    edit.frame_set(shot.frame_current)
    choose(edit.display_settings, "display_device", (shot.display_settings.display_device,))
    show_plainly(edit)
    return edit


def show_in_sequencers(context: Any, scene: Any) -> bool:
    """Have every workspace with a sequencer, and this one, show a scene in it, unless it shows one;
    whether this one now shows it. Before Blender 5.0 that is always the window's scene."""
    workspace = context.workspace
    if not hasattr(workspace, "sequencer_scene"):
        return bool(scene == context.scene)
    for each in {workspace, *filter(_has_sequencer, bpy.data.workspaces)}:
        if each.sequencer_scene is None:
            each.sequencer_scene = scene
    return bool(workspace.sequencer_scene == scene)


def _has_sequencer(workspace: Any) -> bool:
    areas = (area for screen in workspace.screens for area in screen.areas)
    return any(area.type == "SEQUENCE_EDITOR" for area in areas)
