"""The words of the draft by words: those of its training, and what is said of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from mti_addon.wire import draft_vocabulary as vocabulary
from mti_addon.wire.draft_vocabulary import unknown_words, vocabulary_note
from mti_addon.wire.settings import INCLUDED, MODELS_OF
from mti_backend.draft.by_words import captions


def test_it_is_what_the_model_was_trained_with() -> None:
    assert sorted(vocabulary.WORDS | {","}) == captions.words()
    assert vocabulary.SUBJECTS == captions.SUBJECTS
    assert vocabulary.COLORS == tuple(captions.COLOURS)
    assert vocabulary.BACKGROUNDS == tuple(captions.BACKGROUNDS)
    assert set(vocabulary.ACTIONS) == {a for found in captions.ACTIONS.values() for a in found}
    assert len(vocabulary.ACTIONS) == len(set(vocabulary.ACTIONS))
    assert vocabulary.CAMERA_MOVES == captions.CAMERAS
    assert vocabulary.ENGINE in INCLUDED and vocabulary.ENGINE in MODELS_OF["motion-inversion"]


def test_the_manual_lists_it() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "applying.md").read_text("utf-8")
    for words in (
        vocabulary.SUBJECTS, vocabulary.COLORS, vocabulary.BACKGROUNDS, vocabulary.ACTIONS,
        vocabulary.CAMERA_MOVES,
    ):  # fmt: skip
        assert f"| {', '.join(words)} |\n" in manual
    assert f"*{vocabulary.EXAMPLE}*" in manual


@pytest.mark.parametrize(
    ("texts", "unknown"),
    [
        ((vocabulary.EXAMPLE,), ()),
        (("A red Dog, on GRASS!", ""), ()),
        (("a fox in snow", "a castle at night; a Fox"), ("fox", "castle")),
        (("a dog's 3 dogs",), ("dog's", "3", "dogs")),
        (("a stick-figure", "ein Übungshund 犬"), ("ein", "übungshund", "犬")),
    ],
)
def test_what_it_does_not_know_is_named_once(texts: tuple[str, ...], unknown: tuple[str]) -> None:
    assert unknown_words(texts) == unknown


def test_every_caption_of_the_grammar_is_known() -> None:
    for subject, actions in captions.ACTIONS.items():
        for colour, background, camera in zip(
            captions.COLOURS, captions.BACKGROUNDS, [*captions.CAMERAS, None, None], strict=True
        ):
            caption = captions.Caption(subject, colour, background, actions[0], camera)
            assert unknown_words([caption.text()]) == ()


def test_the_note_is_about_the_draft_alone_and_says_what_it_knows() -> None:
    assert vocabulary_note("animatediff", ["a fox"]) is None
    assert vocabulary_note("draft-by-words", ["a dog in snow"]) is None
    note = vocabulary_note("draft-by-words", ["a fox in {snow}", "a castle"])
    assert note is not None
    assert note.message == "Words that the draft does not know: fox, castle."
    assert "stick figure" in note.hint and "camera zooms out" in note.hint
    many = vocabulary_note("draft-by-words", [" ".join(f"x{c}" for c in "abcdefghijklmnop")])
    assert many is not None and many.message.endswith("xk, xl and others.")
