"""The small picture of what will be sent: made on demand, kept in the user folder, by id."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import bpy

from ..wire import codec, files
from . import addon, pictures, target_state
from .glance import glanced, is_file
from .recipe import NOTE_FILE, TargetNote, read_note
from .target_sources import Target
from .translations import translated

PICTURE = "target.png"
KEPT = 8
"""Older ones go; undo may bring back the id of one, and then there is no picture."""


seen_note = glanced(read_note)


def folder() -> Path:
    """Where they lie."""
    return addon.user_folder() / "targets"


def keep(target: Target) -> str:
    """Write a target; gives its id. DiskFull, NotWritable."""
    name = uuid.uuid4().hex
    with files.new_folder(folder() / name) as place:
        files.write_synced(place / PICTURE, target.png)
        text = codec.dumps(codec.to_dict(target.note))
        files.write_synced(place / NOTE_FILE, text.encode("utf-8"))
    files.keep_newest(folder(), KEPT, name)
    return name


def icon(name: str) -> int:
    """The icon of a target's picture; 0 if it is not there any more."""
    path = folder() / name / PICTURE
    return pictures.file_icon(path) if name.isalnum() and is_file(path) else 0


def about(name: str) -> list[str]:
    """What it was made of, in a few words; empty if it is not there any more."""
    note = seen_note(folder() / name) if name.isalnum() else None
    if note is None:
        return []
    return [short(note), described(note)]


def short(note: TargetNote) -> str:
    """A file's own name, or that of a scene or a strip."""
    return note.source.replace("\\", "/").rstrip("/").rpartition("/")[2] or note.kind.title()


def described(note: TargetNote) -> str:
    """How a target was brought to the engine's shape, in a sentence."""
    text = translated("{} x {} pixels", *note.size)
    if note.kept < 1:
        return text + translated(", cropped to {:.0%}", note.kept)
    return text + (translated(", padded") if note.fitted.padded else "")


def saved() -> bool:
    """This .blend file has a place on disk."""
    return bool(bpy.data.filepath)


def show(
    context: Any, target: Target, shape: target_state.Shape | None, again: bool = False
) -> None:
    """Keep a target that was just made, or one that is sent `again`, and show it in the panel.
    DiskFull, NotWritable."""
    props = context.scene.mti
    props.target_shown = keep(target)
    props.target_shown_of = target_state.remember(target_state.made_of(context, shape, again))


def clear(scene: Any) -> None:
    """Show none: what it is made of is not known."""
    scene.mti.target_shown = scene.mti.target_shown_of = ""
