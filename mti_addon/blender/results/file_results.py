"""All results of the open file: takes of its jobs, and results kept in its folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy

from ...workflow.frame_files import middle_frame
from ...workflow.job_list import Jobs, Row
from ...workflow.job_origin import Origin, read_origin
from ...workflow.kept_results import RECIPE_FILE, Result, TakeInfo, read_result, takes_of
from ...workflow.provenance import Recipe, prompt_of
from ..common import this_file
from ..common.folders import results_root, unsaved_root
from .relocate import shown_folders


@dataclass(frozen=True)
class FileResult:
    """One result, wherever its images are."""

    job: str
    take: int
    name: str
    """Name of the motion."""
    seed: int
    made: float
    """Unix time."""
    folder: str
    """Folder where it is kept; empty if it exists only in its job."""
    image: Path
    """Representative image."""
    added: bool
    """Whether something in this file shows it."""
    prompt: str = ""
    """What it shows, if the motion was played in words."""

    @property
    def key(self) -> str:
        """Stable identifier of the result."""
        return f"{self.job}/{self.take}"


_Kept = tuple[float, Result | None, Origin | None]
_read: dict[Path, _Kept] = {}
"""Cache of result folders by modification time; each is written once, as a whole."""


def gather(jobs: Jobs) -> tuple[FileResult, ...]:
    """Return all results, newest first. Reads files, so do not call it while drawing."""
    shown = shown_folders()
    kept = {(r.recipe.job, r.recipe.take): (r, when) for r, when in _kept(shown)}
    found: list[FileResult] = []
    for row in jobs.rows:
        if not this_file.is_here(row.origin):
            continue
        for take in takes_of(row):
            result, _when = kept.pop((row.folder.path.name, take.number), (None, 0.0))
            found.append(_of_job(row, take, result, shown))
    found += [_of_folder(result, when, shown) for result, when in kept.values()]
    return tuple(sorted(found, key=lambda each: -each.made))


def _of_job(row: Row, take: TakeInfo, kept: Result | None, shown: set[Path]) -> FileResult:
    assert row.request is not None  # the job has takes
    image = take.sheet or middle_frame(take.folder)
    folder = kept.folder if kept else None
    return FileResult(
        row.folder.path.name,
        take.number,
        row.request.name,
        take.seed,
        row.created,
        str(folder or ""),
        image,
        folder is not None and folder.resolve() in shown,
        take.prompt,
    )


def _of_folder(result: Result, when: float, shown: set[Path]) -> FileResult:
    recipe: Recipe = result.recipe
    return FileResult(
        recipe.job,
        recipe.take,
        recipe.name,
        recipe.seed,
        when,
        str(result.folder),
        middle_frame(result.folder, [result.folder / name for name in result.names]),
        result.folder.resolve() in shown,
        prompt_of(recipe),
    )


def _kept(shown: set[Path]) -> list[tuple[Result, float]]:
    """Return results in the folders of this file's scenes, or of unsaved files, that belong to it.

    A result shown in this file belongs to it, whoever made it.
    """
    roots = {results_root(scene)[0] for scene in bpy.data.scenes} | {unsaved_root()}
    there: dict[Path, _Kept] = {}
    for root in roots:
        try:
            folders = [path for path in root.iterdir() if not path.name.startswith(".")]
        except OSError:
            continue
        for folder in folders:
            there[folder] = _looked_at(folder)
    _read.clear()
    _read.update(there)
    return [
        (result, when)
        for when, result, of in there.values()
        if result is not None
        and result.names
        and (this_file.is_here(of) or result.folder.resolve() in shown)
    ]


def _looked_at(folder: Path) -> _Kept:
    try:
        when = (folder / RECIPE_FILE).stat().st_mtime
    except OSError:
        return 0.0, None, None
    if folder in _read and _read[folder][0] == when:
        return _read[folder]
    return when, read_result(folder), read_origin(folder)
