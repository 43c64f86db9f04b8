"""What takes up space and is used by nothing: found, measured, and deleted when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from .. import client
from ..wire import MtiError, files
from . import addon
from .collecting import shown_folders
from .jobs import Jobs, Row
from .placing import results_root, unsaved_root
from .results import folder_size, results_in
from .steps import steps
from .translations import sentences, translated

KINDS = ("jobs", "captures", "results")


@dataclass(frozen=True)
class Heap:
    """Folders of one kind that can go, and what else of it there is."""

    unused: tuple[Path, ...]
    bytes: int
    kept: int
    kept_bytes: int

    def described(self) -> str:
        """Such as '3 unused (1.2 MB), 5 in use (20.1 MB)'."""
        unused = translated("{} unused ({})").format(len(self.unused), megabytes(self.bytes))
        return translated("{}, {} in use ({})").format(
            unused, self.kept, megabytes(self.kept_bytes)
        )


def megabytes(size: int) -> str:
    """A size for people."""
    return "{:.1f} MB".format(size / 1e6)


def inventory(jobs: Jobs) -> dict[str, Heap]:
    """A heap for each of KINDS. Reads every folder's size: not for a timer, or a redraw."""
    shown = shown_folders()
    captures = {scene.mti.capture for scene in bpy.data.scenes}
    roots = {results_root(scene)[0] for scene in bpy.data.scenes} | {unsaved_root()}
    results = [result.folder for root in sorted(roots) for result in results_in(root)]
    return {
        "jobs": _heap([(row.folder.path, _needed(row, shown)) for row in jobs.rows]),
        "captures": _heap(
            [(path, path.name in captures) for path in _folders(addon.captures_folder())]
        ),
        "results": _heap([(path, path.resolve() in shown) for path in results]),
    }


def delete(heap: Heap) -> tuple[int, list[str]]:
    """Delete what is unused; how many folders have gone, and why the others have not."""
    gone, problems = 0, []
    for path in steps(heap.unused):
        try:
            files.remove_folder(path)
            gone += 1
        except MtiError as error:
            problems.append(sentences(error.message, error.hint))
    return gone, problems


def _needed(row: Row, shown: set[Path]) -> bool:
    """It runs or may go on, it holds a motion, or pictures of this file lie in it."""
    if row.request is None:
        return True  # of a newer version, perhaps
    if row.active or row.state.phase in ("paused", "dead") or client.is_running(row.folder):
        return True
    if row.request.learns and row.folder.output_motion.is_file():
        return True
    own = row.folder.path.resolve()
    return any(own in (folder, *folder.parents) for folder in shown)


def _heap(found: list[tuple[Path, Any]]) -> Heap:
    unused = tuple(path for path, needed in found if not needed)
    kept = [path for path, needed in found if needed]
    return Heap(unused, sum(map(folder_size, unused)), len(kept), sum(map(folder_size, kept)))


def _folders(root: Path) -> list[Path]:
    try:
        return [path for path in root.iterdir() if path.is_dir() and path.name[0] != "."]
    except OSError:
        return []
