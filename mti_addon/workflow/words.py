"""Motions that are applied from a text prompt: captions, prompts, and their jobs.

Imports no bpy.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ..wire import PROTOCOL, CaptureInfo, JobFolder, Request, Settings, create_job
from ..wire.draft_vocabulary import ENGINE as DRAFT
from ..wire.errors import BadRequest
from ..wire.library import Kind
from ..wire.motion_inversion import MotionInversionSettings, View
from ..wire.problem import Problem
from ..wire.request import MOTION
from .captures import one_line
from .motions import KnownMotion

MAX_WORDS = 75
"""Words that a text encoder reads at most: each is one of its 77 tokens or more, and one token
begins a text and one ends it. The backend counts the tokens."""
MAX_LETTERS = 1000
_DRAFT_CAPTIONS = {
    "ARMATURE": "a stick figure on white paper",
    "OBJECT": "a box on white paper",
    "CAMERA": "a box",
}
"""What the draft has words for. Figures and objects are drawn on near-white paper. Around a camera
is a room of colored boxes; the draft has no word for tiled walls, so nothing is said of them. What
a viewport or a movie shows is not known. How it moves is not said: that is what is learned."""
_DRAFT_KINDS: dict[Kind, str] = {
    "face": "a face on white paper",
    "animal": "a dog on white paper",
}
ChosenView = Literal["AUTO", "object", "camera", "as_learned"]
TOO_MANY_WORDS = "The prompt has {count} words, and at most {limit} are read: {cut} ... is cut off."
NO_PROMPT = Problem("no_prompt", "Describe what is to be seen in Prompt first")


@dataclass(frozen=True)
class Playing:
    """What the panel says about how a motion is played."""

    prompts: tuple[str, ...]
    negative_prompt: str = ""
    view: ChosenView = "AUTO"
    """AUTO: the motion's own, that of what was captured."""
    strength: float = 1.0
    """0 to 1.5."""
    noise_prior: float = 0.5
    """0 to 1: how much of the reference's layout is kept."""


def is_by_words(settings: Settings) -> bool:
    """Return whether a motion is applied from a text prompt, and needs no target."""
    return settings.motion_inversion is not None


def caption_of(source: str, thing: str, motion: str, model: str = "") -> str:
    """Return what is seen in a capture, in English, as the text encoders read nothing else.

    `source`: of wire or panel, such as ARMATURE. `thing`: name of what was captured. `motion`: name
    of its motion. `model`: the engine; the draft only knows the words of its grammar.
    """
    if model == DRAFT:
        return _DRAFT_CAPTIONS.get(source, "")
    what = {
        "ARMATURE": "a stick figure, {motion}, on a plain background",
        "OBJECT": "a box that moves, {thing}, {motion}",
        "CAMERA": "the camera moves through a scene, {motion}",
        "VIEWPORT": "a 3D scene, {motion}",
    }.get(source, "{motion}")
    name = plain_name(motion)
    if plain_name(thing) == name:
        what = what.replace("{thing}, ", "")
    return one_line(what.format(thing=plain_name(thing), motion=name), MAX_LETTERS)


def caption_of_kind(kind: Kind, motion: str, model: str = "") -> str:
    """Return what is seen in the drawn images of a motion in the library; `model`: the engine."""
    if model == DRAFT and kind in _DRAFT_KINDS:
        return _DRAFT_KINDS[kind]
    sources = {"object": "OBJECT", "camera": "CAMERA"}
    return caption_of(sources.get(kind, "ARMATURE"), "", motion, model)


def plain_name(name: str) -> str:
    """Return a name of Blender as words: 'WalkCycle_v2.001' becomes 'walk cycle v2'."""
    words = "".join(f" {c}" if c.isupper() and i and name[i - 1].islower() else c
                    for i, c in enumerate(name))  # fmt: skip
    stem, _, number = words.rpartition(".")
    words = stem if stem and number.isdigit() else words
    return " ".join(words.replace("_", " ").replace(".", " ").split()).lower()


