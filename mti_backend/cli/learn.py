"""`learn`: learns motions from videos. What computes is imported only when it runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mti_addon.wire.capture_folder import CaptureTask
from mti_addon.wire.durations import duration_text
from mti_addon.wire.edit import AS_LEARNED
from mti_addon.wire.errors import (
    EXIT_DONE,
    BackendMissing,
    BadRequest,
    Cancelled,
    DiskFull,
    ModelMissing,
    MtiError,
    NotWritable,
    OutOfMemory,
)
from mti_addon.wire.library import KINDS, About, Preset
from mti_addon.wire.motion_inversion import MotionInversionSettings
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import FASTEST, SLOWEST, CaptureInfo, Request
from mti_addon.wire.settings import MODELS_OF, InversionSettings, ModelName, Settings

from . import options as common
from .apply import Plan, add_result_options, places_of
from .blend_file import DEFAULT as DEFAULT_BLENDER
from .blend_file import Action, capture_actions, find_blender, is_blend
from .motions import Found
from .options import Parser
from .output import complain, printable, quality_text, say
from .places import work_folder
from .report import Report
from .words import (
    WordsPlan,
    add_word_options,
    given_words,
    names_of,
    note_vocabulary,
    playing_of,
    refuse_words,
)

if TYPE_CHECKING:
    from .learning import Learner, Outcome, Wish
    from .results import Places

NAME = "learn"
HELP = "learn a motion from a video or images, or all actions of a .blend file"
_ABOUT = """\
Learn the motion of a video and keep it in the library.

SOURCE is a video of any kind that ffmpeg reads, an animated GIF, WebP or PNG, a folder of numbered
images, or a folder of videos, each of which becomes a motion. The pictures are sampled evenly over
the range, and cropped in their center to the engine's shape. Two or three seconds in which one
thing moves, in full view and in front of a calm background, are learned best.

SOURCE may also be a .blend file. Then each action that moves bones of an armature in its scene
becomes a motion that is named after it, as by Learn All Actions in Blender, which is started
without a window and captures the keyed poses. Scripts in the file are not run.

If it is interrupted, even by a power failure, the same command continues. What the library already
has from the same pictures and settings is not learned again; with other settings, it is replaced.

With --method motion-inversion, the motion is learned on a text-to-video model. It can then be
played in whatever a prompt describes, in the size and length that it was learned with. This suits
camera moves, and many variants of one motion. The engine animatediff may be used commercially under
the licenses of its models; zeroscope may not. Both need a GPU. draft-by-words is small and runs on
any CPU, at 64 x 64 pixels; it only knows the words of its training, and names others in a note.
"""
_EXAMPLES = """\
  python -m mti_backend learn dance.mp4 --start 1.5 --end 4
  python -m mti_backend learn dance.mp4 --name Dance --tags party,arms --target portrait.png
  python -m mti_backend learn frames/ --fps 12 --kind object
  python -m mti_backend learn videos/ --engine svd --json > learned.json
  python -m mti_backend learn scene.blend --blender /opt/blender-5.0/blender --tags hero
  python -m mti_backend learn pan.mp4 --kind camera --method motion-inversion \\
      --caption "a street" --prompt "a castle in fog" --view camera
