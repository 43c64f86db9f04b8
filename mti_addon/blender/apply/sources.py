"""All target sources: why each is unavailable, and how to read its image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ...motion import Fit, Fitted, encode_png, fit_picture, fitted, is_flat, shrunk
from ...wire.problem import Problem
from ...workflow.provenance import LONGEST_WHOLE, Target, TargetNote
from ..common.file_cache import is_file
from ..common.overrides import overriding
from ..common.problems import TargetError
from ..scene import viewport
from ..scene.color import display_warnings, shown_in_srgb
from ..scene.compositing import composes
from ..scene.images import Pixels, opaque, read_datablock, read_png, saved_render
from ..scene.picture import check_display, plain_png, read_target, render_target, shot_size
from ..scene.render_result import render_result
from ..sequencer.checks import renders_strips
from ..sequencer.strip import shown_scene
from ..translations import translated
from .strip_target import (
    frame_name,
    frame_problem,
    read_frame,
    read_strip,
    scene_size,
    strip_name,
    strip_problem,
)

Shape = tuple[int, int]
"""Width and height, in pixels."""
Read = bytes | Pixels
"""A PNG file, or pixels."""
LONGEST_SENT = 2048
"""Maximum longer side of a sent image, in pixels; models take at most 1024."""


def target_problem(context: Any) -> Problem | None:
    """Return why there is no target, or None if no obstacle is known."""
    return _SOURCES[context.scene.mti.target].problem(context)


def make_target(context: Any, shape: Shape | None) -> Target:
    """Return the chosen target, fitted to the engine's shape; None keeps its own shape.

    Raises TargetError.
    """
    props = context.scene.mti
    problem = target_problem(context)
    if problem:
        raise TargetError(problem)
    source = _SOURCES[props.target]
    read = source.read(context, shape)
    picture = opaque(read_png(read) if isinstance(read, bytes) else read)
    flat = is_flat(picture)
    if flat and source.empty and source.refused(picture):
        raise TargetError(source.empty)
    sent, about = _sent(picture, shape, props.fit)
    whole = None
    if sent is not picture:
        whole = read if isinstance(read, bytes) else encode_png(shrunk(picture, LONGEST_WHOLE))
    warnings = [*source.warnings(context), translated("the target has one color") if flat else ""]
    note = _note(props.target, source.name(context), props.fit, about)
    return Target(encode_png(sent), note, whole, tuple(each for each in warnings if each))


def _sent(picture: Pixels, shape: Shape | None, how: Fit) -> tuple[Pixels, Fitted]:
    """Return an image in the engine's aspect ratio, no larger than needed, and how it fits."""
    if shape is None:
        return shrunk(picture, LONGEST_WHOLE), Fitted((picture.shape[1], picture.shape[0]))
    if how == "CROP":
        cropped, about = fit_picture(picture, shape, how)
        return shrunk(cropped, LONGEST_SENT), about
    about = fitted((picture.shape[1], picture.shape[0]), shape, how)
    return fit_picture(shrunk(picture, LONGEST_SENT), shape, how)[0], about


def size_of(context: Any) -> Shape | None:
    """Return the target's size if it is known without reading it."""
    props, scene = context.scene.mti, context.scene
    if props.target == "DATABLOCK" and props.target_datablock:
        width, height = props.target_datablock.size
        return (width, height) if width and height else None
    if props.target == "RENDER":
        return shot_size(props.target_scene or scene)
    if props.target == "FRAME":
        return scene_size(shown_scene(context))
    return None


def _note(kind: str, source: str, how: Fit, about: Fitted) -> TargetNote:
    return TargetNote(kind, source, how, about.size, about.box, round(about.kept, 6))


# New render


def _rendered_scene(context: Any) -> Any:
    return context.scene.mti.target_scene or context.scene


def _render_problem(context: Any) -> Problem | None:
    scene = _rendered_scene(context)
    values = {"scene": scene.name}
    if not scene.camera:
        what = "The scene {scene} has no camera to render with: add one"
        return Problem("no_render_camera", what, values=values)
    if not any(layer.use for layer in scene.view_layers):
        what = "No view layer of the scene {scene} is rendered: enable Use for Rendering on one"
        return Problem("no_view_layer", what, values=values)
    return None


def _render(context: Any, _shape: Shape | None) -> Read:
    engine, scene = context.scene.mti.target_engine, _rendered_scene(context)
    return render_target(scene, engine, _only_layer(context, scene, engine))


def _only_layer(context: Any, scene: Any, engine: str) -> str:
    """Return the only view layer that is sent if several render without being composited.

    This is the window's view layer, the one the animator sees.
    """
    used = [layer.name for layer in scene.view_layers if layer.use]
    if len(used) < 2 or (engine == "SCENE" and composes(scene)):
        return ""
    shown = context.view_layer.name if scene == context.scene else ""
    return shown if shown in used else str(used[0])


