"""What keeps the backend from being started, found without starting it; wire and stdlib only.

Only a few small files are looked at, so that a panel may ask at every redraw.
"""

from __future__ import annotations

import os
from pathlib import Path

from . import setup_packages as packages
from .setup_check import Capabilities, read_capabilities
from .setup_env import read_marker
from .setup_folder import BackendFolder

Problem = tuple[str, str]
"""What is wrong, and what to do about it; two empty texts if nothing is."""
FINE: Problem = ("", "")
BUTTON = "Press Set Up the Backend in the preferences"


def environment_problem(folder: BackendFolder, root: Path, remedy: str = BUTTON) -> Problem:
    """Of the environment that Set Up the Backend makes; `remedy` says how it is made."""
    again = f"{remedy}; it resumes with what is missing."
    if not folder.env.is_dir():
        return "The backend is not set up.", f"{remedy}."
    marker = read_marker(folder)
    if not os.path.isfile(folder.python):
        made_with = f", {marker.made_with}," if marker else ""
        return f"The Python that the backend was made with{made_with} is gone.", again
    if marker is None:
        return "The backend's environment is incomplete.", again
    if tuple(marker.requirements) != packages.pinned(root):
        return (
            f"The backend was set up for version {marker.version} of the add-on, this is "
            f"{packages.version_of(root)}.",
            f"{remedy}: only what has changed is installed.",
        )
    return capabilities_problem(read_capabilities(folder), str(folder.python))


def chosen_problem(folder: BackendFolder, python: str) -> Problem:
    """Of an interpreter that somebody has chosen."""
    if not os.path.isfile(python):
        return (
            f"The backend's Python is missing: {python}",
            "Choose another one in the preferences, or clear it and set up the backend.",
        )
    if not os.access(python, os.X_OK):
        return (
            f"The backend's Python cannot be run: {python}",
            "Choose another one in the preferences, or clear it and set up the backend.",
        )
    return capabilities_problem(read_capabilities(folder), python)


def capabilities_problem(capabilities: Capabilities | None, python: str) -> Problem:
    """What was wrong when this interpreter was asked last."""
    if capabilities is None or capabilities.python != python:
        return FINE
    return capabilities.problem[0], capabilities.problem[1]


def models_problem(models: str) -> Problem:
    """Of the models folder that somebody has chosen."""
    if models and not os.path.isdir(models):
        return (
            f"The models folder does not exist: {models}",
            "Choose it again in the preferences, or clear it to use the extension's own.",
        )
    return FINE