def prompts_problem(playing: Playing) -> Problem | None:
    """Return why these prompts cannot be sent, or None."""
    if not any(prompt.strip() for prompt in playing.prompts):
        return NO_PROMPT
    try:
        MotionInversionSettings(prompts=playing.prompts).check_prompts()
    except BadRequest:
        what = "Prompt {number} is empty: describe what is to be seen, or remove it"
        empty = next(i for i, prompt in enumerate(playing.prompts) if not prompt.strip())
        return Problem("one_prompt_empty", what, values={"number": empty + 1})
    found = map(words_problem, (*playing.prompts, playing.negative_prompt))
    return next((problem for problem in found if problem), None)


def words_problem(text: str) -> Problem | None:
    """Return what is certainly cut off a text, if anything."""
    words = text.split()
    if len(words) <= MAX_WORDS:
        return None
    values = {"count": len(words), "limit": MAX_WORDS, "cut": " ".join(words[MAX_WORDS:][:4])}
    return Problem("prompt_has_too_many_words", TOO_MANY_WORDS, "Shorten it.", values)


def learned(settings: Settings, caption: str, view: View, iterations: int, seed: int) -> Settings:
    """Return settings to learn with; `iterations`: 0 for as many as recommended.

    Early states are kept at the same shares of the iterations as recommended.
    """
    words = settings.words
    count = iterations or words.learning.iterations
    share = count / words.learning.iterations
    kept = sorted({max(1, round(share * step)) for step in words.learning.keep})
    learning = replace(words.learning, iterations=count, keep=tuple(kept), seed=seed)
    playing = replace(words.playing, view=view)
    caption = one_line(caption, MAX_LETTERS).strip()
    return replace(
        settings,
        motion_inversion=replace(words, caption=caption, learning=learning, playing=playing),
    )


def played(settings: Settings, playing: Playing, seed: int, takes: int) -> Settings:
    """Return settings to play a motion with, which keep how it was learned."""
    words = settings.words
    view = words.playing.view if playing.view == "AUTO" else playing.view
    how = replace(
        words.playing, view=view, strength=playing.strength, noise_prior=playing.noise_prior,
        seed=seed, takes=takes,
    )  # fmt: skip
    prompts = tuple(one_line(prompt, MAX_LETTERS).strip() for prompt in playing.prompts)
    negative = one_line(playing.negative_prompt, MAX_LETTERS).strip()
    return replace(
        settings,
        motion_inversion=replace(words, prompts=prompts, negative_prompt=negative, playing=how),
    )


def playing_of(settings: Settings) -> Playing:
    """Return how a result was played, to be shown in the panel again."""
    words = settings.words
    how = words.playing
    return Playing(words.prompts, words.negative_prompt, how.view, how.strength, how.noise_prior)


def of_prompt(settings: Settings, prompt: str) -> Settings:
    """Return the settings of one prompt's results; unchanged for a motion that needs none."""
    words = settings.motion_inversion
    if words is None or not prompt:
        return settings
    return replace(settings, motion_inversion=replace(words, prompts=(prompt,)))


def create_words_job(
    root: Path, motion: KnownMotion, playing: Playing, seed: int, takes: int
) -> JobFolder:
    """Write a job that plays a motion in what each prompt describes, `takes` times.

    Raises BadRequest, UnreadableInput, DiskFull, NotWritable; nothing is left behind then.
    """
    if problem := prompts_problem(playing):
        raise BadRequest(problem)
    settings = played(motion.settings, playing, seed, takes)
    return create_words_job_again(root, motion.name, settings, motion.files, motion.capture)


def create_words_job_again(
    root: Path, name: str, settings: Settings, files: Sequence[Path], capture: CaptureInfo
) -> JobFolder:
    """Write a job that plays a motion with these settings. Raises the same as create_words_job."""
    request = Request(
        protocol=PROTOCOL,
        job=uuid.uuid4().hex,
        task="apply",
        name=name,
        settings=settings,
        inputs={},
        reference_frames=0,
        references=0,
        targets=0,
        capture=capture,
    )
    return create_job(root, request, {MOTION: files[0]})
