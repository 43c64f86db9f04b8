"""The part "Apply" of the panel: which motion moves which picture."""

from __future__ import annotations

from typing import Any

from .operators_jobs import current_motion


def draw_apply(context: Any, layout: Any) -> None:
    """Motion, target and seed."""
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
