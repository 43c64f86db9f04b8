"""Draw setup tasks in the tab and on the preferences page."""

from __future__ import annotations

from typing import Any

import bpy

from ...client.setup.folder import SetupTaskState
from ..common import addon
from ..common.drawing import button, paragraph
from ..translations import sentences, translated
from . import watch

GIGABYTES = "{what}: {done:.2f} of {total:.2f} GB"
MEGABYTES = "{what}: {done:.1f} of {total:.1f} MB"
LEFT = "{what}, {minutes}:{seconds:02d} left"


def draw_task(context: Any, layout: Any, name: str, boxed: bool = False) -> None:
    """Draw its progress with a Cancel button, or the outcome if it failed."""
    state = watch.states.get(name)
    if state is None or state.phase in ("none", "done"):
        return
    if state.phase == "running":
        row = layout.row()
        row.progress(factor=state.fraction, text=progress_text(state), translate=False)
        row.operator("mti.cancel_task", text="", icon="X").task = name
        return
    if state.phase == "dead":
        text = "It stopped unexpectedly. Start it again to resume."
    elif state.error is not None:
        text = sentences(state.error.said)
    else:
        text = sentences(state.said)
    icon = "CANCEL" if state.phase == "cancelled" else "ERROR"
    paragraph(context, layout, text, icon, boxed=boxed)
    layout.operator("mti.task_log", icon="TEXT").task = name


def progress_text(state: SetupTaskState) -> str:
    """Return text such as 'Downloading svd: 1.20 of 4.51 GB, 3:05 left'."""
    text = sentences(state.said)
    if state.total_bytes >= 1e9:
        done, total = state.done_bytes / 1e9, state.total_bytes / 1e9
        text = translated(GIGABYTES, what=text, done=done, total=total)
    elif state.total_bytes:
        done, total = state.done_bytes / 1e6, state.total_bytes / 1e6
        text = translated(MEGABYTES, what=text, done=done, total=total)
    if state.seconds_left >= 0:
        minutes, seconds = divmod(round(state.seconds_left), 60)
        text = translated(LEFT, what=text, minutes=minutes, seconds=seconds)
    return text


def draw_online_access(context: Any, layout: Any, boxed: bool = False) -> None:
    """Draw why the network must not be used, with Blender's own button to allow it."""
    problem = addon.offline_problem()
    if not problem:
        return
    paragraph(context, layout, sentences(problem), "INTERNET_OFFLINE", boxed=boxed)
    if addon.offline_by_command_line():
        return
    if "userpref_allow_online" in dir(bpy.ops.extensions):
        name, text = "extensions.userpref_allow_online", "Allow Online Access"
        button(context, layout, name, text, "INTERNET", boxed, "Allow")
    else:  # Blender's extensions are disabled
        layout.prop(context.preferences.system, "use_online_access")
