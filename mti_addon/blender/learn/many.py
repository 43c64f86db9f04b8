"""Many motions captured one after the other, each to be learned and kept in the library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...motion import encode_png
from ...wire import CaptureInfo, JobFolder, MtiError, Settings
from ...wire.library import Kind
from ...wire.motion_inversion import View
from ...wire.problem import Problem
from ...workflow.captures import one_line
from ...workflow.job_requests import LearnOptions, create_learn_job_from, learn_inputs
from ...workflow.job_titles import LONGEST_NAME
from ...workflow.keeping import Keep
from ...workflow.progress import steps
from ...workflow.words import caption_of_kind, is_by_words
from ..common import addon
from ..common.problems import CaptureError
from ..library import motions, saving
from ..queue import polling
from ..queue.submit import submit
from ..setup import engines
from ..sketch.reference import Shot
from ..translations import told, translated
from .options import options_for


@dataclass(frozen=True)
class Planned:
    """A motion that is not captured yet."""

    title: str
    kind: Kind
    capture: Callable[[], Shot]
    """Raises CaptureError."""

    @property
    def name(self) -> str:
        """Return the name that the motion gets."""
        return one_line(self.title, LONGEST_NAME)


def known_names() -> set[str]:
    """Return the names of the motions in the own library, and of those that are being learned for
    it. Names of included and studio motions do not count: they may be of something else."""
    names = {entry.name for entry in motions.library().entries() if entry.is_writable}
    queued = (row for row in polling.jobs.rows if row.keep and row.active)
    return names | {row.request.name for row in queued if row.request}


def new_ones(planned: Sequence[Planned]) -> list[Planned]:
    """Return those whose names the own library does not have yet."""
    known = known_names()
    return [each for each in planned if each.name not in known]


def left_out_text(count: int) -> str:
    """Return how many are left out since the own library has their names, translated."""
    return translated("{} are left out: your library has these names", count)


def learn_all(
    operator: Any, context: Any, planned: Sequence[Planned], text: str, known: int = 0
) -> None:
    """Capture and queue each; report how many, and name the first that could not be captured.

    text: report with {} for the number of motions. known: number of those that were left out.
    """
    settings = engines.chosen_settings()
    failed: list[tuple[str, Problem]] = []
    for each in steps(planned):
        options = options_for(context.scene.mti, each.name, settings.model)
        try:
            job = create_job(addon.jobs_folder(), each, each.capture(), settings, options)
            submit(job, None, Keep(about=saving.about(each.name, each.kind)))
        except (CaptureError, MtiError) as error:
            failed.append((each.name, error.problem))
    said = translated(text, len(planned) - len(failed))
    if known:
        said = f"{said}. {left_out_text(known)}"
    if failed:
        name, problem = failed[0]
        left_out = translated("Left out {}, such as {}: {}", len(failed), name, told(problem)[0])
        said = f"{said}. {left_out}"
    operator.report({"WARNING" if failed else "INFO"}, said)


def create_job(
    root: Path, planned: Planned, shot: Shot, settings: Settings, options: LearnOptions
) -> JobFolder:
    """Write a job in `root` that learns what was captured of a planned motion.

    Raises BadRequest, DiskFull, NotWritable.
    """
    caption = options.caption or caption_of_kind(planned.kind, planned.name, settings.model)
    view: View = "camera" if planned.kind == "camera" else "object"
    options = replace(options, caption=caption, view=view)
    if is_by_words(settings):
        options = replace(options, variations=1)
    inputs = learn_inputs(map(encode_png, shot.pictures), shot.poses, options)
    info = CaptureInfo(shot.fps, *shot.span, shot.size, options.flip_safe)
    return create_learn_job_from(root, settings, options, inputs, info)
