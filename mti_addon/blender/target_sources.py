"""Every picture that can be a target: what keeps it from being one, and its PNG file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..motion import Fit, Fitted, Problem, encode_png, fit_picture
from . import viewport
from .glance import is_file
from .overrides import overriding
from .recipe import TargetNote
from .strip import shown_scene
from .target import TargetError, plain_png, read_target, render_target
from .target_strips import (
    frame_name,
    frame_problem,
    read_frame,
    read_strip,
    scene_size,
    strip_name,
    strip_problem,
)
from .translations import translated

Shape = tuple[int, int]
"""Width and height, in pixels."""


@dataclass(frozen=True)
class Target:
    """A picture as it is sent (PNG), and what it was made of."""

    png: bytes
    note: TargetNote


def target_problem(context: Any) -> str:
    """Why there is no target, in one sentence; empty if nothing is known against it."""
    return _SOURCES[context.scene.mti.target].problem(context)


def make_target(context: Any, shape: Shape) -> Target:
    """The chosen target, brought to the engine's shape as chosen. Raises TargetError."""
    props = context.scene.mti
    problem = target_problem(context)
    if problem:
        raise TargetError(Problem(problem + ".", ""))
    png = _SOURCES[props.target].read(context, shape)
    how: Fit = props.fit
    picture = pixels(png)
    sent, about = fit_picture(picture, shape, how)
    png = png if sent is picture else encode_png(sent)
    return Target(png, _note(props.target, _SOURCES[props.target].name(context), how, about))


def pixels(png: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A PNG file as uint8 (H, W, 3), or (H, W, 4) with alpha; Blender decodes it, in C.

    Raises TargetError.
    """
    with _file_of(png) as path:
        image = bpy.data.images.load(str(path), check_existing=False)
        try:
            image.alpha_mode = "CHANNEL_PACKED"  # or colours would be multiplied with it
            width, height = image.size
            if not (width and height):
                raise TargetError(Problem("The target is not an image.", "Choose another one."))
            values = np.empty(width * height * 4, np.float32)
            image.pixels.foreach_get(values)
            alpha = image.depth in (32, 128)
        finally:
            bpy.data.images.remove(image)
    table = np.rint(values.reshape(height, width, 4)[::-1] * 255).astype(np.uint8)
    return np.ascontiguousarray(table if alpha else table[..., :3])


def size_of(context: Any) -> Shape | None:
    """The target's size where that is known without reading it."""
    props, scene = context.scene.mti, context.scene
    if props.target == "DATABLOCK" and props.target_datablock:
        width, height = props.target_datablock.size
        return (width, height) if width and height else None
    if props.target == "RENDER":
        return scene_size(props.target_scene or scene) if props.fit == "PAD" else None
    if props.target == "FRAME":
        return scene_size(shown_scene(context))
    return None


@contextmanager
def _file_of(data: bytes) -> Iterator[Path]:
    """Bytes as a file with a name, for those who only read files."""
    with tempfile.TemporaryDirectory(prefix="mti-") as folder:
        path = Path(folder) / "picture.png"
        path.write_bytes(data)
        yield path


def _note(kind: str, source: str, how: Fit, about: Fitted) -> TargetNote:
    return TargetNote(kind, source, how, about.size, about.box, round(about.kept, 6))


# A fresh render


def _render_problem(context: Any) -> str:
    scene = context.scene.mti.target_scene or context.scene
    if scene.camera:
        return ""
    return translated("The scene {} has no camera to render with: add one").format(scene.name)


def _render(context: Any, shape: Shape) -> bytes:
    """Framed by the camera in the engine's shape; with bars, in the scene's own."""
    props = context.scene.mti
    scene = props.target_scene or context.scene
    if props.fit == "PAD":
        shape = scene_size(scene, max(shape))
    return render_target(scene, shape, props.target_engine)


def _render_name(context: Any) -> str:
    return (context.scene.mti.target_scene or context.scene).name


# The last render


def _save(image: Any, problem: Problem, own_view: bool = False) -> bytes:
    """A PNG file of an image; `own_view`: seen through the scene's view transform, as a render is.

    A render's pixels are light, of which the view makes a picture; a picture's are its colours.
    """
    scene = bpy.context.scene
    changes = plain_png(scene.render.image_settings)
    if own_view:
        changes = [(changes[0][0], changes[0][1] | {"color_management": "FOLLOW_SCENE"})]
    with tempfile.TemporaryDirectory(prefix="mti-") as folder, overriding(*changes):
        path = Path(folder) / "image.png"
        try:
            image.save_render(str(path), scene=scene)
        except RuntimeError as error:
            raise TargetError(problem) from error
        if not path.is_file():
            raise TargetError(problem)
        return read_target(path)


def _last_render(_context: Any, _shape: Shape) -> bytes:
    image = next((each for each in bpy.data.images if each.type == "RENDER_RESULT"), None)
    problem = Problem("There is no render yet.", "Render an image first, or choose Current Frame.")
    if image is None:
        raise TargetError(problem)
    return _save(image, problem, own_view=True)


# Pictures


def _file_problem(context: Any) -> str:
    chosen = context.scene.mti.target_image
    if not chosen:
        return "Choose an image file first"
    path = bpy.path.abspath(chosen)
    if is_file(path):
        return ""
    return translated("The target image is missing: {}").format(path)


def _file(context: Any, _shape: Shape) -> bytes:
    return read_target(Path(bpy.path.abspath(context.scene.mti.target_image)))


def _datablock_problem(context: Any) -> str:
    image = context.scene.mti.target_datablock
    if image is None:
        return "Choose the target image first"
    if image.type in ("RENDER_RESULT", "COMPOSITING"):
        return "A render result has no pixels to read: choose Last Render as target"
    return ""


def _datablock(context: Any, _shape: Shape) -> bytes:
    image = context.scene.mti.target_datablock
    message = translated("The image {} is empty.").format(image.name)
    return _save(image, Problem(message, "Reload it, or choose another one."))


def _datablock_name(context: Any) -> str:
    image = context.scene.mti.target_datablock
    return image.name if image else ""


@dataclass(frozen=True)
class _Source:
    """One way to get a target."""

    problem: Callable[[Any], str]
    read: Callable[[Any, Shape], bytes]
    name: Callable[[Any], str]


_SOURCES = {
    "RENDER": _Source(_render_problem, _render, _render_name),
    "RESULT": _Source(lambda _context: "", _last_render, lambda _context: "Render Result"),
    "VIEWPORT": _Source(viewport.problem, viewport.picture, lambda _context: "Viewport"),
    "IMAGE": _Source(_file_problem, _file, lambda context: context.scene.mti.target_image),
    "DATABLOCK": _Source(_datablock_problem, _datablock, _datablock_name),
    "STRIP": _Source(strip_problem, read_strip, strip_name),
    "FRAME": _Source(frame_problem, read_frame, frame_name),
}
