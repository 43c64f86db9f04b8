"""The part "Sketch" of the panel: what is captured."""

from __future__ import annotations

from typing import Any

from ..motion import check_range
from . import pictures, watch
from .drawing import paragraph
from .operators_jobs import current_capture
from .sources import NEEDS_CAMERA, find_mover, frame_span, source_problem, span_warnings
from .translations import sentences, translated

FRAMES = "Frames {} to {} ({:.1f} s)"
CAPTURED = "{} pictures of {}, frames {} to {}"


def draw_sketch(context: Any, layout: Any) -> None:
    """Source, range, what is wrong with them, and the pictures that will be sent."""
    props = context.scene.mti
    layout.menu("MTI_MT_add_figure", icon="ARMATURE_DATA")
    column = layout.column()
    column.prop(props, "source")
    if props.source == "FILE":
        column.prop(props, "file")
    elif (mover := find_mover(context, props.source)) is not None:
        column.label(text=mover.name, icon="OBJECT_DATA", translate=False)
    _draw_span(context, column)
    problem = source_problem(context, props.source)
    if problem:
        paragraph(context, layout, sentences(*problem), "ERROR")
        if context.scene.camera is None and props.source in NEEDS_CAMERA:
            layout.operator("mti.add_camera", icon="CAMERA_DATA")
    else:
        for warning in span_warnings(context):
            paragraph(context, layout, sentences(*warning), "INFO")
    layout.operator("mti.capture", icon="RENDER_ANIMATION")
    _draw_capture(context, layout)


def _draw_span(context: Any, column: Any) -> None:
    props = context.scene.mti
    column.prop(props, "span")
    if props.span == "CUSTOM":
        row = column.row(align=True)
        row.use_property_split = False
        row.prop(props, "frame_start")
        row.prop(props, "frame_end")
    if props.source == "FILE":
        return  # how long a movie is cannot be found out while drawing
    if props.source == "STRIP" and source_problem(context, "STRIP"):
        return
    start, end = frame_span(context)
    if problem := check_range(start, end):
        paragraph(context, column, sentences(*problem), "ERROR")
    elif props.span != "CUSTOM":
        render = context.scene.render
        seconds = (end - start + 1) * render.fps_base / render.fps
        column.label(text=translated(FRAMES).format(start, end, seconds))


def _draw_capture(context: Any, layout: Any) -> None:
    """The film strip, and what could be better in it."""
    capture = current_capture(context.scene)
    if capture is None:
        return
    if icon := pictures.icon_of(capture):
        layout.template_icon(icon_value=icon, scale=_scale(context))
    about = capture.about
    info = about.info
    if changed := watch.changed_since_capture(context):
        paragraph(context, layout, changed, "ERROR")
        layout.operator("mti.capture", text="Capture Again", icon="FILE_REFRESH")
    if context.scene.mti.source in watch.DRAWN:
        layout.prop(context.scene.mti, "auto_capture")
    text = translated(CAPTURED).format(about.frames, about.source, info.frame_start, info.frame_end)
    paragraph(context, layout, text, "NONE")
    for note in about.notes:
        paragraph(context, layout, note, "ERROR")
    if about.notes and context.scene.mti.source in ("ARMATURE", "OBJECT"):
        text = "Frame It With a New Camera"
        again = layout.operator("mti.add_camera", text=text, icon="CAMERA_DATA")
        again.capture_again = True


def _scale(context: Any) -> float:
    """As many of Blender's units (20 pixels) as the sidebar is wide."""
    region = context.region
    unit = 20 * (context.preferences.system.ui_scale or 1.0)  # 0 without a window
    return min(max((region.width if region else 280) / unit - 3, 6.0), 20.0)
