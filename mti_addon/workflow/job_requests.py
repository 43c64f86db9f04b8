"""Turn the animator's setup into job requests. Imports no bpy."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ..motion import PoseSequence, draw, encode_png, variations
from ..wire import PROTOCOL, CaptureInfo, JobFolder, MtiError, Request, Settings, create_job
from ..wire.edit import AS_LEARNED, MotionEdit
from ..wire.errors import BadRequest
from ..wire.motion_inversion import View
from ..wire.request import POSES, TARGET, motion_name, reference_name
from . import words
from .captures import Capture
from .edits import Combination, combined
from .motions import KnownMotion
from .progress import steps, tell
from .provenance import write_parents


@dataclass(frozen=True)
class LearnOptions:
    """Learning options from the panel."""

    name: str
    iterations: int
    """0: as recommended for the model."""
    seed: int
    flip_safe: bool
    variations: int
    """Number of variations to draw, 1..16; what cannot be varied is used unchanged."""
    takes: int = 1
    """Number of results, 1..8, if there is a target."""
    framing: str = "AUTO"
    """Part of the target to animate: AUTO, SUBJECT or WHOLE; see framed()."""
    from_poses: bool = True
    """Take the tokens of the captured poses where the engine knows them (`knows_poses`)."""
    in_between: int = 0
    """In-betweens after each frame, 0..7, if there is a target and the engine makes any."""
    caption: str = ""
    """What is seen in the capture; only read by engines that are told in words what to show."""
    view: View = "object"
    """The view to play it with by default; of such engines as well."""
    playing: words.Playing | None = None
    """What to play as soon as it is learned, by such engines, which need no target; or None."""


def create_learn_job(
    root: Path, capture: Capture, options: LearnOptions, target: bytes | None
) -> JobFolder:
    """Write a job that learns a captured motion, and applies it if there is a target (PNG).

    Raises BadRequest, UnreadableInput, DiskFull, NotWritable; nothing is left behind then.
    """
    poses = capture.poses() if capture.can_vary else None
    if words.is_by_words(capture.settings):
        options = replace(options, variations=1)
    inputs = learn_inputs(capture.pictures(), poses, options)
    info = replace(capture.about.info, flip_safe=options.flip_safe)
    return create_learn_job_from(root, capture.settings, options, inputs, info, target)


def create_learn_job_from(
    root: Path,
    settings: Settings,
    options: LearnOptions,
    inputs: dict[str, bytes | Path],
    info: CaptureInfo,
    target: bytes | None = None,
) -> JobFolder:
    """Write a job that learns from these references, and applies to the target, if any.

    Raises the same as create_learn_job.
    """
    images = len(inputs) - (POSES in inputs)
    if target is not None:
        inputs = {**inputs, TARGET: target}
    applies = target is not None or (words.is_by_words(settings) and options.playing is not None)
    request = Request(
        protocol=PROTOCOL,
        job=uuid.uuid4().hex,
        task="learn+apply" if applies else "learn",
        name=options.name.strip() or "Motion",
        settings=_with_options(settings, options, POSES in inputs),
        inputs={},
        reference_frames=settings.num_frames,
        references=images // settings.num_frames,
        targets=0 if target is None else 1,
        capture=info,
    )
    return create_job(root, request, inputs, tell)


def _with_options(settings: Settings, options: LearnOptions, has_poses: bool) -> Settings:
    """Return settings with the panel's options. Raises BadRequest for prompts."""
    if words.is_by_words(settings):
        return _in_words(settings, options)
    settings = framed(settings, options.framing)
    inversion = replace(settings.inversion, seed=options.seed)
    if options.iterations:
        inversion = replace(inversion, iterations=options.iterations)
    if options.from_poses and has_poses and knows_poses(settings):
        inversion = replace(inversion, token_init="poses")
    sampling = replace(settings.sampling, seed=options.seed, takes=options.takes)
    settings = replace(settings, inversion=inversion, sampling=sampling)
    return smoothed(settings, options.in_between)


