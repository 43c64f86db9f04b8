"""Results folder, and paths in Blender's notation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ...workflow.kept_results import FOLDER
from ..translations import translated
from . import addon

RELATIVE = {"PATH_SUPPORTS_BLEND_RELATIVE"}
"""For paths that may start with `//`, the .blend file's folder; Blender warns about others."""
UNSAVED = (
    "this .blend file has not been saved yet, so the images are in {}; save it and use "
    "Collect Results to copy them next to it"
)


def results_root(scene: Any) -> tuple[Path, str]:
    """Return the results folder, and a notice if it is not next to the .blend file as expected."""
    chosen = scene.mti.result_folder.strip()
    if chosen and (bpy.data.filepath or not chosen.startswith("//")):
        return Path(bpy.path.abspath(chosen)), ""
    if bpy.data.filepath:
        return Path(bpy.data.filepath).parent / FOLDER, ""
    return unsaved_root(), translated(UNSAVED, unsaved_root())


def unsaved_root() -> Path:
    """Return the folder for results of unsaved files."""
    return addon.user_folder() / "results"


def blender_path(path: Path) -> str:
    """Return a path as Blender writes it: relative to the .blend file if possible, with slashes."""
    if not bpy.data.filepath:
        return path.as_posix()
    try:
        relative: str = bpy.path.relpath(str(path))
    except ValueError:  # on another drive
        return path.as_posix()
    return relative.replace("\\", "/")
