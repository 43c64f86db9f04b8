"""The scene as a picture: as F12 shows it, as a plain preview, or what its sequencer shows.

The animator's scene is rendered as it is set up, and only what makes it a single plain PNG file is
changed for a while. The preview is a scene of its own that has the animator's as its background
set: nothing is written to that one, so nothing of it can be lost.
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

from ..wire.problem import Problem
from .color import displayed, is_known, show_in_srgb, shown_in_srgb
from .compositing import file_outputs
from .overrides import overriding
from .problems import TargetError
from .render_result import kept_render_result
from .target_images import Pixels, read_file
from .translations import translated

SUPERSAMPLING = 4
LONGEST_RENDER = 1024
"""Longer sides of previews, pixels; models take at most 1024."""
LONGEST_SHOT = 4096
"""Longer sides of a scene that is rendered as it is set up, pixels."""
CYCLES_SAMPLES = 16
SOFT_LIGHT = "paint.sl"
"""Blender's brightest studio light: colours come out nearly as they are set, softly shaded."""
PROBE_SECONDS = 60
GPU_ENGINES = ("BLENDER_EEVEE", "BLENDER_EEVEE_NEXT", "BLENDER_WORKBENCH")

WORKS = 42
# Workbench aborts the whole process where there is no OpenGL; nothing in it can catch that. Blender
# ends with 0 also when the script fails, so another number says that the end was reached.
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
    """Whether Workbench can draw here; tried once, in another process when there is no window."""
    if not bpy.app.background:
        return True  # Blender has drawn its own window with it
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
    """The model's size, up to SUPERSAMPLING times larger for smooth edges, up to LONGEST_RENDER."""
    scale = max(1, min(SUPERSAMPLING, LONGEST_RENDER // max(size)))
    return size[0] * scale, size[1] * scale


def shot_size(scene: Any, longest: int = LONGEST_SHOT) -> tuple[int, int]:
    """Width and height of what F12 renders, in square pixels; smaller where it is above `longest`.

    Pixels that are wider than they are high are more of them across, and the other way round.
    """
    render = scene.render
    aspect = render.pixel_aspect_x / render.pixel_aspect_y
    share = render.resolution_percentage / 100
    width = render.resolution_x * share * max(1.0, aspect)
    height = render.resolution_y * share * max(1.0, 1 / aspect)
    scale = min(1.0, longest / max(width, height))
    # Blender cuts fractions of a pixel off; a float's last digit is not one
    return max(1, int(width * scale + 1e-3)), max(1, int(height * scale + 1e-3))


def render_target(scene: Any, engine: str = "SCENE", layer: str = "") -> bytes:
    """A PNG file (RGB or RGBA) of the scene's current frame, framed as the shot is.

    `engine` is SCENE (as F12 shows it: the scene's engine, view layers, compositing and view, of
    `layer` alone if that is named) or PREVIEW (Workbench, or Cycles where that cannot draw). Raises
    TargetError; the scene, and the Render Result, stay as they are.
    """
    if scene.camera is None:
        what = "The scene has no camera to render the target with."
        raise TargetError(Problem("no_target_camera", what, "Add one."))
    with _told():
        if engine == "PREVIEW":
            return render_still(scene, engine, _square(shot_size(scene, LONGEST_RENDER)))
        check_display(scene)
        _check_engine(scene)
        others = [each for each in scene.view_layers if layer and each.name != layer]
        with overriding(*((each, {"use": False}) for each in others)):
            return render_still(scene, engine, _own_size(scene))


def _own_size(scene: Any) -> dict[str, Any]:
    """What has to change for a picture in square pixels that is not too large: mostly nothing."""
    render, size = scene.render, shot_size(scene)
    if render.pixel_aspect_x == render.pixel_aspect_y and size == shot_size(scene, sys.maxsize):
        return {name: getattr(render, name) for name in _SQUARE}
    return _square(size)


def _square(size: tuple[int, int]) -> dict[str, Any]:
    return {"resolution_x": size[0], "resolution_y": size[1]}


def _check_engine(scene: Any) -> None:
    """EEVEE and Workbench end the whole process where they cannot draw."""
    if scene.render.engine in GPU_ENGINES and not workbench_works():
        what = "The scene's engine {engine} needs OpenGL, which does not work here."
        values = {"engine": scene.render.engine}
        raise TargetError(Problem("engine_needs_opengl", what, "Render with Preview.", values))


def check_display(scene: Any) -> None:
    """Blender crashes when it writes an image for a display device or a view that its color
    configuration lacks (seen in 5.0 and 5.2). Raises TargetError."""
    if not is_known(scene):
        what = (
            "The scene {scene} is made for a display or a view that Blender's color configuration "
            "lacks."
        )
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
    """A PNG file of the scene's current frame, with these settings of `render` and of its
    `image_settings`: as the scene displays it (SCENE), or plainly (PREVIEW).

    Every setting is put back. Raises RuntimeError, OSError.
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
    """Images of a scene as PNG files, 8 bits a channel, as it is displayed."""
    return [(scene.render.image_settings, PLAIN_PNG | image), *displayed(scene)]


_SQUARE = {"resolution_percentage": 100, "pixel_aspect_x": 1.0, "pixel_aspect_y": 1.0}
_SINGLE = {
    "use_sequencer": False,  # any strip in the scene would be rendered instead of it
    "use_border": False,
    "use_multiview": False,
    "use_file_extension": True,
    "use_overwrite": True,
    "use_placeholder": False,
    "use_stamp": False,
}
"""Settings of a scene that renders a whole, single picture with nothing written into it."""
PLAIN_PNG = {
    "media_type": "IMAGE",
    "file_format": "PNG",
    "color_mode": "RGBA",
    "color_depth": "8",
}


def render_file(scene: Any, path: Path) -> bytes:
    """What is written to `path`, the scene's own render path, by rendering the frame that the scene
    is at; the Render Result stays. Raises RuntimeError, OSError."""
    if bpy.app.is_job_running("RENDER"):
        raise RuntimeError(translated("Blender is rendering; wait for its end"))
    # Named to the operator instead, a scene that the window does not show is first moved to the
    # frame of the one that it does (seen in Blender 4.5 to 5.2).
    with kept_render_result(scene), bpy.context.temp_override(scene=scene):
        bpy.ops.render.render(write_still=True)
    return path.read_bytes()


@contextmanager
def _preview(scene: Any) -> Iterator[Any]:
    """A scene of its own that shows this one, at its frame, by the preview's engine.

    Another engine in the animator's scene could not always be put back: that of an add-on which is
    not enabled reads as EEVEE.
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
        raise RuntimeError(translated("there is neither OpenGL nor Cycles"))
    preview.render.engine, cycles = "CYCLES", preview.cycles
    cycles.device, cycles.samples, cycles.seed = "CPU", CYCLES_SAMPLES, 0
    cycles.use_adaptive_sampling = cycles.use_denoising = False


def read_target(path: Path) -> Pixels:
    """An image file of any format that Blender reads, of any size. Raises TargetError."""
    return read_file(path)
