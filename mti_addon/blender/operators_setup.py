"""Buttons of the preferences' page: ask the backend, try it, look after its models."""

from __future__ import annotations

import shutil
import sys
from typing import Any

import bpy
from bpy.props import EnumProperty, StringProperty

from .. import client
from ..client.setup_models import DOWNLOADS, model_folder
from ..client.setup_start import cancel_task
from ..client.terminal import terminal_command
from ..wire.errors import BadRequest, MtiError
from ..wire.problem import Problem
from . import addon, engines, setup_watch
from .glance import is_file
from .reporting import reports_errors, set_poll_message
from .self_test import self_test_order
from .translations import sentences

MODELS = (
    ("svd", "SVD", "Stable Video Diffusion, 14 images"),
    ("svd-xt", "SVD-XT", "Stable Video Diffusion XT, 25 images"),
)

SELF_TEST_RUNS = Problem("self_test_runs", "The self-test is running")
NOTHING_TO_MOVE = Problem("nothing_to_move", "No model is installed that could be moved")


class MTI_OT_check_backend(bpy.types.Operator):
    """Ask the backend which packages, GPU and models it finds, in the background"""

    bl_idname = "mti.check_backend"
    bl_label = "Check Backend"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """There must be an interpreter to ask."""
        problem = None if is_file(addon.backend_python()) else addon.backend_problem()
        return set_poll_message(cls, problem or busy("check", "setup"))

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Start the task."""
        setup_watch.begin_task(setup_watch.spec("check"))
        return {"FINISHED"}


class MTI_OT_self_test(bpy.types.Operator):
    """Learn a small motion with the draft model and play it, to see whether everything works"""

    bl_idname = "mti.self_test"
    bl_label = "Self-Test"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """There must be a backend, and no self-test that is still running."""
        state = setup_watch.test_state
        going = state is not None and state.phase in ("queued", "running")
        problem = SELF_TEST_RUNS if going else addon.backend_problem()
        return set_poll_message(cls, problem or busy("setup"))

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Write the job and start the backend on it, as for any other job."""
        spool = addon.backend_folder().self_tests
        shutil.rmtree(spool, ignore_errors=True)
        job = self_test_order(spool)
        python, root = addon.backend_python(), addon.EXTENSION_ROOT
        try:
            client.launch(python, root, job, addon.backend_environment())
        except MtiError:
            client.remove(job)
            raise
        setup_watch.watch_test(job)
        return {"FINISHED"}


class MTI_OT_cancel_task(bpy.types.Operator):
    """Stop this; starting it again continues where it stopped"""

    bl_idname = "mti.cancel_task"
    bl_label = "Cancel"

    task: StringProperty(name="What", description="Which one", options={"SKIP_SAVE"})

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Ask its process to stop, which it does within a second."""
        cancel_task(addon.backend_folder().task(self.task))
        setup_watch.start()
        return {"FINISHED"}


class MTI_OT_task_log(bpy.types.Operator):
    """Open what was written while this was done"""

    bl_idname = "mti.task_log"
    bl_label = "Open Log"

    task: StringProperty(name="What", description="Which one", options={"SKIP_SAVE"})

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Open it in the system's own viewer."""
        log = addon.backend_folder().task(self.task).job.log_file
        if not log.is_file():
            raise BadRequest(Problem("no_log", "There is no log.", "It was never started."))
        bpy.ops.wm.path_open(filepath=str(log))
        return {"FINISHED"}


class MTI_OT_copy_command(bpy.types.Operator):
    """Copy the command that does this at a terminal"""

    bl_idname = "mti.copy_command"
    bl_label = "Copy Command"

    what: EnumProperty(
        name="What",
        description="What the command does",
        items=(("setup", "Set Up", "Make the backend's environment, or resume it"), *MODELS),
    )

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Put it on the clipboard."""
        context.window_manager.clipboard = command_for(self.what)
        self.report({"INFO"}, "Copied: paste it into a terminal")
        return {"FINISHED"}


class MTI_OT_move_models(bpy.types.Operator):
    """Move the models to another folder, in the background; nothing is lost if it is interrupted"""

    bl_idname = "mti.move_models"
    bl_label = "Move Models"

    directory: StringProperty(
        name="Folder", description="Where to put the models", subtype="DIR_PATH"
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """There must be something to move, and nobody may be using it."""
        models = addon.models_folder()
        there = any(engines.seen_model(models, name).size for name in DOWNLOADS)
        problem = None if there else NOTHING_TO_MOVE
        return set_poll_message(cls, problem or busy("move", "delete", *DOWNLOAD_TASKS))

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask where to."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Start the task; the preferences name the new folder as soon as it is done."""
        if not self.directory.strip():
            what = "There is no folder to move the models to."
            raise BadRequest(Problem("no_folder_to_move_to", what, "Choose one."))
        target = bpy.path.abspath(self.directory)
        setup_watch.begin_task(setup_watch.spec("move", target=target))
        return {"FINISHED"}


class MTI_OT_delete_model(bpy.types.Operator):
    """Delete this model from the disk; it would have to be downloaded again"""

    bl_idname = "mti.delete_model"
    bl_label = "Delete Model"

    model: EnumProperty(name="Model", description="Which one", items=MODELS)

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Nobody may be using it."""
        return set_poll_message(cls, busy("move", "delete", *DOWNLOAD_TASKS))

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Ask first: this cannot be undone."""
        answer: set[str] = context.window_manager.invoke_confirm(self, event)
        return answer

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Start the task."""
        if not model_folder(addon.models_folder(), self.model).size:
            what, hint = "{name} is not installed.", "There is nothing to delete."
            raise BadRequest(Problem("nothing_to_delete", what, hint, {"name": self.model}))
        setup_watch.begin_task(setup_watch.spec("delete", model=self.model))
        return {"FINISHED"}


DOWNLOAD_TASKS = tuple(f"download-{name}" for name in DOWNLOADS)
CLASSES = (
    MTI_OT_check_backend,
    MTI_OT_self_test,
    MTI_OT_cancel_task,
    MTI_OT_task_log,
    MTI_OT_copy_command,
    MTI_OT_move_models,
    MTI_OT_delete_model,
)


def busy(*tasks: str) -> Problem | None:
    """Why one must wait; None if none of these tasks is going on."""
    going = [name for name in tasks if setup_watch.running(name)]
    if not going:
        return None
    what = sentences(setup_watch.states[going[0]].said)
    return Problem("chore_runs", "Wait until this has ended: {what}", values={"what": what})


def command_for(what: str) -> str:
    """The one line for a terminal that sets the backend up, or fetches a model."""
    if what == "setup":
        tail = ["-m", "mti_addon.client.install", "--into", str(addon.backend_folder().path)]
        line = [sys.executable, *tail]
    else:
        tail = ["-m", "mti_backend", "download", what, "--models", str(addon.models_folder())]
        line = [addon.backend_python(), *tail]
    return terminal_command(line, str(addon.EXTENSION_ROOT))
