"""Looks at the tasks and the self-test on Blender's timer, for the preferences' page.

Nothing here is the truth about them; their folders are. So a new file, undo or a crash of Blender
leaves nothing wrong.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import bpy

from .. import client
from ..client.setup_folder import SetupTaskState, TaskSpec
from ..client.setup_models import DOWNLOADS
from ..client.setup_start import look, start_task
from ..wire import JobFolder, MtiError
from . import addon, cleanup, engines, glance, polling, self_test
from .job_rows import advice
from .translations import told, translated

SECONDS = 0.5
SETUP_TASKS = ("setup", "check", "download-svd", "download-svd-xt", "move", "delete")

states: dict[str, SetupTaskState] = {}
"""Of the tasks that were ever started, as they were at the last look."""
_adopted = False
"""The last move has been looked at: the preferences name the folder that they shall."""
_test: tuple[JobFolder, client.Follower] | None = None
test_state: client.JobState | None = None
test_verdict: tuple[str, str] = ("", "")
"""A sentence and an icon about the last self-test."""


def spec(kind: str, **more: str) -> TaskSpec:
    """A task with the folders of this extension filled in."""
    folder = str(addon.backend_folder().path)
    models = str(addon.models_folder())
    found = {"python": addon.backend_python(), "models": models, **more}
    return TaskSpec(kind, folder, str(addon.EXTENSION_ROOT), **found)  # type: ignore[arg-type]


def begin_task(what: TaskSpec, extra_env: dict[str, str] | None = None) -> None:
    """Start a task and look at it from now on. Raises Busy, NotWritable, DiskFull,
    BackendMissing."""
    start_task(what, extra_env, sys.executable)
    start()


def poll() -> float | None:
    """Look once; gives the seconds until the next look, None when there is nothing to wait for."""
    before = (dict(states), test_state)
    folder = addon.backend_folder()
    for name in SETUP_TASKS:
        task = folder.task(name)
        if os.path.exists(task.state_file):
            states[name] = look(task)
        else:
            states.pop(name, None)
    _adopt_moved()
    _look_at_test()
    if (dict(states), test_state) != before:
        glance.look_again()
        redraw()
    testing = test_state is not None and test_state.phase in ("queued", "running", "stuck")
    return SECONDS if testing or any(running(name) for name in states) else None


def running(name: str) -> bool:
    """As it was at the last look."""
    return states.get(name, SetupTaskState()).phase == "running"


def start() -> None:
    """Look now, and on the timer for as long as something goes on."""
    poll()
    redraw()
    if not bpy.app.timers.is_registered(poll):
        bpy.app.timers.register(poll, first_interval=SECONDS, persistent=True)


def begin() -> None:
    """The first look is a little after register(), when Blender has a context."""
    if not bpy.app.timers.is_registered(_first):
        bpy.app.timers.register(_first, first_interval=SECONDS, persistent=True)


def stop() -> None:
    """Forget everything; for unregister()."""
    global _adopted, _test, test_state, test_verdict
    for function in (poll, _first):
        if bpy.app.timers.is_registered(function):
            bpy.app.timers.unregister(function)
    states.clear()
    _adopted = False
    _test, test_state, test_verdict = None, None, ("", "")


def ask_if_stale() -> bool:
    """Have the backend asked if it never was, or by another version; True if that was begun."""
    found, python = engines.capabilities(), addon.backend_python()
    if found is not None and found.version == addon.version():
        return False
    if not os.path.isfile(python) or addon.backend_problem() or running("check"):
        return False
    try:
        begin_task(spec("check"))
    except (MtiError, OSError):
        return False  # the page says what is wrong as soon as somebody presses the button
    return True


def watch_test(job: JobFolder) -> None:
    """Follow this self-test from now on."""
    global _test, test_verdict
    _test, test_verdict = (job, client.Follower(job)), ("", "")
    start()


def redraw() -> None:
    """Have the preferences, and the areas with our panel, drawn again."""
    manager = getattr(bpy.context, "window_manager", None)
    for window in manager.windows if manager else ():
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()
    polling.redraw()


def _first() -> float | None:
    cleanup.sweep()
    wait = poll()
    if ask_if_stale() or wait is not None:
        start()
    return None


def _look_at_test() -> None:
    global test_state, test_verdict, _test
    if _test is None:
        found = client.list_jobs(addon.backend_folder().self_tests)
        if not found:
            test_state = None
            return
        _test = (found[0], client.Follower(found[0]))
    job, follower = _test
    test_state = follower.poll()
    if test_verdict[0] or test_state.phase in ("queued", "running", "stuck"):
        return
    if test_state.phase == "done":
        try:
            test_verdict = (self_test.verdict(job, test_state), "CHECKMARK")
            _note_test(job, test_state)
        except (MtiError, OSError) as error:
            test_verdict = (str(error), "ERROR")
    else:
        failed = translated("The self-test did not end well.")
        message = told(test_state.error.said)[0] if test_state.error else failed
        test_verdict = (f"{message} {advice(test_state)}".strip(), "ERROR")


def _note_test(job: JobFolder, state: client.JobState) -> None:
    """It says how fast the draft is here, until a real job tells better."""
    request = job.request()
    if not polling.timings().costs(request.settings):
        polling.timings().note(request, state)


def _adopt_moved() -> None:
    """Models that have been moved are used where they are now.

    The preferences may be lost (Blender crashes, or does not save them), so nothing on disk says
    that it was done: it is done again where the preferences name the old folder, and that is empty.
    Once in a while of Blender, so that somebody may choose the old one on purpose.
    """
    global _adopted
    state, prefs = states.get("move"), addon.preferences()
    if state is None or state.phase != "done" or prefs is None:
        _adopted = False
        return
    if _adopted:
        return
    _adopted = True
    try:
        moved = addon.backend_folder().task("move").spec()
    except MtiError:
        return
    if Path(moved.models) == addon.models_folder() and _went(moved.models, moved.target):
        prefs.models_folder = moved.target
        # Blender does not see what a timer changes, and would not save it when it quits
        bpy.context.preferences.is_dirty = True


def _went(source: str, target: str) -> bool:
    """There are models in the one folder only."""

    def has_some(folder: str) -> bool:
        return any(os.path.isdir(os.path.join(folder, name)) for name in DOWNLOADS)

    return has_some(target) and not has_some(source)
