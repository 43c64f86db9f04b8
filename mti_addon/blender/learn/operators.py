"""The operator that starts learning a motion."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import bpy

from ...wire.errors import BadRequest
from ...wire.problem import Problem
from ...workflow.captures import load_capture
from ...workflow.job_requests import create_learn_job
from ...workflow.words import is_by_words, prompts_problem, words_problem
from ..apply.send import tell_sent
from ..apply.sources import make_target, target_problem
from ..apply.words import chosen_playing
from ..common import addon
from ..common.reporting import reports_errors, set_poll_message
from ..queue.submit import submit
from ..setup import engines
from ..sketch.changes import changed_since_capture
from ..sketch.current import current_capture
from ..translations import translated
from .options import keep_if_wished, options_for, view_of


class MTI_OT_learn(bpy.types.Operator):
    """Learn the captured motion, in the background"""

    bl_idname = "mti.learn"
    bl_label = "Learn"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require a capture for the chosen engine, and a backend."""
        problem = engines.missing_problem(addon.chosen_engine()) or _capture_problem(context)
        props = context.scene.mti
        if not problem and _by_words():
            problem = words_problem(props.caption)
            if not problem and props.also_apply:
                problem = prompts_problem(chosen_playing(props))
        elif not problem and props.also_apply:
            problem = target_problem(context)
        return set_poll_message(cls, problem)

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Write the job and start the backend on it."""
        props = context.scene.mti
        capture = load_capture(addon.captures_folder(), props.capture)
        if capture is None:  # poll() saw it a moment ago
            what = "The capture no longer exists."
            raise BadRequest(Problem("capture_gone", what, "Capture the motion again."))
        target, words = None, is_by_words(capture.settings)
        if props.also_apply and not words:
            target = make_target(context, capture.settings.target_size)
        options = options_for(props, props.name, capture.about.model)
        if words:
            playing = chosen_playing(props) if props.also_apply else None
            view = view_of(props.source)
            options = replace(options, caption=props.caption, view=view, playing=playing)
        job = create_learn_job(
            addon.jobs_folder(), capture, options, target.png if target else None
        )
        submit(job, target, keep_if_wished(job, options.name))
        text = translated("Learning {}", options.name)
        changed = changed_since_capture(context)
        tell_sent(self, context, text, target, capture.settings.target_size, changed=changed)
        return {"FINISHED"}


def _by_words() -> bool:
    return addon.preferences().method == "motion-inversion"


def _capture_problem(context: Any) -> Problem | None:
    capture = current_capture(context.scene)
    if capture is None:
        return Problem("nothing_captured", "Capture a motion first")
    engine = addon.chosen_engine()
    if capture.about.model != engine:
        what = "Captured for the engine {captured}: capture again for {chosen}"
        values = {"captured": capture.about.model, "chosen": engine}
        return Problem("captured_for_other_engine", what, values=values)
    size = engines.chosen_settings().size
    if capture.about.size != size:
        what = "Captured at {width} x {height}: capture again at {new_width} x {new_height}"
        sides: dict[str, Any] = {"width": capture.about.size[0], "height": capture.about.size[1]}
        sides |= {"new_width": size[0], "new_height": size[1]}
        return Problem("captured_at_other_size", what, values=sides)
    return None
