"""Options that several commands share, and the kinds of their values. Imports the standard library
and wire only.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, get_args, get_type_hints

from mti_addon.wire.codec import Range
from mti_addon.wire.errors import BadRequest
from mti_addon.wire.problem import Problem
from mti_addon.wire.settings import ALL_MODELS, METHODS, MODELS_OF, Method, ModelName

from .motions import library_problem
from .places import LIBRARY_VARIABLE, default_library, shipped_library

Parser = argparse.ArgumentParser

EXIT_CODES = """\
exit codes:
  0   done
  2   cannot be done as asked: a wrong option, a file that is no motion or no video, nothing moves
  3   stopped by Ctrl-C; the same command continues
  70  a fault of this program
  75  try again later: the disk is full, the memory is not enough, another process works on it
"""


def describe(parser: Parser, text: str, examples: str) -> None:
    """Set what a command's help says before and after its options."""
    parser.description = text
    parser.epilog = f"examples:\n{examples}\n{EXIT_CODES}"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def add_library(parser: Parser, written: bool = False) -> None:
    """Add --library; `written`: the command adds motions to the first one."""
    first = "motions are added to the first; " if written else ""
    parser.add_argument(
        "--library",
        type=Path,
        action="append",
        metavar="DIR",
        help=f"folder of motions, may be given several times ({first}default: ${LIBRARY_VARIABLE}, "
        f"or {default_library()})",
    )


def add_json(parser: Parser, what: str) -> None:
    """Add --json; `what` it prints."""
    parser.add_argument("--json", action="store_true", help=f"print {what} as JSON to stdout")


def add_quiet(parser: Parser) -> None:
    """Add --quiet."""
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def add_engine(parser: argparse._ActionsContainer, default: str | None, text: str) -> None:
    """Add --engine."""
    parser.add_argument("--engine", choices=ALL_MODELS, default=default, help=text)


def add_method(parser: argparse._ActionsContainer) -> None:
    """Add --method."""
    parser.add_argument(
        "--method",
        choices=METHODS,
        help="motion-textual-inversion animates images; motion-inversion plays a motion in what "
        "words describe (default: that of the engine, or of what is given)",
    )


def method_of(options: argparse.Namespace, words: bool) -> Method:
    """The method that the options mean; `words`: they describe something. Raises BadRequest if they
    contradict each other."""
    engine: ModelName | None = options.engine
    of_engine = next((m for m, models in MODELS_OF.items() if engine in models), None)
    method: Method = (
        options.method or of_engine or ("motion-inversion" if words else "motion-textual-inversion")
    )
    if of_engine not in (None, method):
        what = "The model {model} cannot be used with {method}."
        values = {"model": engine, "method": method, "models": ", ".join(MODELS_OF[method])}
        raise BadRequest(Problem("model_of_other_method", what, "Choose one of: {models}.", values))
    return method


def refuse_given(options: argparse.Namespace, names: Iterable[str], method: Method) -> None:
    """Raise BadRequest if an option is given that only the other method has."""
    for name in names:
        if getattr(options, name) not in (None, False, [], ()):
            what = "{option} cannot be used with {method}."
            hint = "Leave it out, or choose the other --method."
            shown = "IMAGE" if name == "images" else f"--{name}".replace("_", "-")
            values = {"option": shown, "method": method}
            raise BadRequest(Problem("option_of_other_method", what, hint, values))


def own_library(options: argparse.Namespace) -> Path:
    """The library that motions are added to."""
    return options.library[0] if options.library else default_library()


def libraries(options: argparse.Namespace) -> list[Path]:
    """All libraries, the user's own first, the shipped motions last.

    Raises UnreadableInput if one that was named does not exist."""
    chosen: list[Path] = options.library or [default_library()]
    for root in options.library or ():
        if problem := library_problem(root):
            raise problem
    return [*(root.resolve() for root in chosen), shipped_library()]


def seconds(text: str) -> float:
    """Parse 12.5, 1:30 or 0:01:30 as seconds, from 0."""
    parts = [float(part) for part in text.split(":")]
    if len(parts) > 3 or not all(math.isfinite(part) and part >= 0 for part in parts):
        raise ValueError(text)
    return float(sum(part * 60.0**place for place, part in enumerate(reversed(parts))))


def numbers(cls: type, field: str) -> Callable[[str], tuple[float, ...]]:
    """A parser of '0.5' or '0.7,0.3' as numbers that a field of the wire can have."""
    one = number(cls, field)

    def parse(text: str) -> tuple[float, ...]:
        return tuple(float(one(part)) for part in text.split(","))

    return parse


def number(cls: type, field: str) -> Callable[[str], float]:
    """A parser of a number that a field of the wire can have; a whole one if the field is."""
    hint = get_type_hints(cls, include_extras=True)[field]
    kind: type = get_args(hint)[0]
    limits: Range = get_args(hint)[1]

    def parse(text: str) -> float:
        try:
            value = float(kind(text))
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number") from error
        if not limits.low <= value <= limits.high:  # NaN, too
            low_high = f"{limits.low:g} to {limits.high:g}"
            raise argparse.ArgumentTypeError(f"{text} is not in the range {low_high}")
        return value if kind is float else int(value)

    return parse


def text(cls: type, field: str) -> Callable[[str], str]:
    """A parser of a text that a field of the wire can have."""
    return _matching(get_type_hints(cls, include_extras=True)[field])


def words(cls: type, field: str) -> Callable[[str], tuple[str, ...]]:
    """A parser of 'one, two' as texts that a list of the wire can have, each once."""
    one = _matching(get_args(get_type_hints(cls, include_extras=True)[field])[0])

    def parse(given: str) -> tuple[str, ...]:
        found = (word.strip() for word in given.split(","))
        return tuple(dict.fromkeys(one(word) for word in found if word))

    return parse


def _matching(hint: Any) -> Callable[[str], str]:
    pattern = get_args(hint)[1].pattern

    def parse(given: str) -> str:
        if not re.fullmatch(pattern, given):
            raise argparse.ArgumentTypeError(
                f"{given!r} is empty, too long, or has a character that is not allowed"
            )
        return given

    return parse
