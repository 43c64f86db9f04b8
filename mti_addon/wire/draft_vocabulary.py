"""The words that the engine draft-by-words was trained with; stdlib only.

It knows no others: its captions came from a closed grammar (mti_backend/draft/by_words/captions.py,
which an installed extension lacks; tests/wire/test_draft_vocabulary.py compares the two).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .problem import Problem
from .settings import ModelName

ENGINE: ModelName = "draft-by-words"
SUBJECTS = (
    "person", "robot", "stick figure", "dog", "horse", "ball", "box", "windmill", "plant",
    "pendulum", "flag", "face",
)  # fmt: skip
COLORS = ("red", "orange", "yellow", "green", "blue", "purple", "black", "white")
"""Of the subject, or, after "in", of a person's clothes."""
BACKGROUNDS = (
    "on white paper", "on gray paper", "in snow", "on grass", "on sand", "at night",
    "in a forest", "at sunset",
)  # fmt: skip
ACTIONS = (
    "moving left", "moving right", "jumping", "walking left", "walking right", "swaying",
    "waving", "bowing", "squatting", "nodding",
)  # fmt: skip
CAMERA_MOVES = (
    "camera pans left", "camera pans right", "camera tilts up", "camera tilts down",
    "camera zooms in", "camera zooms out",
)  # fmt: skip
EXAMPLE = "a red dog jumping on grass, camera pans left"
_PHRASES = (*SUBJECTS, *COLORS, *BACKGROUNDS, *ACTIONS, *CAMERA_MOVES, "a", "an", "in")
WORDS = frozenset(" ".join(_PHRASES).split())
MOST_NAMED = 12
"""Words that are named; more are not needed to see what is meant."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+")
UNKNOWN = "Words that the draft does not know: {words}."
KNOWN = (
    "It knows these subjects: {subjects}; colors: {colors}; places: {backgrounds}; actions: "
    "{actions}; and camera moves: {cameras}."
)


def unknown_words(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the words of these texts that the draft does not know, in lower case, each once.

    Punctuation does not count.
    """
    found = (word.lower() for text in texts for word in _WORD.findall(text))
    return tuple(dict.fromkeys(word for word in found if word not in WORDS))


def vocabulary_note(model: str, texts: Iterable[str]) -> Problem | None:
    """Return which of these words an engine does not know; None if that is not the draft.

    This stops no job: what is not known falls apart into letters, which say little to the model.
    """
    unknown = unknown_words(texts) if model == ENGINE else ()
    if not unknown:
        return None
    named = ", ".join(unknown[:MOST_NAMED]) + " and others" * (len(unknown) > MOST_NAMED)
    values = {
        "words": named,
        "subjects": ", ".join(SUBJECTS),
        "colors": ", ".join(COLORS),
        "backgrounds": ", ".join(BACKGROUNDS),
        "actions": ", ".join(ACTIONS),
        "cameras": ", ".join(CAMERA_MOVES),
    }
    return Problem("draft_does_not_know_words", UNKNOWN, KNOWN, values)
