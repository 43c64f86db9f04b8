"""Motions applied by words: the options, and what they make. What computes is imported only when it
runs.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from mti_addon.wire.draft_vocabulary import vocabulary_note
from mti_addon.wire.edit import MotionPart
from mti_addon.wire.motion_inversion import (
    MAX_PROMPTS,
    MotionInversionSettings,
    NoiseStart,
    PlayingSettings,
    View,
)
from mti_addon.wire.request import MOTION, PROTOCOL, Request
from mti_addon.wire.settings import ModelName

from . import options as common
from .motions import Found
from .options import Parser
from .output import printable, say

if TYPE_CHECKING:
    from .progress import Screen
    from .results import Places, Result
    from .running import Jobs

_OPTIONS = ("prompt", "negative_prompt", "view", "noise_prior", "noise_start", "guidance", "steps")
_LONGEST_NAME = 60


def add_word_options(parser: Parser) -> None:
    """Add the options of motions applied from a text prompt."""
    group = parser.add_argument_group("applying by words (motion-inversion)")
    text = common.text(MotionInversionSettings, "negative_prompt")
    group.add_argument(
        "--prompt",
        type=text,
        action="append",
        default=[],
        metavar="TEXT",
        help="what is to be seen, such as 'a fox runs in snow'; may be given several times",
    )
    group.add_argument("--negative-prompt", type=text, metavar="TEXT", help="what is not")
    group.add_argument(
        "--view",
        choices=get_args(View),
        help="object: what moves, without the reference's looks (default); camera: only how the "
        "camera moves; as_learned: all, which may copy the looks",
    )
    for name, field, help_text in (
        ("noise-prior", "noise_prior", "0 to 1: how much the layout follows the reference's"),
        ("guidance", "guidance_scale", "how strictly the prompt is followed"),
        ("steps", "num_inference_steps", "sampler steps; fewer are faster"),
    ):
        kind = common.number(PlayingSettings, field)
        group.add_argument(
            f"--{name}", type=kind, metavar="NUMBER", help=f"{help_text} (default: the engine's)"
        )
    group.add_argument(
        "--noise-start",
        choices=get_args(NoiseStart),
        help="how the reference's noise enters the first one (default: blended)",
    )


def given_words(options: argparse.Namespace) -> bool:
    """Whether something is described."""
    return any(getattr(options, name) not in (None, []) for name in _OPTIONS)


def refuse_words(options: argparse.Namespace) -> None:
    """Raise BadRequest if an option of this method is given."""
    common.refuse_given(options, _OPTIONS, "motion-textual-inversion")


def playing_of(
    options: argparse.Namespace, settings: MotionInversionSettings
) -> MotionInversionSettings:
    """The settings with what the options say about applying."""
    changes = {
        "view": options.view,
        "noise_prior": options.noise_prior,
        "noise_start": options.noise_start,
        "guidance_scale": options.guidance,
        "num_inference_steps": options.steps,
        "strength": getattr(options, "strength", None),
    }
    if isinstance(changes["strength"], tuple):  # a list of one for each motion
        (changes["strength"],) = changes["strength"][:1]
    playing: PlayingSettings = replace(
        settings.playing,
        seed=options.seed,
        takes=options.takes,
        **{name: value for name, value in changes.items() if value is not None},
    )
    return replace(
        settings,
        prompts=tuple(options.prompt),
        negative_prompt=options.negative_prompt or "",
        playing=playing,
    )


def note_vocabulary(screen: Screen, engine: str, options: argparse.Namespace) -> None:
    """Say which words of caption and prompts the engine does not know; they stop nothing."""
    caption = getattr(options, "caption", None)
    if note := vocabulary_note(
        engine, (caption or "", *options.prompt, options.negative_prompt or "")
    ):
        screen.note(str(note))


def refuse_edits(options: argparse.Namespace) -> None:
    """Raise BadRequest for an option that changes a motion, except its strength."""
    parts = [name for name in get_type_hints(MotionPart) if name != "strength"]
    edits = (*parts, "blend", "then", "seam", "framing")
    common.refuse_given(options, edits, "motion-inversion")


def names_of(prompts: list[str]) -> list[Path]:
    """What the results of prompts are named after."""
    return [Path(re.sub(r"[^\w -]+", " ", text)[:_LONGEST_NAME].strip()) for text in prompts]


@dataclass(frozen=True)
class WordsPlan:
    """Which motion is played in what."""

    motion: Found
    engine: ModelName
    words: MotionInversionSettings
    places: Places

    def carry_out(self, jobs: Jobs) -> list[Result]:
        """Generate and write all results. Raises MtiError."""
        results: list[Result] = []
        for first in range(0, len(self.words.prompts), MAX_PROMPTS):
            results += self._some(jobs, first)
        return results

    def _some(self, jobs: Jobs, first: int) -> list[Result]:
        """Play as many prompts as one job can."""
        from .results import generated

        (data,) = self.motion.embedding(self.engine)
        words = replace(self.words, prompts=self.words.prompts[first : first + MAX_PROMPTS])
        return generated(jobs, self._request(words), {MOTION: data}, self.places, first)

    def _request(self, words: MotionInversionSettings) -> Request:
        preset = self.motion.preset
        settings = preset.embeddings[self.engine].settings
        return Request(
            protocol=PROTOCOL,
            job="",
            task="apply",
            name=preset.name,
            settings=replace(settings, motion_inversion=words),
            inputs={},
            reference_frames=0,
            references=0,
            targets=0,
            capture=preset.capture,
        )

    def to_json(self, results: list[Result]) -> dict[str, Any]:
        """What was done, for a program."""
        preset = self.motion.preset
        place = str(self.motion.place)
        return {
            "motions": [{"name": preset.name, "id": preset.id, "place": place}],
            "engine": self.engine,
            "results": [each.to_json("prompt", self._prompt(each)) for each in results],
        }

    def tell(self, results: list[Result]) -> None:
        """Print where the results are."""
        for result in results:
            take = f", take {result.take} (seed {result.seed})" if self.places.takes > 1 else ""
            for place in filter(None, (result.folder, result.video)):
                say(f"{printable(self._prompt(result))}{take}: {place}")

    def _prompt(self, result: Result) -> str:
        return self.words.prompts[result.image]
