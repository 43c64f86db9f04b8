"""The operator that keeps the edit of the panel as a motion of the library."""

from __future__ import annotations

from typing import Any

import bpy

from ...wire.library import About
from ...wire.problem import Problem
from ...workflow.edited_motions import save_edit, unsaved_problem
from ...workflow.words import is_by_words
from ..common import addon
from ..common.reporting import invoke_reports_errors, reports_errors, set_poll_message
from ..library import changing, motions
from ..library.about import AboutFields
from ..translations import translated
from .current import current_motion, motion_problem
from .edit import chosen_edit, chosen_motions, edit_problem, is_edited, reset_edit

NOTHING = Problem("edit_is_default", "Nothing is changed")
BY_WORDS = Problem(
    "motion_by_words_not_edited", "Motions that are played in words cannot be edited"
)


class MTI_OT_save_edit(AboutFields, bpy.types.Operator):
    """Save the edited motion in your library. It remembers the motions it is made of"""

    bl_idname = "mti.save_edit"
    bl_label = "Save Edit as Motion"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require an edit of motions of the library."""
        return set_poll_message(cls, _problem(context.scene))

    @invoke_reports_errors
    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask what to say about it."""
        found, prefs = chosen_motions(context.scene), addon.preferences()
        self.name = " + ".join(dict.fromkeys(motion.name for motion in found))
        entry = motions.library().find(found[0].id)
        if entry is not None:
            self.kind, self.tags = entry.kind, ", ".join(entry.tags)
        self.author, self.license = prefs.author, prefs.license
        return self.ask(context)

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Save it, choose it, and set the panel back, since the motion has the numbers now."""
        scene = context.scene
        about = About(**self.given())
        motion, is_new = save_edit(
            motions.own(), chosen_motions(scene), chosen_edit(scene.mti), about
        )
        changing.choose(scene, motions.notice(motion.folder))
        reset_edit(scene.mti)
        text = "Saved {} in the library" if is_new else "The library has this edit already: {}"
        self.report({"INFO"}, translated(text, motion.preset.name))
        return {"FINISHED"}


def _problem(scene: Any) -> Problem | None:
    if problem := motion_problem(scene) or edit_problem(scene):
        return problem
    motion = current_motion(scene)
    if motion is not None and is_by_words(motion.settings):
        return BY_WORDS
    if not is_edited(scene.mti):
        return NOTHING
    return unsaved_problem(chosen_motions(scene))


CLASSES: tuple[type, ...] = (MTI_OT_save_edit,)
