"""Operators that learn all actions of an armature, or many movies, for the library."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, StringProperty

from ...wire.errors import BadRequest
from ...wire.library import Kind
from ...wire.problem import Problem
from ..common import addon
from ..common.dialogs import ask
from ..common.drawing import paragraph
from ..common.folders import RELATIVE
from ..common.overrides import overriding
from ..common.reporting import reports_errors, set_poll_message
from ..library.properties import ONE_KIND
from ..setup import engines
from ..sketch.reference import Shot, take_shot
from ..sketch.sources import find_armature
from ..translations import OWN, translated
from . import actions
from .many import Planned, learn_all, left_out_text, new_ones
from .plan import WIDTH, draw_plan

NO_ARMATURE = Problem(
    "no_armature_for_actions", "Add or append an armature that the actions are made for"
)
NO_MOVIES = Problem(
    "no_movies_in_folder",
    "There are no new movies in {folder}.",
    "Choose another folder, or disable Only New Ones.",
)
ONLY_NEW = "Only New Ones"


class MTI_OT_learn_actions(bpy.types.Operator):
    """Capture all actions of the scene's armatures, and learn each as a motion of the library"""

    bl_idname = "mti.learn_actions"
    bl_label = "Learn All Actions"

    skip_known: BoolProperty(
        name=ONLY_NEW,
        description="Leave out actions whose names motions of your own library have already",
        default=True,
    )

    only_active: BoolProperty(
        name="Only the Active Armature",
        description="Leave out actions that other armatures of the scene play",
        default=False,
    )

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require the engine, and an armature."""
        problem = engines.missing_problem(addon.chosen_engine())
        if not problem and not actions.armatures_of(context):
            problem = NO_ARMATURE
        return set_poll_message(cls, problem)

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Say how long it takes, and ask."""
        return ask(self, context, translated("Learn"), WIDTH)

    def draw(self, context: Any) -> None:
        """Draw how many actions there are, and how long it takes."""
        found, known = self._planned(context)
        text = translated("{} actions are learned", len(found))
        draw_plan(context, self.layout, text, len(found), has_poses=True)
        if known:
            paragraph(context, self.layout, left_out_text(known), "INFO")
        self.layout.prop(self, "skip_known")
        self.layout.prop(self, "only_active")

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Capture one after the other; those that cannot be captured are named at the end."""
        planned, known = self._planned(context)
        learn_all(self, context, planned, "Learning {} actions", known)
        return {"FINISHED"}

    def _planned(self, context: Any) -> tuple[list[Planned], int]:
        """Return what will be learned, and how many are left out."""
        armatures, settings = actions.armatures_of(context), engines.chosen_settings()
        if self.only_active:
            armatures = [each for each in armatures if each == find_armature(context)]
        found = actions.planned(context, armatures, settings)
        new = new_ones(found) if self.skip_known else found
        return new, len(found) - len(new)


class MTI_OT_learn_movies(bpy.types.Operator):
    """Learn each of these movies as a motion of the library. Choose a folder for all in it"""

    bl_idname = "mti.learn_movies"
    bl_label = "Learn Movies"

    directory: StringProperty(
        name="Folder",
        description="Folder of the movies",
        subtype="DIR_PATH",
        options={"SKIP_SAVE", "HIDDEN", *RELATIVE},
    )
    files: CollectionProperty(
        name="Files",
        description="Names of the movies; all movies of the folder if there are none",
        type=bpy.types.OperatorFileListElement,
        options={"SKIP_SAVE", "HIDDEN"},
    )
    filter_movie: BoolProperty(
        name="Movies", description="Show movies", default=True, options={"SKIP_SAVE", "HIDDEN"}
    )
    filter_folder: BoolProperty(
        name="Folders", description="Show folders", default=True, options={"SKIP_SAVE", "HIDDEN"}
    )
    kind: EnumProperty(
        name="Kind",
        description="What moves in the movies",
        items=ONE_KIND,
        translation_context=OWN,
    )
    skip_known: BoolProperty(
        name=ONLY_NEW,
        description="Leave out movies whose names motions of your own library have already",
        default=True,
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require the engine."""
        return set_poll_message(cls, engines.missing_problem(addon.chosen_engine()))

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for movies, or a folder."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, context: Any) -> None:
        """Draw the options beside the files, and how long it takes."""
        self.layout.prop(self, "kind")
        self.layout.prop(self, "skip_known")
        if count := len(self._names()):  # a folder's are not counted, since drawing reads no files
            draw_plan(context, self.layout, translated("{} movies are learned", count), count)
        else:
            paragraph(context, self.layout, "All movies in this folder are learned", "INFO")

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Read one after the other; those that cannot be read are named at the end.

        Raises BadRequest if there are none.
        """
        found = self._planned(context)
        planned = new_ones(found) if self.skip_known else found
        if not planned:
            raise BadRequest(replace(NO_MOVIES, values={"folder": self.directory}))
        learn_all(self, context, planned, "Learning {} movies", len(found) - len(planned))
        return {"FINISHED"}

    def _planned(self, context: Any) -> list[Planned]:
        kind: Kind = self.kind
        return [
            Planned(path.stem, kind, partial(_capture, context, path)) for path in self._paths()
        ]

    def _paths(self) -> list[Path]:
        folder = Path(bpy.path.abspath(self.directory))
        if names := self._names():
            return [folder / name for name in names]
        movies = bpy.path.extensions_movie
        return sorted(path for path in folder.glob("*") if path.suffix.lower() in movies)

    def _names(self) -> list[str]:
        return [each.name for each in self.files if each.name]


def _capture(context: Any, path: Path) -> Shot:
    """Read the images of a movie. Raises CaptureError."""
    settings = engines.chosen_settings()
    chosen = {"source": "FILE", "file": str(path), "frame_range_mode": "AUTO"}
    with overriding((context.scene.mti, chosen)):
        return take_shot(context, settings.num_frames, settings.size)
