"""Targets from the sequencer: the frame under the playhead, and the active strip alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from .overrides import overriding
from .strip import shown_scene, strip_end, strip_start
from .target import LONGEST_RENDER, read_target, render_frame
from .translations import translated

Shape = tuple[int, int]
"""Width and height, in pixels."""


def scene_size(scene: Any, longest: int = LONGEST_RENDER) -> Shape:
    """The scene's render size, made smaller where it is above `longest` pixels."""
    width, height = scene.render.resolution_x, scene.render.resolution_y
    scale = min(1.0, longest / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def strips_under_playhead(scene: Any) -> list[Any]:
    """The strips that the frame under the playhead may show."""
    editor, frame = scene.sequence_editor, scene.frame_current
    strips = editor.strips if editor else ()
    return [
        strip
        for strip in strips
        if strip_start(strip) <= frame < strip_end(strip) and strip.type != "SOUND"
    ]


def frame_problem(context: Any) -> str:
    """Why the sequencer shows no frame; empty if it does."""
    if any(not strip.mute for strip in strips_under_playhead(shown_scene(context))):
        return ""
    return "The playhead is over no strip: move it onto one, or choose another target"


def read_frame(context: Any, _shape: Shape) -> bytes:
    """A PNG file of what the sequencer shows at the playhead. Raises TargetError."""
    scene = shown_scene(context)
    return render_frame(scene, scene_size(scene))


def frame_name(context: Any) -> str:
    """Such as 'Scene, frame 12'."""
    scene = shown_scene(context)
    return translated("{}, frame {}").format(scene.name, scene.frame_current)


def _active_strip(context: Any) -> Any:
    editor = shown_scene(context).sequence_editor
    return editor.active_strip if editor else None


def strip_problem(context: Any) -> str:
    """Why the active strip gives no picture; empty if it does."""
    strip = _active_strip(context)
    if strip is None:
        return "No strip is active in the sequencer: click one, or choose another target"
    if strip.type == "SOUND":
        return translated("The strip {} is sound: choose one with images").format(strip.name)
    if strip not in strips_under_playhead(shown_scene(context)):
        text = translated("The playhead is not on the strip {}: move it there")
        return text.format(strip.name)
    return ""


def read_strip(context: Any, _shape: Shape) -> bytes:
    """The strip alone, whatever lies above it; pictures from their own file, as large as it is."""
    scene, strip = shown_scene(context), _active_strip(context)
    if strip.type == "IMAGE":
        return read_target(_element_file(scene, strip))
    others = [(each, {"mute": each != strip}) for each in scene.sequence_editor.strips]
    with overriding(*others):
        return render_frame(scene, scene_size(scene))


def _element_file(scene: Any, strip: Any) -> Path:
    begin = strip.content_start if hasattr(strip, "content_start") else strip.frame_start
    index = min(max(0, scene.frame_current - int(begin)), len(strip.elements) - 1)
    folder = bpy.path.abspath(strip.directory)
    return Path(folder) / strip.elements[index].filename


def strip_name(context: Any) -> str:
    """The active strip's."""
    strip = _active_strip(context)
    return strip.name if strip else ""
