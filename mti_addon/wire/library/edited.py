"""Keep an edit of motions as a motion of its own; stdlib only.

It has the files that its parents have learned, as they are, and the numbers by which they are
changed when it is applied. So nothing is computed here, and the edit can be changed at any time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from ..edit import AS_LEARNED, MotionEdit
from ..errors import BadRequest
from ..files import write_atomic
from ..problem import Problem
from ..request import CaptureInfo
from ..settings import MODELS_OF, ModelName
from ..version import version_of
from .changing import changing, sweep_motion
from .folder import Motion, add_motion, find_motions
from .preset import (
    EMBEDDINGS,
    PRESET_VERSION,
    Embedding,
    Preset,
    Quality,
    content_id,
    embedding_name,
    is_embedding,
    read_embedding,
    update_preset,
)
from .saving import About, clip_fps
from .texts import plain

_EDITED = MODELS_OF["motion-textual-inversion"]
_UNMEASURED = Quality(None, None, None)


class Parent(Protocol):
    """A motion that an edit is made of, wherever it is kept."""

    @property
    def preset(self) -> Preset:
        """Return what it is."""

    def embedding(self, model: ModelName) -> tuple[bytes, ...]:
        """Return the files of what a model has learned, one per part of its edit."""


class ParentInLibrary:
    """The same in a library."""

    def __init__(self, motion: Motion) -> None:
        self.folder, self.preset = motion.folder, motion.preset

    def embedding(self, model: ModelName) -> tuple[bytes, ...]:
        """Raises KeyError if it has not learned it, UnreadableInput."""
        return read_embedding(self.folder, self.preset, model)


def save_edited(
    root: Path,
    parents: Sequence[Parent],
    edit: MotionEdit,
    about: About,
    capture: CaptureInfo,
    looks: Mapping[str, bytes] | None = None,
) -> tuple[Motion, bool]:
    """Add an edit of motions to the library `root`; return it, and False if it was there already.

    edit: what a request would have, with one part for each file of the parents. capture: how long
    it takes. looks: its poses, images and thumbnail, if they are known. Every engine that has
    learned all parents can apply it. Raises BadRequest, UnreadableInput, DiskFull, NotWritable.
    """
    edit.check()
    if edit == AS_LEARNED:
        what = "Nothing is changed, so there is no edit to save."
        raise BadRequest(Problem("nothing_edited", what, "Change something of the motion first."))
    ids = tuple(each for parent in parents for each in ids_of(parent.preset))
    embeddings, contents = _learned(parents)
    for known in find_motions(root, content_id({}, edit, ids)):
        return _learned_since(root, known, embeddings, contents), False
    first, now = parents[0].preset, datetime.now(UTC).isoformat(timespec="seconds")
    preset = Preset(
        version=PRESET_VERSION,
        id="",
        name=plain(about.name).strip() or first.name,
        kind=about.kind,
        tags=about.tags,
        author=about.author,
        license=about.license,
        notes=about.notes,
        num_frames=first.num_frames,
        fps=clip_fps(first.num_frames, capture),
        capture=capture,
        created=now,
        created_with=version_of(),
        embeddings=embeddings,
        edit=edit,
        parents=ids,
        files={},
    )
    return add_motion(root, preset, {**contents, **(looks or {})}), True


def _learned_since(
    root: Path,
    motion: Motion,
    embeddings: Mapping[ModelName, Embedding],
    contents: Mapping[str, bytes],
) -> Motion:
    """Add to an edited motion of the library `root` what its parents have learned since.

    Raises Busy, BadRequest, UnreadableInput, DiskFull, NotWritable.
    """
    with changing(root, motion.folder) as preset:
        files = {model: each.files for model, each in preset.embeddings.items()}
        if all(files.get(model) == each.files for model, each in embeddings.items()):
            return Motion(motion.folder, preset)
        learned = {**preset.embeddings, **embeddings}
        used = {name for each in learned.values() for name in each.files}
        sums = {n: sum for n, sum in preset.files.items() if n in used or not is_embedding(n)}
        (motion.folder / EMBEDDINGS).mkdir(exist_ok=True)
        for name in used - set(sums):
            write_atomic(motion.folder / name, contents[name])
            sums[name] = hashlib.sha256(contents[name]).hexdigest()
        changed = update_preset(motion.folder, replace(preset, embeddings=learned, files=sums))
        sweep_motion(motion.folder, changed, older_than=0.0)
        return Motion(motion.folder, changed)


def ids_of(preset: Preset) -> tuple[str, ...]:
    """Return the motions that a motion stands for as a parent: itself, or its own parents."""
    return preset.parents or (preset.id,)


def _learned(
    parents: Sequence[Parent],
) -> tuple[dict[ModelName, Embedding], dict[str, bytes]]:
    """Return what each model has learned of all parents, and the files.

    Raises BadRequest if no model has learned all of them.
    """
    embeddings: dict[ModelName, Embedding] = {}
    contents: dict[str, bytes] = {}
    for model in _EDITED:
        found = [each for p in parents if (each := p.preset.embeddings.get(model))]
        if len(found) < len(parents) or len({_shape(each) for each in found}) > 1:
            continue
        files = {}
        names = []
        for data in (data for parent in parents for data in parent.embedding(model)):
            names.append(embedding_name(model, data))
            files[names[-1]] = data
        embeddings[model] = replace(found[0], files=tuple(names), quality=_UNMEASURED)
        contents |= files
    if not embeddings:
        names = [parent.preset.name for parent in parents]
        what = "No engine has learned all of {names}."
        hint = "Learn them for one engine first."
        values = {"names": ", ".join(dict.fromkeys(names))}
        raise BadRequest(Problem("no_common_engine", what, hint, values))
    return embeddings, contents


def _shape(embedding: Embedding) -> tuple[object, ...]:
    """Return what must be the same of tokens that are combined."""
    settings = embedding.settings
    return embedding.model, settings.num_frames, settings.inversion.tokens_per_frame
