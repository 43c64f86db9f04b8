"""Redo a result with different settings, from the recipe of a strip, an object or a job."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty

from ...wire import JobFolder, Settings
from ...wire.contents import read_inside
from ...wire.errors import BadRequest, UnreadableInput
from ...wire.problem import Problem
from ...wire.request import TARGET, motion_name
from ...wire.settings import ModelName
from ...workflow.edits import Combination, names_in
from ...workflow.job_requests import create_combination_job
from ...workflow.kept_results import motions_of, read_result, result_folder
from ...workflow.motions import KnownMotion, known_in
from ...workflow.provenance import (
    JOB_KEY,
    RECIPE_KEY,
    REDO_KEY,
    WHOLE_FILE,
    Recipe,
    Target,
    read_recipe,
    recipe_of,
)
from ...workflow.words import is_by_words
from ..apply.edit import edit_text, fill_edit, shown_edit
from ..apply.preview import clear, seen_note, seen_parents, short
from ..apply.send import tell_sent
from ..apply.sources import make_target
from ..common import addon
from ..common.dialogs import ask
from ..common.drawing import own_words, paragraph
from ..common.file_cache import cached
from ..common.reporting import reports_errors, set_poll_message
from ..library import motions
from ..library import shown as library
from ..queue import polling
from ..queue.submit import submit
from ..sequencer.edit_scene import shot_of
from ..sequencer.strip import all_strips, shown_scene
from ..studio import place
from ..translations import sentences, translated
from .objects import image_of
from .redo_words import create_job_again, fill_panel_again, prompts_text
from .relocate import real

seen_result = cached(read_result)


class MTI_OT_redo(bpy.types.Operator):
    """Make this result again with another seed, more takes or another target"""

    bl_idname = "mti.redo"
    bl_label = "Redo With..."
    # not REGISTER: each change in the Adjust Last Operation panel would start another job
    bl_options = {"UNDO"}

    job: StringProperty(
        name="Job",
        description=(
            "Job whose recipe to use; leave empty to use that of the active strip or object"
        ),
        options={"SKIP_SAVE", "HIDDEN"},
    )
    folder: StringProperty(
        name="Folder",
        description="Folder of the result whose recipe to use if its job no longer exists",
        options={"SKIP_SAVE", "HIDDEN"},
    )
    seed: IntProperty(
        name="Seed", description="The same seed gives the same result", default=0, min=0
    )
    takes: IntProperty(
        name="Takes", description="Number of results to make", default=1, min=1, max=8
    )
    same_target: BoolProperty(
        name="Same Image",
        description="Apply to the image the result was made from instead of the panel's target",
        default=True,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require a backend; which result to redo is known only when it is invoked."""
        return set_poll_message(cls, place.start_problem())

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Open the dialog, with the recipe's values filled in here and in the panel."""
        try:
            recipe, _shown = self._recipe(context)
        except BadRequest as error:
            self.report({"ERROR"}, sentences(error.problem))
            return {"CANCELLED"}
        self.seed, self.takes = _signed(recipe.seed), recipe.settings.takes
        return ask(self, context, translated("Apply Again"))

    def draw(self, context: Any) -> None:
        """Draw what the result was made from, and what can be changed."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        try:
            recipe, _shown = self._recipe(context)
        except BadRequest as error:  # its job was deleted while the dialog was open
            paragraph(context, layout, sentences(error.problem), "ERROR")
            return
        text = translated("Motion: {}", recipe.name)
        layout.label(text=text, icon="ACTION", translate=False)
        if text := edit_text(shown_edit(recipe.edit)):
            layout.label(text=text, icon="MODIFIER", translate=False)
        if recipe.target is not None:
            text = translated("Target: {}", short(recipe.target))
            layout.label(text=text, icon="IMAGE_DATA", translate=False)
        layout.prop(self, "seed")
        layout.prop(self, "takes")
        if is_by_words(recipe.settings):
            text = translated("Prompt: {}", prompts_text(recipe))
            own_words(context, layout, text, "TEXT")
        else:
            layout.prop(self, "same_target")

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Fill the panel from the recipe, and start a job that redoes the result."""
        recipe, shown = self._recipe(context)
        if (row := polling.jobs.find(recipe.job)) is not None:
            # an older version may have supported settings that this one lacks
            row.folder.request(to_run=True)
        folder = result_folder(real(shown)) if shown else None
        what, settings = _combination(recipe, folder)
        text = translated("Applying {} again", recipe.name)
        if is_by_words(recipe.settings):
            self._play_again(context, recipe, what)
            self.report({"INFO"}, text)
            return {"FINISHED"}
        png, made = self._target(context, recipe, folder)
        names = names_in(what.files) if len(what.files) > 1 else [recipe.name]
        fill_panel(context.scene, recipe, names, self.seed, self.takes, self.same_target)
        job = create_combination_job(
            addon.jobs_folder(), settings, what, png, self.seed, self.takes
        )
        submit(job, made)
        self._show_there(context, job)
        if made is None:  # an early version did not record what its target was made from
            clear(context.scene)
        tell_sent(self, context, text, made, recipe.settings.target_size, again=self.same_target)
        return {"FINISHED"}

    def _play_again(self, context: Any, recipe: Recipe, what: Combination) -> None:
        """Start a job that plays the same prompts, without a target."""
        motion = _of_name(recipe.name, recipe.settings.model)
        fill_panel_again(context.scene, recipe, motion, self.seed, self.takes)
        job = create_job_again(recipe, what.files, self.seed, self.takes)
        submit(job, None)
        self._show_there(context, job)

    def _show_there(self, context: Any, job: JobFolder) -> None:
        """Have a job's result shown in the strip that is redone, if there is one."""
        strip = self._strip(context)
        if strip is not None:
            strip[REDO_KEY] = job.path.name

    def _target(
        self, context: Any, recipe: Recipe, folder: Path | None
    ) -> tuple[bytes, Target | None]:
        """Return the image, and what is known about it."""
        if not self.same_target:
            made = make_target(context, recipe.settings.target_size)
            return made.png, made
        row = polling.jobs.find(recipe.job)
        job = row.folder.path if row else None
        if (png := _first((job, "inputs/" + TARGET), (folder, TARGET))) is not None:
            if recipe.target is None:
                return png, None
            return png, Target(png, recipe.target, _first((job, WHOLE_FILE), (folder, WHOLE_FILE)))
        what = "The image this result was made from no longer exists."
        hint = "Choose a target in the panel, and disable Same Image."
        raise BadRequest(Problem("result_lost_its_image", what, hint))

    def _strip(self, context: Any) -> Any:
        """Return the strip to redo: the active one, or the job's only one."""
        if not self.job:
            found = next((each for each, _ in _active(context) if _known(each)), None)
            return found if hasattr(found, "elements") else None
        found = [strip for _, strip in all_strips() if strip.get(JOB_KEY) == self.job]
        return found[0] if len(found) == 1 else None

    def _recipe(self, context: Any) -> tuple[Recipe, str]:
        """Return the recipe, and the folder its images are shown from.

        The folder is in Blender's notation, and empty if unknown.
        """
        row = polling.jobs.find(self.job) if self.job else None
        if row is None and self.folder:
            kept = seen_result(Path(self.folder))
            if kept is not None:
                return kept.recipe, self.folder
        if self.job:
            if row is None or row.request is None or not row.request.applies:
                what = "This job has no result to redo."
                raise BadRequest(Problem("job_without_result", what, "Choose another one."))
            request = row.request
            note = seen_note(row.folder.path)
            parents = seen_parents(row.folder.path)
            return recipe_of(request, 1, request.settings.seed, note, parents), ""
        for thing, shown in _active(context):
            recipe = read_recipe(thing.get(RECIPE_KEY))
            if recipe is not None:
                return recipe, shown
        what = "Neither the active strip nor the active object is a result."
        hint = "Select one that was added by this extension."
        raise BadRequest(Problem("no_active_result", what, hint))


