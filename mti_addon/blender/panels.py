"""The tab "Motion" in the sidebars of the 3D viewport and the sequencer."""

from __future__ import annotations

from typing import Any

import bpy

from . import polling
from .drawing import paragraph
from .operators_drop import TAB
from .panel_apply import draw_apply
from .panel_jobs import draw_jobs
from .panel_learn import draw_learn
from .panel_results import draw_results
from .panel_setup import draw_setup
from .panel_sketch import draw_sketch
from .strip import shown_scene
from .translations import sentences, translated


class _MotionPanel:
    """The one panel; Blender needs a class for each editor that it is shown in."""

    bl_region_type = "UI"
    bl_category = TAB
    bl_label = "Motion"

    def draw(self, context: Any) -> None:
        """Five parts from top to bottom, as one works."""
        layout = self.layout  # type: ignore[attr-defined]
        layout.use_property_split = True
        layout.use_property_decorate = False
        draw_setup(context, layout)
        _draw_error(context, layout)
        _draw_scene(context, layout)
        for name, title, draw in (
            ("mti_sketch", "Sketch", draw_sketch),
            ("mti_learn", "Learn", draw_learn),
            ("mti_apply", "Apply", draw_apply),
            ("mti_file_results", "Results", draw_results),
            ("mti_jobs", "Jobs", draw_jobs),
        ):
            header, body = layout.panel(name, default_closed=False)
            header.label(text=title, translate=True)
            if body:
                draw(context, body)


class MTI_PT_view3d(_MotionPanel, bpy.types.Panel):
    """In the 3D viewport."""

    bl_idname = "MTI_PT_view3d"
    bl_space_type = "VIEW_3D"


class MTI_PT_sequencer(_MotionPanel, bpy.types.Panel):
    """In the video sequencer."""

    bl_idname = "MTI_PT_sequencer"
    bl_space_type = "SEQUENCE_EDITOR"


def _draw_scene(context: Any, layout: Any) -> None:
    """In a sequencer that shows another scene than the window: which of the two is edited."""
    area = getattr(context, "area", None)
    if area is None or area.type != "SEQUENCE_EDITOR":
        return
    shown = shown_scene(context)
    if shown != context.scene:
        template = "These are the settings of the scene {}; the sequencer shows {}"
        text = translated(template, context.scene.name, shown.name)
        paragraph(context, layout, text, "SCENE_DATA")


def _draw_error(context: Any, layout: Any) -> None:
    if polling.last_error:
        paragraph(context, layout.box(), sentences(polling.last_error), "ERROR", boxed=True)
