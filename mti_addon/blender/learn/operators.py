"""The operator that starts learning a motion."""

from __future__ import annotations

from typing import Any

import bpy

from ...wire.errors import BadRequest
from ...wire.problem import Problem
from ...workflow.captures import load_capture
from ...workflow.job_requests import learn_order
from ..apply.send import tell_sent
from ..apply.sources import make_target, target_problem
from ..common import addon
from ..common.reporting import reports_errors, set_poll_message
from ..queue.submit import submit
from ..setup import engines
from ..sketch.changes import changed_since_capture
from ..sketch.current import current_capture
from ..translations import translated
from .orders import keep_if_wished, options_for


class MTI_OT_learn(bpy.types.Operator):
    """Learn the captured motion, in the background"""

    bl_idname = "mti.learn"
    bl_label = "Learn"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require a capture for the chosen engine, and a backend."""
        problem = engines.missing_problem(addon.chosen_engine()) or _capture_problem(context)
        if not problem and context.scene.mti.also_apply:
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
        target = make_target(context, capture.settings.target_size) if props.also_apply else None
        options = options_for(props, props.name, capture.about.model)
        order = learn_order(addon.jobs_folder(), capture, options, target.png if target else None)
        submit(order, target, keep_if_wished(order, options.name))
        text = translated("Learning {}", options.name)
        changed = changed_since_capture(context)
        tell_sent(self, context, text, target, capture.settings.target_size, changed=changed)
        return {"FINISHED"}


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
        values = {"width": capture.about.size[0], "height": capture.about.size[1]}
        values |= {"new_width": size[0], "new_height": size[1]}
        return Problem("captured_at_other_size", what, values=values)
    return None
