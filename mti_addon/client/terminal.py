"""One line to paste into a terminal, whichever shell is in it; stdlib only."""

from __future__ import annotations

import base64
import re
import shlex
import sys
from collections.abc import Sequence

_PLAIN = re.compile(r"[A-Za-z0-9_./:\\-]+")
_QUOTES = re.compile("['\u2018\u2019\u201a\u201b]")
"""PowerShell takes all of these for a single quote; twice, it is itself."""
_MEANS_SOMETHING = re.compile('[$`%"\u201c\u201d\u201e]')
"""In double quotes, to PowerShell or to cmd.exe."""


def terminal_command(line: Sequence[str], folder: str, system: str = sys.platform) -> str:
    """The command that runs `line` in `folder`.

    For Windows it is understood by cmd.exe and by PowerShell, which share neither a way to change
    the folder nor one to quote a program: so it is a script of PowerShell in double quotes, or, for
    a path with a sign in it that one of them would replace, in base64, as PowerShell has it.
    """
    if system != "win32":
        return f"cd {shlex.quote(folder)} && {shlex.join(line)}"
    words = [word if _PLAIN.fullmatch(word) else _quoted(word) for word in line[1:]]
    run = " ".join(["&", _quoted(line[0]), *words])
    script = f"Set-Location -LiteralPath {_quoted(folder)}; {run}"
    if _MEANS_SOMETHING.search(script):
        encoded = base64.b64encode(script.encode("utf-16-le")).decode("ascii")
        return f"powershell -NoProfile -EncodedCommand {encoded}"
    return f'powershell -NoProfile -Command "{script}"'


def _quoted(word: str) -> str:
    return "'" + _QUOTES.sub(lambda found: found[0] * 2, word) + "'"
