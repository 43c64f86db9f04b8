"""The process that keeps the asset library up to date: a background Blender, with low priority.

Blender itself does not write the files. Its API writes datablocks of the open file only, or of a
temporary database, which aborts Blender (5.2) if a reference to it outlives it.

    blender --background --python-expr "from ...build_assets import main; main()" -- TASK
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ....client.library import Library
from ....client.setup.child import TaskProcess
from ....client.setup.folder import SetupTaskFolder, read_json
from ....wire import files
from ....wire.errors import Busy, Cancelled, DiskFull, Internal, MtiError, NotWritable
from ....wire.events import Failed
from ....wire.library import read_motion
from ....wire.owner import JobLock
from ....wire.problem import Problem
from ....workflow import asset_files
from ....workflow.asset_files import Made, State
from .asset_writer import write_asset

NICE = 10
SAVE_SECONDS = 2.0
WRITING = Problem("assets_writing", "Updating the asset library")


@dataclass(frozen=True)
class BuildSpec:
    """What to build."""

    assets: str
    """Folder of the asset library."""
    own: str
    """Folder of the animator's own motions."""
    shipped: str
    studio: tuple[str, ...] = ()

    @property
    def library(self) -> Library:
        """Return the motions."""
        return Library(Path(self.own), tuple(map(Path, self.studio)), Path(self.shipped))

    @property
    def roots(self) -> set[Path]:
        """Return the folders of all libraries."""
        return set(map(Path, (self.own, self.shipped, *self.studio)))


def main(arguments: list[str] | None = None) -> int:
    """Build the asset library of the task folder in the arguments; return the exit code."""
    given = sys.argv if arguments is None else arguments
    task = SetupTaskFolder(Path(given[-1]).resolve())
    if hasattr(os, "nice"):
        os.nice(NICE)
    lock = JobLock(task.job)
    try:
        lock.acquire()
    except MtiError as error:
        return error.exit_code
    try:
        return _do(TaskProcess(task))
    finally:
        lock.release()


def _do(process: TaskProcess) -> int:
    try:
        process.hold_reserve()
        spec = read_json(BuildSpec, process.task.spec_file)
        if spec is None:
            raise ValueError(process.task.spec_file)
        process.end(phase="done", said=None, fraction=1.0, result=build(spec, process))
        return 0
    except Cancelled as error:
        process.end(phase="cancelled", said=error.problem)
        return error.exit_code
    except MtiError as error:
        fault = error
    except Exception:
        traceback.print_exc()
        what = "The asset library could not be updated because of an internal error."
        fault = Internal(Problem("assets_fault", what, "Please report the log."))
    process.end(phase="failed", said=None, error=Failed.of(fault))
    process.log(str(fault.problem))
    return fault.exit_code


def build(spec: BuildSpec, process: TaskProcess) -> dict[str, Any]:
    """Write what is missing, outdated or damaged, and remove what is no longer wanted.

    Returns the numbers of files written and removed, and motions that could not be written. Raises
    Cancelled, DiskFull, NotWritable.
    """
    folder = Path(spec.assets)
    with files.translating_os_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob(files.TEMP_PREFIX + "*"):
            path.unlink(missing_ok=True)  # of a killed one: this is the only one that works here
    asset_files.write_catalogs(folder)
    return _Build(spec, process).run()


class _Build:
    """One update of the folder."""

    def __init__(self, spec: BuildSpec, process: TaskProcess) -> None:
        self.folder, self.process = Path(spec.assets), process
        library = spec.library
        library.refresh()
        self.wanted = asset_files.wanted(library.entries(), blender_version())
        # the motions of a disk that is not connected will be back
        self.may_remove = not any(each.folder in spec.roots for each in library.problems)
        self.state: State = asset_files.read_state(self.folder)
        self.saved_at = time.monotonic()
        self.counts = {"written": 0, "removed": 0, "failed": 0}

    def run(self) -> dict[str, Any]:
        """Do it, and keep what has been done however it ends."""
        try:
            if self.may_remove:
                self._remove_others()
            for number, name in enumerate(self.wanted):
                self.process.tell(WRITING, number / len(self.wanted))
                self._update(name)
                if time.monotonic() - self.saved_at > SAVE_SECONDS:
                    self._save()
        finally:
            with contextlib.suppress(MtiError):
                self._save()
        return self.counts

    def _remove_others(self) -> None:
        with files.translating_os_errors(self.folder):
            for name in asset_files.own_files(self.folder):
                if name not in self.wanted:
                    (self.folder / name).unlink(missing_ok=True)
                    self.counts["removed"] += 1
        self.state = {name: made for name, made in self.state.items() if name in self.wanted}

    def _update(self, name: str) -> None:
        entry, source = self.wanted[name]
        path, made = self.folder / name, self.state.get(name)
        if made and made.source == source and asset_files.is_intact(path, made, thoroughly=True):
            return
        try:
            write_asset(read_motion(entry.folder), path)
        except (DiskFull, NotWritable, Busy):
            raise
        except MtiError as error:
            self.process.log(f"{entry.folder}: {error.problem}")
            path.unlink(missing_ok=True)
            self.state[name] = Made(source)
            self.counts["failed"] += 1
            return
        self.state[name] = asset_files.made_of(path, source)
        self.counts["written"] += 1

    def _save(self) -> None:
        asset_files.write_state(self.folder, self.state)
        self.saved_at = time.monotonic()


def blender_version() -> str:
    """Return the version whose files others of the same number read."""
    return "{}.{}".format(*bpy.app.version)
