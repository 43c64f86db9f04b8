"""The grammar: every caption says what it knows, and differently from every other."""

from __future__ import annotations

from itertools import product

import pytest

from mti_backend.draft.by_words.captions import (
    ACTIONS,
    BACKGROUNDS,
    CAMERAS,
    COLOURS,
    SUBJECTS,
    Caption,
    visible,
    words,
)


def test_no_two_captions_are_the_same_words() -> None:
    found = {
        Caption(subject, colour, background, action, camera).text()
        for subject in SUBJECTS
        for colour, background, action, camera in product(
            (None, *COLOURS), (None, *BACKGROUNDS), (None, *ACTIONS[subject]), (None, *CAMERAS)
        )
    }
    actions = sum(1 + len(ACTIONS[subject]) for subject in SUBJECTS)
    assert len(found) == (1 + len(COLOURS)) * (1 + len(BACKGROUNDS)) * actions * (1 + len(CAMERAS))


@pytest.mark.parametrize(
    ("caption", "text"),
    [
        (
            Caption("dog", "red", "on grass", "jumping", "camera pans left"),
            "a red dog jumping on grass, camera pans left",
        ),
        (Caption("ball", "orange", "in snow"), "an orange ball in snow"),
        (Caption("person", "blue", action="waving"), "a person in blue waving"),
        (Caption("stick figure"), "a stick figure"),
    ],
)
def test_what_it_says(caption: Caption, text: str) -> None:
    assert caption.text() == text
    known = set(words())
    assert all(word.strip(",") in known for word in text.split())


def test_what_is_left_out_is_not_said() -> None:
    whole = Caption("dog", "red", "on grass", "jumping", "camera pans left")
    assert whole.without("action", "camera").text() == "a red dog on grass"
    assert whole.without("colour", "background").text() == "a dog jumping, camera pans left"


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "fox"},
        {"subject": "dog", "colour": "pink"},
        {"subject": "ball", "action": "waving"},
        {"subject": "dog", "background": "on Mars"},
        {"subject": "dog", "camera": "camera shakes"},
    ],
)
def test_a_word_outside_the_grammar_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=[*wrong.values()][-1]):
        Caption(**wrong)


def test_every_background_has_colours_that_are_seen_in_front_of_it() -> None:
    assert all(sum(visible(colour, b) for colour in COLOURS) >= 6 for b in BACKGROUNDS)
    assert not visible("white", "in snow") and visible("red", "in snow")
