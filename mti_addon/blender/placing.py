"""A kept result into the scene: as a strip, an image empty, a plane, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..motion.png import png_size
from ..motion.timing import frames_at
from ..wire.errors import BadRequest
from . import addon
from .recipe import JOB_KEY, RECIPE_KEY, Recipe
from .result_objects import add_empty, add_plane, load_sequence
from .results import FOLDER, Result, spread
from .strip import add_picture_strip, keep_colors, show_in_sequencer, shown_scene
from .translations import translated

UNSAVED = (
    "this .blend file is not saved yet, so the images are in {}; save it and use Collect Results "
    "to have them beside it"
)


@dataclass(frozen=True)
class Placed:
    """What was added (None for files only), and what is to be said about it."""

    thing: Any
    text: str
    warnings: tuple[str, ...]


def results_root(scene: Any) -> tuple[Path, str]:
    """The folder of results, and a sentence if it is not beside the .blend file as one expects."""
    chosen = scene.mti.result_folder.strip()
    if chosen and (bpy.data.filepath or not chosen.startswith("//")):
        return Path(bpy.path.abspath(chosen)), ""
    if bpy.data.filepath:
        return Path(bpy.data.filepath).parent / FOLDER, ""
    return unsaved_root(), translated(UNSAVED).format(unsaved_root())


def unsaved_root() -> Path:
    """Where results of files go that have no place of their own yet."""
    return addon.user_folder() / "results"


def blender_path(path: Path) -> str:
    """As Blender writes it: relative to the .blend file where there is a way, with slashes."""
    if not bpy.data.filepath:
        return path.as_posix()
    try:
        relative: str = bpy.path.relpath(str(path))
    except ValueError:  # another drive
        return path.as_posix()
    return relative.replace("\\", "/")


def timing(scene: Any, recipe: Recipe, shown: Any) -> tuple[int, int]:
    """First frame and number of frames of a result in the scene that shows it."""
    capture, props = recipe.capture, scene.mti
    seconds = (capture.frame_end - capture.frame_start + 1) / capture.fps
    if props.result_speed == "CHOSEN":
        seconds = recipe.settings.frames / props.result_fps
    start = capture.frame_start if props.place == "CAPTURE" else shown.frame_current
    return start, frames_at(seconds, shown.render.fps / shown.render.fps_base)


def place(context: Any, result: Result, set_view: bool) -> Placed:
    """Add a result to the scene as the panel says. Raises BadRequest."""
    recipe, how = result.recipe, context.scene.mti.result_as
    if not result.names:
        what = translated("{} has no images.").format(result.folder)
        raise BadRequest(what, "Make the result again.")
    if how == "FILES":
        text = translated("{} images are in {}").format(len(result.names), result.folder)
        return Placed(None, text, ())
    scene = shown_scene(context) if how == "STRIP" else context.scene
    start, length = timing(context.scene, recipe, scene)
    if how == "STRIP":
        thing, warnings = _strip(context, scene, result, start, length, set_view)
    else:
        thing, warnings = _object(context, how, result, start, length)
    write_recipe(thing, recipe)
    text = translated("Added {}: {} images over {} frames")
    return Placed(thing, text.format(recipe.name, len(result.names), length), warnings)


def write_recipe(thing: Any, recipe: Recipe) -> None:
    """What made it, as custom properties of a strip or an object."""
    thing[JOB_KEY], thing[RECIPE_KEY] = recipe.job, recipe.to_json()
    thing["mti_motion"], thing["mti_take"] = recipe.name, recipe.take
    # a seed has 32 bits without a sign, a custom property has one
    thing["mti_seed"] = str(recipe.seed)
    thing["mti_target"] = recipe.target.source if recipe.target else ""


def _strip(
    context: Any, scene: Any, result: Result, start: int, length: int, set_view: bool
) -> tuple[Any, tuple[str, ...]]:
    folder, name = blender_path(result.folder), result.recipe.name
    try:
        strip = add_picture_strip(scene, folder, result.names, start, length, name)
    except ValueError as error:
        raise BadRequest(str(error), "Move or remove some strips.") from error
    for other in scene.sequence_editor.strips:
        other.select = False
    strip.select, scene.sequence_editor.active_strip = True, strip
    show_in_sequencer(context, scene)
    note = keep_colors(scene, strip, set_view)
    return strip, (note,) if note else ()


def _object(
    context: Any, how: str, result: Result, start: int, length: int
) -> tuple[Any, tuple[str, ...]]:
    name, count = result.recipe.name, len(result.names)
    if how == "EMPTY":
        image = load_sequence(blender_path(spread(result, length) / "0001.png"), name)
        return add_empty(context, image, start, length), ()
    image = load_sequence(blender_path(result.folder / result.names[0]), name)
    # Blender knows the size of a sequence's image only once it has drawn it
    size = png_size((result.folder / result.names[0]).read_bytes())
    return add_plane(context, image, size, count, start, length), ()
