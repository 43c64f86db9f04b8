"""The scene that result strips go to; never the shot, since F12 would render the strips."""

from __future__ import annotations

from typing import Any

import bpy

from ..scene.color import choose, show_plainly
from ..translations import translated
from .checks import renders_strips
from .strip import shown_scene

SHOT_KEY = "mti_edit_of"
"""Custom property of an edit scene that holds the shot's scene."""
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
    """Return the scene to add a strip to.

    The sequencer's scene if it is an edit scene, or else the edit scene of the window's shot,
    created if needed.
    """
    for scene in (shown_scene(context), context.scene):
        if is_edit(scene):
            return scene
    shot = context.scene
    found = next((each for each in bpy.data.scenes if each.get(SHOT_KEY) == shot), None)
    return found or _new_edit(shot)


def is_edit(scene: Any) -> bool:
    """Return whether a scene is for editing.

    It is if it was created for strips, if a render shows strips, or if nothing else could be
    rendered.

    A shot that has no camera yet is not: once it has one, F12 would render the strips.
    """
    empty = scene.camera is None and not scene.objects
    return shot_of(scene) is not None or renders_strips(scene) or empty


def shot_of(scene: Any) -> Any:
    """Return the shot that one of our edit scenes was created for; None for any other scene."""
    return scene.get(SHOT_KEY)


def _new_edit(shot: Any) -> Any:
    """Create a scene with the shot's size and rate, and a view that shows images unchanged."""
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
    """Show a scene in the sequencers of all workspaces that show none yet.

    Returns whether this workspace shows it now. Before Blender 5.0 sequencers always show the
    window's scene.
    """
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