def fill_panel(
    scene: Any, recipe: Recipe, names: list[str], seed: int, takes: int, with_target: bool
) -> None:
    """Restore the panel to how it was when the result was made, as far as things still exist.

    `names`: of the motions, one for each part of the edit. Without `with_target`, the panel's own
    target is kept.
    """
    props = scene.mti
    props.seed, props.takes = seed, takes
    if recipe.settings.keeps_size:
        props.in_between = recipe.settings.sampling.in_between
    named = [_of_name(name, recipe.settings.model) for name in names]
    if named and named[0] is not None:
        props.motion = named[0].label
    fill_edit(props, recipe.edit, named)
    if with_target and recipe.target is not None:
        props.fit = recipe.target.how
        if recipe.target.kind == "IMAGE":
            props.target, props.target_image = "IMAGE", recipe.target.source


def _of_name(name: str, model: ModelName) -> KnownMotion | None:
    """Return the motion of this name that a model has learned: a job's, or one in the library."""
    for known in library.learned():
        if known.name == name and known.settings.model == model:
            return known
    found = (each for each in motions.library().entries() if each.name == name)
    read = (known_in(each.folder, model) for each in found)
    return next((each for each in read if each is not None), None)


def _known(thing: Any) -> bool:
    return read_recipe(thing.get(RECIPE_KEY)) is not None


