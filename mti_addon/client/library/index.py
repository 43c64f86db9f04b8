"""The motions of several folders, followed as they change on disk; wire and stdlib only."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...wire.errors import MtiError
from .entry import Entry, Root
from .index_file import INDEX_FOLDER, Stamp
from .search import Query, all_tags, by_name, search
from .shelf import Shelf, is_settled, stamp_of
from .state import EMPTY, STATE_FILE, State, mark_used, read_state, set_favorite

_KEPT_ANSWERS = 8
EVERYTHING = Query()


@dataclass(frozen=True)
class Unreadable:
    """A motion, or a whole library, that cannot be read, and why."""

    folder: Path
    error: MtiError


class Library:
    """The motions of the own library, of studio folders, and of the shipped one.

    Files are read in `refresh` only, for as long as it may take. Everything else answers from
    memory. A motion that is in several folders (the same id) is shown once, from the first of them:
    the own one can be changed. Copies within one folder are all shown.
    """

    def __init__(
        self, own: Path | None, studio: Sequence[Path] = (), shipped: Path | None = None
    ) -> None:
        self.own = own
        roots = [Root(own, "own")] if own else []
        roots += [Root(path, "studio") for path in studio]
        roots += [Root(shipped, "shipped")] if shipped else []
        indexes = own / INDEX_FOLDER if own else None
        self._shelves = [Shelf(root, indexes) for root in roots]
        self._state = EMPTY
        self._state_stamp: Stamp | None = None
        self._shown: dict[Path, Entry] | None = None
        self._answers: dict[Query, list[Entry]] = {}
        self._tags: list[tuple[str, int]] | None = None
        self._problems: list[Unreadable] | None = None
        self._pass: Iterator[bool] | None = None
        self._loaded = False
        self.revision = 0
        """Grows with every change of what is shown."""
        self.is_complete = False
        """Whether every folder has been looked at once. Before, entries come from the index."""

    def refresh(self, budget_seconds: float | None = None) -> bool:
        """Look for changes on disk; return whether there are any to be shown.

        Stops after about `budget_seconds` (at least one file is looked at), and goes on from there
        when it is called next. Without a budget, it looks at everything once, from the beginning.
        """
        deadline = None if budget_seconds is None else time.perf_counter() + budget_seconds
        if self._pass is None or deadline is None:
            self._pass = self._look()
        before = self.revision
        for changed in self._pass:
            if changed:
                self._changed()
            if deadline is not None and time.perf_counter() > deadline:
                return self.revision != before
        self._pass = None
        self.is_complete = True
        return self.revision != before

    def notice(self, folder: Path) -> Entry | None:
        """Look at one folder at once, after changing it; return its entry if it is a motion."""
        shelf = next((each for each in self._shelves if each.root.path == folder.parent), None)
        if shelf is not None and shelf.look(folder.name):
            self._changed()
        return self.at(folder)

    def entries(self, query: Query = EVERYTHING) -> list[Entry]:
        """Return the motions that fit a query, in its order. The list must not be changed."""
        if query not in self._answers:
            if len(self._answers) >= _KEPT_ANSWERS:
                self._answers.clear()
            self._answers[query] = search(self._all().values(), query)
        return self._answers[query]

    def find(self, motion: str) -> Entry | None:
        """Return the motion with this id, from the first folder that has it; or None."""
        return next((entry for entry in self._all().values() if entry.id == motion), None)

    def at(self, folder: Path) -> Entry | None:
        """Return the motion in this folder; or None, also if it is shown from another folder."""
        return self._all().get(folder)

    def tags(self) -> list[tuple[str, int]]:
        """Return all tags, each with the number of its motions, by name."""
        if self._tags is None:
            self._tags = all_tags(self._all().values())
        return self._tags

    @property
    def problems(self) -> list[Unreadable]:
        """Return what cannot be read, root by root: the root itself, or its motions by folder."""
        if self._problems is None:
            self._problems = [
                Unreadable(folder, error)
                for shelf in self._shelves
                for folder, error in shelf.problems()
            ]
        return self._problems

    def set_favorite(self, motion: str, favorite: bool) -> None:
        """Make a motion, by its id, a favorite or none. Raises Busy, DiskFull, NotWritable."""
        if self.own is not None:
            self._take(set_favorite(self.own, motion, favorite))

    def mark_used(self, motion: str) -> None:
        """Note that a motion, by its id, is used now. Raises Busy, DiskFull, NotWritable."""
        if self.own is not None:
            self._take(mark_used(self.own, motion))

    def close(self) -> None:
        """Save the indexes, if they have changed; the library can still be used."""
        for shelf in self._shelves:
            for _ in shelf.saving_index(worth=1):
                pass

    def _look(self) -> Iterator[bool]:
        """Look at everything once; yield after each step whether something has changed."""
        if not self._loaded:
            self._loaded = True
            for shelf in self._shelves:
                shelf.load_index()
                yield bool(shelf.rows)
        if self.own is not None:
            yield self._look_at_state(self.own)
        for shelf in self._shelves:
            yield from shelf.scan()

    def _look_at_state(self, own: Path) -> bool:
        stamp = stamp_of(own / STATE_FILE)
        if stamp is not None and stamp == self._state_stamp:
            return False
        self._state_stamp = stamp if stamp is not None and is_settled(stamp) else None
        return self._take(EMPTY if stamp is None else read_state(own))

    def _take(self, state: State) -> bool:
        if state == self._state:
            return False
        self._state = state
        self._changed()
        return True

    def _changed(self) -> None:
        self.revision += 1
        self._shown = self._tags = self._problems = None
        self._answers.clear()

    def _all(self) -> dict[Path, Entry]:
        """Everything that is shown, by its folder, in the order of its names."""
        if self._shown is None:
            found, known = list[Entry](), set[str]()
            for shelf in self._shelves:
                entries = [entry for entry in shelf.entries() if entry.id not in known]
                found += entries
                known.update(entry.id for entry in entries)
            favorites, used = self._state.favorites, self._state.used
            marked = (e.marked(e.id in favorites, used.get(e.id, 0.0)) for e in by_name(found))
            self._shown = {entry.folder: entry for entry in marked}
        return self._shown
