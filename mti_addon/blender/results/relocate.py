"""Find which results this .blend file shows, and move them next to it once it is saved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from ...workflow.kept_results import Result, copy_result, read_result, result_folder
from ...workflow.progress import steps
from ..common.folders import blender_path, results_root, unsaved_root
from ..sequencer.strip import all_strips


def shown_folders() -> set[Path]:
    """Return every folder that strips and images of this file show."""
    return {folder for _thing, folder in _users()}


def scattered() -> list[tuple[Any, Path]]:
    """Return strips and images with results from the unsaved files' folder, and their folders."""
    home = unsaved_root().resolve()
    return [(thing, folder) for thing, folder in _users() if folder.parent == home]


def any_scattered() -> bool:
    """Return whether there are any."""
    return bool(scattered())


def collect() -> int:
    """Copy scattered results next to the .blend file and show them from there; return their number.

    The originals are kept, since another file may show them. Raises DiskFull, NotWritable.
    """
    moved: dict[Path, Result] = {}
    for thing, folder in steps(scattered()):
        if folder not in moved:
            result = read_result(folder)
            if result is None:
                continue  # its folder no longer exists; the strip shows that
            moved[folder] = copy_result(result, results_root(bpy.context.scene)[0])
        _show_from(thing, folder, moved[folder].folder)
    return len(moved)


def real(path: str) -> Path:
    """Resolve a path from Blender, without `//`, `..` and links: one folder has many names."""
    return Path(bpy.path.abspath(path)).resolve()


def _users() -> Iterator[tuple[Any, Path]]:
    for _, strip in all_strips():
        if strip.type == "IMAGE":
            yield strip, result_folder(real(strip.directory))
    for image in bpy.data.images:
        if image.source in ("SEQUENCE", "FILE") and image.filepath:
            yield image, result_folder(real(image.filepath).parent)


def _show_from(thing: Any, old: Path, new: Path) -> None:
    if hasattr(thing, "directory"):
        thing.directory = blender_path(new / real(thing.directory).relative_to(old)) + "/"
    else:
        thing.filepath = blender_path(new / real(thing.filepath).relative_to(old))
