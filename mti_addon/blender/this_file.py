"""The .blend file that is open, as its jobs and results know it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import bpy
from bpy.app.handlers import persistent

from .motions import KnownMotion
from .origin import Origin

_ids: set[str] = set()
"""Of the open file, since it was opened: undo may take one away from its scenes."""
_used = ""
"""The label of the motion that is applied where none is chosen."""


def origin() -> Origin:
    """What a new job notes; gives the file an id if it has none yet."""
    known = sorted(_known())
    name = known[0] if known else uuid.uuid4().hex
    _ids.add(name)
    for scene in bpy.data.scenes:
        if scene.library is None and not scene.mti.file_id:
            scene.mti.file_id = name
    return Origin(name, bpy.data.filepath)


def is_here(of: Origin | None) -> bool:
    """A job, or a result, is of the open file."""
    if of is None:
        return False
    return of.file in _known() or bool(of.path) and of.path == bpy.data.filepath


def stay_with(motions: Sequence[KnownMotion]) -> KnownMotion | None:
    """Of the learned motions, the newest first, the one that is used unasked: the newest when this
    is asked first, and then the same for as long as it is there."""
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
    """Notice when another file is opened."""
    bpy.app.handlers.load_pre.append(_opened)


def unregister() -> None:
    """Forget everything."""
    bpy.app.handlers.load_pre.remove(_opened)
    _opened("")