def _render_warnings(context: Any) -> list[str]:
    engine, scene = context.scene.mti.target_engine, _rendered_scene(context)
    warnings = []
    if layer := _only_layer(context, scene, engine):
        text = "only the view layer {} is sent because compositing does not combine them"
        warnings.append(translated(text, layer))
    if renders_strips(scene):
        warnings.append(
            translated("the scene itself is sent, but rendering it would show its strips")
        )
    return warnings + (display_warnings(scene) if engine == "SCENE" else [])


def _render_name(context: Any) -> str:
    return str(_rendered_scene(context).name)


# Last render


def _last_render(context: Any, _shape: Shape | None) -> Read:
    """Read it as displayed in the window's scene, from the slot being viewed."""
    image, scene = render_result(), context.scene
    problem = Problem(
        "no_render",
        "There is no render yet.",
        "Render an image first, or choose Render Current Frame.",
    )
    if image is None:
        raise TargetError(problem)
    check_display(scene)
    with shown_in_srgb(scene), overriding(*plain_png(scene)):
        return saved_render(image, scene, problem)


# Images


def _file_problem(context: Any) -> Problem | None:
    chosen = context.scene.mti.target_image
    if not chosen:
        return Problem("no_target_file", "Choose an image file first")
    path = bpy.path.abspath(chosen)
    if is_file(path):
        return None
    what = "The target image is missing: {path}"
    return Problem("target_file_gone", what, values={"path": path})


def _file(context: Any, _shape: Shape | None) -> Read:
    return read_target(Path(bpy.path.abspath(context.scene.mti.target_image)))


def _datablock_problem(context: Any) -> Problem | None:
    image = context.scene.mti.target_datablock
    if image is None:
        return Problem("no_target_image", "Choose the target image first")
    if image.type in ("RENDER_RESULT", "COMPOSITING"):
        what = "A render result has no pixels to read: choose Last Render as target"
        return Problem("render_result_chosen", what)
    return None


def _datablock(context: Any, _shape: Shape | None) -> Read:
    image = context.scene.mti.target_datablock
    what, hint = "The image {name} is empty.", "Reload it, or choose another one."
    problem = Problem("target_image_empty", what, hint, {"name": image.name})
    return read_datablock(image, context.scene.frame_current, problem)


def _datablock_name(context: Any) -> str:
    image = context.scene.mti.target_datablock
    return image.name if image else ""


@dataclass(frozen=True)
class _Source:
    """One target source."""

    problem: Callable[[Any], Problem | None]
    read: Callable[[Any, Shape | None], Read]
    name: Callable[[Any], str]
    warnings: Callable[[Any], list[str]] = lambda _context: []
    empty: Problem | None = None
    """Problem to raise if the image is a single color and that cannot be intended; None allows it.
    """
    any_color: bool = True
    """Whether `empty` applies to any color, or only to black and transparent."""

    def refused(self, flat: Pixels) -> bool:
        """Return whether a single-color image is clearly unintended."""
        if self.empty is None or self.any_color:
            return self.empty is not None
        return int(flat[..., :3].max()) <= BLACK or (flat.shape[2] == 4 and not flat[..., 3].any())


BLACK = 3
"""Maximum level, of 255, that counts as black; dithering adds that much."""
NOTHING_RENDERED = Problem(
    "render_shows_nothing",
    "The render is empty: it has only one color.",
    "Check the camera's view, and what is hidden in renders.",
)
LAST_RENDER_EMPTY = Problem(
    "last_render_shows_nothing",
    "The last render is empty: it has only one color.",
    "Render again, or choose another target.",
)
VIEWPORT_EMPTY = Problem(
    "viewport_shows_nothing",
    "The viewport is empty: it has only one color.",
    "Move the view to the subject of the motion.",
)
NOTHING_SHOWN = Problem(
    "sequencer_shows_nothing",
    "The sequencer shows only black at the playhead.",
    "Move the playhead, or choose another target.",
)
_SOURCES = {
    "RENDER": _Source(_render_problem, _render, _render_name, _render_warnings, NOTHING_RENDERED),
    "RESULT": _Source(
        lambda _context: None,
        _last_render,
        lambda _context: "Render Result",
        lambda context: display_warnings(context.scene),
        LAST_RENDER_EMPTY,
    ),
    "VIEWPORT": _Source(
        viewport.problem,
        viewport.picture,
        lambda _context: "Viewport",
        lambda context: display_warnings(context.scene),
        VIEWPORT_EMPTY,
    ),
    "IMAGE": _Source(_file_problem, _file, lambda context: context.scene.mti.target_image),
    "DATABLOCK": _Source(_datablock_problem, _datablock, _datablock_name),
    "STRIP": _Source(
        strip_problem,
        read_strip,
        strip_name,
        empty=NOTHING_SHOWN,
        any_color=False,
    ),
    "FRAME": _Source(
        frame_problem,
        read_frame,
        frame_name,
        lambda context: display_warnings(shown_scene(context)),
        NOTHING_SHOWN,
        any_color=False,
    ),
}
