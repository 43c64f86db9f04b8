"""Operators of the preferences page: check and test the backend, manage its models."""

from __future__ import annotations

import shutil
from typing import Any

import bpy
from bpy.props import EnumProperty, StringProperty

from ... import client
from ...client.setup.models import DOWNLOADS, model_folder
from ...client.setup.start import cancel_task
from ...wire.errors import BadRequest, MtiError
from ...wire.problem import Problem
from ...workflow.self_test import create_self_test_job
from ..common import addon
from ..common.file_cache import is_file
from ..common.reporting import reports_errors, set_poll_message
from . import engines, watch
from .tasks import MODELS, busy, command_for

SELF_TEST_RUNS = Problem("self_test_runs", "The self-test is running")
NOTHING_TO_MOVE = Problem("nothing_to_move", "There are no installed models to move")


class MTI_OT_check_backend(bpy.types.Operator):
    """Check which packages, GPUs and models the backend finds, in the background"""

    bl_idname = "mti.check_backend"
    bl_label = "Check Backend"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require an interpreter."""
        problem = None if is_file(addon.backend_python()) else addon.backend_problem()
        return set_poll_message(cls, problem or busy("check", "setup"))

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Start the task."""
        watch.begin_task(watch.spec("check"))
        return {"FINISHED"}


class MTI_OT_self_test(bpy.types.Operator):
    """Learn a small motion with the draft model and apply it, to check that everything works"""

    bl_idname = "mti.self_test"
    bl_label = "Self-Test"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require a backend, and no self-test in progress."""
        state = watch.test_state
        going = state is not None and state.phase in ("queued", "running")
        problem = SELF_TEST_RUNS if going else addon.backend_problem()
        return set_poll_message(cls, problem or busy("setup"))

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Write the job and start the backend on it, as for any other job."""
        spool = addon.backend_folder().self_tests
        shutil.rmtree(spool, ignore_errors=True)
        job = create_self_test_job(spool)
        python, root = addon.backend_python(), addon.EXTENSION_ROOT
        try:
            client.launch(python, root, job, addon.backend_environment())
        except MtiError:
            client.remove(job)
            raise
        watch.watch_test(job)
        return {"FINISHED"}


class MTI_OT_cancel_task(bpy.types.Operator):
    """Stop this task; it can be resumed by starting it again"""

    bl_idname = "mti.cancel_task"
    bl_label = "Cancel"

    task: StringProperty(name="Task", description="Which task", options={"SKIP_SAVE"})

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Ask its process to stop, which it does within a second."""
        cancel_task(addon.backend_folder().task(self.task))
        watch.start()
        return {"FINISHED"}


class MTI_OT_task_log(bpy.types.Operator):
    """Open the log of this task"""

    bl_idname = "mti.task_log"
    bl_label = "Open Log"

    task: StringProperty(name="Task", description="Which task", options={"SKIP_SAVE"})

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Open it in the system's default viewer."""
        log = addon.backend_folder().task(self.task).job.log_file
        if not log.is_file():
            raise BadRequest(Problem("no_log", "There is no log.", "The task was never started."))
        bpy.ops.wm.path_open(filepath=str(log))
        return {"FINISHED"}


class MTI_OT_copy_command(bpy.types.Operator):
    """Copy the terminal command for this task"""

    bl_idname = "mti.copy_command"
    bl_label = "Copy Command"

    what: EnumProperty(
        name="Task",
        description="Task of the command",
        items=(
            ("setup", "Set Up", "Create the backend's environment, or resume an incomplete one"),
            *MODELS,
        ),
    )

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Put it on the clipboard."""
        context.window_manager.clipboard = command_for(self.what)
        self.report({"INFO"}, "Copied: paste it into a terminal")
        return {"FINISHED"}


class MTI_OT_move_models(bpy.types.Operator):
    """Move the models to another folder in the background; safe to interrupt"""

    bl_idname = "mti.move_models"
    bl_label = "Move Models"

    directory: StringProperty(
        name="Folder", description="Where to move the models", subtype="DIR_PATH"
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require models that are not in use."""
        models = addon.models_folder()
        there = any(engines.seen_model(models, name).size for name in DOWNLOADS)
        problem = None if there else NOTHING_TO_MOVE
        return set_poll_message(cls, problem or busy("move", "delete", *watch.DOWNLOAD_TASKS))

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the folder."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Start the task; the preferences are updated when it is done."""
        if not self.directory.strip():
            what = "The folder to move the models to does not exist."
            raise BadRequest(Problem("no_folder_to_move_to", what, "Choose another folder."))
        target = bpy.path.abspath(self.directory)
        watch.begin_task(watch.spec("move", target=target))
        return {"FINISHED"}


class MTI_OT_delete_model(bpy.types.Operator):
    """Delete this model from disk; using it again requires a new download"""

    bl_idname = "mti.delete_model"
    bl_label = "Delete Model"

    model: EnumProperty(name="Model", description="Which model", items=MODELS)

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require a model that is not in use."""
        return set_poll_message(cls, busy("move", "delete", *watch.DOWNLOAD_TASKS))

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Ask for confirmation: this cannot be undone."""
        answer: set[str] = context.window_manager.invoke_confirm(self, event)
        return answer

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Start the task."""
        if not model_folder(addon.models_folder(), self.model).size:
            what, hint = "{name} is not installed.", "There is nothing to delete."
            raise BadRequest(Problem("nothing_to_delete", what, hint, {"name": self.model}))
        watch.begin_task(watch.spec("delete", model=self.model))
        return {"FINISHED"}


CLASSES = (
    MTI_OT_check_backend,
    MTI_OT_self_test,
    MTI_OT_cancel_task,
    MTI_OT_task_log,
    MTI_OT_copy_command,
    MTI_OT_move_models,
    MTI_OT_delete_model,
)