def _in_words(settings: Settings, options: LearnOptions) -> Settings:
    """Return the same for an engine that is told in words what to show."""
    problem = words.words_problem(options.caption)
    if not problem and options.playing is not None:
        problem = words.prompts_problem(options.playing)
    if problem:
        raise BadRequest(problem)
    settings = words.learned(
        settings, options.caption, options.view, options.iterations, options.seed
    )
    if options.playing is None:
        return settings
    return words.played(settings, options.playing, options.seed, options.takes)


def knows_poses(settings: Settings) -> bool:
    """Return whether the engine's tokens are a known function of poses, so that captured ones need
    not be learned from their pictures."""
    return settings.model == "draft"


def smoothed(settings: Settings, in_between: int) -> Settings:
    """Return settings with so many in-betweens after each frame, if the engine makes any."""
    if not settings.keeps_size:
        return settings
    return replace(settings, sampling=replace(settings.sampling, in_between=in_between))


def framed(settings: Settings, framing: str) -> Settings:
    """Return settings with the draft's view set to SUBJECT or WHOLE; AUTO leaves it as is."""
    if framing == "AUTO":
        return settings
    sampling = replace(settings.sampling, framing="whole" if framing == "WHOLE" else "subject")
    return replace(settings, sampling=sampling)


def learn_inputs(
    pictures: Iterable[bytes | Path], poses: PoseSequence | None, options: LearnOptions
) -> dict[str, bytes | Path]:
    """Return the references of a job: images (PNG), the poses that they show, and variations."""
    inputs = {reference_name(i + 1): picture for i, picture in enumerate(pictures)}
    if poses is not None:
        inputs[POSES] = poses.to_json().encode("utf-8")
        if options.variations > 1:
            inputs |= _drawn_variations(poses, options)
    return inputs


def _drawn_variations(poses: PoseSequence, options: LearnOptions) -> dict[str, bytes | Path]:
    """Draw the variations of a motion, all but the first, which is the motion itself."""
    inputs: dict[str, bytes | Path] = {}
    drawings = variations(poses, options.variations, options.seed)
    for number, drawing in enumerate(steps(drawings[1:]), start=2):
        for i, picture in enumerate(draw(*drawing)):
            inputs[reference_name(i + 1, number)] = encode_png(picture)
    return inputs


def create_apply_job(
    root: Path,
    motions: Sequence[KnownMotion],
    target: bytes,
    seed: int,
    takes: int = 1,
    framing: str = "AUTO",
    edit: MotionEdit = AS_LEARNED,
    in_between: int = 0,
) -> JobFolder:
    """Write a job that applies an edit of motions to a target image (PNG), `takes` times.

    In a chain, the edit's speeds count from showing each motion in full (`edits.combined`). Raises
    the same as create_learn_job.
    """
    what = combined(motions, edit)
    settings = smoothed(framed(motions[0].settings, framing), in_between)
    return create_combination_job(root, settings, what, target, seed, takes)


def create_combination_job(
    root: Path, settings: Settings, what: Combination, target: bytes, seed: int, takes: int
) -> JobFolder:
    """Write a job that applies a combination of motions. Raises the same as create_learn_job."""
    sampling = replace(settings.sampling, seed=seed, takes=takes)
    request = Request(
        protocol=PROTOCOL,
        job=uuid.uuid4().hex,
        task="apply",
        name=what.name,
        settings=replace(settings, sampling=sampling),
        inputs={},
        reference_frames=0,
        references=0,
        targets=1,
        capture=what.capture,
        edit=what.edit,
    )
    files = {motion_name(number + 1): file for number, file in enumerate(what.files)}
    job = create_job(root, request, {TARGET: target, **files})
    with suppress(MtiError):  # only a note; where a disk is full, the job says so
        write_parents(job, what.parents)
    return job
