"""Check that everything strips show at a frame exists: files, scenes, cameras.

In place of a missing file Blender draws a magenta card, or nothing; if all strips are muted, a
render of the sequencer shows the 3D scene.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ...wire.problem import Problem
from ..common.problems import TargetError
from .media import own_file, shown_strips, with_parts

GONE = "The file of {name} is missing: {path}"
GONE_INSIDE = "The file of {name} in the scene {scene} is missing: {path}"
IN_TAB = "Choose one in the sidebar's Strip tab."
FIND_IT = "Locate it with Strip > Change Path/Files, or File > External Data."


def renders_strips(scene: Any) -> bool:
    """Return whether F12 renders the scene's sequencer instead of its camera."""
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
    """Check that everything a sequence editor shows at a frame exists. Raises TargetError."""
    for strip in shown_strips(owner, frame):
        check_strip(strip, frame)


def check_strip(strip: Any, frame: int) -> None:
    """Check that everything a strip shows at a frame exists. Raises TargetError."""
    if problem := media_problem(strip, (frame,)):
        raise TargetError(problem)


def media_problem(
    strip: Any, frames: Iterable[int], is_there: Callable[[Path], bool] = Path.is_file
) -> Problem | None:
    """Return what is missing from a strip at these frames: a file, scene, camera or clip.

    Strips that it is made of are included.
    """
    known: set[Path] = set()
    for frame in frames:
        for part, at in with_parts(strip, frame):
            if problem := _data_problem(part):
                return problem
            path = own_file(part, at)
            if path is not None and path not in known:
                if not is_there(path):
                    return _missing(strip, part, path)
                known.add(path)
    return None


def _missing(strip: Any, part: Any, path: Path) -> Problem:
    if part.id_data == strip.id_data:
        return Problem("strip_file_missing", GONE, FIND_IT, {"name": part.name, "path": path})
    values = {"name": part.name, "scene": part.id_data.name, "path": path}
    return Problem("strip_file_missing_inside", GONE_INSIDE, FIND_IT, values)


def _data_problem(strip: Any) -> Problem | None:
    """Return which data-block a strip should show but lacks."""
    if strip.type == "MOVIECLIP" and strip.clip is None:
        what = "The strip {name} has no movie clip."
        return Problem("strip_without_clip", what, IN_TAB, {"name": strip.name})
    if strip.type != "SCENE":
        return None
    if strip.scene is None:
        what = "The strip {name} has no scene."
        return Problem("strip_without_scene", what, IN_TAB, {"name": strip.name})
    if strip.scene_input == "CAMERA" and not (strip.scene_camera or strip.scene.camera):
        what = "The scene {scene} of the strip {name} has no camera."
        values = {"scene": strip.scene.name, "name": strip.name}
        return Problem("strip_without_camera", what, "Add a camera.", values)
    return None
