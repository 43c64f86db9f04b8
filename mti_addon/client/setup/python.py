"""Find a Python to create the backend's environment with; wire and stdlib only.

Searches the usual places on Linux, macOS and Windows; Blender's own is the last resort. Every
candidate is run to check it, so only a task's process does this.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...wire.errors import BackendMissing
from ...wire.problem import Problem

VERSIONS = ((3, 11), (3, 12), (3, 13))
"""Versions for which all of the backend's packages are built; the tested one first."""
_PROBE = (
    "import json,sys,struct\n"
    "def has(name):\n"
    "    try: __import__(name); return True\n"
    "    except ImportError: return False\n"
    "print(json.dumps({'path': sys.executable, 'version': sys.version_info[:3],"
    " 'bits': 8 * struct.calcsize('P'), 'venv': has('venv') and has('ensurepip')}))"
)


@dataclass(frozen=True)
class Interpreter:
    """A Python that responded."""

    path: str
    version: tuple[int, int, int]
    bits: int
    makes_environments: bool
    """It has venv and ensurepip, which Debian packages separately."""

    @property
    def problem(self) -> str:
        """Return why the backend cannot use it; empty if it can."""
        name = ".".join(map(str, self.version))
        if self.version[:2] not in VERSIONS:
            return f"is Python {name}; 3.{VERSIONS[0][1]} to 3.{VERSIONS[-1][1]} are needed"
        if self.bits != 64:
            return f"is a {self.bits}-bit Python; a 64-bit one is needed"
        if not self.makes_environments:
            return "cannot create environments; on Debian and Ubuntu install python3-venv"
        return ""


Ask = Callable[[list[str]], tuple[int, str]]
"""Runs a command; returns its exit code (-1 if it cannot be started) and its output."""


def probe(path: str, ask: Ask) -> Interpreter | None:
    """Return what an interpreter reports about itself; None if it does not run."""
    code, output = ask([path, "-I", "-c", _PROBE])
    try:
        told = json.loads(output.strip().splitlines()[-1]) if code == 0 else None
        return told and Interpreter(
            told["path"] or path, tuple(told["version"]), int(told["bits"]), bool(told["venv"])
        )
    except (ValueError, IndexError, KeyError, TypeError):
        return None


APPLES_STAND_IN = "/usr/bin"
"""On macOS, python3 in this folder opens a dialog offering the developer tools if they are
missing; otherwise it is 3.9, which is too old. Nothing in it is run unless chosen explicitly."""


def find_python(
    ask: Ask, wish: str = "", own: str = sys.executable, system: str = sys.platform
) -> Interpreter:
    """Return the interpreter to create the environment with: the chosen one, or the best one found.

    Args:
        own: the last resort, Blender's. system: as sys.platform.

    Raises BackendMissing, which lists what was found and why it is unsuitable.
    """
    refused: list[str] = []
    seen: set[str] = set()
    for path in [wish] if wish else [*candidates(os.environ, system), own]:
        real = os.path.realpath(path)
        if real in seen or not os.path.isfile(path):
            continue
        if not wish and _is_stand_in(real, system):
            continue
        seen.add(real)
        found = probe(path, ask)
        if found is not None and not found.problem:
            return found
        refused.append(f"{path} {found.problem if found else 'does not run'}")
    names = "; ".join(refused[:3]) or (f"{wish} does not exist" if wish else "none was found")
    raise BackendMissing(
        Problem(
            "no_python",
            "There is no suitable Python to set up the backend with: {found}.",
            "Install Python {version} (64-bit, with venv), or choose one in the preferences, then "
            "set up again.",
            {"found": names, "version": ".".join(map(str, VERSIONS[0]))},
        )
    )


def candidates(environ: Mapping[str, str], system: str = sys.platform) -> list[str]:
    """Return paths that may be a Python, the best first; they need not exist."""
    listed = list(_windows(environ) if system == "win32" else _unix(environ, system))
    listed = [path for path in listed if not _is_stand_in(path, system)]
    by_version = [f"{major}.{minor}" for major, minor in VERSIONS]

    def rank(path: str) -> int:
        compact = path.replace(os.sep, "/")
        for place, version in enumerate(by_version):
            if version in compact or f"python{version.replace('.', '')}" in compact.lower():
                return place
        return len(by_version)

    return sorted(dict.fromkeys(listed), key=rank)


def _is_stand_in(path: str, system: str) -> bool:
    return system == "darwin" and os.path.dirname(path) == APPLES_STAND_IN


def _unix(environ: Mapping[str, str], system: str) -> Iterator[str]:
    home = Path(environ.get("HOME", "/nonexistent"))
    names = [f"python{major}.{minor}" for major, minor in VERSIONS]
    for name in [*names, "python3", "python"]:
        if found := shutil.which(name, path=environ.get("PATH", "")):
            yield found
    # when started from the desktop, Blender often has a shorter PATH than a terminal
    folders = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin"]
    folders += [str(home / ".local/bin")]
    if system == "darwin":
        frameworks = "/Library/Frameworks/Python.framework/Versions"
        folders += [f"{frameworks}/{major}.{minor}/bin" for major, minor in VERSIONS]
    for folder in folders:
        yield from (f"{folder}/{name}" for name in [*names, "python3"])
    for major, minor in VERSIONS:
        yield from _globbed(home / ".pyenv/versions", f"{major}.{minor}.*/bin/python3")
        yield from _globbed(
            home / ".local/share/uv/python", f"cpython-{major}.{minor}.*/bin/python3"
        )


def _windows(environ: Mapping[str, str]) -> Iterator[str]:
    yield from _registered()
    for major, minor in VERSIONS:
        name = f"Python{major}{minor}"
        for variable, below in (
            ("LOCALAPPDATA", "Programs/Python"),
            ("PROGRAMFILES", ""),
            ("SYSTEMDRIVE", "/"),
        ):
            if base := environ.get(variable):
                yield str(Path(base) / below / name / "python.exe")
    if found := shutil.which("python", path=environ.get("PATH", "")):
        # this stub only opens the Microsoft Store
        if "WindowsApps" not in found:
            yield found


def _registered() -> Iterator[str]:
    """Yield installations that Python's own installer has registered (PEP 514)."""
    if sys.platform != "win32":
        return
    import winreg

    for hive in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
        for major, minor in VERSIONS:
            key = rf"Software\Python\PythonCore\{major}.{minor}\InstallPath"
            try:
                with winreg.OpenKey(hive, key) as opened:
                    folder = winreg.QueryValue(opened, None)
            except OSError:
                continue
            yield str(Path(folder) / "python.exe")


def _globbed(folder: Path, pattern: str) -> list[str]:
    try:
        return [str(path) for path in sorted(folder.glob(pattern), reverse=True)]
    except OSError:
        return []
