"""The Motion tab in the sidebars of the 3D viewport and the sequencer."""

from __future__ import annotations

from typing import Any

import bpy

from .apply.drop import TAB
from .apply.panel import draw_apply
from .common import panels
from .common.drawing import paragraph
from .jobs.panel import draw_jobs
from .learn.panel import draw_learn
from .library.panel import draw_library, draw_library_header
from .results.panel import draw_results
from .sequencer.strip import shown_scene
from .setup.panel import draw_setup
from .sketch.panel import draw_sketch
from .translations import sentences, translated


class _MotionPanel:
    """The tab's only panel; Blender requires a class for each editor that shows it."""

    bl_region_type = "UI"
    bl_category = TAB
    bl_label = "Motion"

    def draw(self, context: Any) -> None:
        """Draw the six sections in the order of the workflow."""
        layout = self.layout  # type: ignore[attr-defined]
        layout.use_property_split = True
        layout.use_property_decorate = False
        draw_setup(context, layout)
        _draw_error(context, layout)
        _draw_scene(context, layout)
        for name, title, draw in (
            ("mti_sketch", "Sketch", draw_sketch),
            ("mti_learn", "Learn", draw_learn),
            ("mti_library", "Library", draw_library),
            ("mti_apply", "Apply", draw_apply),
            ("mti_file_results", "Results", draw_results),
            ("mti_jobs", "Jobs", draw_jobs),
        ):
            header, body = layout.panel(name, default_closed=False)
            header.label(text=title, translate=True)
            if draw is draw_library:
                draw_library_header(context, header)
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
    """In a sequencer that shows another scene than the window, name the one being edited."""
    area = getattr(context, "area", None)
    if area is None or area.type != "SEQUENCE_EDITOR":
        return
    shown = shown_scene(context)
    if shown != context.scene:
        template = "These are the settings of the scene {}; the sequencer shows {}"
        text = translated(template, context.scene.name, shown.name)
        paragraph(context, layout, text, "SCENE_DATA")


def _draw_error(context: Any, layout: Any) -> None:
    if panels.last_error:
        paragraph(context, layout.box(), sentences(panels.last_error), "ERROR", boxed=True)


CLASSES: tuple[type, ...] = (MTI_PT_view3d, MTI_PT_sequencer)
