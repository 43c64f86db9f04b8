"""What becomes of a learned motion in the library: a note in its job's folder. Imports no bpy.

The note is written when the job is started or saved, so what is to be kept is kept even if Blender
was closed when the job ended, and is not kept twice if two Blenders see its end.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from ..motion import PoseSequence
from ..motion.keying.boxes import is_box
from ..wire import JobFolder, MtiError
from ..wire.codec import Constraint
from ..wire.contents import read_inside
from ..wire.library import (
    About,
    Kind,
    Motion,
    find_motions,
    read_motion,
    read_preset,
    save_embedding,
    save_motion,
)
from ..wire.library.folder import motion_folders
from ..wire.library.lock import locked
from ..wire.library.preset import embedding_name
from ..wire.request import POSES
from .note_files import read_note_file, write_note_file

KEEP_FILE = "library.json"
"""In a job's folder; only read by the add-on."""
_MOST_BYTES = 8 * 2**20
_Folder = Annotated[str, Constraint(r"[^\x00]{0,4096}", "A motion's folder, or empty.")]


@dataclass(frozen=True)
class Keep:
    """Contents of library.json."""

    folder: _Folder = ""
    """The motion that was learned again, for another engine; empty: it becomes a new motion."""
    motion: Annotated[str, Constraint(r"[0-9a-f]{32}|", "Its id.")] = ""
    about: About = About()
    saved: _Folder = ""
    """Where it was saved; empty: it is to be saved when the job is done."""


def read_keep(folder: Path) -> Keep | None:
    """Return what becomes of a job's motion; None if nothing was decided."""
    return read_note_file(Keep, folder, KEEP_FILE)


def write_keep(job: JobFolder, keep: Keep) -> None:
    """Decide what becomes of a job's motion. Raises DiskFull, NotWritable."""
    write_note_file(job.path, KEEP_FILE, keep)


def save_now(job: JobFolder, own: Path, about: About) -> Motion:
    """Save the motion of a finished job as a new one in the library `own`.

    Raises UnreadableInput, BadEmbedding, BadRequest, Busy, DiskFull, NotWritable.
    """
    with locked(job.path):
        motion = save_motion(job, own, about)
        write_keep(job, Keep(about=about, saved=str(motion.folder)))
    return motion


def fulfil(job: JobFolder, own: Path) -> Motion | None:
    """Save the motion of a finished job as its note says; None if there is nothing left to do.

    Raises the same as `save_now`.
    """
    with locked(job.path):
        keep = read_keep(job.path)
        if keep is None or keep.saved:
            return None
        if keep.motion:
            motion = save_embedding(job, own, _place(own, keep))
        else:
            # whoever saved it before may have died before it could note that
            motion = _saved_before(job, own) or save_motion(job, own, keep.about)
        write_keep(job, replace(keep, saved=str(motion.folder)))
    return motion


def kind_of(folder: Path) -> Kind:
    """Guess what moves in a capture or in a job's inputs from its poses, if it has any."""
    with contextlib.suppress(MtiError, ValueError):
        poses = PoseSequence.from_json(read_inside(folder, POSES, _MOST_BYTES))
        return "camera" if poses.is_room else "object" if is_box(poses) else "body"
    return "body"


def _place(own: Path, keep: Keep) -> Path:
    """Return the motion's folder, or that of its copy in the library `own`.

    The first engine that learns a shipped motion makes a copy; the others are added to that.
    """
    folder = Path(keep.folder)
    if folder.parent == own:
        return folder
    return next((copy.folder for copy in find_motions(own, keep.motion)), folder)


def _saved_before(job: JobFolder, own: Path) -> Motion | None:
    """Return the motion in the library `own` with exactly what a job has learned."""
    model = job.request().settings.model
    try:
        name = embedding_name(model, job.output_motion.read_bytes())
    except OSError:
        return None
    for folder in motion_folders(own):
        with contextlib.suppress(OSError, MtiError):
            if (folder / name).is_file() and name in read_preset(folder).files:
                return read_motion(folder)
    return None
