"""Images of the scene: rendered as with F12, as a plain preview, or from its sequencer.

The animator's scene is rendered as it is set up, temporarily changing only what it takes to get a
single plain PNG file. The preview is a scene of its own with the animator's as its background set:
that one is never written to, so nothing in it can be lost.
"""

from __future__ import annotations

import functools
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import bpy

from ...wire.problem import Problem
from ..common.overrides import overriding
from ..common.problems import TargetError
from ..translations import translated
from .color import displayed, is_known, show_in_srgb, shown_in_srgb
from .compositing import file_outputs
from .images import Pixels, read_file
from .render_result import kept_render_result

SUPERSAMPLING = 4
LONGEST_RENDER = 1024
"""Maximum longer side of previews, in pixels; models take at most 1024."""
LONGEST_SHOT = 4096
"""Maximum longer side of a scene rendered as it is set up, in pixels."""
CYCLES_SAMPLES = 16
SOFT_LIGHT = "paint.sl"
"""Blender's brightest studio light: colors stay almost unchanged, with soft shading."""
PROBE_SECONDS = 60
GPU_ENGINES = ("BLENDER_EEVEE", "BLENDER_EEVEE_NEXT", "BLENDER_WORKBENCH")

WORKS = 42
# Without OpenGL, Workbench aborts the whole process, which cannot be caught inside it. Blender
# exits with 0 even if the script fails, so another exit code marks success.
PROBE = f"""
import bpy, os
scene = bpy.context.scene
scene.render.engine = "BLENDER_WORKBENCH"
scene.render.resolution_x = scene.render.resolution_y = 8
bpy.ops.render.render()
os._exit({WORKS})
"""


@functools.cache
def workbench_works() -> bool:
    """Return whether Workbench can draw here; tested once, in another process without a window."""
    if not bpy.app.background:
        return True  # Blender has drawn its own window with OpenGL
    if bpy.app.binary_path:
        command = [bpy.app.binary_path, "-b", "--factory-startup", "--python-expr", PROBE]
    else:
        command = [sys.executable, "-c", PROBE]
    try:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PROBE_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == WORKS


