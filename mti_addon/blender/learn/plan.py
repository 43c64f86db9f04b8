"""How long it takes to learn many motions, for dialogs."""

from __future__ import annotations

from typing import Any

from ..common.drawing import paragraph
from ..setup import engines
from ..setup.costs import seconds_for
from ..translations import translated
from .quality import planned_settings

WIDTH = 360
"""Of a dialog with a plan, in pixels at UI scale 1."""


def draw_plan(context: Any, layout: Any, text: str, count: int, has_poses: bool = False) -> None:
    """Draw what will be done, and how long that takes; `has_poses`: of captured poses."""
    paragraph(context, layout, text, "TIME")
    settings = planned_settings(context.scene.mti, engines.chosen_settings(), has_poses)
    seconds = seconds_for(settings, learns=True, applies=False)
    if seconds is None:
        paragraph(context, layout, "time not known yet", "NONE")
    else:
        hours = count * seconds / 3600
        text = translated("about {:.1f} hours", hours)
        if hours < 1:
            text = translated("about {} minutes", max(1, round(60 * hours)))
        paragraph(context, layout, text, "NONE")
    paragraph(
        context, layout, "They are learned one after another, even when Blender is closed.", "NONE"
    )
