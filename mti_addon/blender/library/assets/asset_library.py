"""The asset library "Motions": registered with Blender, and updated by a process of its own.

Blender is only asked to compare the library with the files, a little at a time. A background
Blender writes them (`build_assets.py`).
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import bpy

from ....client.jobs.launch import start_detached
from ....client.setup.folder import SetupTaskFolder, SetupTaskState
from ....client.setup.start import look
from ....wire import files
from ....wire.errors import BackendMissing, MtiError
from ....wire.problem import Problem
from ....workflow import asset_files
from ...common import addon, panels
from .. import motions
from .build_assets import WRITING, BuildSpec, blender_version

NAME = "Motions"
TASK: Path | None = None
"""Folder of the process; None: one in the user folder."""
FIRST, NEXT, WHILE_BUILDING = 2.0, 0.05, 1.0
SLICE = 0.004
"""Seconds of one tick that looks at files."""
MODULE = "mti_addon.blender.library.assets.build_assets"
EXPRESSION = f"import sys; from {MODULE} import main; sys.exit(main())"
DIED = "Updating the asset library was interrupted."
AGAIN = "Disable and enable it in the preferences to try again."
FILE_ERROR = "The asset library cannot be updated ({reason})."
WRITABLE = "Make sure that the extension's user folder can be written."
DOES_NOT_START = "The process that updates the asset library cannot be started ({reason})."

_check: Iterator[None] | None = None
_outdated = False
_was_running = False
_tried: tuple[int, Any] | None = None
"""The library's revision and folders for which a process was last started."""
_problem: Problem | None = None


def start() -> None:
    """Compare the asset library with the motions soon, and update it."""
    global _check, _problem, _tried
    stop()
    _check = _problem = _tried = None
    bpy.app.timers.register(tick, first_interval=FIRST, persistent=True)


def notice() -> None:
    """Do the same because other motions are shown."""
    global _check
    _check = None
    if not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=FIRST, persistent=True)


def stop() -> None:
    """Stop looking; what has been started goes on."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)


def forget() -> None:
    """Stop, and take the library out of Blender's preferences; for unregister()."""
    global _check, _was_running, _tried, _problem
    stop()
    _check = _tried = _problem = None
    _was_running = False
    _unregister_library(addon.assets_folder())


def problem() -> Problem | None:
    """Return why the asset library is not up to date, or None."""
    return _problem


def tick() -> float | None:
    """Do the next piece of work; return the seconds until the one after, or None if all is done."""
    global _problem
    prefs = addon.preferences()
    if prefs is None:
        return None
    try:
        return _next() if prefs.use_asset_library else _switch_off()
    except MtiError as error:
        _problem = error.problem
    except OSError as error:
        known = files.os_error(error, Path(error.filename or addon.assets_folder()))
        values = {"reason": error.strerror or str(error)}
        unknown = Problem("assets_file_error", FILE_ERROR, WRITABLE, values)
        _problem = known.problem if known else unknown
    panels.redraw()
    return None


def task() -> SetupTaskFolder:
    """Return the folder of the process."""
    return SetupTaskFolder(TASK or addon.user_folder() / "assets-task")


def _next() -> float | None:
    global _was_running
    if look(task()).phase == "running":
        _was_running = True
        return WHILE_BUILDING
    if _was_running:
        _was_running = False
        _ended(look(task()))
    if not motions.library().is_complete:
        return WHILE_BUILDING
    if _checked():
        return NEXT
    if _outdated and _may_try():
        _start_process()
        _was_running = True
        return WHILE_BUILDING
    _register_library(addon.assets_folder())
    return None


def _ended(state: SetupTaskState) -> None:
    """Take over what the process has said, and show its files."""
    global _check, _problem
    _check, _problem = None, None
    if state.phase == "failed" and state.error is not None:
        _problem = state.error.said
    elif state.phase == "dead":
        _problem = Problem("assets_interrupted", DIED, AGAIN)
    refresh_browsers()
    panels.redraw()


def _may_try() -> bool:
    """Return whether no process has been started for these motions, and note that one is now."""
    global _tried
    now = (motions.library().revision, _spec())
    before, _tried = _tried, now
    return before != now