def _active(context: Any) -> Iterator[tuple[Any, str]]:
    """Yield the active strip, if a sequencer is in use, and the active object.

    Each comes with the folder that it shows images from.
    """
    area = getattr(context, "area", None)
    strip = _active_strip(context)
    thing = getattr(context, "object", None)
    found: list[tuple[Any, str]] = []
    if strip is not None and strip.type == "IMAGE":
        found.append((strip, strip.directory))
    if thing is not None:
        image = image_of(thing)
        found.append((thing, os.path.dirname(image.filepath) if image else ""))
    if area is not None and area.type == "VIEW_3D":
        found.reverse()
    yield from found


def _active_strip(context: Any) -> Any:
    """Return the active strip of the sequencer's scene, or else of the edit of the shot."""
    shown = shown_scene(context)
    edits = [each for each in bpy.data.scenes if shot_of(each) == context.scene]
    for scene in (shown, *edits):
        editor = scene.sequence_editor
        if editor and editor.active_strip:
            return editor.active_strip
    return None


def _combination(recipe: Recipe, folder: Path | None) -> tuple[Combination, Settings]:
    """Find the motion files: in the job, next to the result, or as a known motion of that name."""
    row = polling.jobs.find(recipe.job)
    names = [motion_name(number + 1) for number in range(len(recipe.edit.parts))]
    places = [motions_of(row)] if row else []
    if folder is not None:
        places.append(tuple(folder / name for name in names))
    for files in places:
        if all(path.is_file() for path in files):
            return _of_recipe(recipe, files), recipe.settings
    known = _same_motion(recipe)
    return _of_recipe(recipe, known.files), known.settings


def _of_recipe(recipe: Recipe, files: tuple[Path, ...]) -> Combination:
    return Combination(recipe.name, files, recipe.edit, recipe.capture, recipe.parents)


def _same_motion(recipe: Recipe) -> KnownMotion:
    known = _of_name(recipe.name, recipe.settings.model)
    if known is not None and len(known.files) == len(recipe.edit.parts):
        return known
    what, hint = "The motion {name} no longer exists.", "Learn it again, or choose another."
    raise BadRequest(Problem("motion_gone", what, hint, {"name": recipe.name}))


def _first(*places: tuple[Path | None, str]) -> bytes | None:
    """Return the first of these files that can be read; None if there is none.

    `places`: folders, None if there is none, and names in them."""
    for root, name in places:
        if root is not None:
            with suppress(UnreadableInput):
                return read_inside(root, name)
    return None


def _signed(seed: int) -> int:
    """Reduce a seed to the 31 bits of Blender's properties."""
    return seed & 0x7FFFFFFF
