"""Operators that learn motions of the library for another engine, or all actions of a file."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty, StringProperty

from ...client.setup.engines import LABELS
from ...wire import MtiError
from ...wire.errors import BadRequest
from ...wire.library import read_motion
from ...wire.problem import Problem
from ...workflow.captures import one_line
from ...workflow.job_titles import LONGEST_NAME
from ...workflow.keeping import Keep
from ...workflow.learning_again import cannot_learn
from ...workflow.progress import steps
from ..common import addon
from ..common.drawing import paragraph
from ..common.problems import CaptureError
from ..common.reporting import reports_errors, set_poll_message
from ..library import changing, motions, saving
from ..queue import polling
from ..queue.submit import submit
from ..setup import engines
from ..setup.costs import seconds_for
from ..sketch.sources import find_armature
from ..translations import told, translated
from . import actions, queueing
from .orders import options_for
from .quality import planned_settings

NO_ARMATURE = Problem(
    "no_armature_for_actions", "Select the armature that the actions are made for"
)
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
        return set_poll_message(cls, engines.missing_problem(addon.preferences().engine))

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
        problem = engines.missing_problem(addon.preferences().engine)
        if not problem and not queueing.missing(engines.chosen_settings()):
            problem = NOTHING_MISSING
        return set_poll_message(cls, problem)

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Say how long it takes, and ask."""
        return _ask(self, context)

    def draw(self, context: Any) -> None:
        """Draw how many motions there are, and how long it takes."""
        engine, count = addon.preferences().engine, len(queueing.missing(engines.chosen_settings()))
        text = translated("{} motions are learned for {}", count, LABELS[engine])
        _draw_plan(context, self.layout, text, count)

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


class MTI_OT_learn_actions(bpy.types.Operator):
    """Capture all actions of the active armature, and learn each as a motion of the library"""

    bl_idname = "mti.learn_actions"
    bl_label = "Learn All Actions"

    skip_known: BoolProperty(
        name="Only New Ones",
        description="Leave out actions whose names motions of the library have already",
        default=True,
    )

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require the engine, and an armature."""
        problem = engines.missing_problem(addon.preferences().engine)
        if not problem and find_armature(context) is None:
            problem = NO_ARMATURE
        return set_poll_message(cls, problem)

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Say how long it takes, and ask."""
        return _ask(self, context)

    def draw(self, context: Any) -> None:
        """Draw how many actions there are, and how long it takes."""
        found, armature = self._actions(context), find_armature(context)
        text = translated("{} actions of {} are learned", len(found), armature.name)
        _draw_plan(context, self.layout, text, len(found))
        self.layout.prop(self, "skip_known")

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Capture one after the other; those that cannot be captured are named at the end."""
        armature, settings = find_armature(context), engines.chosen_settings()
        failed: list[tuple[str, Problem]] = []
        found = self._actions(context)
        for action in steps(found):
            name = one_line(action.name, LONGEST_NAME)
            options = options_for(context.scene.mti, name, settings.model)
            try:
                shot = actions.capture(context, armature, action, settings)
                job = actions.order(shot, settings, options)
                submit(job, None, Keep(about=saving.about(name, "body")))
            except (CaptureError, MtiError) as error:
                failed.append((name, error.problem))
        said = translated("Learning {} actions", len(found) - len(failed))
        if failed:
            name, problem = failed[0]
            text = translated("Left out {}, such as {}: {}", len(failed), name, told(problem)[0])
            said = f"{said}. {text}"
        self.report({"WARNING" if failed else "INFO"}, said)
        return {"FINISHED"}

    def _actions(self, context: Any) -> list[Any]:
        found = actions.actions_of(find_armature(context))
        if not self.skip_known:
            return found
        names = {entry.name for entry in motions.library().entries()}
        names |= {
            row.request.name for row in polling.jobs.rows if row.keep and row.active and row.request
        }
        return [action for action in found if one_line(action.name, LONGEST_NAME) not in names]


def _ask(operator: Any, context: Any) -> set[str]:
    answer: set[str] = context.window_manager.invoke_props_dialog(
        operator, width=360, confirm_text=translated("Learn")
    )
    return answer


def _draw_plan(context: Any, layout: Any, text: str, count: int) -> None:
    """Draw what will be done, and how long that takes."""
    paragraph(context, layout, text, "TIME")
    settings = planned_settings(context.scene.mti, engines.chosen_settings())
    seconds = seconds_for(settings, learns=True, applies=False)
    if seconds is None:
        paragraph(context, layout, "time not known yet", "NONE")
    else:
        hours = count * seconds / 3600
        text = translated("about {:.1f} hours", hours)
        if hours < 1:
            text = translated("about {} minutes", max(1, round(60 * hours)))
        paragraph(context, layout, text, "NONE")
    paragraph(
        context, layout, "They are learned one after the other, also if Blender is closed.", "NONE"
    )
