"""Buttons that start a job: learn a motion, apply one."""

from __future__ import annotations

from typing import Any

import bpy

from .. import client
from ..wire import JobFolder, MtiError, Settings
from ..wire.errors import BadRequest
from ..wire.problem import Problem
from . import addon, engines, polling, starting, target_preview, this_file, watch
from .captures import Capture, load_capture
from .glance import glanced
from .motions import KnownMotion, find_motion, learned_motions
from .orders import LearnOptions, apply_order, learn_order
from .origin import write_origin
from .recipe import write_note
from .reporting import reports_errors, set_poll_message
from .target_sources import Shape, Target, make_target, target_problem
from .translations import translated

WHOLE_SOURCES = ("CAMERA", "VIEWPORT")
"""Captured for how their camera moves."""
QUALITIES = {"FAST": 1 / 3, "BALANCED": 1.0, "BEST": 2.5}
"""Shares of the iterations that are recommended for a model."""


class MTI_OT_learn(bpy.types.Operator):
    """Learn the captured motion, in the background"""

    bl_idname = "mti.learn"
    bl_label = "Learn"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """There must be a capture for the chosen engine, and a backend."""
        problem = engines.missing_problem(addon.preferences().engine) or _capture_problem(context)
        if not problem and context.scene.mti.also_apply:
            problem = target_problem(context)
        return set_poll_message(cls, problem)

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Write the job and start the backend on it."""
        props = context.scene.mti
        capture = load_capture(addon.captures_folder(), props.capture)
        if capture is None:  # poll() has seen it, a moment ago
            what = "The capture no longer exists."
            raise BadRequest(Problem("capture_gone", what, "Capture it again."))
        target = make_target(context, capture.settings.target_size) if props.also_apply else None
        options = LearnOptions(
            props.name,
            chosen_iterations(props, capture.about.model),
            props.seed,
            props.flip_safe,
            props.variations,
            props.takes,
            _framing(props),
        )
        png = target.png if target else None
        start_order(learn_order(addon.jobs_folder(), capture, options, png), target)
        text = translated("Learning {}", options.name)
        changed = watch.changed_since_capture(context)
        tell_sent(self, context, text, target, capture.settings.target_size, changed=changed)
        return {"FINISHED"}


class MTI_OT_apply(bpy.types.Operator):
    """Apply a learned motion to the target image, in the background"""

    bl_idname = "mti.apply"
    bl_label = "Apply"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """There must be a motion, a target and a backend."""
        motion = current_motion(context.scene)
        problem = engines.missing_problem(motion.settings.model if motion else "draft")
        problem = problem or target_problem(context)
        if not problem and motion is None:
            problem = _motion_problem(context.scene.mti.motion)
        return set_poll_message(cls, problem)

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Render or read the target, write the job and start the backend on it."""
        motion = current_motion(context.scene)
        assert motion is not None  # poll() has seen it
        apply_motion(self, context, motion)
        return {"FINISHED"}


seen_capture = glanced(load_capture)


def current_capture(scene: Any) -> Capture | None:
    """The scene's capture, if it is still there."""
    return seen_capture(addon.captures_folder(), scene.mti.capture)


def current_motion(scene: Any) -> KnownMotion | None:
    """The motion chosen in the scene, or the one that was learned last when somebody looked first.

    A job that ends later does not change what is applied: newer_motion() offers what it learned. A
    shipped one is never taken unasked: whoever has learned nothing yet expects nothing to move.
    """
    if scene.mti.motion:
        return find_motion(scene.mti.motion, polling.jobs, addon.presets_folder())
    motions = learned_motions(polling.jobs, lambda row: this_file.is_here(row.origin))
    return this_file.stay_with(motions)


def newer_motion(scene: Any) -> KnownMotion | None:
    """A motion that was learned after the one that is used unasked; None if there is none."""
    if scene.mti.motion:
        return None
    motions = learned_motions(polling.jobs, lambda row: this_file.is_here(row.origin))
    used = this_file.stay_with(motions)
    return motions[0] if used is not None and motions[0] != used else None


def apply_motion(operator: Any, context: Any, motion: KnownMotion) -> None:
    """Render or read the target, write the job and start the backend on it; report and show what
    was sent. Raises TargetError and what start_order raises."""
    props = context.scene.mti
    target = make_target(context, motion.settings.target_size)
    order = apply_order(
        addon.jobs_folder(), motion, target.png, props.seed, props.takes, props.framing
    )
    start_order(order, target)
    text = translated("Applying {}", motion.name)
    tell_sent(operator, context, text, target, motion.settings.target_size)


def shapes_sent(context: Any) -> tuple[Shape | None, ...]:
    """In which shapes the buttons of the panel would send a target now; None: in its own."""
    motion, chosen = current_motion(context.scene), engines.chosen_settings().target_size
    shape = motion.settings.target_size if motion else chosen
    return (shape, chosen) if context.scene.mti.also_apply else (shape,)


def tell_sent(
    operator: Any,
    context: Any,
    text: str,
    target: Target | None,
    shape: Shape | None,
    again: bool = False,
    changed: str = "",
) -> None:
    """Report what was begun, with all warnings, and show what was sent for it, if anything was.

    `again`: it is the target of an earlier result; `changed`: since the capture.
    """
    warnings = [changed] if changed else []
    if target is not None:
        warnings += target.warnings
        target_preview.show(context, target, shape, again)
    operator.report({"WARNING" if warnings else "INFO"}, "; ".join([text, *warnings]))


def _framing(props: Any) -> str:
    """What a capture shows: of a motion of the camera, all of it."""
    if props.framing == "AUTO" and props.source in WHOLE_SOURCES:
        return "WHOLE"
    return str(props.framing)


def _motion_problem(chosen: str) -> Problem:
    if not chosen:
        return Problem("no_motion_chosen", "Learn a motion, or choose one")
    return Problem("no_such_motion", "There is no motion {name}", values={"name": chosen})


def _capture_problem(context: Any) -> Problem | None:
    capture = current_capture(context.scene)
    if capture is None:
        return Problem("nothing_captured", "Capture a motion first")
    engine = addon.preferences().engine
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


def chosen_iterations(props: Any, model: str) -> int:
    """How many iterations the chosen quality means for a model; 0: as recommended."""
    if props.quality == "CUSTOM":
        return int(props.iterations)
    recommended = Settings.for_model(model).inversion.iterations
    share = QUALITIES[props.quality]
    return 0 if share == 1 else max(1, round(recommended * share))


def start_order(job: JobFolder, target: Target | None) -> None:
    """Queue a job that was written, with a note of its file and of what its target was made of."""
    try:
        write_origin(job, this_file.origin())
        if target is not None:
            write_note(job, target.note, target.whole)
    except MtiError:
        client.remove(job)
        raise
    starting.start(job)
