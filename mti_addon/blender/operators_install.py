"""Buttons that bring software or models onto this machine; not part of the official platform's
copy."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import bpy
from bpy.props import EnumProperty

from ..client.setup_models import DOWNLOADS, model_folder
from ..wire.errors import DiskFull
from ..wire.problem import Problem
from . import addon, setup_watch
from .operators_setup import MODELS, busy
from .reporting import reports_errors, set_poll_message


class MTI_OT_setup_backend(bpy.types.Operator):
    """Make the backend's environment, or go on with a half made one."""

    bl_idname = "mti.setup_backend"
    bl_label = "Set Up the Backend"
    bl_description = (
        "Make the backend's own Python environment and install its packages there, in the "
        "background. Pressed again it resumes with what is missing"
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """The network must be allowed, or a folder of wheels be given."""
        prefs = addon.preferences()
        wheels = prefs.wheels_folder.strip() if prefs else ""
        problem = None if wheels else _offline_problem()
        return set_poll_message(cls, busy("setup", "check") or problem)

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Start the task."""
        prefs = addon.preferences()
        wheels, python = (
            bpy.path.abspath(text) if text.strip() else ""
            for text in (prefs.wheels_folder, prefs.base_python)
        )
        index = "" if wheels else prefs.package_index.strip()
        setup_watch.begin_task(setup_watch.spec("setup", python=python, wheels=wheels, index=index))
        return {"FINISHED"}


class MTI_OT_download_model(bpy.types.Operator):
    """Fetch a model from the hub, or resume it."""

    bl_idname = "mti.download_model"
    bl_label = "Download"
    bl_description = (
        "Download this model from the hub, in the background. Its license must have been accepted "
        "there; pressed again it continues where it stopped"
    )

    model: EnumProperty(name="Model", description="Which one", items=MODELS)

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """There must be a backend that can, and the network must be allowed."""
        problem = addon.backend_problem() or addon.offline_problem()
        return set_poll_message(cls, problem or busy("setup", "move", "delete"))

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Start the task. The token goes by the environment, so that no file holds it."""
        from .preferences import hub_token

        _check_disk(addon.models_folder(), self.model)
        token = hub_token()
        spec = setup_watch.spec("download", model=self.model)
        setup_watch.begin_task(spec, {"HF_TOKEN": token} if token else {})
        return {"FINISHED"}


CLASSES = (MTI_OT_setup_backend, MTI_OT_download_model)


def _check_disk(models: Path, name: str) -> None:
    """Before the backend is started for it; it looks itself again, with the exact size."""
    place = next(path for path in (models, *models.parents) if path.exists())
    missing = DOWNLOADS[name] - model_folder(models, name).size
    free = shutil.disk_usage(place).free
    if free < missing:
        raise DiskFull(
            Problem(
                "no_space_for_model",
                "{name} needs {missing:.1f} GB more, and {free:.1f} GB are free in {folder}.",
                "Free some space, or choose a models folder on another disk.",
                {"name": name, "missing": missing / 1e9, "free": free / 1e9, "folder": place},
            )
        )


def _offline_problem() -> Problem | None:
    """As addon.offline_problem(), for what needs no network if it has wheels."""
    if addon.offline_problem() is None:
        return None
    if addon.offline_by_command_line():
        what = (
            "Blender was started in offline mode: start it without, or choose a folder of wheels "
            "in the details"
        )
        return Problem("offline_mode_without_wheels", what)
    what = "Online access is off: allow it first, or choose a folder of wheels in the details"
    return Problem("online_access_off_without_wheels", what)
