"""Which strips the sequencer shows at a frame, and whether their files are there.

Where a file has gone Blender draws a magenta card, or nothing; where all is muted, a render of the
sequencer is one of the 3D scene.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from ..motion import Problem
from .problems import TargetError
from .strip import strip_end, strip_start
from .strip_pictures import FIND_IT
from .translations import translated


def shown_strips(owner: Any, frame: int) -> list[Any]:
    """The strips of a sequence editor, or of a meta strip, that show something at a frame."""
    if owner is None:
        return []
    return [
        strip
        for strip in owner.strips
        if strip_start(strip) <= frame < strip_end(strip)
        and strip.type != "SOUND"
        and not strip.mute
        and not owner.channels[strip.channel].mute
    ]


def renders_strips(scene: Any) -> bool:
    """F12 renders the scene's sequencer, and not what its camera sees."""
    editor = scene.sequence_editor
    return (
        scene.render.use_sequencer
        and editor is not None
        and any(
            strip.type != "SOUND" and not strip.mute and not editor.channels[strip.channel].mute
            for strip in editor.strips
        )
    )


def check_media(owner: Any, frame: int) -> None:
    """Every file that strips show at a frame is there. Raises TargetError."""
    for strip in _with_nested(shown_strips(owner, frame), frame):
        check_strip(strip, frame)


def check_strip(strip: Any, frame: int) -> None:
    """The file that a strip shows at a frame, and the camera of a scene strip, are there.

    Raises TargetError.
    """
    path = _file(strip, frame)
    if path and not Path(bpy.path.abspath(path)).is_file():
        what = translated("The file of {} is missing: {}").format(strip.name, path)
        raise TargetError(Problem(what, FIND_IT))
    if strip.type == "SCENE" and strip.scene is None:
        what = translated("The strip {} has no scene.").format(strip.name)
        raise TargetError(Problem(what, "Choose one in the sidebar's tab Strip."))
    if strip.type == "SCENE" and strip.scene_input == "CAMERA":
        if not (strip.scene_camera or strip.scene.camera):
            what = translated("The scene {} of the strip {} has no camera.")
            raise TargetError(Problem(what.format(strip.scene.name, strip.name), "Add one."))


def _with_nested(strips: list[Any], frame: int) -> Iterator[Any]:
    for strip in strips:
        yield strip
        if strip.type == "META":
            yield from _with_nested(shown_strips(strip, frame), frame)


def _file(strip: Any, frame: int) -> str:
    """The path that a strip reads at a frame; empty if it reads none."""
    if strip.type == "MOVIE":
        return str(strip.filepath)
    if strip.type == "MOVIECLIP":
        return str(strip.clip.filepath) if strip.clip else ""
    if strip.type != "IMAGE" or not strip.elements:
        return ""
    begin = strip.content_start if hasattr(strip, "content_start") else strip.frame_start
    index = min(max(0, frame - int(begin)), len(strip.elements) - 1)
    return str(Path(strip.directory) / strip.elements[index].filename)