"""
_OF_ALL = (DiskFull, NotWritable, ModelMissing, BackendMissing, OutOfMemory)
"""What stops one motion of a folder would stop the others, too."""


@dataclass(frozen=True)
class _Part:
    """One of several motions that are learned."""

    source: Path
    learn: Callable[[], Outcome]
    """Raises MtiError."""
    action: str | None = None
    """The action, if the source is a .blend file."""


def add_options(parser: Parser) -> None:
    """Describe the command."""
    common.describe(parser, _ABOUT, _EXAMPLES)
    parser.add_argument("source", metavar="SOURCE", type=Path, help="what to learn from")
    _add_about(parser.add_argument_group("what is kept with the motion"))
    group = parser.add_argument_group("what is learned, and how")
    common.add_method(group)
    common.add_engine(
        group, None, "engine to learn on (default: draft; by motion-inversion, animatediff)"
    )
    group.add_argument(
        "--caption",
        type=common.text(MotionInversionSettings, "caption"),
        metavar="TEXT",
        help="what is seen in the source, such as 'a man waves', for motion-inversion",
    )
    group.add_argument(
        "--size",
        type=_size,
        metavar="WxH",
        help="size in pixels to learn in; less needs less memory (default: the engine's own)",
    )
    group.add_argument(
        "--frames",
        type=common.number(Settings, "num_frames"),
        metavar="N",
        help="length of the clip, for motion-inversion (default: the engine's own)",
    )
    group.add_argument(
        "--start", type=common.seconds, default=0.0, metavar="TIME", help="in seconds, or as 1:30"
    )
    group.add_argument("--end", type=common.seconds, metavar="TIME", help="as --start")
    rates = f"{SLOWEST:g} to {FASTEST:g}"
    group.add_argument(
        "--fps",
        type=common.number(CaptureInfo, "fps"),
        default=24.0,
        metavar="RATE",
        help=f"frames per second of numbered images, {rates} (default: 24)",
    )
    group.add_argument(
        "--iterations",
        type=common.number(InversionSettings, "iterations"),
        metavar="N",
        help="more take longer, and may be better (default: the engine's own number)",
    )
    group.add_argument(
        "--flip-safe", action="store_true", help="the motion stays the same when mirrored"
    )
    parser.add_argument(
        "--blender",
        default=DEFAULT_BLENDER,
        metavar="PATH",
        help="Blender, or a Python with the bpy module, for a .blend file (default: blender)",
    )
    common.add_library(parser, written=True)
    common.add_json(parser, "what was learned")
    common.add_quiet(parser)
    parser.add_argument(
        "--target", type=Path, metavar="IMAGE", help="then apply the motion to this image"
    )
    add_result_options(parser)
    add_word_options(parser)


def _size(text: str) -> tuple[int, int]:
    """Parse 512x320."""
    width, height = (int(part) for part in text.lower().split("x"))
    return width, height


def _add_about(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--name",
        type=common.text(Request, "name"),
        help="default: after the file; not for a folder of videos or a .blend file",
    )
    group.add_argument("--kind", choices=KINDS, default="body", help="what moves (default: body)")
    group.add_argument(
        "--tags", type=common.words(Preset, "tags"), default=(), help="words, such as party,arms"
    )
    for name, text in (
        ("author", "who made the video"),
        ("license", "an SPDX expression, such as CC-BY-4.0"),
        ("notes", "anything else"),
    ):
        group.add_argument(f"--{name}", type=common.text(Preset, name), default="", help=text)


def run(options: argparse.Namespace, report: Report) -> int:
    """Carry out the command; returns its exit code. Raises MtiError."""
    from ..models import model_folder
    from .footage.source import movies_in
    from .learning import Learner

    captures = is_blend(options.source)
    if captures:
        _refuse_options_of_footage(options)
    words = given_words(options) or options.caption is not None
    method = common.method_of(options, words)
    options.engine = options.engine or MODELS_OF[method][0]
    if method == "motion-inversion":
        common.refuse_given(options, ["target", "framing", "flip_safe", "in_between"], method)
    else:
        refuse_words(options)
        common.refuse_given(options, ["caption", "frames"], method)
    model_folder(options.engine)
    note_vocabulary(report.screen, options.engine, options)
    movies = movies_in(options.source) if options.source.is_dir() else []
    if movies and (options.name or options.target or options.prompt):
        what = (
            "--name, --target and --prompt are for a single video, and {path} is a folder of "
            "videos."
        )
        values = {"path": str(options.source)}
        raise BadRequest(Problem("options_of_one_video", what, "Leave them out.", values))
    wish = _wish(options)
    learner = Learner(wish, common.own_library(options), report.jobs(), report.screen)
    if captures:
        return _all(_captured(learner, options, report), options, report)
    if movies:
        return _all([_Part(path, partial(learner.learn, path)) for path in movies], options, report)
    return _one(learner, options, report)


def _refuse_options_of_footage(options: argparse.Namespace) -> None:
    """Raise BadRequest if one is given that makes no sense for the actions of a .blend file."""
    defaults: tuple[tuple[str, object], ...] = (
        *(("start", 0.0), ("end", None), ("fps", 24.0)),
        *(("name", None), ("target", None), ("prompt", [])),
    )
    given = [f"--{name}" for name, unset in defaults if getattr(options, name) != unset]
    if given:
        what = "{options} cannot be used with {path}, each action of which becomes a motion."
        hint = "Leave that out, or change the actions in Blender."
        values = {"options": ", ".join(given), "path": str(options.source)}
        raise BadRequest(Problem("options_of_footage", what, hint, values))


def _captured(learner: Learner, options: argparse.Namespace, report: Report) -> list[_Part]:
    """Have Blender capture the actions of a .blend file. Raises MtiError if it can capture none."""
    source: Path = options.source
    blender = find_blender(options.blender)
    file = str(source.resolve())
    task = CaptureTask(file, learner.wish.settings, options.kind, options.flip_safe)
    actions, notices = capture_actions(blender, task, work_folder(), report.screen)
    for notice in notices:
        report.screen.note(notice)
    return [
        _Part(source, partial(_learn_action, learner, source, action), action.name)
        for action in actions
    ]


def _learn_action(learner: Learner, source: Path, action: Action) -> Outcome:
    """Learn an action. Raises MtiError, also if it could not be captured."""
    from .learning import Reference

    if action.request is None:
        raise action.error or BadRequest("It was not captured.")
    notices, inputs = action.notices, action.inputs
    return learner.learn_from(Reference(source, action.request, inputs, notices, action.name))


def _wish(options: argparse.Namespace) -> Wish:
    from .learning import Wish

    about = About(options.kind, options.tags, options.author, options.license, options.notes)
    return Wish(
        engine=options.engine,
        about=about,
        name=options.name or "",
        start=options.start,
        end=options.end,
        image_fps=options.fps,
        flip_safe=options.flip_safe,
        iterations=options.iterations,
        seed=options.seed,
        # what a camera move does is seen at the edges of the frame
        framing=options.framing or ("whole" if options.kind == "camera" else None),
        size=options.size,
        frames=options.frames,
        caption=options.caption or "",
    )


def _one(learner: Learner, options: argparse.Namespace, report: Report) -> int:
    """Learn one motion, and apply it if there is a target."""
    from .learning import name_of

    places: Places | None = None
    sources = [options.target] if options.target is not None else names_of(options.prompt)
    if sources:  # before anything is learned
        name = options.name or name_of(options.source)
        places = places_of(sources, name, options)
    outcome = learner.learn(options.source)
    report.screen.clear()
    told = {"motions": [outcome.to_json(options.engine)]}
    report.so_far = told
    if not options.json:
        _tell_one(outcome, options.engine)
    if places is not None and outcome.motion is not None:
        plan = _plan(outcome.motion, places, options)
        results = plan.carry_out(learner.jobs)
        told |= {"results": plan.to_json(results)["results"]}
        if not options.json:
            plan.tell(results)
    return report.done(told)


def _plan(motion: Found, places: Places, options: argparse.Namespace) -> Plan | WordsPlan:
    """How the motion that was learned is applied."""
    engine: ModelName = options.engine
    if options.target is not None:
        return Plan(
            *([motion], AS_LEARNED, engine, (options.target,), places, options.seed),
            in_between=options.in_between,
        )
    words = playing_of(options, motion.preset.embeddings[engine].settings.words)
    words.check_prompts()
    return WordsPlan(motion, engine, words, places)


def _all(parts: list[_Part], options: argparse.Namespace, report: Report) -> int:
    """Learn one after the other, going on after failures; returns the highest code."""
    from .learning import Outcome

    outcomes: list[Outcome] = []
    for number, part in enumerate(parts, start=1):
        try:
            outcome = part.learn()
        except Cancelled:
            raise
        except MtiError as error:
            outcome = Outcome(part.source, "failed", error=error, action=part.action)
        outcomes.append(outcome)
        report.screen.clear()
        report.so_far = {"motions": [each.to_json(options.engine) for each in outcomes]}
        if not options.json:
            say(f"[{number}/{len(parts)}] {printable(outcome.label)}: {_summary(outcome)}")
            if outcome.warning:
                say(f"  {outcome.warning}")
        if outcome.error is not None:
            complain(outcome.error, outcome.action or "")
            if isinstance(outcome.error, _OF_ALL):
                break
    if not options.json:
        say(_counts(outcomes, len(parts)))
    codes = [each.error.exit_code for each in outcomes if each.error is not None]
    return report.done(report.so_far, max(codes, default=EXIT_DONE))


def _tell_one(outcome: Outcome, engine: str) -> None:
    motion = outcome.motion
    if motion is None:
        return
    say(f"{printable(motion.preset.name)}: {_summary(outcome)} on {engine}")
    say(f"  folder  {motion.place}")
    say(f"  id      {motion.preset.id}")
    if outcome.warning:
        say(f"  {outcome.warning}")


def _summary(outcome: Outcome) -> str:
    """Such as 'learned in 25 s, quality 0.43'."""
    if outcome.status == "failed":
        return "failed"
    quality = outcome.quality.reconstruction if outcome.quality else None
    measured = "" if quality is None else f", quality {quality_text(quality)}"
    if outcome.status == "known":
        return f"already in the library{measured}"
    return f"learned in {duration_text(outcome.seconds)}{measured}"


def _counts(outcomes: list[Outcome], total: int) -> str:
    """Such as '3 learned, 1 already in the library, 1 failed'."""
    count = {s: sum(o.status == s for o in outcomes) for s in ("learned", "known", "failed")}
    parts = [
        f"{count['learned']} learned",
        f"{count['known']} already in the library",
        f"{count['failed']} failed",
    ]
    if left := total - len(outcomes):
        parts.append(f"{left} not tried")
    return ", ".join(parts)
