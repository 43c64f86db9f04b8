"""Add a kept result to the scene as a strip, image empty or plane, or leave it as files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...motion import Fitted, covered, picture_of_each_frame, placed
from ...motion.drawing.png import png_size
from ...motion.timing import frames_at
from ...wire.errors import BadRequest
from ...wire.problem import Problem
from ...workflow.kept_results import Result, spread
from ...workflow.provenance import (
    JOB_KEY,
    RECIPE_KEY,
    REDO_KEY,
    Recipe,
    prompt_of,
    read_recipe,
)
from ..common.folders import blender_path
from ..sequencer.edit_scene import edit_for, shot_of, show_in_sequencers
from ..sequencer.strip import (
    NO_CHANNEL,
    add_picture_strip,
    all_strips,
    frame_of,
    lay_over,
    strip_end,
    strip_start,
)
from ..sequencer.strip_colors import color_notes, keep_colors, take_nearest_space
from ..translations import translated
from .objects import add_empty, add_plane, fill_camera, frame, load_sequence


@dataclass(frozen=True)
class Placed:
    """What was added (None for files only), and the message to report."""

    thing: Any
    text: str
    warnings: tuple[str, ...]


def timing(scene: Any, recipe: Recipe, shown: Any) -> tuple[int, int]:
    """Return the first frame and the number of frames of a result in the scene that shows it."""
    capture, props = recipe.capture, scene.mti
    seconds = capture.seconds
    if props.result_speed == "CHOSEN":
        seconds = recipe.settings.num_frames / props.result_fps
    start = capture.frame_start if props.place == "CAPTURE" else shown.frame_current
    return start, frames_at(seconds, shown.render.fps / shown.render.fps_base)


def place(context: Any, result: Result, set_view: bool, replace: bool) -> Placed:
    """Add a result to the scene as set in the panel.

    `replace`: show it in the strip that it was redone from instead. Raises BadRequest.
    """
    recipe, how = result.recipe, context.scene.mti.result_as
    if not result.names:
        what, hint = "{folder} has no images.", "Redo the result."
        raise BadRequest(Problem("result_without_images", what, hint, {"folder": result.folder}))
    if how == "FILES":
        text = translated("{} images are in {}", len(result.names), result.folder)
        return Placed(None, text, ())
    if how == "STRIP":
        found = redone_strip(recipe.job) if replace else None
        return _show_in(*found, result) if found else _strip(context, result, set_view)
    start, length = timing(context.scene, recipe, context.scene)
    thing, warnings = _object(context, how, result, start, length)
    write_recipe(thing, recipe)
    text = translated("{}: scene {}, object {}, frames {}-{}")
    text = text.format(recipe.name, context.scene.name, thing.name, start, start + length - 1)
    return Placed(thing, text, warnings)


def redone_strip(job: str) -> tuple[Any, Any] | None:
    """Return the scene and the strip whose result a job was to redo."""
    return next((found for found in all_strips() if found[1].get(REDO_KEY) == job), None)


def write_recipe(thing: Any, recipe: Recipe) -> None:
    """Store the recipe as custom properties of a strip or an object."""
    thing[JOB_KEY], thing[RECIPE_KEY] = recipe.job, recipe.to_json()
    thing["mti_motion"], thing["mti_take"] = recipe.name, recipe.take
    # a seed is an unsigned 32-bit number, an integer property is signed
    thing["mti_seed"] = str(recipe.seed)
    thing["mti_target"] = recipe.target.source if recipe.target else ""
    if prompt := prompt_of(recipe):
        thing["mti_prompt"] = prompt


def _strip(context: Any, result: Result, set_view: bool) -> Placed:
    """Add a strip in an edit scene, above what the shot shows there."""
    scene, recipe = edit_for(context), result.recipe
    in_sequencer = getattr(context.area, "type", "") == "SEQUENCE_EDITOR"
    follows = shot_of(scene) == context.scene and not in_sequencer
    start, length = timing(context.scene, recipe, context.scene if follows else scene)
    try:
        strip = add_picture_strip(
            scene, blender_path(result.folder), result.names, start, length, recipe.name
        )
    except ValueError as error:
        hint = "Move or remove some strips."
        raise BadRequest(Problem("no_free_channel", NO_CHANNEL, hint)) from error
    for other in scene.sequence_editor.strips:
        other.select = False
    strip.select, scene.sequence_editor.active_strip = True, strip
    _lay_over(scene, strip, result)
    write_recipe(strip, recipe)
    warnings = [keep_colors(scene, strip, set_view)]
    if not show_in_sequencers(context, scene):
        warnings.append(translated("to see it, switch to the scene {}", scene.name))
    return Placed(strip, _where(scene, strip, recipe), tuple(each for each in warnings if each))


def _where(scene: Any, strip: Any, recipe: Recipe) -> str:
    """Return text such as 'Wave: scene Shot Edit, channel 1, frames 1-48'."""
    text = translated("{}: scene {}, channel {}, frames {}-{}")
    frames = strip_start(strip), strip_end(strip) - 1
    return text.format(recipe.name, scene.name, strip.channel, *frames)


def _lay_over(scene: Any, strip: Any, result: Result) -> None:
    """Place it exactly over the image that the result was made from."""
    note = result.recipe.target
    if note is not None:
        size = png_size((result.folder / result.names[0]).read_bytes())
        place = placed(note.fitted, result.recipe.made_size, frame_of(scene))
        lay_over(scene, strip, size, place)


def _show_in(scene: Any, strip: Any, result: Result) -> Placed:
    """Replace a strip's images; its channel, frames, name, effects and modifiers are kept."""
    order = picture_of_each_frame(len(result.names), len(strip.elements))
    strip.directory = blender_path(result.folder).rstrip("/") + "/"
    for element, index in zip(strip.elements, order, strict=True):
        element.filename = result.names[index]
    before = read_recipe(strip.get(RECIPE_KEY))
    if before is None or _covers(before) != _covers(result.recipe):
        _lay_over(scene, strip, result)
    write_recipe(strip, result.recipe)
    text = translated("Replaced {}", _where(scene, strip, result.recipe))
    return Placed(strip, text, ())


