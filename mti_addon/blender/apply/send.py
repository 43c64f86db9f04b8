"""Turn a motion and a target into a job, and report what was sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...workflow.job_requests import create_apply_job
from ...workflow.motions import KnownMotion
from ...workflow.provenance import Target
from ...workflow.words import create_words_job, is_by_words
from ..common import addon
from ..library import motions
from ..queue.submit import submit
from ..translations import translated
from . import preview
from .edit import chosen_edit, chosen_motions
from .sources import Shape, make_target
from .words import chosen_files, chosen_playing


def apply_motion(operator: Any, context: Any, motion: KnownMotion) -> None:
    """Render or read the target, submit the job, then report and preview what was sent.

    A motion applied from a text prompt has no target. Raises TargetError and everything
    submit() raises.
    """
    if is_by_words(motion.settings):
        play_words(operator, context, motion)
        return
    props = context.scene.mti
    target = make_target(context, motion.settings.target_size)
    together = [motion, *chosen_motions(context.scene)[1:]]
    edit = chosen_edit(props)
    job = create_apply_job(
        addon.jobs_folder(), together, target.png, props.seed, props.takes, props.framing, edit,
        props.in_between,
    )  # fmt: skip
    submit(job, target)
    for each in together:
        if each.id:
            motions.note_use(each.id)
    text = translated("Applying {}", job.request().name)
    tell_sent(operator, context, text, target, motion.settings.target_size)


def play_words(operator: Any, context: Any, motion: KnownMotion) -> None:
    """Submit a job that plays a motion in what the prompts describe, and report it.

    Raises BadRequest and everything submit() raises.
    """
    props = context.scene.mti
    state = replace(motion, files=chosen_files(props, motion))
    job = create_words_job(
        addon.jobs_folder(), state, chosen_playing(props), props.seed, props.takes
    )
    submit(job, None)
    if motion.id:
        motions.note_use(motion.id)
    operator.report({"INFO"}, translated("Applying {}", motion.name))


def tell_sent(
    operator: Any,
    context: Any,
    text: str,
    target: Target | None,
    shape: Shape | None,
    again: bool = False,
    changed: str = "",
) -> None:
    """Report the submitted job with all warnings, and preview its target, if any.

    `again`: the target is that of an earlier result. `changed`: what has changed since the capture.
    """
    warnings = [changed] if changed else []
    if target is not None:
        warnings += target.warnings
        preview.show(context, target, shape, again)
    operator.report({"WARNING" if warnings else "INFO"}, "; ".join([text, *warnings]))
