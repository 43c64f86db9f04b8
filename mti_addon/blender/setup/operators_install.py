"""Operators that install software or models; omitted from the official platform's copy."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import bpy
from bpy.props import EnumProperty

from ...client.setup.models import DOWNLOADS, model_folder
from ...wire.errors import DiskFull
from ...wire.problem import Problem
from ..common import addon
from ..common.reporting import reports_errors, set_poll_message
from . import hub_access_token, watch
from .tasks import MODELS, busy


class MTI_OT_setup_backend(bpy.types.Operator):
    """Create the backend's environment, or resume an incomplete one."""

    bl_idname = "mti.setup_backend"
    bl_label = "Set Up the Backend"
    bl_description = (
        "Create the backend's own Python environment and install its packages in the "
        "background. Click again to resume an incomplete setup"
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require network access or a folder of wheels."""
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
        watch.begin_task(watch.spec("setup", python=python, wheels=wheels, index=index))
        return {"FINISHED"}


class MTI_OT_download_model(bpy.types.Operator):
    """Download a model from the hub, or resume the download."""

    bl_idname = "mti.download_model"
    bl_label = "Download"
    bl_description = (
        "Download this model from the hub in the background. SVD's license must have been "
        "accepted there. Click again to resume an incomplete download"
    )

    model: EnumProperty(name="Model", description="Which model", items=MODELS)

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require a backend that can download, and network access."""
        problem = addon.backend_problem() or addon.offline_problem()
        return set_poll_message(cls, problem or busy("setup", "move", "delete"))

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Start the task. The token is passed in the environment, so that no file contains it."""
        _check_disk(addon.models_folder(), self.model)
        token = hub_access_token.typed()
        spec = watch.spec("download", model=self.model)
        watch.begin_task(spec, {"HF_TOKEN": token} if token else {})
        return {"FINISHED"}


CLASSES = (MTI_OT_setup_backend, MTI_OT_download_model)


def _check_disk(models: Path, name: str) -> None:
    """Check disk space before starting the backend, which checks again with the exact size."""
    place = next(path for path in (models, *models.parents) if path.exists())
    missing = DOWNLOADS[name] - model_folder(models, name).size
    free = shutil.disk_usage(place).free
    if free < missing:
        raise DiskFull(
            Problem(
                "no_space_for_model",
                ("{name} needs {missing:.1f} GB more, and {free:.1f} GB are free in {folder}."),
                "Free some space, or choose a models folder on another disk.",
                {"name": name, "missing": missing / 1e9, "free": free / 1e9, "folder": place},
            )
        )


def _offline_problem() -> Problem | None:
    """Like addon.offline_problem(), for tasks that need no network if they have wheels."""
    if addon.offline_problem() is None:
        return None
    if addon.offline_by_command_line():
        what = (
            "Blender was started in offline mode: restart it without, or choose a folder of "
            "wheels in the details"
        )
        return Problem("offline_mode_without_wheels", what)
    what = "Online access is off: allow it first, or choose a folder of wheels in the details"
    return Problem("online_access_off_without_wheels", what)
