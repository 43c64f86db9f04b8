"""The picture that a motion is played on: a render of the scene, or a picture file."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy

from ..motion import Problem
from .overrides import overriding
from .translations import translated

SUPERSAMPLING = 4
LONGEST_RENDER = 1024
LONGEST_PICTURE = 2048
"""Longer sides of picture files are scaled down to this, pixels; models take at most 1024."""
CYCLES_SAMPLES = 16
SOFT_LIGHT = "paint.sl"
"""Blender's brightest studio light: colours come out nearly as they are set, softly shaded."""
PROBE_SECONDS = 60

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


Changes = list[tuple[Any, dict[str, Any]]]


class TargetError(Exception):
    """There is no target picture; `problem` has one sentence and one piece of advice."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


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


def render_target(scene: Any, size: tuple[int, int], engine: str = "PREVIEW") -> bytes:
    """A PNG file (RGB, as displayed by the Standard view) of the scene's current frame.

    `size` is the model's; the picture has its aspect and is a whole number of times larger.
    `engine` is PREVIEW (Workbench, or Cycles where that cannot draw) or SCENE (the scene's own).
    Every setting of the scene is put back. Raises TargetError.
    """
    if scene.camera is None:
        raise TargetError(Problem("The scene has no camera to render the target with.", "Add one."))
    width, height = render_size(size)
    place = {"resolution_x": width, "resolution_y": height}
    with _told("The target could not be rendered: {}", "Try another engine."):
        return render_still(scene, engine, place)


def render_frame(scene: Any, size: tuple[int, int]) -> bytes:
    """A PNG file (RGB) of what the scene's sequencer shows at the playhead. Raises TargetError."""
    place = {"resolution_x": size[0], "resolution_y": size[1], "use_sequencer": True}
    with _told("The sequencer's frame could not be drawn: {}", "Try another target."):
        return render_still(scene, "SCENE", place)


@contextmanager
def _told(template: str, hint: str) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, OSError) as error:
        raise TargetError(Problem(translated(template).format(error), hint)) from error


def render_still(
    scene: Any, engine: str, render: dict[str, Any], image: dict[str, Any] | None = None
) -> bytes:
    """A PNG file of the scene's current frame, plain but for these settings of its `render` and its
    `image_settings`. Every setting is put back. Raises RuntimeError, OSError."""
    with tempfile.TemporaryDirectory(prefix="mti-") as folder, _rendering(scene, engine):
        path = Path(folder) / "still.png"
        changes = (scene.render, render | {"filepath": str(path)})
        with overriding(changes, (scene.render.image_settings, image or {})):
            return render_file(scene, path)


def render_file(scene: Any, path: Path) -> bytes:
    """What is written to `path`, the scene's own render path, by rendering the frame that the scene
    is at. Raises RuntimeError, OSError."""
    # Named to the operator instead, a scene that the window does not show is first moved to the
    # frame of the one that it does (seen in Blender 4.5 to 5.2).
    with bpy.context.temp_override(scene=scene):
        bpy.ops.render.render(write_still=True)
    return path.read_bytes()


@contextmanager
def _rendering(scene: Any, engine: str) -> Iterator[None]:
    """The scene set up to render one plain picture, whatever it is set up for."""
    render = scene.render
    changes: Changes = [
        (
            render,
            {
                "resolution_percentage": 100,
                "pixel_aspect_x": 1.0,
                "pixel_aspect_y": 1.0,
                "use_sequencer": False,  # any strip in the scene would be rendered instead of it
                "use_compositing": False,
                "use_border": False,
                "use_multiview": False,
                "use_file_extension": True,
                "use_overwrite": True,
                "use_placeholder": False,
                "film_transparent": False,
                "use_stamp": False,
            },
        ),
        *plain_png(render.image_settings),
    ]
    if engine == "PREVIEW":
        changes += _preview_engine(scene)
    with overriding(*changes):
        yield


def plain_png(image_settings: Any) -> Changes:
    """8-bit RGB in the Standard view, for this output only: the scene's own view stays."""
    plain = {"media_type": "IMAGE", "file_format": "PNG", "color_mode": "RGB", "color_depth": "8"}
    view = {"view_transform": "Standard", "look": "None", "exposure": 0.0, "gamma": 1.0}
    return [
        (image_settings, plain | {"color_management": "OVERRIDE"}),
        (
            image_settings.view_settings,
            view | {"use_curve_mapping": False, "use_white_balance": False},
        ),
    ]


def _preview_engine(scene: Any) -> Changes:
    if workbench_works():
        shading: dict[str, Any] = {
            "light": "STUDIO",
            "color_type": "MATERIAL",
            "show_shadows": False,
        }
        if SOFT_LIGHT in (light.name for light in bpy.context.preferences.studio_lights):
            shading["studio_light"] = SOFT_LIGHT
        return [(scene.render, {"engine": "BLENDER_WORKBENCH"}), (scene.display.shading, shading)]
    cycles = {
        "device": "CPU",
        "samples": CYCLES_SAMPLES,
        "use_adaptive_sampling": False,
        "use_denoising": False,
        "seed": 0,
    }
    return [(scene.render, {"engine": "CYCLES"}), (scene.cycles, cycles)]


def read_target(path: Path) -> bytes:
    """A picture file as PNG: any format that Blender reads, of any size, with or without alpha.

    Alpha is kept (the backend decides what lies behind), and sides above LONGEST_PICTURE are scaled
    down. Raises TargetError.
    """
    if not path.is_file():
        what = translated("The target image is missing: {}").format(path)
        raise TargetError(Problem(what, "Choose another file."))
    try:
        image = bpy.data.images.load(str(path), check_existing=False)
    except RuntimeError as error:
        raise TargetError(_no_picture(path)) from error
    try:
        return _as_png(image, path)
    finally:
        bpy.data.images.remove(image)


def _no_picture(path: Path) -> Problem:
    what = translated("The target is not an image: {}").format(path)
    return Problem(what, "Choose a PNG or JPEG file.")


def _as_png(image: Any, path: Path) -> bytes:
    width, height = image.size
    if not (width and height and image.has_data):
        raise TargetError(_no_picture(path))
    alpha = image.depth in (32, 128)  # bits a pixel of RGBA; `channels` is 4 for RGB files, too
    longest = max(width, height)
    if longest > LONGEST_PICTURE:
        shrink = LONGEST_PICTURE / longest
        image.scale(max(1, round(width * shrink)), max(1, round(height * shrink)))
    scene = bpy.context.scene
    png = plain_png(scene.render.image_settings)
    png[0][1]["color_mode"] = "RGBA" if alpha else "RGB"
    descriptor, name = tempfile.mkstemp(prefix="mti-", suffix=".png")
    os.close(descriptor)
    try:
        with overriding(*png):
            image.save_render(name, scene=scene)
        return Path(name).read_bytes()
    finally:
        os.unlink(name)
