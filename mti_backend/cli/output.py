"""What the command line prints. Imports the standard library and wire only.

Results go to stdout, everything else to stderr. Names come from other people's files, so nothing
that a terminal would take as a command is printed.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Sequence
from typing import Any

from mti_addon.wire.errors import MtiError
from mti_addon.wire.events import Failed

_GAP = "  "
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    """The text on one line, without control characters and those that change its direction."""
    plain = (" " if letter in "\n\t" else letter for letter in text)
    return "".join(
        _REPLACEMENT if unicodedata.category(letter) in ("Cc", "Cf", "Cs") else letter
        for letter in plain
    )


def say(text: str) -> None:
    """Print a line of the result to stdout."""
    print(text)


def json_text(value: Any) -> str:
    """JSON in ASCII alone, which every terminal and pipe can take."""
    return json.dumps(value, indent=2, allow_nan=False)


def say_json(value: Any) -> None:
    """Print a value to stdout as JSON."""
    print(json_text(value))


def complain(error: MtiError, place: str = "") -> None:
    """Print an error to stderr: where, what is wrong, and what to do."""
    text = f"{place}: {error.problem}" if place else str(error.problem)
    print(f"mti: {printable(text)}", file=sys.stderr)


def error_json(error: MtiError) -> dict[str, Any]:
    """The error for a program: its kind, its exit code, and the fields of the event `failed`."""
    told = Failed.of(error)
    return {
        "code": told.code,
        "exit_code": error.exit_code,
        "problem": told.problem,
        "message": told.message,
        "hint": told.hint,
    }


def table(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> str:
    """Rows of one length as a table; the columns `right` are aligned to the right."""
    plain = [[printable(cell) for cell in row] for row in rows]
    widths = [max(_width(row[i]) for row in plain) for i in range(len(plain[0]))]
    lines = []
    for row in plain:
        cells = [
            " " * (width - _width(cell)) + cell
            if i in right
            else cell + " " * (width - _width(cell))
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(_GAP.join(cells).rstrip())
    return "\n".join(lines)


def _width(text: str) -> int:
    """Columns in a terminal: Chinese, Japanese and Korean letters take two."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def size_text(count: int) -> str:
    """A number of bytes, such as '48 KB' or '1.3 MB'."""
    if count < 1e6:
        return f"{max(1, round(count / 1e3))} KB" if count else "0 KB"
    return f"{count / 1e6:.1f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"


def quality_text(value: float) -> str:
    """A quality with two decimals; never '-0.00'."""
    return f"{round(value, 2) + 0.0:.2f}"
