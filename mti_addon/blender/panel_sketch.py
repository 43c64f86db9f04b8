"""The part "Sketch" of the panel: what is captured."""

from __future__ import annotations

from typing import Any

from . import pictures
from .drawing import paragraph
from .operators_jobs import current_capture
from .properties import frame_range


def draw_sketch(context: Any, layout: Any) -> None:
    """Source, range, and the pictures that will be sent."""
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
        paragraph(context, layout, about.note, "ERROR")
