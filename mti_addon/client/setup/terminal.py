"""Build a command line to paste into a terminal, for any shell; stdlib only."""

from __future__ import annotations

import base64
import re
import shlex
import sys
from collections.abc import Sequence

_PLAIN = re.compile(r"[A-Za-z0-9_./:\\-]+")
_QUOTES = re.compile("['\u2018\u2019\u201a\u201b]")
"""PowerShell treats all of these as a single quote; doubled, they are literal."""
_SPECIAL = re.compile('[$`%"\u201c\u201d\u201e]')
"""Special in double quotes, to PowerShell or to cmd.exe."""


def terminal_command(line: Sequence[str], folder: str, system: str = sys.platform) -> str:
    """Return the command that runs `line` in `folder`.

    On Windows it must work in both cmd.exe and PowerShell, which share neither a way to change the
    folder nor one to quote a program. So it is a PowerShell script in double quotes, or, if a path
    contains a character that either shell would expand, in base64 for PowerShell.
    """
    if system != "win32":
        return f"cd {shlex.quote(folder)} && {shlex.join(line)}"
    words = [word if _PLAIN.fullmatch(word) else _quoted(word) for word in line[1:]]
    run = " ".join(["&", _quoted(line[0]), *words])
    script = f"Set-Location -LiteralPath {_quoted(folder)}; {run}"
    if _SPECIAL.search(script):
        encoded = base64.b64encode(script.encode("utf-16-le")).decode("ascii")
        return f"powershell -NoProfile -EncodedCommand {encoded}"
    return f'powershell -NoProfile -Command "{script}"'


def _quoted(word: str) -> str:
    return "'" + _QUOTES.sub(lambda found: found[0] * 2, word) + "'"