def _covers(recipe: Recipe) -> Any:
    """Return what determines a result's position and size."""
    size, note = recipe.made_size, recipe.target
    return note and (size, note.size, covered(note.fitted, size))


def _object(
    context: Any, how: str, result: Result, start: int, length: int
) -> tuple[Any, tuple[str, ...]]:
    scene, name, count = context.scene, result.recipe.name, len(result.names)
    fills = scene.mti.result_position == "CAMERA"
    if fills and (problem := camera_problem(scene)):
        raise BadRequest(problem)
    # Blender only knows an image sequence's size once it has drawn it
    size = png_size((result.folder / result.names[0]).read_bytes())
    warnings: list[str] = []
    if how == "EMPTY":
        image = load_sequence(blender_path(spread(result, length) / "0001.png"), name)
        thing = add_empty(context, image, size, start, length)
    else:
        image = load_sequence(blender_path(result.folder / result.names[0]), name)
        take_nearest_space(scene, image)
        thing = add_plane(context, image, size, count, start, length)
        warnings = color_notes(scene, exposure=False)
    if fills:
        note = result.recipe.target
        about = note.fitted if note else Fitted(size)
        where = placed(about, result.recipe.made_size if note else size, frame(scene))
        fill_camera(scene, thing, size, where)
    return thing, tuple(warnings)


def camera_problem(scene: Any) -> Problem | None:
    """Return why nothing can fill the camera view, or None if it can be filled."""
    camera, hint = scene.camera, "Choose At the 3D Cursor, or another camera."
    if camera is None:
        what = "The scene {scene} has no camera whose view could be filled."
        return Problem("no_camera_to_fill", what, hint, {"scene": scene.name})
    if camera.type != "CAMERA" or camera.data.type not in ("PERSP", "ORTHO"):
        what = "The view of {camera} cannot be filled."
        return Problem("view_not_filled", what, hint, {"camera": camera.name})
    return None
