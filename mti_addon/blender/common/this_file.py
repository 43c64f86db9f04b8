"""The open .blend file, as jobs and results identify it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import bpy
from bpy.app.handlers import persistent

from ...workflow.job_origin import Origin
from ...workflow.motions import KnownMotion

_ids: set[str] = set()
"""IDs of the file since it was opened; undo may remove one from its scenes."""
_used = ""
"""Label of the motion that is applied if none is chosen."""


def origin() -> Origin:
    """Return the origin recorded in new jobs; assigns an ID to the file if it has none."""
    known = sorted(_known())
    name = known[0] if known else uuid.uuid4().hex
    _ids.add(name)
    for scene in bpy.data.scenes:
        if scene.library is None and not scene.mti.file_id:
            scene.mti.file_id = name
    return Origin(name, bpy.data.filepath)


def is_here(of: Origin | None) -> bool:
    """Return whether a job or result belongs to the open file."""
    if of is None:
        return False
    return of.file in _known() or bool(of.path) and of.path == bpy.data.filepath


def stay_with(motions: Sequence[KnownMotion]) -> KnownMotion | None:
    """Return the learned motion to use implicitly.

    `motions` are sorted newest first. The first call picks the newest, and later calls return the
    same one for as long as it exists.
    """
    global _used
    found = next((motion for motion in motions if motion.label == _used), None)
    if found is None and motions:
        found, _used = motions[0], motions[0].label
    return found


def _known() -> set[str]:
    _ids.update(scene.mti.file_id for scene in bpy.data.scenes if scene.mti.file_id)
    return _ids


@persistent
def _opened(_file: Any, _more: Any = None) -> None:
    global _used
    _ids.clear()
    _used = ""


def register() -> None:
    """Detect when another file is opened."""
    bpy.app.handlers.load_pre.append(_opened)


def unregister() -> None:
    """Reset all state."""
    bpy.app.handlers.load_pre.remove(_opened)
    _opened("")
