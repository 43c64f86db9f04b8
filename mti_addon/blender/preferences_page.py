"""The preferences' page: how the backend stands, its models, and every button that mends it."""

from __future__ import annotations

from typing import Any

import bpy

from ..client.engines import LABELS, installed
from ..client.setup_folder import SetupTaskState
from ..client.setup_models import DOWNLOADS
from ..wire.problem import Problem
from . import addon, channel, engines, setup_watch
from .drawing import button, paragraph
from .glance import is_folder
from .job_rows import STAGES
from .operators_setup import command_for
from .translations import sentences, told, translated

READY = "Ready: Python {python}, torch {torch}, diffusers {diffusers}."
TESTING = "Self-Test: {stage}"
GIGABYTES = "{what}: {done:.2f} of {total:.2f} GB"
MEGABYTES = "{what}: {done:.1f} of {total:.1f} MB"
LEFT = "{what}, {minutes}:{seconds:02d} left"


def draw_backend(context: Any, layout: Any) -> None:
    """Its condition in words, the buttons, what is going on, and the details below."""
    header, body = layout.panel("mti_prefs_backend", default_closed=False)
    header.label(text="Backend")
    if not body:
        return
    problem = addon.backend_problem()
    if problem and not setup_watch.running("setup"):
        _draw_problem(context, body, problem)
    elif not problem:
        _draw_answer(context, body)
    _draw_buttons(context, body)
    for name in ("setup", "check"):
        draw_task(context, body, name)
    _draw_self_test(context, body)
    header, details = body.panel("mti_prefs_details", default_closed=True)
    header.label(text="Details")
    if details:
        _draw_details(details, addon.preferences())


def _draw_problem(context: Any, layout: Any, problem: Problem) -> None:
    if not _needs_online_access():
        paragraph(context, layout, sentences(problem), "ERROR")
        return
    # what the problem's own remedy names is grey until then
    first = "Allow online access first, or choose a folder of wheels in the details."
    paragraph(context, layout, f"{told(problem)[0]} {translated(first)}", "ERROR")
    draw_online_access(context, layout)


def draw_models(context: Any, layout: Any) -> None:
    """Each model: where, how big, download, delete; and where all of them are."""
    header, body = layout.panel("mti_prefs_models", default_closed=False)
    header.label(text="Models")
    if not body:
        return
    prefs = addon.preferences()
    states = engines.engine_states()
    for name, state in states.items():
        box = body.box()
        row = box.row()
        row.label(text=LABELS[name], icon="CHECKMARK" if state.ready else "DOT", translate=True)
        if name in DOWNLOADS:
            _draw_model_buttons(row, name)
        if state.condition != "backend_missing":
            paragraph(context, box, sentences(state.said), "NONE")
        if name in DOWNLOADS and state.condition in ("backend_missing", "too_small", "unknown"):
            folder = engines.seen_model(addon.models_folder(), name)
            paragraph(context, box, sentences(installed(name, folder)), "NONE")
        draw_task(context, box, f"download-{name}")
    if channel.CHANNEL == "own":
        if not addon.backend_problem():
            draw_online_access(context, body)
        column = body.column()
        column.use_property_split = True
        column.prop(prefs, "hub_token")
    column = body.column()
    column.use_property_split = True
    column.prop(prefs, "models_folder")
    if not prefs.models_folder:
        column.label(text=str(addon.models_folder()), translate=False)
    body.operator("mti.move_models", icon="FILE_FOLDER")
    for name in ("move", "delete"):
        draw_task(context, body, name)


def draw_task(context: Any, layout: Any, name: str, boxed: bool = False) -> None:
    """Progress with Cancel, or how it ended if it did not end well."""
    state = setup_watch.states.get(name)
    if state is None or state.phase in ("none", "done"):
        return
    if state.phase == "running":
        row = layout.row()
        row.progress(factor=state.fraction, text=progress_text(state), translate=False)
        row.operator("mti.cancel_task", text="", icon="X").task = name
        return
    if state.phase == "dead":
        text = "It stopped unexpectedly. Start it again: it continues where it stopped."
    elif state.error is not None:
        text = sentences(state.error.said)
    else:
        text = sentences(state.said)
    icon = "CANCEL" if state.phase == "cancelled" else "ERROR"
    paragraph(context, layout, text, icon, boxed=boxed)
    layout.operator("mti.task_log", icon="TEXT").task = name


