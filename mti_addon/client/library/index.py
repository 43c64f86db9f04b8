"""The motions of several libraries; wire and stdlib only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...wire.errors import MtiError
from ...wire.library import Motion, read_library


class Library:
    """Motions from several folders: the user's own first, then a studio's and the shipped ones."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)
        self.problems: dict[Path, MtiError] = {}
        """Presets that the last motions() could not read, with the errors."""

    def motions(self) -> list[Motion]:
        """Return all readable motions, by name; the others are in `problems`."""
        self.problems = {}
        found: list[Motion] = []
        for root in self.folders:
            motions, problems = read_library(root)
            found += motions
            self.problems.update(problems)
        return sorted(found, key=lambda motion: motion.preset.name.casefold())
