"""The part "Learn" of the panel: how the captured motion is learned."""

from __future__ import annotations

from typing import Any

from . import addon
from .drawing import paragraph
from .operators_jobs import current_capture


def draw_learn(context: Any, layout: Any) -> None:
    """Name, engine, and what keeps the backend from starting."""
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
        paragraph(context, layout, problem, "ERROR")
        layout.operator("preferences.addon_show", text="Preferences").module = addon.ADDON_ID