def render_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the model's size, up to SUPERSAMPLING times larger but at most LONGEST_RENDER.

    Rendering larger smooths edges.
    """
    scale = max(1, min(SUPERSAMPLING, LONGEST_RENDER // max(size)))
    return size[0] * scale, size[1] * scale


def shot_size(scene: Any, longest: int = LONGEST_SHOT) -> tuple[int, int]:
    """Return width and height of what F12 renders, in square pixels, scaled down to `longest`.

    Non-square pixels become a larger number of square ones along their longer side.
    """
    render = scene.render
    aspect = render.pixel_aspect_x / render.pixel_aspect_y
    share = render.resolution_percentage / 100
    width = render.resolution_x * share * max(1.0, aspect)
    height = render.resolution_y * share * max(1.0, 1 / aspect)
    scale = min(1.0, longest / max(width, height))
    # Blender truncates fractional pixels; a rounding error should not cost one
    return max(1, int(width * scale + 1e-3)), max(1, int(height * scale + 1e-3))


def render_target(scene: Any, engine: str = "SCENE", layer: str = "") -> bytes:
    """Render the scene's current frame as a PNG file (RGB or RGBA), framed like the shot.

    `engine`: SCENE (like F12: the scene's engine, view layers, compositing and view, of `layer`
    alone if given) or PREVIEW (Workbench, or Cycles if that cannot draw). The scene and the Render
    Result are unchanged. Raises TargetError.
    """
    if scene.camera is None:
        what = "The scene has no camera to render the target with."
        raise TargetError(Problem("no_target_camera", what, "Add a camera."))
    with _told():
        if engine == "PREVIEW":
            return render_still(scene, engine, _square(shot_size(scene, LONGEST_RENDER)))
        check_display(scene)
        _check_engine(scene)
        others = [each for each in scene.view_layers if layer and each.name != layer]
        with overriding(*((each, {"use": False}) for each in others)):
            return render_still(scene, engine, _own_size(scene))


def _own_size(scene: Any) -> dict[str, Any]:
    """Return the changes for an image in square pixels that is not too large; mostly none."""
    render, size = scene.render, shot_size(scene)
    if render.pixel_aspect_x == render.pixel_aspect_y and size == shot_size(scene, sys.maxsize):
        return {name: getattr(render, name) for name in _SQUARE}
    return _square(size)


def _square(size: tuple[int, int]) -> dict[str, Any]:
    return {"resolution_x": size[0], "resolution_y": size[1]}


def _check_engine(scene: Any) -> None:
    """Check that the engine can draw: without OpenGL, EEVEE and Workbench abort the process."""
    if scene.render.engine in GPU_ENGINES and not workbench_works():
        what = "The scene's engine {engine} needs OpenGL, which does not work here."
        values = {"engine": scene.render.engine}
        raise TargetError(Problem("engine_needs_opengl", what, "Render with Preview.", values))


def check_display(scene: Any) -> None:
    """Check that the color configuration has the scene's display device and view.

    Blender crashes when it writes an image for others (seen in 5.0 and 5.2). Raises TargetError.
    """
    if not is_known(scene):
        what = "The scene {scene} uses a display or view that Blender's color configuration lacks."
        hint = "Choose others in the render properties, under Color Management."
        raise TargetError(Problem("display_unknown", what, hint, {"scene": scene.name}))


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (RuntimeError, OSError) as error:
        what, hint = "The target could not be rendered: {reason}", "Try another engine."
        problem = Problem("target_not_rendered", what, hint, {"reason": error})
        raise TargetError(problem) from error


def render_still(
    scene: Any, engine: str, render: dict[str, Any], image: dict[str, Any] | None = None
) -> bytes:
    """Render the current frame as PNG with settings for `render` and `image_settings`.

    The image is as the scene displays it (SCENE), or plain (PREVIEW). All settings are restored.
    Raises RuntimeError, OSError.
    """
    with ExitStack() as stack:
        changes: list[tuple[Any, dict[str, Any]]] = []
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mti-"))
        path = Path(folder) / "still.png"
        if engine == "PREVIEW":
            scene = stack.enter_context(_preview(scene))
        else:
            stack.enter_context(shown_in_srgb(scene))
            changes += file_outputs(scene)
        changes.append((scene.render, _SINGLE | _SQUARE | render | {"filepath": str(path)}))
        stack.enter_context(overriding(*changes, *plain_png(scene, **(image or {}))))
        return render_file(scene, path)


def plain_png(scene: Any, **image: Any) -> list[tuple[Any, dict[str, Any]]]:
    """Return settings for PNG images with 8 bits per channel, as the scene is displayed."""
    return [(scene.render.image_settings, PLAIN_PNG | image), *displayed(scene)]


_SQUARE = {"resolution_percentage": 100, "pixel_aspect_x": 1.0, "pixel_aspect_y": 1.0}
_SINGLE = {
    "use_sequencer": False,  # otherwise any strips in the scene would be rendered instead
    "use_border": False,
    "use_multiview": False,
    "use_file_extension": True,
    "use_overwrite": True,
    "use_placeholder": False,
    "use_stamp": False,
}
"""Settings for rendering a single, complete image with nothing stamped into it."""
PLAIN_PNG = {
    "media_type": "IMAGE",
    "file_format": "PNG",
    "color_mode": "RGBA",
    "color_depth": "8",
}


def render_file(scene: Any, path: Path) -> bytes:
    """Render the current frame to `path`, the scene's own render path; return its content.

    The Render Result is kept. Raises RuntimeError, OSError.
    """
    if bpy.app.is_job_running("RENDER"):
        raise RuntimeError(translated("Blender is rendering; wait until it has finished"))
    # Passing the scene to the operator instead would first move a scene that no window shows to the
    # frame of the shown one (seen in Blender 4.5 to 5.2).
    with kept_render_result(scene), bpy.context.temp_override(scene=scene):
        bpy.ops.render.render(write_still=True)
    return path.read_bytes()


@contextmanager
def _preview(scene: Any) -> Iterator[Any]:
    """Provide a temporary scene that shows this one at its frame with the preview's engine.

    The engine of the animator's scene is not changed because it cannot always be restored: that of
    a disabled add-on reads as EEVEE.
    """
    preview = bpy.data.scenes.new("Motion Target")
    try:
        preview.background_set = scene
        preview.camera, preview.world = scene.camera, scene.world
        preview.frame_float = scene.frame_float
        for name in ("frame_map_old", "frame_map_new", "fps", "fps_base"):
            setattr(preview.render, name, getattr(scene.render, name))
        show_in_srgb(preview)
        _set_preview_engine(preview)
        yield preview
    finally:
        bpy.data.scenes.remove(preview)


def _set_preview_engine(preview: Any) -> None:
    if workbench_works():
        preview.render.engine = "BLENDER_WORKBENCH"
        shading = preview.display.shading
        shading.light, shading.color_type, shading.show_shadows = "STUDIO", "MATERIAL", False
        if SOFT_LIGHT in (light.name for light in bpy.context.preferences.studio_lights):
            shading.studio_light = SOFT_LIGHT
        return
    if not hasattr(preview, "cycles"):
        raise RuntimeError(translated("neither OpenGL nor Cycles is available"))
    preview.render.engine, cycles = "CYCLES", preview.cycles
    cycles.device, cycles.samples, cycles.seed = "CPU", CYCLES_SAMPLES, 0
    cycles.use_adaptive_sampling = cycles.use_denoising = False


def read_target(path: Path) -> Pixels:
    """Read an image file of any size in any format that Blender supports. Raises TargetError."""
    return read_file(path)