def progress_text(state: SetupTaskState) -> str:
    """Such as 'Downloading svd: 1.20 of 4.51 GB, 3:05 left'."""
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


def _draw_answer(context: Any, layout: Any) -> None:
    """What the backend said when it was asked last."""
    capabilities = engines.capabilities()
    if capabilities is None or not capabilities.told:
        paragraph(context, layout, "Backend found, not checked yet", "QUESTION")
        return
    versions = capabilities.versions()
    named = {name: versions.get(name, "?") for name in ("python", "torch", "diffusers")}
    layout.label(text=translated(READY, **named), icon="CHECKMARK", translate=False)
    if said := capabilities.gpu_said():
        paragraph(context, layout, sentences(said), "NONE")


def _draw_buttons(context: Any, layout: Any) -> None:
    row = layout.row()
    if channel.CHANNEL == "own":
        again = is_folder(addon.backend_folder().env)
        text = "Set Up Again" if again and not addon.backend_problem() else "Set Up the Backend"
        row.operator("mti.setup_backend", text=text, icon="IMPORT", translate=True)
    else:
        row.operator("mti.copy_command", text="Copy Command", icon="COPYDOWN").what = "setup"
    row.operator("mti.self_test", icon="PLAY")
    row.operator("mti.check_backend", icon="FILE_REFRESH")
    if channel.CHANNEL != "own":
        text = (
            "Extensions of this platform install nothing: paste the command into a terminal, then "
            "check again."
        )
        paragraph(context, layout, text, "INFO")
        paragraph(context, layout, command_for("setup"), "CONSOLE")


def _needs_online_access() -> bool:
    """Setting up is impossible without it, as things are."""
    wheels = addon.preferences().wheels_folder.strip()
    return channel.CHANNEL == "own" and not wheels and bool(addon.offline_problem())


def draw_online_access(context: Any, layout: Any, boxed: bool = False) -> None:
    """If the network may not be used: why, and Blender's own button that allows it."""
    problem = addon.offline_problem()
    if not problem:
        return
    paragraph(context, layout, sentences(problem), "INTERNET_OFFLINE", boxed=boxed)
    if addon.offline_by_command_line():
        return
    if "userpref_allow_online" in dir(bpy.ops.extensions):
        name, text = "extensions.userpref_allow_online", "Allow Online Access"
        button(context, layout, name, text, "INTERNET", boxed, "Allow")
    else:  # Blender's extensions are switched off
        layout.prop(context.preferences.system, "use_online_access")


def _draw_self_test(context: Any, layout: Any) -> None:
    state = setup_watch.test_state
    if state is None:
        return
    text, icon = setup_watch.test_verdict
    if text:
        paragraph(context, layout, text, icon)
    else:
        stage = translated(STAGES.get(state.stage, "Starting"))
        text = translated(TESTING, stage=stage)
        layout.progress(factor=state.fraction, text=text, translate=False)


def _draw_details(layout: Any, prefs: Any) -> None:
    column = layout.column()
    column.use_property_split = True
    if channel.CHANNEL == "own":
        column.prop(prefs, "wheels_folder")
        column.prop(prefs, "package_index")
        column.prop(prefs, "base_python")
    column.prop(prefs, "backend_folder")
    if not prefs.backend_folder:
        column.label(text=str(addon.backend_folder().path), translate=False)
    column.prop(prefs, "python")


def _draw_model_buttons(row: Any, name: str) -> None:
    folder = engines.seen_model(addon.models_folder(), name)
    if not folder.whole:
        if channel.CHANNEL == "own":
            row.operator("mti.download_model", icon="IMPORT").model = name
        else:
            row.operator("mti.copy_command", text="Copy Command", icon="COPYDOWN").what = name
    if folder.size:
        row.operator("mti.delete_model", text="", icon="TRASH").model = name
