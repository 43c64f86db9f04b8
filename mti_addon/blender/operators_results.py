"""Buttons on a job that exists: stop it, go on, fetch its result, look at its log, delete it."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty, StringProperty

from .. import client
from ..motion.timing import frames_at
from ..wire.errors import BadRequest
from . import addon, polling
from .jobs import Row
from .reporting import telling
from .strip import add_picture_strip, keep_colors, show_in_sequencer, shown_scene


class _JobOperator:
    """An operator on one job, given by its id."""

    job: StringProperty(name="Job", description="The job's id", options={"SKIP_SAVE"})

    def row(self) -> Row:
        """The job. Raises BadRequest if it is gone."""
        row = polling.jobs.find(self.job)
        if row is None or not row.folder.request_file.is_file():
            raise BadRequest("This job is not there any more.", "Its folder has been removed.")
        return row


class MTI_OT_cancel(_JobOperator, bpy.types.Operator):
    """Stop this job; it can be resumed later, from where it was"""

    bl_idname = "mti.cancel"
    bl_label = "Cancel Job"

    @telling
    def execute(self, _context: Any) -> set[str]:
        """Ask its runner to stop, which it does within two seconds."""
        client.cancel(self.row().folder)
        polling.start()
        return {"FINISHED"}


class MTI_OT_resume(_JobOperator, bpy.types.Operator):
    """Go on with this job from where it was"""

    bl_idname = "mti.resume"
    bl_label = "Resume Job"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """There must be a backend."""
        problem = addon.backend_problem()
        if problem:
            cls.poll_message_set(problem)
        return not problem

    @telling
    def execute(self, _context: Any) -> set[str]:
        """Start a new runner on it."""
        python, root = addon.backend_python(), addon.EXTENSION_ROOT
        client.resume(self.row().folder, python, root, addon.backend_environment())
        polling.start()
        return {"FINISHED"}


class MTI_OT_import_result(_JobOperator, bpy.types.Operator):
    """Add this job's pictures to the sequencer, as long as the captured motion"""

    bl_idname = "mti.import_result"
    bl_label = "Add to Sequencer"
    bl_options = {"REGISTER", "UNDO"}

    set_view_transform: BoolProperty(
        name="Set View Transform",
        description="Set the scene's view transform to Standard, the only one that shows finished "
        "pictures in their own colours",
        default=True,
    )

    @telling
    def execute(self, context: Any) -> set[str]:
        """Check the pictures and lay them down as an image-sequence strip."""
        row = self.row()
        request, folder = row.request, row.folder
        if request is None or not request.applies or row.state.phase != "done":
            raise BadRequest("This job has no pictures to show.", "Wait until it is done.")
        folder.verify_output()
        scene = shown_scene(context)
        capture = request.capture
        seconds = (capture.frame_end - capture.frame_start + 1) / capture.fps
        start = scene.frame_current
        if context.scene.mti.place == "CAPTURE":
            start = capture.frame_start
        length = frames_at(seconds, scene.render.fps / scene.render.fps_base)
        files = sorted(path.name for path in folder.frames_dir.glob("*.png"))
        try:
            strip = add_picture_strip(scene, folder.frames_dir, files, start, length, request.name)
        except ValueError as error:
            raise BadRequest(str(error), "Move or remove some strips.") from error
        strip["mti_job"] = request.job
        show_in_sequencer(context, scene)
        note = keep_colors(scene, strip, self.set_view_transform)
        text = f"Added {request.name}: {len(files)} pictures over {length} frames"
        self.report({"WARNING" if note else "INFO"}, f"{text}; {note}" if note else text)
        return {"FINISHED"}


class MTI_OT_remove_job(_JobOperator, bpy.types.Operator):
    """Delete this job and everything that it has made, also what strips may be showing"""

    bl_idname = "mti.remove_job"
    bl_label = "Delete Job"

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Ask first: this cannot be undone."""
        answer: set[str] = context.window_manager.invoke_confirm(self, event)
        return answer

    @telling
    def execute(self, _context: Any) -> set[str]:
        """Delete its folder, unless a runner is still in it."""
        client.remove(self.row().folder)
        polling.start()
        return {"FINISHED"}


class MTI_OT_open_log(_JobOperator, bpy.types.Operator):
    """Open what the backend wrote while it worked on this job"""

    bl_idname = "mti.open_log"
    bl_label = "Open Log"

    @telling
    def execute(self, _context: Any) -> set[str]:
        """Open it in the system's own viewer."""
        log = self.row().folder.log_file
        if not log.is_file():
            raise BadRequest("This job has no log.", "The backend was never started on it.")
        bpy.ops.wm.path_open(filepath=str(log))
        return {"FINISHED"}
