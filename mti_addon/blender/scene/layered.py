"""Multilayer image files, such as EXR, which Blender's images cannot show by themselves.

Its sequencer shows their combined layer.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import bpy

from .color import show_in_srgb
from .render_result import kept_render_result


def combined_picture(path: Path) -> bytes | None:
    """Return the combined image in a file as PNG (RGBA, sRGB); None if there is none.

    Raises RuntimeError, OSError.
    """
    scene = bpy.data.scenes.new("Motion Target")
    try:
        strip = scene.sequence_editor_create().strips.new_image(
            name="image", filepath=str(path), channel=1, frame_start=1, fit_method="ORIGINAL"
        )
        width, height = strip.elements[0].orig_width, strip.elements[0].orig_height
        if not (width and height):
            return None
        render, settings = scene.render, scene.render.image_settings
        render.resolution_x, render.resolution_y = width, height
        render.resolution_percentage = 100
        settings.file_format, settings.color_mode, settings.color_depth = "PNG", "RGBA", "8"
        show_in_srgb(scene)
        scene.frame_current = 1
        with tempfile.TemporaryDirectory(prefix="mti-") as folder:
            render.filepath = str(Path(folder) / "image.png")
            with kept_render_result(scene), bpy.context.temp_override(scene=scene):
                bpy.ops.render.render(write_still=True)
            return Path(render.filepath).read_bytes()
    finally:
        bpy.data.scenes.remove(scene)
