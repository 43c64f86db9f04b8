"""The single representation of problems; standard library only.

From the check that finds it, through errors, events and files, to the panel that shows it, a
problem is a code, the English message and remedy as templates, and the values to fill in.
Translations are based on the code and the values, never on the English text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any


@dataclass(frozen=True)
class Problem:
    """A message for the animator: usually what is wrong, and what to do about it.

    The state of an engine or a setup task has the same form, without a remedy.
    """

    code: str
    """Permanent identifier of the message, even if its wording changes: "frame_range_empty"."""
    sentence: str
    """English, for str.format: "The frame range ends at {end}, before it starts at {start}."."""
    remedy: str = ""
    """English, for str.format with the same values; empty if there is no advice."""
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Values for the templates: strings and numbers, as in JSON; a path becomes a string."""

    def __post_init__(self) -> None:
        plain = {name: _plain(value) for name, value in self.values.items()}
        object.__setattr__(self, "values", plain)

    @classmethod
    def literal(
        cls, code: str, sentence: str, remedy: str = "", values: Mapping[str, Any] | None = None
    ) -> Problem:
        """Create a problem from text already filled by another process or library."""
        return cls(code, _escaped(sentence), _escaped(remedy), values or {})

    @property
    def message(self) -> str:
        """Return the English message. Raises LookupError, ValueError for a mismatched template."""
        return self.sentence.format_map(self.values)

    @property
    def hint(self) -> str:
        """Return the English remedy. Raises the same as `message`."""
        return self.remedy.format_map(self.values)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


def _plain(value: Any) -> str | int | float:
    """Convert paths, errors and numpy's numbers to JSON types."""
    if isinstance(value, str):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else str(value)


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
