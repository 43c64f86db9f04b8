"""Find what prevents the backend from starting, without starting it; wire and stdlib only.

Only reads a few small files, so that panels may call it on every redraw.
"""

from __future__ import annotations

import os
from pathlib import Path

from ...wire.problem import Problem
from ...wire.version import version_of
from . import packages
from .check import Capabilities, read_capabilities
from .environment import read_marker
from .folder import BackendFolder

NOT_SET_UP = "The backend is not set up."
INCOMPLETE = "The backend's environment is incomplete."
PYTHON_GONE = "The Python used to create the backend{made_with} no longer exists."
OTHER_VERSION = "The backend was set up for version {before} of the add-on; this is version {now}."
CHOOSE_PYTHON = "Choose another one in the preferences, or clear it and set up the backend."


def environment_problem(folder: BackendFolder, root: Path, button: bool = True) -> Problem | None:
    """Check the environment that Set Up the Backend creates.

    Without a `button`, remedies mention a command for the terminal.
    """
    if not folder.env.is_dir():
        return _not_set_up(button)
    marker = read_marker(folder)
    if not os.path.isfile(folder.python):
        made_with = f", {marker.made_with}," if marker else ""
        return _python_gone(button, made_with)
    if marker is None:
        return _incomplete(button)
    if tuple(marker.requirements) != packages.pinned(root):
        return _other_version(button, marker.version, version_of(root))
    return capabilities_problem(read_capabilities(folder), str(folder.python))


def _not_set_up(button: bool) -> Problem:
    if button:
        remedy = "Press Set Up the Backend in the preferences."
        return Problem("backend_not_set_up", NOT_SET_UP, remedy)
    remedy = "Run the command shown in the preferences in a terminal."
    return Problem("backend_not_set_up_by_command", NOT_SET_UP, remedy)


def _python_gone(button: bool, made_with: str) -> Problem:
    values = {"made_with": made_with}
    if button:
        return Problem("backend_python_gone", PYTHON_GONE, PRESS_AGAIN, values)
    return Problem("backend_python_gone_by_command", PYTHON_GONE, RUN_AGAIN, values)


def _incomplete(button: bool) -> Problem:
    if button:
        return Problem("backend_incomplete", INCOMPLETE, PRESS_AGAIN)
    return Problem("backend_incomplete_by_command", INCOMPLETE, RUN_AGAIN)


def _other_version(button: bool, before: str, now: str) -> Problem:
    values = {"before": before, "now": now}
    if button:
        remedy = "Press Set Up the Backend in the preferences: only what has changed is installed."
        return Problem("backend_of_other_version", OTHER_VERSION, remedy, values)
    remedy = (
        "Run the command shown in the preferences in a terminal: only what has changed is "
        "installed."
    )
    return Problem("backend_of_other_version_by_command", OTHER_VERSION, remedy, values)


PRESS_AGAIN = "Press Set Up the Backend in the preferences to resume the setup."
RUN_AGAIN = "Run the command shown in the preferences in a terminal to resume the setup."


def chosen_problem(folder: BackendFolder, python: str) -> Problem | None:
    """Check a custom interpreter."""
    values = {"python": python}
    if not os.path.isfile(python):
        what = "The backend's Python is missing: {python}"
        return Problem("chosen_python_missing", what, CHOOSE_PYTHON, values)
    if not os.access(python, os.X_OK):
        what = "The backend's Python cannot be run: {python}"
        return Problem("chosen_python_not_executable", what, CHOOSE_PYTHON, values)
    return capabilities_problem(read_capabilities(folder), python)


def capabilities_problem(capabilities: Capabilities | None, python: str) -> Problem | None:
    """Return what was wrong when this interpreter was last checked."""
    return (
        capabilities.problem if capabilities is not None and capabilities.python == python else None
    )


def models_problem(models: str) -> Problem | None:
    """Check a custom models folder."""
    if not models or os.path.isdir(models):
        return None
    return Problem(
        "models_folder_missing",
        "The models folder does not exist: {models}",
        "Choose it again in the preferences, or clear it to use the extension's own.",
        {"models": models},
    )
