"""Who the add-on is and where its files go."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import bpy

ADDON_ID = ".".join((__package__ or "").split(".")[:3])
"""bl_ext.<repository>.mti: the name Blender knows the add-on's preferences and user folder by."""

EXTENSION_ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds mti_addon and mti_backend, installed or in a checkout."""

BACKEND_PYTHON_VARIABLE = "MTI_BACKEND_PYTHON"
MODELS_VARIABLE = "MTI_MODELS_DIR"
PREVIEW_VARIABLE = "MTI_PREVIEW_SECONDS"


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


def backend_environment() -> dict[str, str]:
    """What the backend is told besides the job: where the models are, if somebody has said so."""
    prefs = preferences()
    chosen = prefs.models_folder.strip() if prefs else ""
    return {MODELS_VARIABLE: bpy.path.abspath(chosen)} if chosen else {}


def backend_python() -> str:
    """The interpreter of the backend's environment; empty if nobody has said where it is."""
    prefs = preferences()
    chosen = prefs.python.strip() if prefs else ""
    return bpy.path.abspath(chosen) if chosen else os.environ.get(BACKEND_PYTHON_VARIABLE, "")


def backend_problem() -> str:
    """Why the backend cannot be started, in one sentence; empty if nothing is known against it."""
    python = backend_python()
    if not python:
        return "Set the backend's Python in the add-on's preferences first"
    if not os.path.isfile(python):
        return f"The backend's Python is missing: {python}"
    if not os.access(python, os.X_OK):
        return f"The backend's Python cannot be run: {python}"
    return ""
