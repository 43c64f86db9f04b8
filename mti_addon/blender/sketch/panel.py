"""The Sketch panel: what to capture."""

from __future__ import annotations

from typing import Any

from ...motion import check_range
from ..common import icons
from ..common.drawing import UNIT, button, field, menu, name, paragraph, room, scale_of
from ..translations import sentences, translated
from .cameras import FRAMED, framing_camera
from .changes import DRAWN, changed_since_capture
from .current import current_capture
from .sources import NEEDS_CAMERA, find_mover, frame_span, source_problem, span_warnings

FRAMES = "Frames {} to {} ({:.1f} s)"
SHEET = 8.0
CAPTURED = "{} images of {}, frames {} to {}"


def draw_sketch(context: Any, layout: Any) -> None:
    """Draw source, range, their problems, and the images that will be sent."""
    props = context.scene.mti
    menu(context, layout, "MTI_MT_add_figure", "Add Figure", "ARMATURE_DATA", "Figure")
    column = layout.column()
    field(context, column, props, "source")
    if props.source == "FILE":
        field(context, column, props, "file")
    elif (mover := find_mover(context, props.source)) is not None:
        name(context, column, mover.name, "OBJECT_DATA")
    if props.source in FRAMED and props.capture_camera is not None:
        field(context, column, props, "capture_camera")
    _draw_span(context, column)
    problem = source_problem(context, props.source)
    if problem:
        paragraph(context, layout, sentences(problem), "ERROR")
        if context.scene.camera is None and props.source in NEEDS_CAMERA:
            button(context, layout, "mti.add_camera", "Add Camera", "CAMERA_DATA", short="Camera")
    else:
        for warning in span_warnings(context):
            paragraph(context, layout, sentences(warning), "INFO")
    button(context, layout, "mti.capture", "Capture", "RENDER_ANIMATION")
    _draw_capture(context, layout)


def _draw_span(context: Any, column: Any) -> None:
    props = context.scene.mti
    field(context, column, props, "frame_range_mode")
    if props.frame_range_mode == "CUSTOM":
        row = column.row(align=True)
        row.use_property_split = False
        row.prop(props, "frame_start")
        row.prop(props, "frame_end")
    if props.source == "FILE":
        return  # a movie's length cannot be determined while drawing
    if props.source == "STRIP" and source_problem(context, "STRIP"):
        return
    start, end = frame_span(context)
    if problem := check_range(start, end):
        paragraph(context, column, sentences(problem), "ERROR")
    elif props.frame_range_mode != "CUSTOM":
        render = context.scene.render
        seconds = (end - start + 1) * render.fps_base / render.fps
        paragraph(context, column, translated(FRAMES, start, end, seconds), "NONE")


def _draw_capture(context: Any, layout: Any) -> None:
    """Draw the contact sheet, and suggestions to improve it."""
    capture = current_capture(context.scene)
    if capture is None:
        return
    if icon := icons.icon_of(capture):
        layout.template_icon(icon_value=icon, scale=_scale(context))
    about = capture.about
    info = about.info
    if changed := changed_since_capture(context):
        paragraph(context, layout, changed, "ERROR")
        button(context, layout, "mti.capture", "Capture Again", "FILE_REFRESH", short="Capture")
    if context.scene.mti.source in DRAWN:
        field(context, layout, context.scene.mti, "auto_capture")
    text = translated(CAPTURED, about.frames, about.source, info.frame_start, info.frame_end)
    paragraph(context, layout, text, "NONE")
    for note in about.notes:
        paragraph(context, layout, note, "ERROR")
    if about.notes and context.scene.mti.source in FRAMED:
        there = framing_camera(context.scene) is not None
        text = "Update Framing Camera" if there else "Add Framing Camera"
        short = "Frame Again" if there else "Camera"
        again = button(context, layout, "mti.add_camera", text, "CAMERA_DATA", short=short)
        again.capture_again = True


def _scale(context: Any) -> float:
    """Return a scale in button heights, small enough that Learn stays visible below."""
    return min(room(context) / (UNIT * scale_of(context)), SHEET)
