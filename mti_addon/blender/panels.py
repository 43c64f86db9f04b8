"""The tab "Motion" in the sidebars of the 3D viewport and the sequencer."""

from __future__ import annotations

import textwrap
from typing import Any

import bpy

from .. import client
from . import addon, pictures, polling
from .jobs import Row
from .operators_jobs import current_capture, current_motion
from .properties import frame_range

SHOWN = 6
"""Jobs in the panel; the older ones stay in their folder."""
PHASES = {
    "queued": ("Starting", "TIME"),
    "running": ("Running", "PLAY"),
    "done": ("Done", "CHECKMARK"),
    "failed": ("Failed", "ERROR"),
    "cancelled": ("Cancelled", "CANCEL"),
    "dead": ("Stopped unexpectedly", "ERROR"),
    "stuck": ("Not responding", "ERROR"),
}
STAGES = {
    "load": "Loading the model",
    "encode": "Reading the pictures",
    "learn": "Learning",
    "apply": "Applying",
    "decode": "Drawing",
    "save": "Saving",
}
TASKS = {"learn": "FORCE_CURVE", "apply": "RENDER_ANIMATION", "learn+apply": "RENDER_ANIMATION"}


class _MotionPanel:
    """The one panel; Blender needs a class for each editor that it is shown in."""

    bl_region_type = "UI"
    bl_category = "Motion"
    bl_label = "Motion"

    def draw(self, context: Any) -> None:
        """Four parts from top to bottom, as one works."""
        layout = self.layout  # type: ignore[attr-defined]
        layout.use_property_split = True
        layout.use_property_decorate = False
        _draw_error(context, layout)
        for name, title, draw in (
            ("mti_sketch", "Sketch", _draw_sketch),
            ("mti_learn", "Learn", _draw_learn),
            ("mti_apply", "Apply", _draw_apply),
            ("mti_jobs", "Jobs", _draw_jobs),
        ):
            header, body = layout.panel(name, default_closed=False)
            header.label(text=title)
            if body:
                draw(context, body)


class MTI_PT_view3d(_MotionPanel, bpy.types.Panel):
    """In the 3D viewport."""

    bl_idname = "MTI_PT_view3d"
    bl_space_type = "VIEW_3D"


class MTI_PT_sequencer(_MotionPanel, bpy.types.Panel):
    """In the video sequencer."""

    bl_idname = "MTI_PT_sequencer"
    bl_space_type = "SEQUENCE_EDITOR"


def _draw_error(context: Any, layout: Any) -> None:
    message, hint = polling.last_error
    if message:
        _paragraph(context, layout.box(), f"{message} {hint}", "ERROR")


def _draw_sketch(context: Any, layout: Any) -> None:
    props = context.scene.mti
    layout.operator("mti.add_stick_figure", icon="ARMATURE_DATA")
    column = layout.column()
    column.prop(props, "source")
    column.prop(props, "use_scene_range")
    if props.use_scene_range:
        column.label(text="Frames {} to {}".format(*frame_range(context.scene)))
    else:
        row = column.row(align=True)
        row.use_property_split = False
        row.prop(props, "frame_start")
        row.prop(props, "frame_end")
    layout.operator("mti.capture", icon="CAMERA_DATA")
    capture = current_capture(context.scene)
    if capture is None:
        return
    if icon := pictures.icon_of(capture):
        layout.template_icon(icon_value=icon, scale=10)
    about = capture.about
    span = f"frames {about.info.frame_start} to {about.info.frame_end}"
    layout.label(text=f"{about.frames} pictures of {about.source}, {span}")
    if about.note:
        _paragraph(context, layout, about.note, "ERROR")


def _draw_learn(context: Any, layout: Any) -> None:
    props = context.scene.mti
    column = layout.column()
    column.prop(props, "name")
    column.prop(addon.preferences(), "engine")
    column.prop(props, "iterations")
    capture = current_capture(context.scene)
    if capture is None or capture.can_vary:
        column.prop(props, "variations")
    else:
        column.label(text="Variations: only of keyed figures")
    column.prop(props, "flip_safe")
    column.prop(props, "also_apply")
    layout.operator("mti.learn", icon="PLAY")
    if problem := addon.backend_problem():
        _paragraph(context, layout, problem, "ERROR")
        layout.operator("preferences.addon_show", text="Preferences").module = addon.ADDON_ID


def _draw_apply(context: Any, layout: Any) -> None:
    props = context.scene.mti
    column = layout.column()
    column.prop(props, "motion", icon="ACTION")
    motion = current_motion(context.scene)
    if motion is not None and not props.motion:
        column.label(text=f"The last one: {motion.name}")
    column.prop(props, "target")
    if props.target == "RENDER":
        column.prop(props, "target_scene")
        column.prop(props, "target_engine")
    else:
        column.prop(props, "target_image")
    column.prop(props, "seed")
    layout.operator("mti.apply", icon="PLAY")


def _draw_jobs(context: Any, layout: Any) -> None:
    layout.prop(context.scene.mti, "place")
    rows = polling.jobs.rows
    for row in rows[:SHOWN]:
        _draw_job(context, layout.box(), row)
    if not rows:
        layout.label(text="None yet")
    elif len(rows) > SHOWN:
        layout.label(text=f"and {len(rows) - SHOWN} older ones")


def _draw_job(context: Any, box: Any, row: Row) -> None:
    job, phase = row.folder.path.name, row.state.phase
    request = row.request
    top = box.row()
    if request is None:
        top.label(text=job[:6], icon="ERROR")
        top.operator("mti.remove_job", text="", icon="TRASH").job = job
        _paragraph(context, box, " ".join(row.problem), "NONE")
        return
    text, icon = PHASES[phase]
    top.label(text=request.name, icon=TASKS[request.task])
    top.label(text=text, icon=icon)
    started = row.folder.launched_file.exists()
    if row.active and started:
        top.operator("mti.cancel", text="", icon="X").job = job
    else:
        top.operator("mti.remove_job", text="", icon="TRASH").job = job
    if phase == "running":
        box.progress(factor=row.state.fraction, text=progress_text(row))
    if row.state.error and phase == "failed":
        _paragraph(context, box, row.state.error[1], "NONE")
    if advice := client.advice(row.state):
        _paragraph(context, box, advice, "NONE")
    buttons = box.row()
    if phase in ("failed", "dead", "cancelled") or not started:
        buttons.operator("mti.resume", text="Resume", icon="FILE_REFRESH").job = job
        buttons.operator("mti.open_log", text="Log", icon="TEXT").job = job
    if phase == "done" and request.applies:
        buttons.operator("mti.import_result", icon="SEQUENCE").job = job


def progress_text(row: Row) -> str:
    """Such as 'Learning 40/120, 1:05 left'."""
    state = row.state
    text = STAGES.get(state.stage, "Starting")
    if state.total > 1:
        text += f" {state.step}/{state.total}"
    if state.seconds_left is not None:
        minutes, seconds = divmod(round(state.seconds_left), 60)
        text += f", {minutes}:{seconds:02d} left"
    return text


def _paragraph(context: Any, layout: Any, text: str, icon: str) -> None:
    """Labels do not wrap; about 7 pixels a letter at the usual size."""
    region = context.region
    scale = context.preferences.system.ui_scale or 1.0  # 0 without a window
    letters = int((region.width if region else 300) / (7 * scale)) - 6
    column = layout.column(align=True)
    column.scale_y = 0.8
    for i, line in enumerate(textwrap.wrap(text.strip(), max(letters, 20))):
        column.label(text=line, icon=icon if i == 0 else "NONE")
