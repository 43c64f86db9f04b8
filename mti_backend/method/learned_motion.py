"""What the motions of all methods have in common; stdlib only."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class LearnedMotion(Protocol):
    """A motion of any method."""

    @property
    def loss(self) -> float:
        """The mean loss at the end of learning."""

    def save(self, path: Path) -> None:
        """Write its file atomically. Raises DiskFull, NotWritable."""
