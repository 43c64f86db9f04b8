"""`apply`: animates pictures with a motion. What computes is imported only when it runs."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from mti_addon.wire.edit import MotionEdit
from mti_addon.wire.errors import BadRequest, WrongModel
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import (
    MAX_TARGETS,
    PROTOCOL,
    Request,
    motion_name,
    target_name,
)
from mti_addon.wire.settings import (
    MODELS_OF,
    Framing,
    Method,
    ModelName,
    SamplingSettings,
)

from . import options as common
from .edits import add_edit_options, edit_of
from .motions import Found, find
from .options import Parser
from .output import say
from .report import Report
from .words import (
    WordsPlan,
    add_word_options,
    given_words,
    names_of,
    note_vocabulary,
    playing_of,
    refuse_edits,
    refuse_words,
)

if TYPE_CHECKING:
    from .results import Places, Result
    from .running import Jobs

NAME = "apply"
HELP = "animate pictures with a motion, or apply it from a text prompt"
_ABOUT = """\
Animate one or more images with a motion that was learned before, or apply it from a text prompt.

MOTION is a name, an id or its first digits, the folder of a motion, or a .motion file.
IMAGE is a PNG, JPEG, WebP, TIFF or BMP file. For each image there is a folder DIR/IMAGE with the
pictures 0001.png, 0002.png ... and preview.webp, the same as one moving picture.

A motion that was learned by motion-inversion is played in what each --prompt describes. No image is
needed. For each prompt there is a folder named after it. Size and length are those of learning.
"""
_EXAMPLES = """\
  python -m mti_backend apply wave portrait.png
  python -m mti_backend apply wave portrait.png --takes 3 --out takes --video wave.mp4
  python -m mti_backend apply wave a.png b.png --strength 0.5 --reverse
  python -m mti_backend apply wave portrait.png --then nod --seam 0.3
  python -m mti_backend apply pan --prompt "a castle in fog" --prompt "a reef" --view camera
