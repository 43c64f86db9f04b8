"""What is wrong, in the one shape that it has everywhere; standard library only.

From the check that finds it, through errors, events and files, to the panel that shows it: a code,
the English sentence and remedy as templates, and the values that they are filled with. Translations
go by the code and the values, never by what a sentence happens to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing to say to an animator: mostly what is wrong, and what to do about it.

    How an engine or a set-up task stands has the same shape, without a remedy.
    """

    code: str
    """Names the sentence for good, also when its wording changes: "frame_range_empty"."""
    sentence: str
    """English, for str.format: "The frame range ends at {end}, before it starts at {start}."."""
    remedy: str = ""
    """English, for str.format with the same values; empty if nothing can be advised."""
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """What the templates name: texts and numbers, which JSON can hold; a path becomes a text."""

    def __post_init__(self) -> None:
        plain = {name: _plain(value) for name, value in self.values.items()}
        object.__setattr__(self, "values", plain)

    @classmethod
    def literal(
        cls, code: str, sentence: str, remedy: str = "", values: Mapping[str, Any] | None = None
    ) -> Problem:
        """Of English that is filled already: another process's, a library's."""
        return cls(code, _escaped(sentence), _escaped(remedy), values or {})

    @property
    def message(self) -> str:
        """The English sentence. Raises LookupError, ValueError for a template that does not fit."""
        return self.sentence.format_map(self.values)

    @property
    def hint(self) -> str:
        """The English remedy. Raises as `message`."""
        return self.remedy.format_map(self.values)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


def _plain(value: Any) -> str | int | float:
    """Paths, errors and numpy's numbers as what JSON has."""
    if isinstance(value, str):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else str(value)


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
