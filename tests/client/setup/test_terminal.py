"""Pasted commands do what they should: in real shells here, and by the rules of Windows' shells."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mti_addon.client.setup.terminal import terminal_command

WORDS = [
    "-m",
    "mti_addon.client.setup.task_process",
    "--into",
    "two words",
    "it's",
    "a&b;c",
    "$HOME",
    "ö",
]
SHOW = "import os, sys; print(os.getcwd()); print(sys.argv[1:])"


SHELLS = [path for name in ("sh", "bash", "dash", "zsh", "fish") if (path := shutil.which(name))]


@pytest.mark.parametrize("program", SHELLS)
def test_a_shell_here_runs_it(tmp_path: Path, program: str) -> None:
    folder = tmp_path / "a 'folder' $(x)"
    folder.mkdir()
    line = terminal_command([sys.executable, "-c", SHOW, *WORDS], str(folder), "linux")
    done = subprocess.run([program, "-c", line], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [str(folder), str(WORDS)]


def argv_of(line: str) -> list[str]:
    """Split like Windows' CommandLineToArgvW after cmd.exe; backslashes before quotes, which do not
    occur here, are not handled."""
    assert '\\"' not in line
    return [part.replace('"', "") for part in re.findall(r'(?:[^\s"]|"[^"]*")+', line)]


def said_to_powershell(line: str) -> str:
    """The PowerShell script, however it is passed."""
    name, profile, how, script = argv_of(line)
    assert (name, profile) == ("powershell", "-NoProfile")
    if how == "-EncodedCommand":
        return base64.b64decode(script).decode("utf-16-le")
    assert how == "-Command"
    # cmd.exe replaces %NAME% in double quotes; PowerShell $name and `x, and ends them at \u201d
    assert not re.search("[%$`\u201c\u201d\u201e]", script)
    return script


def statements(script: str) -> list[list[str]]:
    """Parse plain words and single-quoted strings as PowerShell does."""
    quote = "['\u2018\u2019\u201a\u201b]"
    token = re.compile(rf"\s*(?:{quote}((?:{quote}{{2}}|(?!{quote}).)*){quote}|(;)|([^\s;'\"]+))")
    found: list[list[str]] = [[]]
    while script.strip():
        match = token.match(script)
        assert match, script
        text, end, word = match.groups()
        if end:
            found.append([])
        else:
            plain = re.sub(f"({quote}){quote}", r"\1", text) if text is not None else word
            found[-1].append(plain)
        script = script[match.end() :]
    return found


@pytest.mark.parametrize(
    "user",
    ["anna", "Anna Müller", "O'Brien", "O\u2019Brien", "100%", "$money", "a`b", "x & y; z",
     "[brackets]", "a\u201db"],
)  # fmt: skip
def test_both_shells_of_windows_run_it(user: str) -> None:
    folder = rf"C:\Users\{user}\AppData\mti"
    python = rf"C:\Program Files\{user}\python.exe"
    line = [python, "-m", "mti_addon.client.setup.task_process", "--into", rf"D:\{user}\backend"]
    command = terminal_command(line, folder, "win32")
    assert "\n" not in command and "cd /d" not in command and "&&" not in command
    change, run = statements(said_to_powershell(command))
    assert change == ["Set-Location", "-LiteralPath", folder]
    assert run == ["&", *line]


def test_it_can_be_read_where_nothing_stands_in_the_way() -> None:
    line = [
        r"C:\py\python.exe",
        "-m",
        "mti_backend",
        "download",
        "svd",
        "--models",
        r"D:\my models",
    ]
    assert terminal_command(line, r"C:\mti", "win32") == (
        "powershell -NoProfile -Command \"Set-Location -LiteralPath 'C:\\mti'; "
        "& 'C:\\py\\python.exe' -m mti_backend download svd --models 'D:\\my models'\""
    )
