"""One folder of motions, followed as it changes on disk; wire and stdlib only."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...wire.errors import MtiError, UnreadableInput
from ...wire.library import read_preset
from ...wire.library.preset import PRESET_FILE
from ...wire.problem import Problem
from .entry import Entry, Root, entry_of
from .index_file import Stamp, index_path, read_index, writing_index

_RACY_NS = 2_000_000_000
"""A file may change again within its file system's unit of time, which is at most this."""
_WORTH_WRITING = 32
"""So many presets are read in less time than an index of thousands is written."""


@dataclass(frozen=True)
class _Row:
    stamp: Stamp | None
    """Of the preset.json that was read; None: it must be read again, whatever it is."""
    read: Entry | MtiError


class Shelf:
    """The motions of one root by their folder's name."""

    def __init__(self, root: Root, indexes: Path | None) -> None:
        self.root = root
        self.rows: dict[str, _Row] = {}
        self.problem: MtiError | None = None
        """Why the root itself cannot be read."""
        self._index = index_path(indexes, root) if indexes else None
        self._unsaved = 0

    def load_index(self) -> None:
        """Show what the index says until the files have been looked at."""
        if self._index is not None:
            found = read_index(self._index, self.root)
            self.rows = {name: _Row(stamp, entry) for name, (stamp, entry) in found.items()}

    def saving_index(self, worth: int = _WORTH_WRITING) -> Iterator[None]:
        """Write the index, a little at a time, if at least `worth` presets were read or are gone
        since."""
        if self._index is None or self._unsaved < worth or self.problem is not None:
            return
        self._unsaved = 0
        yield from writing_index(
            self._index,
            [
                (name, row.stamp, row.read)
                for name, row in self.rows.items()
                if row.stamp is not None and isinstance(row.read, Entry)
            ],
        )

    def scan(self) -> Iterator[bool]:
        """Look at every folder; yield after each whether something has changed.

        Reads only what has another time or size than before.
        """
        try:
            names = sorted(name for name in os.listdir(self.root.path) if name[0] != ".")
        except OSError as error:
            yield self._unreadable(error)
            return
        changed = self.problem is not None
        if changed:  # it is back
            self.problem = None
            self.load_index()
        gone = self.rows.keys() - set(names)
        for name in gone:
            del self.rows[name]
        self._unsaved += len(gone)
        yield changed or bool(gone)
        for name in names:
            yield self.look(name)
        for _ in self.saving_index():
            yield False

    def look(self, name: str) -> bool:
        """Look at one folder; return whether something has changed."""
        before = self.rows.get(name)
        stamp = stamp_of(os.path.join(self.root.path, name, PRESET_FILE))
        if stamp is None:
            return self._remove(name)
        if before is not None and before.stamp == stamp:
            if isinstance(before.read, Entry):
                before.read.prepare()
            return False
        folder = self.root.path / name
        read: Entry | MtiError
        try:
            read = entry_of(read_preset(folder), folder, self.root.origin)
            read.prepare()
        except MtiError as error:
            if stamp_of(folder / PRESET_FILE) is None:  # deleted at this very moment
                return self._remove(name)
            read = error
        self.rows[name] = _Row(stamp if is_settled(stamp) else None, read)
        self._unsaved += 1
        return before is None or not _same(before.read, read)

    def _remove(self, name: str) -> bool:
        was_there = self.rows.pop(name, None) is not None
        self._unsaved += was_there
        return was_there

    def entries(self) -> list[Entry]:
        """Return the motions that can be read."""
        return [row.read for row in self.rows.values() if isinstance(row.read, Entry)]

    def problems(self) -> list[tuple[Path, MtiError]]:
        """Return what cannot be read: the root itself, or motions by folder."""
        if self.problem is not None:
            return [(self.root.path, self.problem)]
        rows = sorted(self.rows.items())
        return [
            (self.root.path / name, row.read)
            for name, row in rows
            if isinstance(row.read, MtiError)
        ]

    def _unreadable(self, error: OSError) -> bool:
        """Empty the shelf. An own library that does not exist yet is just empty."""
        before, had = self.problem, bool(self.rows)
        self.rows, self.problem = {}, None
        if not (isinstance(error, FileNotFoundError) and self.root.origin == "own"):
            what = "The library {path} cannot be read ({reason})."
            hint = "Check that its disk is connected, or choose another folder in the preferences."
            values = {"path": str(self.root.path), "reason": error.strerror or str(error)}
            self.problem = UnreadableInput(Problem("library_unreadable", what, hint, values))
        return had or not _same(before, self.problem)


def stamp_of(path: str | Path) -> Stamp | None:
    """Return the stamp of a regular file, or None."""
    try:
        about = os.stat(path)
    except (OSError, ValueError):
        return None
    return (about.st_mtime_ns, about.st_size) if stat.S_ISREG(about.st_mode) else None


def is_settled(stamp: Stamp) -> bool:
    """Return whether a file that changes now will have another stamp."""
    return abs(time.time_ns() - stamp[0]) > _RACY_NS


def _same(a: Entry | MtiError | None, b: Entry | MtiError | None) -> bool:
    if isinstance(a, MtiError) and isinstance(b, MtiError):
        return a.problem == b.problem
    return a == b
