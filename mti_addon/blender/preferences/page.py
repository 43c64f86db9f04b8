"""The preferences page: the backend's state, its models, and all setup operators."""

from __future__ import annotations

from typing import Any

from ...client.setup.engines import LABELS, installed
from ...client.setup.models import DOWNLOADS
from ...wire.problem import Problem
from ...wire.settings import INCLUDED
from ..common import addon, release_channel
from ..common.drawing import paragraph
from ..common.file_cache import is_folder
from ..library.assets import asset_library
from ..queue.rows import STAGES
from ..setup import engines, watch
from ..setup.drawing import draw_online_access, draw_task
from ..setup.licenses import draw_licenses
from ..setup.tasks import command_for
from ..translations import sentences, told, translated

READY = "Ready: Python {python}, torch {torch}, diffusers {diffusers}."
TESTING = "Self-Test: {stage}"


def draw_backend(context: Any, layout: Any) -> None:
    """Draw its state, the buttons, the running task, and the details."""
    header, body = layout.panel("mti_prefs_backend", default_closed=False)
    header.label(text="Backend")
    if not body:
        return
    problem = addon.backend_problem()
    if problem and not watch.running("setup"):
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
    # until then the button named by the problem's own remedy is disabled
    first = "Allow online access first, or choose a folder of wheels in the details."
    paragraph(context, layout, f"{told(problem)[0]} {translated(first)}", "ERROR")
    draw_online_access(context, layout)


def draw_models(context: Any, layout: Any) -> None:
    """Draw each model's location, size, and download and delete buttons, and the common folder."""
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
        draw_licenses(context, box, name, boxed=True)
        draw_task(context, box, f"download-{name}")
    if release_channel.CHANNEL == "own":
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


def draw_engine(column: Any) -> None:
    """Draw the engine of the chosen method, and its size."""
    prefs = addon.preferences()
    by_words = prefs.method == "motion-inversion"
    column.prop(prefs, "words_engine" if by_words else "engine")
    if addon.chosen_engine() not in INCLUDED:
        column.prop(prefs, "words_size" if by_words else "size")


def draw_library(context: Any, layout: Any) -> None:
    """Draw the folders of motions, and what is shown and said of them."""
    header, body = layout.panel("mti_prefs_library", default_closed=False)
    header.label(text="Library")
    if not body:
        return
    prefs, column = addon.preferences(), body.column()
    column.use_property_split = True
    column.prop(prefs, "library_folder")
    if not prefs.library_folder:
        column.label(text=str(addon.library_folder()), translate=False)
    column.prop(prefs, "studio_folder")
    column.prop(prefs, "use_asset_library")
    if problem := asset_library.problem():
        paragraph(context, column, sentences(problem), "ERROR")
    for name in ("save_motions", "play_motions", "author", "license"):
        column.prop(prefs, name)


def _draw_answer(context: Any, layout: Any) -> None:
    """Draw the backend's most recent response."""
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
    if release_channel.CHANNEL == "own":
        again = is_folder(addon.backend_folder().env)
        text = "Set Up Again" if again and not addon.backend_problem() else "Set Up the Backend"
        row.operator("mti.setup_backend", text=text, icon="IMPORT", translate=True)
    else:
        row.operator("mti.copy_command", text="Copy Command", icon="COPYDOWN").what = "setup"
    row.operator("mti.self_test", icon="PLAY")
    row.operator("mti.check_backend", icon="FILE_REFRESH")
    if release_channel.CHANNEL != "own":
        text = (
            "Extensions from this platform cannot install software: paste the command into "
            "a terminal, then check again."
        )
        paragraph(context, layout, text, "INFO")
        paragraph(context, layout, command_for("setup"), "CONSOLE")


def _needs_online_access() -> bool:
    """Return whether online access is currently required to set up."""
    wheels = addon.preferences().wheels_folder.strip()
    return release_channel.CHANNEL == "own" and not wheels and bool(addon.offline_problem())


def _draw_self_test(context: Any, layout: Any) -> None:
    state = watch.test_state
    if state is None:
        return
    text, icon = watch.test_verdict
    if text:
        paragraph(context, layout, text, icon)
    else:
        stage = translated(STAGES.get(state.stage, "Starting"))
        text = translated(TESTING, stage=stage)
        layout.progress(factor=state.fraction, text=text, translate=False)


def _draw_details(layout: Any, prefs: Any) -> None:
    column = layout.column()
    column.use_property_split = True
    if release_channel.CHANNEL == "own":
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
        if release_channel.CHANNEL == "own":
            row.operator("mti.download_model", icon="IMPORT").model = name
        else:
            row.operator("mti.copy_command", text="Copy Command", icon="COPYDOWN").what = name
    if folder.size:
        row.operator("mti.delete_model", text="", icon="TRASH").model = name
