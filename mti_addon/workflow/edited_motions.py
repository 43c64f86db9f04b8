"""Keep the edit of the panel as a motion of the library. Imports no bpy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..motion import PoseSequence, draw, encode_png
from ..motion.edits import edited_pictures, edited_poses
from ..motion.stepwise import finished
from ..wire import MtiError
from ..wire.edit import MotionEdit
from ..wire.errors import BadRequest
from ..wire.library import About, Motion, read_motion
from ..wire.library.edited import ParentInLibrary, save_edited
from ..wire.library.poses import check_poses
from ..wire.library.preset import THUMBNAIL
from ..wire.problem import Problem
from ..wire.request import POSES, reference_name
from .edit_preview import SketchSource, plan_of, same_size, sized
from .edits import combined, fitted_chain
from .motions import KnownMotion
from .sketch_sources import sketch_source

_SIDE = 256
"""Longer side of an edited motion's images, in pixels."""


def save_edit(
    root: Path, motions: Sequence[KnownMotion], edit: MotionEdit, about: About
) -> tuple[Motion, bool]:
    """Add the edit of motions to the library `root`; return it, and False if it was there already.

    edit: of the panel, with one part for each motion (`edits.combined`). Raises BadRequest,
    UnreadableInput, DiskFull, NotWritable.
    """
    if problem := unsaved_problem(motions):
        raise BadRequest(problem)
    what = combined(motions, edit)
    parents = [ParentInLibrary(read_motion(motion.files[0].parents[1])) for motion in motions]
    count = parents[0].preset.num_frames
    shown = fitted_chain(edit) if edit.mode == "chain" else edit
    looks = looks_of([finished(sketch_source(motion)) for motion in motions], shown, count)
    return save_edited(root, parents, what.edit, about, what.capture, looks)


def unsaved_problem(motions: Sequence[KnownMotion]) -> Problem | None:
    """Return the problem of a motion that is in no library, so that an edit cannot name it."""
    for motion in motions:
        if not motion.id:
            what, hint = "{name} is not in the library.", "Save it to the library first."
            return Problem("parent_not_in_library", what, hint, {"name": motion.name})
    return None


def looks_of(sources: Sequence[SketchSource], edit: MotionEdit, count: int) -> dict[str, bytes]:
    """Return poses, images and thumbnail of an edit, by their names in a motion; {} if unknown."""
    plan, contents = plan_of(edit, count), dict[str, bytes]()
    sequences = [source.poses for source in sources if source.poses is not None]
    poses = edited_poses(sequences, plan) if len(sequences) == len(sources) else None
    if poses is not None:
        contents |= _poses(poses, count)
        pictures = draw(sized(poses, min(_SIDE, max(poses.size))))
    else:
        known = [each for source in sources if (each := _pictures(source)) is not None]
        if len(known) < len(sources):
            return {}
        pictures = edited_pictures(same_size(known), plan)
    for number, picture in enumerate(pictures):
        contents[reference_name(number + 1)] = encode_png(picture)
    return contents | {THUMBNAIL: contents[reference_name(count // 2 + 1)]}


def _poses(poses: PoseSequence, count: int) -> dict[str, bytes]:
    data = poses.to_json().encode("utf-8")
    try:
        check_poses(data, count)
    except MtiError:  # such as a camera too far away: the images show it
        return {}
    return {POSES: data}


def _pictures(source: SketchSource) -> NDArray[np.uint8] | None:
    if source.pictures is not None or source.poses is None:
        return source.pictures
    return draw(sized(source.poses, min(_SIDE, max(source.poses.size))))
