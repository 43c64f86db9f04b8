"""What a finished job has learned, saved in a library; wire and stdlib only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ...wire.errors import UnreadableInput
from ...wire.job import JobFolder
from ...wire.library_folder import Motion, add_motion
from ...wire.preset import (
    MAX_FILE_BYTES,
    POSES,
    PRESET_VERSION,
    PREVIEW,
    THUMBNAIL,
    Embedding,
    Kind,
    Preset,
    Quality,
    embedding_name,
)
from ...wire.problem import Problem
from ...wire.request import MOTION, Request, reference_name
from ...wire.tensors import check_tokens
from ..jobs.follow import Follower


@dataclass(frozen=True)
class About:
    """What the animator says about a motion."""

    kind: Kind = "body"
    tags: tuple[str, ...] = ()
    author: str = ""
    license: str = ""
    notes: str = ""


def save_motion(
    job: JobFolder, root: Path, about: About, version: str, poses: bytes | None = None
) -> Motion:
    """Save the motion that a job has learned in the library `root`, with its images and previews.

    Args:
        version: of the extension. poses: the captured poses as JSON, if they are known.
    Raises UnreadableInput (no motion learned yet, or damaged), BadEmbedding, BadRequest, DiskFull,
    NotWritable.
    """
    request = job.request()
    names = job.verify_output()
    if MOTION not in names:
        what, hint = "This job has not learned a motion.", "Wait until it is done."
        raise UnreadableInput(Problem("job_has_no_motion", what, hint))
    tokens = job.output_motion.read_bytes()
    file = embedding_name(request.settings.model, tokens)
    contents: dict[str, bytes | Path] = {file: tokens, **_images(job, request)}
    if PREVIEW in names and job.preview_file.stat().st_size <= MAX_FILE_BYTES[PREVIEW]:
        contents[PREVIEW] = job.preview_file
    if poses is not None:
        contents[POSES] = poses
    now = datetime.now(UTC).isoformat(timespec="seconds")
    embedding = Embedding(
        file=file,
        model=check_tokens(tokens, MOTION).meta.get("model", ""),
        settings=request.settings,
        quality=quality_of(result_of(job)),
        learned=now,
        created_with=version,
    )
    preset = Preset(
        version=PRESET_VERSION,
        id="",
        name=request.name,
        kind=about.kind,
        tags=about.tags,
        author=about.author,
        license=about.license,
        notes=about.notes,
        num_frames=request.settings.num_frames,
        fps=_clip_fps(request),
        capture=request.capture,
        created=now,
        created_with=version,
        embeddings={request.settings.model: embedding},
        edits=(),
        files={},
    )
    return add_motion(root, preset, contents)


def quality_of(result: dict[str, Any]) -> Quality:
    """The measured quality of a `done` event's result; what is not a number is left out."""

    def number(name: str) -> float | None:
        value = result.get(name)
        known = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if known else None

    return Quality(number("reconstruction"), number("motion_gain"), number("loss"))


def result_of(job: JobFolder) -> dict[str, Any]:
    """The result of a finished job; empty if it has not finished."""
    follower = Follower(job)
    state = follower.poll()
    while not follower.caught_up:
        state = follower.poll()
    return dict(state.result or {})


def _images(job: JobFolder, request: Request) -> dict[str, bytes | Path]:
    """The reference images, and one of them as the thumbnail; none if a file is gone."""
    count = request.reference_frames
    paths = {reference_name(i + 1): job.inputs / reference_name(i + 1) for i in range(count)}
    if not paths or not all(path.is_file() for path in paths.values()):
        return {}
    middle = list(paths.values())[count // 2]
    small = middle.stat().st_size <= MAX_FILE_BYTES[THUMBNAIL]
    return {**paths, **({THUMBNAIL: middle} if small else {})}


def _clip_fps(request: Request) -> float:
    """Return the frame rate at which the clip lasts as long as the captured range."""
    return min(1000.0, max(0.01, request.settings.num_frames / request.capture.seconds))
