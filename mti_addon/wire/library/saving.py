"""Save what a finished job has learned in a library; stdlib only."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..edit import AS_LEARNED
from ..errors import UnreadableInput
from ..events import Done
from ..job import JobFolder
from ..problem import Problem
from ..request import (
    FASTEST,
    MOTION,
    POSES,
    SLOWEST,
    CaptureInfo,
    Request,
    reference_name,
)
from ..version import version_of
from .changing import set_embedding
from .folder import Motion, add_motion
from .motion_embeddings import check_motion
from .pictures import MAX_REFERENCE_PIXELS, plain_size
from .poses import check_poses
from .preset import (
    PRESET_VERSION,
    PREVIEW,
    THUMBNAIL,
    Embedding,
    Kind,
    Preset,
    Quality,
    embedding_name,
    largest,
)
from .tensors import check_tokens
from .texts import plain

_HEAD = 64
"""Bytes of an image file in which its header is."""


@dataclass(frozen=True)
class About:
    """What the animator says about a motion."""

    kind: Kind = "body"
    tags: tuple[str, ...] = ()
    author: str = ""
    license: str = ""
    notes: str = ""
    name: str = ""
    """Empty: the job's."""


def save_motion(job: JobFolder, root: Path, about: About) -> Motion:
    """Save the motion that a job has learned in the library `root`, with its poses and images.

    Raises UnreadableInput (no motion learned yet, or damaged), BadEmbedding, BadRequest, DiskFull,
    NotWritable.
    """
    request = job.request()
    embedding, tokens = _learned(job, request)
    contents: dict[str, bytes | Path] = {embedding.files[0]: tokens, **_images(job, request)}
    contents |= _that_fit({PREVIEW: job.preview_file})
    contents |= _poses(job, request.settings.num_frames)
    preset = Preset(
        version=PRESET_VERSION,
        id="",
        name=plain(about.name or request.name).strip() or "Motion",
        kind=about.kind,
        tags=about.tags,
        author=about.author,
        license=about.license,
        notes=about.notes,
        num_frames=request.settings.num_frames,
        fps=clip_fps(request.settings.num_frames, request.capture),
        capture=request.capture,
        created=embedding.learned,
        created_with=embedding.created_with,
        embeddings={request.settings.model: embedding},
        edit=AS_LEARNED,
        parents=(),
        files={},
    )
    return add_motion(root, preset, contents)


def save_embedding(job: JobFolder, own: Path, folder: Path) -> Motion:
    """Save what a job has learned in a motion that is in a library, for the job's model.

    It takes the place of what this model had learned before. A motion that is not in the library
    `own` is copied there with it. Raises the same as `save_motion`, and Busy.
    """
    request = job.request()
    embedding, tokens = _learned(job, request)
    return set_embedding(own, folder, request.settings.model, embedding, tokens)


def _learned(job: JobFolder, request: Request) -> tuple[Embedding, bytes]:
    """What a finished job has learned, and its file. Raises UnreadableInput, BadEmbedding."""
    if MOTION not in job.verify_output():
        what, hint = "This job has not learned a motion.", "Wait until it is done."
        raise UnreadableInput(Problem("job_has_no_motion", what, hint))
    tokens = job.output_motion.read_bytes()
    embedding = Embedding(
        files=(embedding_name(request.settings.model, tokens),),
        model=_identity(tokens, request),
        settings=request.settings,
        quality=quality_of(job),
        learned=datetime.now(UTC).isoformat(timespec="seconds"),
        created_with=version_of(),
    )
    return embedding, tokens


def _identity(data: bytes, request: Request) -> str:
    """Identity of the weights that have learned a motion. Raises BadEmbedding."""
    if request.settings.method == "motion-inversion":
        return check_motion(data, MOTION).model
    return check_tokens(data, MOTION).meta.get("model", "")


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
    """The reference images, and one of them as the thumbnail; none if a file is gone, or if they
    are larger than a motion's may be."""
    count = request.reference_frames
    paths = {reference_name(i + 1): job.inputs / reference_name(i + 1) for i in range(count)}
    images = _that_fit(paths)
    sizes = [size for name in images if (size := _size_of(paths[name]))]
    if not sizes or len(sizes) < len(paths):
        return {}
    if sum(width * height for width, height in sizes) > MAX_REFERENCE_PIXELS:
        return {}
    return images | _that_fit({THUMBNAIL: paths[reference_name(count // 2 + 1)]})


def _poses(job: JobFolder, num_frames: int) -> dict[str, bytes | Path]:
    """The captured poses; none if they could not be read elsewhere: a motion works without."""
    for path in _that_fit({POSES: job.inputs / POSES}).values():
        data = path if isinstance(path, bytes) else path.read_bytes()
        with contextlib.suppress(UnreadableInput):
            check_poses(data, num_frames)
            return {POSES: data}
    return {}


def _that_fit(paths: Mapping[str, Path]) -> dict[str, bytes | Path]:
    """Those files that are there, and not larger than a motion's file may be."""
    return {
        name: path
        for name, path in paths.items()
        if path.is_file() and path.stat().st_size <= largest(name)
    }


def _size_of(path: Path) -> tuple[int, int] | None:
    """Width and height of an image by its header; None if a motion cannot have it."""
    with open(path, "rb") as stream:
        return plain_size(stream.read(_HEAD))


def clip_fps(num_frames: int, capture: CaptureInfo) -> float:
    """Return the frame rate at which the clip lasts as long as the captured range."""
    return min(float(FASTEST), max(SLOWEST, num_frames / capture.seconds))
