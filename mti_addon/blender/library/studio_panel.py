"""The part of the Library panel with the motions that the paired studio shares."""

from __future__ import annotations

from typing import Any

from ..common import icons
from ..common.drawing import name, paragraph
from ..studio import place, watch
from ..translations import sentences, translated
from . import properties, studio

MOST = 24
"""Motions that are drawn; a search finds the others."""


def draw_studio_motions(context: Any, layout: Any) -> None:
    """Draw the search, and what it has found; nothing without a studio."""
    if not place.address():
        return
    header, body = layout.panel("mti_library_studio", default_closed=True)
    header.label(text="Shared by the Studio")
    if not body:
        return
    watch.notice()
    window = context.window_manager.mti
    row = body.row(align=True)
    row.use_property_split = False
    row.prop(window, "studio_search", text="", icon="VIEWZOOM")
    row.operator("mti.browse_studio", text="", icon="FILE_REFRESH")
    _draw_tasks(context, body)
    known = studio.found()
    for motion in known[:MOST]:
        line = body.row(align=True)
        picture = icons.file_icon(studio.thumbnail(motion))
        if picture:
            line.template_icon(icon_value=picture, scale=2)
        kind = next((each[3] for each in properties.KINDS if each[0] == motion.kind), "ACTION")
        name(context, line, motion.name, kind, beside=translated("Get"))
        line.operator("mti.take_motion", text="Get", icon="IMPORT").motion = motion.id
    if len(known) > MOST:
        text = translated("{} more: search for fewer", len(known) - MOST)
        paragraph(context, body, text, "NONE")


def _draw_tasks(context: Any, layout: Any) -> None:
    """Draw what is being asked of the studio, or why that did not work."""
    for kind in ("motions", "take", "publish"):
        state = watch.states.get(kind)
        if state is None or state.phase == "none":
            continue
        if state.phase == "running":
            paragraph(context, layout, sentences(state.said), "TIME")
        elif state.error is not None:
            paragraph(context, layout, sentences(state.error.said), "ERROR")
