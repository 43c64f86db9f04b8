"""What the draft by words knows, and which of the typed words it does not; nothing for others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...wire.draft_vocabulary import (
    ACTIONS,
    BACKGROUNDS,
    CAMERA_MOVES,
    COLORS,
    ENGINE,
    EXAMPLE,
    SUBJECTS,
    vocabulary_note,
)
from ..common.drawing import paragraph
from ..translations import told, translated

_PARTS = (
    ("Subjects: {}", SUBJECTS),
    ("Colors: {}", COLORS),
    ("Places: {}", BACKGROUNDS),
    ("Actions: {}", ACTIONS),
    ("Camera: {}", CAMERA_MOVES),
    ("Example: {}", (EXAMPLE,)),
)


def draw_unknown(context: Any, layout: Any, model: str, texts: Sequence[str]) -> None:
    """Draw which words of `texts` the engine `model` does not know."""
    if note := vocabulary_note(model, texts):
        paragraph(context, layout, told(note)[0], "INFO")


def draw_known(context: Any, layout: Any, model: str, name: str) -> None:
    """Draw, folded, the words that the engine `model` knows. `name`: of the fold, by which Blender
    remembers whether it is open."""
    if model != ENGINE:
        return
    header, body = layout.panel(name, default_closed=True)
    header.label(text="Words the Draft Knows")
    for text, words in _PARTS if body else ():
        paragraph(context, body, translated(text, ", ".join(words)), "NONE")
