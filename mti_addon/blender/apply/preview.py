"""Thumbnail of the target that will be sent, made on demand and stored in the user folder by ID."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import bpy

from ...wire import codec, files
from ...workflow.provenance import NOTE_FILE, Target, TargetNote, read_note, read_parents
from ..common import addon, icons
from ..common.file_cache import cached, is_file
from ..translations import translated
from . import state

PICTURE = "target.png"
KEPT = 8
"""Number of previews to keep. Undo may restore the ID of a deleted one, which then has no image."""


seen_note = cached(read_note)
seen_parents = cached(read_parents)


def folder() -> Path:
    """Return the folder of the previews."""
    return addon.user_folder() / "targets"


def keep(target: Target) -> str:
    """Save a target and return its ID. Raises DiskFull, NotWritable."""
    name = uuid.uuid4().hex
    with files.new_folder(folder() / name) as place:
        files.write_synced(place / PICTURE, target.png)
        text = codec.dumps(codec.to_dict(target.note))
        files.write_synced(place / NOTE_FILE, text.encode("utf-8"))
    files.keep_newest(folder(), KEPT, name)
    return name


def icon(name: str) -> int:
    """Return the icon of a target's thumbnail; 0 if it no longer exists."""
    path = folder() / name / PICTURE
    return icons.file_icon(path) if name.isalnum() and is_file(path) else 0


def about(name: str) -> list[str]:
    """Describe what a target was made from, in a few words; empty if it no longer exists."""
    note = seen_note(folder() / name) if name.isalnum() else None
    if note is None:
        return []
    return [short(note), described(note)]


def short(note: TargetNote) -> str:
    """Return a file's base name, or the name of a scene or strip."""
    return note.source.replace("\\", "/").rstrip("/").rpartition("/")[2] or note.kind.title()


def described(note: TargetNote) -> str:
    """Describe how a target was fitted to the engine's shape."""
    text = translated("{} x {} pixels", *note.size)
    if note.kept < 1:
        return text + translated(", cropped to {:.0%}", note.kept)
    return text + (translated(", padded") if note.fitted.padded else "")


def saved() -> bool:
    """Return whether this .blend file has been saved."""
    return bool(bpy.data.filepath)


def show(context: Any, target: Target, shape: state.Shape | None, again: bool = False) -> None:
    """Save a new target, or one that is sent `again`, and preview it in the panel.

    Raises DiskFull, NotWritable.
    """
    props = context.scene.mti
    props.target_shown = keep(target)
    props.target_shown_of = state.remember(state.made_of(context, shape, again))


def clear(scene: Any) -> None:
    """Clear the preview: its origin is unknown."""
    scene.mti.target_shown = scene.mti.target_shown_of = ""
