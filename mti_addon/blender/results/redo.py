"""Redo a result with different settings, from the recipe of a strip, an object or a job."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty

from ...wire.contents import read_inside
from ...wire.errors import BadRequest, UnreadableInput
from ...wire.problem import Problem
from ...workflow.job_list import Row
from ...workflow.job_requests import apply_order
from ...workflow.kept_results import ingredients, motion_of, read_result, result_folder
from ...workflow.motions import KnownMotion, known_in, label_of
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
from ..apply.preview import clear, seen_note, short
from ..apply.send import tell_sent
from ..apply.sources import make_target
from ..common import addon
from ..common.drawing import paragraph
from ..common.file_cache import cached
from ..common.reporting import reports_errors, set_poll_message
from ..library import motions
from ..library import shown as library
from ..queue import polling
from ..queue.submit import submit
from ..sequencer.edit_scene import shot_of
from ..sequencer.strip import shown_scene
from ..translations import sentences, translated
from .objects import image_of
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
        return set_poll_message(cls, addon.backend_problem())

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Open the dialog, with the recipe's values filled in here and in the panel."""
        try:
            recipe, _shown = self._recipe(context)
        except BadRequest as error:
            self.report({"ERROR"}, sentences(error.problem))
            return {"CANCELLED"}
        self.seed, self.takes = _signed(recipe.seed), recipe.settings.sampling.takes
        answer: set[str] = context.window_manager.invoke_props_dialog(
            self, confirm_text=translated("Apply Again")
        )
        return answer

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
        if recipe.target is not None:
            text = translated("Target: {}", short(recipe.target))
            layout.label(text=text, icon="IMAGE_DATA", translate=False)
        layout.prop(self, "seed")
        layout.prop(self, "takes")
        layout.prop(self, "same_target")

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Fill the panel from the recipe, and start a job that redoes the result."""
        recipe, shown = self._recipe(context)
        if (row := polling.jobs.find(recipe.job)) is not None:
            # an older version may have supported settings that this one lacks
            row.folder.request(to_run=True)
        folder = result_folder(real(shown)) if shown else None
        motion = _motion(recipe, folder)
        target = self._target(context, recipe, folder)
        fill_panel(context.scene, recipe, self.seed, self.takes, self.same_target)
        png, made = target
        job = apply_order(addon.jobs_folder(), motion, png, self.seed, self.takes)
        submit(job, made)
        strip = self._strip(context)
        if strip is not None:  # its result will be shown there
            strip[REDO_KEY] = job.path.name
        text = translated("Applying {} again", recipe.name)
        if made is None:  # an early version did not record what its target was made from
            clear(context.scene)
        tell_sent(self, context, text, made, recipe.settings.target_size, again=self.same_target)
        return {"FINISHED"}

    def _target(
        self, context: Any, recipe: Recipe, folder: Path | None
    ) -> tuple[bytes, Target | None]:
        """Return the image, and what is known about it."""
        if not self.same_target:
            made = make_target(context, recipe.settings.target_size)
            return made.png, made
        if (png := _first(_files(recipe, folder, 0))) is not None:
            if recipe.target is None:
                return png, None
            return png, Target(png, recipe.target, _first(_files(recipe, folder, 2)))
        what = "The image this result was made from no longer exists."
        hint = "Choose a target in the panel, and disable Same Image."
        raise BadRequest(Problem("result_lost_its_image", what, hint))

    def _strip(self, context: Any) -> Any:
        """Return the strip to redo: the active one, or the job's only one."""
        if not self.job:
            found = next((each for each, _ in _active(context) if _known(each)), None)
            return found if hasattr(found, "elements") else None
        found = [each for each in _strips() if each.get(JOB_KEY) == self.job]
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
            return recipe_of(request, 1, request.settings.sampling.seed, note), ""
        for thing, shown in _active(context):
            recipe = read_recipe(thing.get(RECIPE_KEY))
            if recipe is not None:
                return recipe, shown
        what = "Neither the active strip nor the active object is a result."
        hint = "Select one that was added by this extension."
        raise BadRequest(Problem("no_active_result", what, hint))


def fill_panel(scene: Any, recipe: Recipe, seed: int, takes: int, with_target: bool) -> None:
    """Restore the panel to how it was when the result was made, as far as things still exist.

    Without `with_target`, the panel's own target is kept.
    """
    props = scene.mti
    props.seed, props.takes = seed, takes
    if label := _label(recipe.name):
        props.motion = label
    if with_target and recipe.target is not None:
        props.fit = recipe.target.how
        if recipe.target.kind == "IMAGE":
            props.target, props.target_image = "IMAGE", recipe.target.source


def _label(name: str) -> str:
    """Return the label of the motion of this name, or an empty text."""
    learned = (known.label for known in library.learned() if known.name == name)
    kept = (label_of(each) for each in motions.library().entries() if each.name == name)
    return next(learned, None) or next(kept, "")


def _known(thing: Any) -> bool:
    return read_recipe(thing.get(RECIPE_KEY)) is not None


def _strips() -> Iterator[Any]:
    for scene in bpy.data.scenes:
        yield from scene.sequence_editor.strips_all if scene.sequence_editor else ()


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


def _motion(recipe: Recipe, folder: Path | None) -> KnownMotion:
    """Find the motion file: in its job, next to the result, or as a known motion of that name."""
    for root, name in _files(recipe, folder, 1):
        if (path := root / name).is_file():
            return KnownMotion("", recipe.name, (path,), recipe.settings, recipe.capture)
    model = recipe.settings.model
    for known in library.learned():
        if known.name == recipe.name and known.settings.model == model:
            return known
    for entry in motions.library().entries():
        if entry.name == recipe.name and (found := known_in(entry.folder, model)):
            return found
    what, hint = "The motion {name} no longer exists.", "Learn it again, or choose another."
    raise BadRequest(Problem("motion_gone", what, hint, {"name": recipe.name}))


def _files(recipe: Recipe, folder: Path | None, which: int) -> Iterator[tuple[Path, str]]:
    """Yield candidate locations of a recipe's file: a folder, and the name in it.

    `which`: the target (0), the motion (1) or the uncropped target (2).
    """
    row: Row | None = polling.jobs.find(recipe.job)
    if row is not None:
        job = row.folder
        path = (job.target_file, motion_of(row), job.path / WHOLE_FILE)[which]
        yield job.path, path.relative_to(job.path).as_posix()
    if folder is not None:
        yield folder, (*ingredients(folder), folder / WHOLE_FILE)[which].name


def _first(places: Iterable[tuple[Path, str]]) -> bytes | None:
    """Return the first of these files that can be read; None if there is none."""
    for root, name in places:
        with suppress(UnreadableInput):
            return read_inside(root, name)
    return None


def _signed(seed: int) -> int:
    """Reduce a seed to the 31 bits of Blender's properties."""
    return seed & 0x7FFFFFFF
