"""Change a motion that is in a library; stdlib only.

Only the own library is changed. preset.json is replaced atomically, so a motion is always as it was
or as it is meant to be.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from .. import files
from ..contents import read_verified
from ..errors import BadRequest, MtiError, NotWritable, UnreadableInput
from ..problem import Problem
from ..settings import ModelName
from .folder import Motion, add_motion, motion_folders
from .lock import locked
from .motion_file import check_embedding
from .preset import (
    EMBEDDINGS,
    PRESET_FILE,
    Embedding,
    Preset,
    content_id,
    is_embedding,
    read_preset,
    update_preset,
)

SWEPT_SECONDS = 3600.0
"""What a dead writer has left is removed when it is older than this."""


@contextlib.contextmanager
def changing(own: Path, folder: Path) -> Iterator[Preset]:
    """Yield what a motion's preset.json says now, and keep other programs from changing it.

    Raises NotWritable if the motion is not in the library `own`, UnreadableInput if it is gone,
    Busy, BadRequest.
    """
    check_own(own, folder)
    with locked(own):
        try:
            yield read_preset(check_there(folder))
        except FileNotFoundError as error:  # a program that does not use the lock
            raise _gone(folder) from error


def check_own(own: Path, folder: Path) -> None:
    """Raise NotWritable unless a motion is in the library `own`."""
    if not is_in(own, folder):
        what = "The motion {name} is in a library that is not changed from here: {path}."
        hint = "Duplicate it into your own library, and change the copy."
        values = {"name": folder.name, "path": str(folder.parent)}
        raise NotWritable(Problem("library_read_only", what, hint, values))


def is_in(own: Path, folder: Path) -> bool:
    """Return whether a folder is one of a motion in the library `own`."""
    here = os.path.abspath(folder.parent) == os.path.abspath(own)
    return here and not folder.name.startswith(".")


def check_there(folder: Path) -> Path:
    """Return the folder of a motion. Raises UnreadableInput if it is gone."""
    if not (folder / PRESET_FILE).is_file():
        raise _gone(folder)
    return folder


def copy_motion(folder: Path, own: Path, name: str) -> Motion:
    """Add a copy of a motion, from whatever library, to the library `own`, under another name.

    Raises UnreadableInput if the motion is damaged or gone, BadRequest, DiskFull, NotWritable.
    """
    preset = read_preset(check_there(folder))
    return add_motion(own, replace(preset, name=name), contents_of(folder, preset))


def contents_of(folder: Path, preset: Preset) -> dict[str, bytes | Path]:
    """Read and verify all files of a motion except preset.json. Raises UnreadableInput."""
    return {name: read_verified(folder, name, sum) for name, sum in preset.files.items()}


def set_embedding(
    own: Path, folder: Path, model: ModelName, embedding: Embedding, data: bytes
) -> Motion:
    """Add what a model has learned of a motion, in place of what it had learned before.

    A motion of another library is copied to `own` with it. Raises UnreadableInput, BadEmbedding,
    BadRequest, Busy, DiskFull, NotWritable.
    """
    (name,) = embedding.files
    check_embedding(data, name, model, embedding)
    if not is_in(own, folder):
        preset = read_preset(check_there(folder))
        changed = _with_embedding(preset, model, embedding, data)
        contents = contents_of(folder, preset) | {name: data}
        return add_motion(own, changed, {each: contents[each] for each in changed.files})
    with changing(own, folder) as preset:
        changed = _with_embedding(preset, model, embedding, data)
        with _added(folder, name, data):
            changed = update_preset(folder, changed)
        sweep_motion(folder, changed, older_than=0.0)
        return Motion(folder, changed)


@contextlib.contextmanager
def _added(folder: Path, name: str, data: bytes) -> Iterator[None]:
    """Write a new file; take it back if the block fails."""
    path = folder / name
    was_there = path.is_file()  # the same file, since its name has its sum
    with files.translating_os_errors(path):
        path.parent.mkdir(exist_ok=True)
    files.write_atomic(path, data)
    try:
        yield
    except BaseException:
        if not was_there:
            with contextlib.suppress(OSError):
                path.unlink()
        raise


def _with_embedding(preset: Preset, model: ModelName, embedding: Embedding, data: bytes) -> Preset:
    if preset.is_edited:
        what = "{name} was made of other motions, and is not learned itself."
        hint = "Learn the motions that it was made of."
        raise BadRequest(Problem("edited_motion_not_learned", what, hint, {"name": preset.name}))
    learned = {**preset.embeddings, model: embedding}
    used = {name for each in learned.values() for name in each.files}
    kept = {n: sum for n, sum in preset.files.items() if n in used or not is_embedding(n)}
    sums = kept | {embedding.files[0]: hashlib.sha256(data).hexdigest()}
    identity = content_id(sums, preset.edit, preset.parents)
    return replace(preset, embeddings=learned, files=sums, id=identity)


def sweep_motion(folder: Path, preset: Preset, older_than: float = SWEPT_SECONDS) -> None:
    """Remove what dead writers left in a motion's folder: temporary files, and embeddings that its
    preset does not name. Anything else is not ours. Never raises."""
    for path in _rests(folder, lambda name: name in preset.files):
        with contextlib.suppress(OSError):
            if time.time() - path.lstat().st_mtime >= older_than:
                path.unlink()


def sweep_library(own: Path, older_than: float = SWEPT_SECONDS) -> None:
    """Remove what dead writers left in a library. Never raises."""
    files.sweep(own, older_than)
    with contextlib.suppress(MtiError):
        for folder in motion_folders(own):
            with contextlib.suppress(MtiError, OSError):
                data = (folder / PRESET_FILE).read_bytes()  # parsing it would take much longer
                if _rests(folder, lambda name, data=data: name.encode() in data):  # type: ignore[misc]
                    with changing(own, folder) as preset:
                        sweep_motion(folder, preset, older_than)


def _rests(folder: Path, is_named: Callable[[str], bool]) -> list[Path]:
    """Return what dead writers left in a motion's folder; its preset tells which files it names."""
    found = []
    for place in (folder, folder / EMBEDDINGS):
        with contextlib.suppress(OSError):  # not every motion has embeddings
            for path in place.iterdir():
                name = path.relative_to(folder).as_posix()
                temporary = path.name.startswith(files.TEMP_PREFIX)
                if temporary or (is_embedding(name) and not is_named(name)):
                    found.append(path)
    return found


def _gone(folder: Path) -> UnreadableInput:
    what = "The motion {name} is no longer in the library {path}."
    hint = "Another program has deleted it. Look for it in the trash."
    values = {"name": folder.name, "path": str(folder.parent)}
    return UnreadableInput(Problem("motion_not_there", what, hint, values))