"""


def add_options(parser: Parser) -> None:
    """Describe the command."""
    common.describe(parser, _ABOUT, _EXAMPLES)
    parser.add_argument("motion", metavar="MOTION", help="the motion to apply")
    parser.add_argument("images", metavar="IMAGE", nargs="*", type=Path, help="image to animate")
    add_result_options(parser)
    common.add_engine(parser, None, "engine to use (default: one that has learned the motion)")
    common.add_library(parser)
    common.add_json(parser, "the results")
    common.add_quiet(parser)
    common.add_method(parser)
    add_edit_options(parser)
    add_word_options(parser)


def add_result_options(parser: Parser) -> None:
    """Add the options about what is generated, and where it is written."""
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of the results (default: the motion's name)"
    )
    parser.add_argument(
        "--video",
        type=Path,
        metavar="FILE",
        help="also write a video: .mp4, .mov, .mkv, .webm or .gif; of several results, the "
        "image's name is added to the file's",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace earlier results")
    parser.add_argument(
        "--takes",
        type=common.number(SamplingSettings, "takes"),
        default=1,
        metavar="N",
        help="results for each image, 1 to 8, each with its own seed; the likeliest first",
    )
    parser.add_argument(
        "--seed",
        type=common.number(SamplingSettings, "seed"),
        default=0,
        metavar="N",
        help="random seed; the same seed gives the same result (default: 0)",
    )
    parser.add_argument(
        "--in-between",
        type=common.number(SamplingSettings, "in_between"),
        default=0,
        metavar="N",
        help="in-betweens after each picture, 0 to 7, for smoother motion; only the draft makes "
        "them (default: 0)",
    )
    parser.add_argument(
        "--framing",
        choices=get_args(Framing),
        help="what the draft sees of an image: the figure alone, or the whole frame, as camera "
        "moves need it (default: as the motion was learned)",
    )


def run(options: argparse.Namespace, report: Report) -> int:
    """Carry out the command; returns its exit code. Raises MtiError."""
    from ..models import model_folder

    libraries = common.libraries(options)
    if common.method_of(options, given_words(options)) == "motion-inversion":
        return _by_words(find(options.motion, libraries), options, report)
    refuse_words(options)
    if not options.images:
        what, hint = "There is nothing to animate.", "Name an image, or describe it with --prompt."
        raise BadRequest(Problem("nothing_to_animate", what, hint))
    names = [options.motion, *(options.blend or options.then or ())]
    motions = [find(name, libraries) for name in names]
    edit, engine = edit_of(options, motions), engine_of(motions, options.engine)
    model_folder(engine)
    places = places_of(options.images, motions[0].preset.name, options)
    images = tuple(options.images)
    plan = Plan(
        motions, edit, engine, images, places, options.seed, options.framing, options.in_between
    )
    results = plan.carry_out(report.jobs())
    if not options.json:
        plan.tell(results)
    return report.done(plan.to_json(results))


def _by_words(motion: Found, options: argparse.Namespace, report: Report) -> int:
    """Play a motion in what the prompts describe."""
    from ..models import model_folder

    refuse_edits(options)
    common.refuse_given(options, ["images", "in_between"], "motion-inversion")
    engine = engine_of([motion], options.engine, "motion-inversion")
    words = playing_of(options, motion.preset.embeddings[engine].settings.words)
    words.check_prompts()
    model_folder(engine)
    note_vocabulary(report.screen, engine, options)
    places = places_of(names_of(options.prompt), motion.preset.name, options)
    plan = WordsPlan(motion, engine, words, places)
    results = plan.carry_out(report.jobs())
    if not options.json:
        plan.tell(results)
    return report.done(plan.to_json(results))


def places_of(images: Sequence[Path], name: str, options: argparse.Namespace) -> Places:
    """Where the results of a motion of this name go. Raises BadRequest if they must not."""
    from .results import Places

    slug = re.sub(r"[^\w.-]+", "-", name.casefold()).strip("-.") or "motion"
    out = options.out or Path(slug)
    return Places.of(images, out, options.takes, options.video, options.overwrite)


@dataclass(frozen=True)
class Plan:
    """What is applied to which images."""

    motions: Sequence[Found]
    edit: MotionEdit
    engine: ModelName
    images: tuple[Path, ...]
    places: Places
    seed: int
    framing: Framing | None = None
    """None: as the motion was learned."""
    in_between: int = 0

    def carry_out(self, jobs: Jobs) -> list[Result]:
        """Generate and write all results. Raises MtiError."""
        from .pictures import target_png

        targets = [target_png(path) for path in self.images]
        results: list[Result] = []
        for first in range(0, len(targets), MAX_TARGETS):
            results += self._some(jobs, first, targets[first : first + MAX_TARGETS])
        return results

    def _some(self, jobs: Jobs, first: int, targets: list[bytes]) -> list[Result]:
        """Animate as many images as one job can."""
        from .results import generated

        inputs = {target_name(i + 1): data for i, data in enumerate(targets)}
        embeddings = [data for motion in self.motions for data in motion.embedding(self.engine)]
        inputs |= {motion_name(i + 1): data for i, data in enumerate(embeddings)}
        return generated(jobs, self._request(len(targets)), inputs, self.places, first)

    def _request(self, targets: int) -> Request:
        preset = self.motions[0].preset
        settings = preset.embeddings[self.engine].settings
        sampling = replace(
            settings.sampling,
            seed=self.seed,
            takes=self.places.takes,
            in_between=self.in_between,
        )
        if self.framing is not None:
            sampling = replace(sampling, framing=self.framing)
        return Request(
            protocol=PROTOCOL,
            job="",
            task="apply",
            name=preset.name,
            settings=replace(settings, sampling=sampling),
            inputs={},
            reference_frames=0,
            references=0,
            targets=targets,
            capture=preset.capture,
            edit=self.edit,
        )

    def to_json(self, results: list[Result]) -> dict[str, Any]:
        """What was done, for a program."""
        return {
            "motions": [
                {"name": each.preset.name, "id": each.preset.id, "place": str(each.place)}
                for each in self.motions
            ],
            "engine": self.engine,
            "results": [each.to_json("image", str(self.images[each.image])) for each in results],
        }

    def tell(self, results: list[Result]) -> None:
        """Print where the results are."""
        for result in results:
            name = self.images[result.image].name
            take = f", take {result.take} (seed {result.seed})" if self.places.takes > 1 else ""
            for place in filter(None, (result.folder, result.video)):
                say(f"{name}{take}: {place}")


def engine_of(
    motions: Sequence[Found],
    wish: ModelName | None,
    method: Method = "motion-textual-inversion",
) -> ModelName:
    """The engine that was asked for, or the first of the method that has learned all of the
    motions.

    Raises WrongModel."""
    for motion in motions:
        if wish is not None and wish not in motion.preset.embeddings:
            learned = ", ".join(motion.preset.embeddings) or "no engine"
            what = "{name} was not learned on {engine}, but on {learned}."
            hint = "Choose that with --engine, or learn the motion on {engine}."
            values = {"name": motion.preset.name, "engine": wish, "learned": learned}
            raise WrongModel(Problem("motion_not_of_engine", what, hint, values))
    if wish is not None:
        return wish
    for name in MODELS_OF[method]:
        if all(name in motion.preset.embeddings for motion in motions):
            return name
    what = "No engine has learned all of these motions: {names}."
    names = ", ".join(motion.preset.name for motion in motions)
    raise WrongModel(
        Problem("motions_of_no_engine", what, "Learn them on the same engine.", {"names": names})
    )
