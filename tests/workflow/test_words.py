"""Motions that are played in words: captions, prompts, and what a job says of them."""

from __future__ import annotations

import pytest

from mti_addon.wire.draft_vocabulary import unknown_words
from mti_addon.wire.library import KINDS
from mti_addon.wire.settings import MODELS_OF, Settings
from mti_addon.workflow.words import (
    MAX_WORDS,
    Playing,
    caption_of,
    caption_of_kind,
    learned,
    of_prompt,
    plain_name,
    played,
    playing_of,
    prompts_problem,
    words_problem,
)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Truck_Right", "truck right"),
        ("WalkCycle.001", "walk cycle"),
        ("run v2", "run v2"),
        ("Cube.action", "cube action"),
        ("", ""),
        ("Übung", "übung"),
    ],
)
def test_a_name_of_blender_becomes_words(name: str, words: str) -> None:
    assert plain_name(name) == words


def test_a_caption_says_what_is_seen() -> None:
    assert caption_of("CAMERA", "Camera", "Orbit") == "the camera moves through a scene, orbit"
    assert caption_of("OBJECT", "Ball", "BallAction") == "a box that moves, ball, ball action"
    assert caption_of("OBJECT", "Ball", "Ball") == "a box that moves, ball"
    assert caption_of("FILE", "clip", "dance\nfloor") == "dance floor"


def test_of_what_the_draft_learns_its_own_words_are_suggested() -> None:
    sources = ("ARMATURE", "OBJECT", "CAMERA", "VIEWPORT", "FILE")
    suggested = [caption_of(source, "Fox", "Run_Fast", "draft-by-words") for source in sources]
    assert suggested[:3] == ["a stick figure on white paper", "a box on white paper", "a box"]
    assert suggested[3:] == ["", ""], "nobody knows what is seen there"
    suggested += [caption_of_kind(kind, "Run_Fast", "draft-by-words") for kind in KINDS]
    assert unknown_words(suggested) == ()
    assert all(suggested[5:])


def test_of_braces_in_a_name_nothing_comes_but_braces() -> None:
    assert caption_of("OBJECT", "{motion}", "{thing}") == "a box that moves, {motion}, {thing}"


def test_as_many_words_as_are_read_are_allowed() -> None:
    assert words_problem("word " * MAX_WORDS) is None
    problem = words_problem("word " * MAX_WORDS + "one two three four five")
    assert problem is not None and problem.values["cut"] == "one two three four"
    assert str(problem).endswith("one two three four ... is cut off. Shorten it.")


@pytest.mark.parametrize(
    ("playing", "code"),
    [
        (Playing(()), "no_prompt"),
        (Playing(("", " ")), "no_prompt"),
        (Playing(("a fox", "")), "one_prompt_empty"),
        (Playing(("a fox", "word " * 76)), "prompt_has_too_many_words"),
        (Playing(("a fox",), "word " * 76), "prompt_has_too_many_words"),
        (Playing(("a fox",) * 8, "blurry"), None),
    ],
)
def test_what_is_wrong_with_prompts(playing: Playing, code: str | None) -> None:
    problem = prompts_problem(playing)
    assert (problem.code if problem else None) == code


@pytest.mark.parametrize("model", MODELS_OF["motion-inversion"])
def test_settings_say_how_it_is_learned_and_played(model: str) -> None:
    plain = Settings.for_model(model)
    made = learned(plain, " a cube\n", "camera", 0, 3)
    assert made.words.learning.iterations == plain.iterations
    assert made.words.learning.keep == plain.words.learning.keep
    assert made.words.learning.seed == 3
    assert made.words.caption == "a cube"
    scaled = learned(plain, "", "object", 2 * plain.iterations, 0).words.learning.keep
    assert scaled == tuple(2 * step for step in plain.words.learning.keep)
    short = (1, 2, 4, 7) if model == "draft-by-words" else (2, 4, 7)
    assert learned(plain, "", "object", 7, 0).words.learning.keep == short
    assert learned(plain, "", "object", 1, 0).words.learning.keep == (1,)
    playing = Playing(("a fox", "a\tcat"), "blurry", "AUTO", 0.7, 0.25)
    done = played(made, playing, 11, 2)
    done.check()
    how = done.words.playing
    assert (how.view, how.strength, how.noise_prior, how.seed, how.takes) == (
        "camera", 0.7, 0.25, 11, 2,
    )  # fmt: skip
    assert done.words.prompts == ("a fox", "a cat") and done.words.caption == "a cube"
    assert how.num_inference_steps == plain.num_inference_steps
    assert playing_of(done) == Playing(("a fox", "a cat"), "blurry", "camera", 0.7, 0.25)
    assert of_prompt(done, "a cat").words.prompts == ("a cat",)
    assert of_prompt(Settings.for_model("svd"), "a cat") == Settings.for_model("svd")
