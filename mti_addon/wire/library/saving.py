"""Save what a finished job has learned in a library; stdlib only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..edit import AS_LEARNED
from ..errors import UnreadableInput
from ..events import Done
from ..job import JobFolder
from ..problem import Problem
from ..request import MOTION, POSES, Request, reference_name
from ..version import version_of
from .folder import Motion, add_motion
from .preset import (
    MAX_FILE_BYTES,
    PRESET_VERSION,
    PREVIEW,
    THUMBNAIL,
    Embedding,
    Kind,
    Preset,
    Quality,
    embedding_name,
)
from .tensors import check_tokens


@dataclass(frozen=True)
class About:
    """What the animator says about a motion."""

    kind: Kind = "body"
    tags: tuple[str, ...] = ()
    author: str = ""
    license: str = ""
    notes: str = ""


def save_motion(job: JobFolder, root: Path, about: About) -> Motion:
    """Save the motion that a job has learned in the library `root`, with its poses and images.

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
    if POSES in request.inputs:
        contents[POSES] = job.inputs / POSES
    now = datetime.now(UTC).isoformat(timespec="seconds")
    embedding = Embedding(
        files=(file,),
        model=check_tokens(tokens, MOTION).meta.get("model", ""),
        settings=request.settings,
        quality=quality_of(job),
        learned=now,
        created_with=version_of(),
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
        created_with=version_of(),
        embeddings={request.settings.model: embedding},
        edit=AS_LEARNED,
        parents=(),
        files={},
    )
    return add_motion(root, preset, contents)


def quality_of(job: JobFolder) -> Quality:
    """Return the quality that a finished job measured; None for what it did not."""
    event = job.finished()
    result = event.result if isinstance(event, Done) else {}

    def number(name: str) -> float | None:
        value = result.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return float(value)

    return Quality(*map(number, ("reconstruction", "motion_gain", "loss", "drawn")))


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
