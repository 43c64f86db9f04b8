"""Changes of the library on disk, shown at once and undone with Blender's undo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ...client.library import Entry, change, delete, restore
from ...wire.errors import UnreadableInput
from ...workflow.motions import label_of
from . import grid, journal, motions, shown
from .problems import GONE

FIELDS = ("name", "kind", "tags", "author", "license", "notes")
"""What can be changed of a motion."""


@dataclass
class Deletion:
    """A motion that was moved to the trash."""

    own: Path
    folder: Path
    name: str
    place: Path | None = None
    """Where it is in the trash; None: it is back."""

    def delete(self) -> None:
        """Move it to the trash."""
        global last_deleted
        self.place = delete(self.own, self.folder)
        motions.notice(self.folder)
        last_deleted = self

    def restore(self) -> None:
        """Bring it back, unless that was done before."""
        global last_deleted
        if self.place is None:
            return
        self.folder, self.place = restore(self.own, self.place), None
        grid.reveal(motions.notice(self.folder))
        if last_deleted is self:
            last_deleted = None


last_deleted: Deletion | None = None
"""Offered to be restored."""


def entry_of(folder: str, context: Any) -> Entry:
    """Return the motion in a folder, or the chosen one without a folder.

    Raises UnreadableInput if there is none.
    """
    entry = motions.library().at(Path(folder)) if folder else shown.chosen(context.scene)
    if entry is None:
        raise UnreadableInput(GONE)
    return entry


def change_motion(context: Any, entry: Entry, **after: Any) -> None:
    """Change fields of a motion. Raises what `client.library.change` does."""
    before = {name: getattr(entry, name) for name in after}
    _change(entry.folder, **after)

    def undo() -> None:
        _change(entry.folder, **before)

    def redo() -> None:
        _change(entry.folder, **after)

    journal.note(context.scene, undo, redo)


def delete_motion(context: Any, entry: Entry) -> None:
    """Move a motion to the trash. Raises what `client.library.delete` does."""
    deletion = Deletion(motions.own(), entry.folder, entry.name)
    deletion.delete()
    journal.note(context.scene, deletion.restore, deletion.delete)


def choose(scene: Any, entry: Entry | None) -> None:
    """Choose a motion in a scene, and scroll to it."""
    if entry is not None:
        scene.mti.motion = label_of(entry)
        grid.reveal(entry)


def forget() -> None:
    """Offer nothing; for unregister()."""
    global last_deleted
    last_deleted = None


def _change(folder: Path, **fields: Any) -> None:
    """Change a motion; the scenes that use it know it by its new name."""
    before = motions.library().at(folder)
    change(motions.own(), folder, **fields)
    after = motions.notice(folder)
    if before is None or after is None or before.name == after.name:
        return
    for scene in bpy.data.scenes:
        if scene.library is None and scene.mti.motion == label_of(before):
            scene.mti.motion = label_of(after)