def _checked() -> bool:
    """Compare some more files; return whether there are more."""
    global _check
    if _check is None:
        _check = _compare(addon.assets_folder())
    deadline = time.perf_counter() + SLICE
    for _ in _check:
        if time.perf_counter() > deadline:
            return True
    return False


def _compare(folder: Path) -> Iterator[None]:
    """Find out whether the files are as they should be."""
    global _outdated
    _outdated = False
    state = asset_files.read_state(folder)
    yield
    there = set(asset_files.own_files(folder))
    yield
    version = blender_version()
    for entry in motions.library().entries():
        if not entry.has_poses:
            continue
        name = asset_files.file_name(entry)
        there.discard(name)
        made = state.get(name)
        same = made is not None and made.source == asset_files.source_of(entry, version)
        if made is None or not same or not asset_files.is_intact(folder / name, made, False):
            _outdated = True
            return
        yield
    _outdated = bool(there)


def _start_process() -> None:
    """Start a background Blender. Raises NotWritable, DiskFull, BackendMissing."""
    place, spec = task(), _spec()
    with files.translating_os_errors(place.path):
        place.path.mkdir(parents=True, exist_ok=True)
        place.job.cancel_file.unlink(missing_ok=True)
        place.job.log_file.unlink(missing_ok=True)
        # not synced, which would take most of the time: a crash only means that it is done again
        place.spec_file.write_text(json.dumps(asdict(spec)), "utf-8")
        place.state_file.write_text(json.dumps(asdict(SetupTaskState("running", WRITING))), "utf-8")
    try:
        start_detached([*_command(), str(place.path.resolve())], _environment(), place.job)
    except BackendMissing as error:
        place.write_state(SetupTaskState("none"))
        values = {"reason": error.problem.values.get("reason", "")}
        raise BackendMissing(Problem("assets_not_started", DOES_NOT_START, "", values)) from error


def _spec() -> BuildSpec:
    studio = addon.studio_folder()
    return BuildSpec(
        str(addon.assets_folder()),
        str(addon.library_folder()),
        str(addon.presets_folder()),
        (str(studio),) if studio else (),
    )


def _command() -> list[str]:
    """Return the command of a background Blender, to which its task is added."""
    if not bpy.app.binary_path:  # Blender as a Python module
        return [sys.executable, "-c", EXPRESSION]
    return [
        bpy.app.binary_path, "--background", "--factory-startup", "-noaudio",
        "--python-use-system-env", "--python-exit-code", "1", "--python-expr", EXPRESSION, "--",
    ]  # fmt: skip


def _environment() -> dict[str, str]:
    """Return Blender's environment, with the extension as the only addition to its Python."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    root = str(addon.EXTENSION_ROOT)
    return {**kept, "PYTHONPATH": root, "PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _switch_off() -> float | None:
    """End the process, then remove the library and its files."""
    if look(task()).phase == "running":
        task().job.ask_cancel()
        return WHILE_BUILDING
    folder = addon.assets_folder()
    asset_files.remove_all(folder)
    _unregister_library(folder)
    refresh_browsers()
    return None


def _register_library(folder: Path) -> None:
    """Add the folder to Blender's asset libraries, once there is something in it."""
    if not folder.is_dir() or _registered(folder) is not None:
        return
    libraries = bpy.context.preferences.filepaths.asset_libraries
    added = libraries.new(name=NAME, directory=str(folder))
    added.import_method = "APPEND"  # a link would break when the motion is deleted
    refresh_browsers()


def _unregister_library(folder: Path) -> None:
    """Remove it, unless the animator has put own assets into it."""
    found = _registered(folder)
    if found is None or (folder.is_dir() and asset_files.has_foreign_files(folder)):
        return
    bpy.context.preferences.filepaths.asset_libraries.remove(found)


def _registered(folder: Path) -> Any:
    wanted = os.path.normcase(os.path.abspath(folder))
    for each in bpy.context.preferences.filepaths.asset_libraries:
        path = os.path.normcase(os.path.abspath(bpy.path.abspath(each.path)))
        if path == wanted:
            return each
    return None


def refresh_browsers() -> None:
    """Have open asset browsers read their libraries again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.ui_type != "ASSETS":
                continue
            region = next(each for each in area.regions if each.type == "WINDOW")
            with bpy.context.temp_override(window=window, area=area, region=region):
                if bpy.ops.asset.library_refresh.poll():
                    bpy.ops.asset.library_refresh()
