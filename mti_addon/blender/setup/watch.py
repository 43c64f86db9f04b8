"""Poll the setup tasks and the self-test on Blender's timer, for the preferences page.

Their folders are authoritative, so a new file, undo or a crash of Blender does no harm.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import bpy

from ... import client
from ...client.setup.folder import SetupTaskState, TaskSpec
from ...client.setup.models import DOWNLOADS
from ...client.setup.start import look, start_task
from ...wire import JobFolder, MtiError
from ...workflow import self_test
from ..common import addon, file_cache, panels
from ..queue import polling
from ..queue.rows import advice
from ..translations import told, translated
from . import engines

SECONDS = 0.5
DOWNLOAD_TASKS = tuple(f"download-{name}" for name in DOWNLOADS)
SETUP_TASKS = ("setup", "check", *DOWNLOAD_TASKS, "move", "delete")

states: dict[str, SetupTaskState] = {}
"""State at the last poll of every task ever started."""
_adopted = False
"""Whether the last move has been handled, so the preferences name the right folder."""
_test: tuple[JobFolder, client.Follower] | None = None
test_state: client.JobState | None = None
test_verdict: tuple[str, str] = ("", "")
"""Message and icon of the last self-test."""


def spec(kind: str, **more: str) -> TaskSpec:
    """Return a task specification with the extension's folders filled in."""
    folder = str(addon.backend_folder().path)
    models = str(addon.models_folder())
    found = {"python": addon.backend_python(), "models": models, **more}
    return TaskSpec(kind, folder, str(addon.EXTENSION_ROOT), **found)  # type: ignore[arg-type]


def begin_task(what: TaskSpec, extra_env: dict[str, str] | None = None) -> None:
    """Start a task and poll it. Raises Busy, NotWritable, DiskFull, BackendMissing."""
    start_task(what, extra_env, sys.executable)
    start()


def poll() -> float | None:
    """Poll once; return the seconds until the next poll, or None if nothing is pending."""
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
        file_cache.refresh()
        redraw()
    testing = test_state is not None and test_state.phase in ("queued", "running", "stuck")
    return SECONDS if testing or any(running(name) for name in states) else None


def running(name: str) -> bool:
    """Return whether the task was running at the last poll."""
    return states.get(name, SetupTaskState()).phase == "running"


def start() -> None:
    """Poll now, and on the timer while a task is running."""
    poll()
    redraw()
    if not bpy.app.timers.is_registered(poll):
        bpy.app.timers.register(poll, first_interval=SECONDS, persistent=True)


def begin() -> None:
    """Schedule the first poll shortly after register(), once Blender has a context."""
    if not bpy.app.timers.is_registered(_first):
        bpy.app.timers.register(_first, first_interval=SECONDS, persistent=True)


def stop() -> None:
    """Reset all state; for unregister()."""
    global _adopted, _test, test_state, test_verdict
    for function in (poll, _first):
        if bpy.app.timers.is_registered(function):
            bpy.app.timers.unregister(function)
    states.clear()
    _adopted = False
    _test, test_state, test_verdict = None, None, ("", "")


def ask_if_stale() -> bool:
    """Check the backend unless this version has checked it; return whether a check was started."""
    found, python = engines.capabilities(), addon.backend_python()
    if found is not None and found.version == addon.version():
        return False
    if not os.path.isfile(python) or addon.backend_problem() or running("check"):
        return False
    try:
        begin_task(spec("check"))
    except (MtiError, OSError):
        return False  # the page shows the error when the button is clicked
    return True


def watch_test(job: JobFolder) -> None:
    """Track this self-test."""
    global _test, test_verdict
    _test, test_verdict = (job, client.Follower(job)), ("", "")
    start()


def redraw() -> None:
    """Redraw the preferences, and the areas with our panel."""
    manager = getattr(bpy.context, "window_manager", None)
    for window in manager.windows if manager else ():
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()
    panels.redraw()


def _first() -> float | None:
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
            values = self_test.verdict(job, test_state)
            test_verdict = (translated(self_test.VERDICT, **values), "CHECKMARK")
            _note_test(job, test_state)
        except (MtiError, OSError) as error:
            test_verdict = (str(error), "ERROR")
    else:
        failed = translated("The self-test failed.")
        message = told(test_state.error.said)[0] if test_state.error else failed
        test_verdict = (f"{message} {advice(test_state)}".strip(), "ERROR")


def _note_test(job: JobFolder, state: client.JobState) -> None:
    """Record the draft's speed on this machine, until a real job provides a better value."""
    request = job.request()
    if not polling.timings().costs(request.settings):
        polling.timings().note(request, state)


def _adopt_moved() -> None:
    """Point the preferences to the new folder of moved models.

    The preferences may be lost (if Blender crashes or does not save them), so completion is not
    recorded on disk; the step is repeated whenever they name the old folder and it is empty. It
    runs once per Blender session, so that the old folder can be chosen again on purpose.
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
    if Path(moved.models) == addon.models_folder() and _was_moved(moved.models, moved.target):
        prefs.models_folder = moved.target
        # Blender does not notice changes made by timers, and would not save them on quitting
        bpy.context.preferences.is_dirty = True


def _was_moved(source: str, target: str) -> bool:
    """Return whether only the target folder contains models."""

    def has_some(folder: str) -> bool:
        return any(os.path.isdir(os.path.join(folder, name)) for name in DOWNLOADS)

    return has_some(target) and not has_some(source)
