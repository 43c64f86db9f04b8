"""Who the add-on is and where its files go."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import bpy

from ..client.setup_folder import BackendFolder
from ..client.setup_packages import version_of
from ..client.setup_problem import chosen_problem, environment_problem, models_problem
from ..wire.problem import Problem
from . import channel
from .glance import glanced

ADDON_ID = ".".join((__package__ or "").split(".")[:3])
"""bl_ext.<repository>.mti: the name Blender knows the add-on's preferences and user folder by."""

EXTENSION_ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds mti_addon and mti_backend, installed or in a checkout."""

BACKEND_PYTHON_VARIABLE = "MTI_BACKEND_PYTHON"
MODELS_VARIABLE = "MTI_MODELS_DIR"
PREVIEW_VARIABLE = "MTI_PREVIEW_SECONDS"


def version() -> str:
    """The extension's own version."""
    return version_of(EXTENSION_ROOT)


def preferences() -> Any:
    """The add-on's preferences; None while it is being disabled."""
    addon = bpy.context.preferences.addons.get(ADDON_ID)
    return addon.preferences if addon else None


def user_folder() -> Path:
    """Survives updates of the extension; not created here."""
    return Path(bpy.utils.extension_path_user(ADDON_ID))


def jobs_folder() -> Path:
    """Where jobs are kept: the folder of the preferences, else one in the user folder."""
    prefs = preferences()
    chosen = prefs.jobs_folder.strip() if prefs else ""
    return Path(bpy.path.abspath(chosen)) if chosen else user_folder() / "jobs"


def captures_folder() -> Path:
    """Where captured pictures wait until a job takes a copy of them."""
    return user_folder() / "captures"


def presets_folder() -> Path:
    """The motions that are shipped with the extension."""
    return EXTENSION_ROOT / "presets"


def backend_folder() -> BackendFolder:
    """Where the backend's environment is, or will be made."""
    prefs = preferences()
    chosen = prefs.backend_folder.strip() if prefs else ""
    return BackendFolder(Path(bpy.path.abspath(chosen)) if chosen else user_folder() / "backend")


def models_folder() -> Path:
    """Where the models of SVD are, or will be fetched to; it may be that of the environment."""
    prefs = preferences()
    chosen = prefs.models_folder.strip() if prefs else ""
    if chosen:
        return Path(bpy.path.abspath(chosen))
    told = os.environ.get(MODELS_VARIABLE, "")
    return Path(told) if told else user_folder() / "models"


def backend_environment() -> dict[str, str]:
    """What the backend is told besides the job: where the models are."""
    return {MODELS_VARIABLE: str(models_folder())}


def backend_python() -> str:
    """The interpreter of the backend's environment: the preferences', that of MTI_BACKEND_PYTHON,
    or the one that Set Up the Backend makes, whether it is there or not."""
    return _chosen_python() or str(backend_folder().python)


def own_python_is_chosen() -> bool:
    """Somebody has named an interpreter, so the one that Set Up the Backend makes is not used."""
    return bool(_chosen_python())


def _chosen_python() -> str:
    prefs = preferences()
    chosen = prefs.python.strip() if prefs else ""
    return bpy.path.abspath(chosen) if chosen else os.environ.get(BACKEND_PYTHON_VARIABLE, "")


def backend_problem() -> Problem | None:
    """What keeps the backend from being started; None if nothing is known against it."""
    prefs = preferences()
    models = prefs.models_folder.strip() if prefs else ""
    models = bpy.path.abspath(models) if models else ""
    return _trouble(_chosen_python(), backend_folder().path, models, channel.CHANNEL)


@glanced
def _trouble(chosen: str, backend: Path, models: str, published: str) -> Problem | None:
    folder = BackendFolder(backend)
    if chosen:
        problem = chosen_problem(folder, chosen)
    else:
        problem = environment_problem(folder, EXTENSION_ROOT, button=published == "own")
    return problem or models_problem(models)


def offline_problem() -> Problem | None:
    """Why the network may not be used; None if it may."""
    if getattr(bpy.app, "online_access", True):
        return None
    if offline_by_command_line():
        what = "Blender was started in offline mode: start it without"
        return Problem("offline_mode", what)
    return Problem("online_access_off", "Online access is off: allow it first")


def offline_by_command_line() -> bool:
    """The preferences cannot change it. The attribute's name differs between versions."""
    for name in ("online_access_override", "online_access_overriden"):
        if hasattr(bpy.app, name):
            return bool(getattr(bpy.app, name))
    return False
