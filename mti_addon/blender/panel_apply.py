"""The part "Apply" of the panel: which motion moves which picture, and what becomes of it."""

from __future__ import annotations

from typing import Any

from ..motion import fitted
from ..wire import Settings
from . import collecting, target_preview
from .drawing import paragraph
from .engines import chosen_settings
from .operators_jobs import current_motion
from .panel_learn import estimate, planned_settings
from .target_sources import size_of, target_problem
from .translations import translated


def draw_apply(context: Any, layout: Any) -> None:
    """Motion, target, seed and takes; below it where results go."""
    props = context.scene.mti
    column = layout.column()
    column.prop(props, "motion", icon="ACTION")
    motion = current_motion(context.scene)
    if motion is not None and not props.motion:
        text = translated("The last one: {}").format(motion.name)
        column.label(text=text, translate=False)
    _draw_target(context, column)
    settings = motion.settings if motion else None
    _draw_fit(context, layout, settings or chosen_settings())
    column = layout.column()
    column.prop(props, "seed")
    column.prop(props, "takes")
    if settings is not None:
        planned = planned_settings(props, settings)
        paragraph(context, layout, estimate(planned, True, learns=False), "TIME")
    layout.operator("mti.apply", icon="PLAY")
    header, body = layout.panel("mti_results", default_closed=True)
    header.label(text="Results")
    if body:
        draw_results(context, body)


def draw_results(context: Any, layout: Any) -> None:
    """What becomes of a result, where and how long."""
    props = context.scene.mti
    column = layout.column()
    column.prop(props, "result_as")
    if props.result_as in ("EMPTY", "PLANE"):
        column.prop(props, "result_position")
    if props.result_as != "FILES":
        column.prop(props, "place")
        column.prop(props, "result_speed")
        if props.result_speed == "CHOSEN":
            column.prop(props, "result_fps")
    column.prop(props, "result_folder")
    if not target_preview.saved():
        paragraph(
            context,
            column,
            "This file is not saved: results go to the extension's own folder until it is",
            "INFO",
        )
    elif collecting.scattered():
        column.operator("mti.collect_results", icon="FILE_FOLDER")
    row = layout.row(align=True)
    row.operator("mti.redo", icon="LOOP_BACK")
    row.operator("mti.clean_up", icon="TRASH")


def _draw_target(context: Any, column: Any) -> None:
    props = context.scene.mti
    column.prop(props, "target")
    if props.target == "RENDER":
        column.prop(props, "target_scene")
        column.prop(props, "target_engine")
    elif props.target == "IMAGE":
        column.prop(props, "target_image")
    elif props.target == "DATABLOCK":
        column.prop(props, "target_datablock")
    problem = target_problem(context)
    if problem:
        paragraph(context, column, problem, "ERROR")


def _draw_fit(context: Any, layout: Any, settings: Settings) -> None:
    """Crop or pad, what that does, and a small picture of what will be sent."""
    props = context.scene.mti
    row = layout.row(align=True)
    row.prop(props, "fit", expand=True)
    shape = settings.size
    row = layout.row(align=True)
    row.operator("mti.show_target", icon="HIDE_OFF")
    if icon := target_preview.icon(props.target_shown):
        layout.template_icon(icon_value=icon, scale=6)
        for line in target_preview.about(props.target_shown):
            layout.label(text=line)
    elif (size := size_of(context)) is not None:
        layout.label(text=fit_text(size, shape, props.fit))


def fit_text(size: tuple[int, int], shape: tuple[int, int], how: Any) -> str:
    """Such as '1920 x 1080 to 64 x 64: 44 % is cut off'."""
    about = fitted(size, shape, how)
    text = translated("{} x {} to {} x {}").format(*size, *shape)
    if about.kept < 1:
        return text + translated(": {:.0%} is cut off").format(1 - about.kept)
    if about.padded:
        left, top, right, bottom = about.box
        added = 1 - (right - left) * (bottom - top)
        return text + translated(": {:.0%} is added around it").format(added)
    return text
