"""Operators that learn motions of the library for another engine."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import StringProperty

from ...client.setup.engines import LABELS
from ...wire.errors import BadRequest
from ...wire.library import read_motion
from ...wire.problem import Problem
from ...workflow.learning_again import cannot_learn
from ..common import addon
from ..common.dialogs import ask
from ..common.reporting import reports_errors, set_poll_message
from ..library import changing
from ..setup import engines
from ..translations import translated
from . import queueing
from .plan import WIDTH, draw_plan

NOTHING_MISSING = Problem(
    "all_motions_learned", "The engine has learned all motions that it can learn"
)


class MTI_OT_learn_motion(bpy.types.Operator):
    """Learn this motion for the chosen engine, from what it was captured as, in the background"""

    bl_idname = "mti.learn_motion"
    bl_label = "Learn for This Engine"

    folder: StringProperty(
        name="Folder", description="Folder of the motion", options={"SKIP_SAVE", "HIDDEN"}
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require the engine."""
        return set_poll_message(cls, engines.missing_problem(addon.chosen_engine()))

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Write the job, and start the backend on it."""
        entry = changing.entry_of(self.folder, context)
        if problem := cannot_learn(entry):
            raise BadRequest(problem)
        queueing.queue_now(context.scene.mti, read_motion(entry.folder), engines.chosen_settings())
        self.report({"INFO"}, translated("Learning {}", entry.name))
        return {"FINISHED"}


class MTI_OT_learn_all_motions(bpy.types.Operator):
    """Learn all motions of the library that the chosen engine has not learned yet, overnight"""

    bl_idname = "mti.learn_all_motions"
    bl_label = "Learn All for This Engine"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require the engine, and something to learn."""
        problem = engines.missing_problem(addon.chosen_engine())
        if not problem and not queueing.missing(engines.chosen_settings()):
            problem = NOTHING_MISSING
        return set_poll_message(cls, problem)

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Say how long it takes, and ask."""
        return ask(self, context, translated("Learn"), WIDTH)

    def draw(self, context: Any) -> None:
        """Draw how many motions there are, and how long it takes."""
        engine, count = addon.chosen_engine(), len(queueing.missing(engines.chosen_settings()))
        text = translated("{} motions are learned for {}", count, LABELS[engine])
        draw_plan(context, self.layout, text, count)

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Queue them."""
        settings = engines.chosen_settings()
        found = queueing.missing(settings)
        queueing.queue_all(found, settings)
        self.report({"INFO"}, translated("Queuing {} motions", len(found)))
        return {"FINISHED"}


class MTI_OT_stop_queueing(bpy.types.Operator):
    """Queue no more motions; those that are queued are listed under Jobs"""

    bl_idname = "mti.stop_queueing"
    bl_label = "Stop Queuing"

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Forget those that wait."""
        queueing.stop()
        return {"FINISHED"}
