"""The add-on's identity and the locations of its files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import bpy

from ...client.setup.folder import BackendFolder
from ...client.setup.problem import chosen_problem, environment_problem, models_problem
from ...wire.problem import Problem
from ...wire.settings import MODELS_OF, Method, ModelName
from ...wire.version import version_of
from . import release_channel
from .file_cache import cached

ADDON_ID = ".".join((__package__ or "").split(".")[:3])
"""bl_ext.<repository>.mti: the name under which Blender stores preferences and user files."""

EXTENSION_ROOT = Path(__file__).resolve().parents[3]
"""Folder of mti_addon and mti_backend, installed or in a checkout."""

BACKEND_PYTHON_VARIABLE = "MTI_BACKEND_PYTHON"
MODELS_VARIABLE = "MTI_MODELS_DIR"


def version() -> str:
    """Return the extension's version."""
    return version_of(EXTENSION_ROOT)


def preferences() -> Any:
    """Return the add-on's preferences; None while it is being disabled."""
    addon = bpy.context.preferences.addons.get(ADDON_ID)
    return addon.preferences if addon else None


def chosen_engine() -> ModelName:
    """Return the engine that learns new motions, by the chosen method."""
    return engine_of(preferences().method)


def engine_of(method: Method) -> ModelName:
    """Return the engine that is chosen for a method."""
    prefs = preferences()
    engine: ModelName = prefs.words_engine if method == "motion-inversion" else prefs.engine
    assert engine in MODELS_OF[method]
    return engine


def user_folder() -> Path:
    """Return the user folder, which survives extension updates; does not create it."""
    return Path(bpy.utils.extension_path_user(ADDON_ID))


def jobs_folder() -> Path:
    """Return the folder of jobs: the one set in the preferences, or else one in the user folder."""
    prefs = preferences()
    chosen = prefs.jobs_folder.strip() if prefs else ""
    return Path(bpy.path.abspath(chosen)) if chosen else user_folder() / "jobs"


def captures_folder() -> Path:
    """Return the folder of captured images, where they stay until a job copies them."""
    return user_folder() / "captures"


def library_folder() -> Path:
    """Return the folder of the animator's own motions: that of the preferences, or a default."""
    prefs = preferences()
    chosen = prefs.library_folder.strip() if prefs else ""
    return Path(bpy.path.abspath(chosen)) if chosen else user_folder() / "library"


def studio_folder() -> Path | None:
    """Return the further library, which is only read; None if the preferences name none."""
    prefs = preferences()
    chosen = prefs.studio_folder.strip() if prefs else ""
    return Path(bpy.path.abspath(chosen)) if chosen else None


def assets_folder() -> Path:
    """Return the folder of the asset library that is built from the motions."""
    return user_folder() / "assets"


def presets_folder() -> Path:
    """Return the folder of motions shipped with the extension."""
    return EXTENSION_ROOT / "presets"


def backend_folder() -> BackendFolder:
    """Return the folder of the backend's environment, whether or not it exists yet."""
    prefs = preferences()
    chosen = prefs.backend_folder.strip() if prefs else ""
    return BackendFolder(Path(bpy.path.abspath(chosen)) if chosen else user_folder() / "backend")


def models_folder() -> Path:
    """Return the folder of the models, whether or not it exists; the environment may set it."""
    prefs = preferences()
    chosen = prefs.models_folder.strip() if prefs else ""
    if chosen:
        return Path(bpy.path.abspath(chosen))
    told = os.environ.get(MODELS_VARIABLE, "")
    return Path(told) if told else user_folder() / "models"


def backend_environment() -> dict[str, str]:
    """Return the environment variables that tell the backend where the models are."""
    return {MODELS_VARIABLE: str(models_folder())}


def backend_python() -> str:
    """Return the backend's Python interpreter, whether or not it exists.

    This is the one set in the preferences, else MTI_BACKEND_PYTHON, else the one that Set Up the
    Backend creates.
    """
    return _chosen_python() or str(backend_folder().python)


def own_python_is_chosen() -> bool:
    """Return whether a custom interpreter replaces the one that Set Up the Backend creates."""
    return bool(_chosen_python())


def _chosen_python() -> str:
    prefs = preferences()
    chosen = prefs.python.strip() if prefs else ""
    return bpy.path.abspath(chosen) if chosen else os.environ.get(BACKEND_PYTHON_VARIABLE, "")


def backend_problem() -> Problem | None:
    """Return what prevents the backend from starting, or None if nothing is known to."""
    prefs = preferences()
    models = prefs.models_folder.strip() if prefs else ""
    models = bpy.path.abspath(models) if models else ""
    return _trouble(_chosen_python(), backend_folder().path, models, release_channel.CHANNEL)


@cached
def _trouble(chosen: str, backend: Path, models: str, published: str) -> Problem | None:
    folder = BackendFolder(backend)
    if chosen:
        problem = chosen_problem(folder, chosen)
    else:
        problem = environment_problem(folder, EXTENSION_ROOT, button=published == "own")
    return problem or models_problem(models)


def offline_problem() -> Problem | None:
    """Return why the network must not be used, or None if it may be."""
    if getattr(bpy.app, "online_access", True):
        return None
    if offline_by_command_line():
        what = "Blender was started in offline mode: restart it without"
        return Problem("offline_mode", what)
    return Problem("online_access_off", "Online access is off: allow it first")


def offline_by_command_line() -> bool:
    """Return whether offline mode was set on the command line, which overrides the preferences.

    The attribute's name differs between Blender versions.
    """
    for name in ("online_access_override", "online_access_overriden"):
        if hasattr(bpy.app, name):
            return bool(getattr(bpy.app, name))
    return False
