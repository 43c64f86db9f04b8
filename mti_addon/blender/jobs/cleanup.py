"""Find, measure and, on request, delete unused data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ... import client
from ...client.library import empty_trash, list_trash
from ...wire import JobFolder, MtiError, files
from ...workflow.captures import CAPTURE_FILE
from ...workflow.job_list import Jobs, Row
from ...workflow.kept_results import RECIPE_FILE, Result, added_takes, results_in, takes_of
from ...workflow.progress import steps
from ..apply import preview
from ..common import addon
from ..common.folders import results_root, unsaved_root
from ..queue.removal import remove
from ..results.relocate import shown_folders
from ..translations import sentences, translated

JOB_KINDS = ("jobs", "unadded", "unfinished")
KINDS = (*JOB_KINDS, "captures", "results", "trash")
_HEARTS = {"captures": CAPTURE_FILE, "results": RECIPE_FILE}
_HOPELESS = ("bad_request", "unreadable_input", "bad_embedding", "wrong_model", "no_motion")
"""Failure codes of jobs that would fail again every time they are resumed."""


@dataclass(frozen=True)
class Heap:
    """Folders of one kind: those that can be deleted, and the rest."""

    unused: tuple[Path, ...]
    bytes: int
    kept: int | None = None
    """None if there is nothing to compare with."""
    kept_bytes: int = 0

    def described(self) -> str:
        """Return text such as '3 unused (1.2 MB), 5 in use (20.1 MB)'."""
        if self.kept is None:
            return "{} ({})".format(len(self.unused), megabytes(self.bytes))
        unused = translated("{} unused ({})", len(self.unused), megabytes(self.bytes))
        return translated("{}, {} in use ({})", unused, self.kept, megabytes(self.kept_bytes))


def megabytes(size: int) -> str:
    """Format a size."""
    return "{:.1f} MB".format(size / 1e6)


def inventory(jobs: Jobs) -> dict[str, Heap]:
    """Return a heap for each of KINDS.

    Reads every job and measures every folder, so do not call it on a timer or while drawing.
    """
    shown = shown_folders()
    captures = {scene.mti.capture for scene in bpy.data.scenes}
    results = [result for root in _result_roots() for result in results_in(root)]
    kinds = [(row.folder.path, _kind(row, shown, results)) for row in jobs.rows]
    return {
        "jobs": _heap([(path, kind != "jobs") for path, kind in kinds]),
        "unadded": _only(path for path, kind in kinds if kind == "unadded"),
        "unfinished": _only(path for path, kind in kinds if kind == "unfinished"),
        "captures": _heap(
            [(path, path.name in captures) for path in _folders(addon.captures_folder())]
        ),
        "results": _heap([(each.folder, each.folder.resolve() in shown) for each in results]),
        "trash": _trash(),
    }


def delete(kind: str, heap: Heap) -> tuple[int, list[str]]:
    """Delete unused folders; return how many were deleted, and the errors for the others."""
    gone, problems = 0, []
    if kind == "trash":
        return _empty_trash(heap)
    for path in steps(heap.unused):
        try:
            if kind in JOB_KINDS:
                remove(JobFolder(path))
            else:
                files.remove_folder(path, _HEARTS[kind])
            gone += 1
        except MtiError as error:
            problems.append(sentences(error.problem))
    return gone, problems


def _empty_trash(heap: Heap) -> tuple[int, list[str]]:
    try:
        empty_trash(addon.library_folder(), heap.unused)
    except MtiError as error:
        return 0, [sentences(error.problem)]
    return len(heap.unused), []


def sweep() -> None:
    """Remove leftovers of writers killed over an hour ago, in Blender or in a runner."""
    folders = [addon.jobs_folder(), addon.captures_folder(), preview.folder()]
    for folder in [*folders, *_result_roots()]:
        files.sweep(folder)


def begin() -> None:
    """Schedule a sweep shortly after register(), once Blender has a context."""
    bpy.app.timers.register(sweep, first_interval=1.0, persistent=True)


def stop() -> None:
    """Cancel a pending sweep; for unregister()."""
    if bpy.app.timers.is_registered(sweep):
        bpy.app.timers.unregister(sweep)


def _result_roots() -> list[Path]:
    return sorted({results_root(scene)[0] for scene in bpy.data.scenes} | {unsaved_root()})


def _kind(row: Row, shown: set[Path], results: list[Result]) -> str:
    """Return the heap that a job belongs to; empty if it is in use."""
    request = row.request
    if request is None:
        return ""  # possibly from a newer version
    row = Row(row.folder, request, row.problem, _state_now(row))
    phase, own = row.state.phase, row.folder.path.resolve()
    if row.active or phase == "paused" or client.is_running(row.folder):
        return ""
    if request.learns and row.folder.output_motion.is_file():
        return ""
    if any(own in (folder, *folder.parents) for folder in shown):
        return ""
    if phase == "done":
        kept = added_takes(row.folder)
        kept |= {each.recipe.take for each in results if each.recipe.job == request.job}
        return "jobs" if {take.number for take in takes_of(row)} <= kept else "unadded"
    return "unfinished" if _could_succeed(row) else "jobs"


def _state_now(row: Row) -> client.JobState:
    """Return the current state from the job's folder: another Blender may have resumed the job."""
    return client.Follower(row.folder).catch_up()


def _could_succeed(row: Row) -> bool:
    """Return whether starting or resuming this job may succeed.

    Even if nothing was saved, the user chose its images, and the panel offers to start it.
    """
    state = row.state
    return state.phase != "failed" or state.error is None or state.error.code not in _HOPELESS


def _only(paths: Iterable[Path]) -> Heap:
    found = tuple(paths)
    return Heap(found, sum(map(files.size_of, found)))


def _trash() -> Heap:
    """Return the deleted motions of the library."""
    deleted = list_trash(addon.library_folder())
    return Heap(tuple(each.place for each in deleted), sum(each.bytes for each in deleted))


def _heap(found: list[tuple[Path, Any]]) -> Heap:
    unused = tuple(path for path, needed in found if not needed)
    kept = [path for path, needed in found if needed]
    return Heap(unused, sum(map(files.size_of, unused)), len(kept), sum(map(files.size_of, kept)))


def _folders(root: Path) -> list[Path]:
    try:
        return [path for path in root.iterdir() if path.is_dir() and path.name[0] != "."]
    except OSError:
        return []
