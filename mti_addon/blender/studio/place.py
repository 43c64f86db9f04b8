"""Where jobs run: on this machine, or at the studio; only reads files."""

from __future__ import annotations

from pathlib import Path

from ...client.remote.engines import studio_engine, studio_seconds
from ...client.remote.studio import Status, StudioFolder
from ...client.setup.engines import EngineState
from ...wire.errors import StudioError
from ...wire.problem import Problem
from ...wire.remote.pairing import is_loopback
from ..common import addon
from ..common.file_cache import cached


def folder() -> StudioFolder:
    """Return the folder of what is known about the studio; it may not exist."""
    return StudioFolder(addon.user_folder() / "studio")


def address() -> str:
    """Return HOST:PORT of the paired studio; empty if there is none."""
    return _address(folder().path)


def at_studio() -> bool:
    """Return whether new jobs are sent to the studio."""
    prefs = addon.preferences()
    return bool(prefs and prefs.place == "STUDIO" and address())


def engine(name: str) -> EngineState:
    """Return the state of an engine at the studio."""
    return studio_engine(name, status())


def seconds(name: str, learns: bool, applies: bool) -> float | None:
    """Return how long a usual job takes there, without waiting; None if unknown."""
    return studio_seconds(name, status(), learns, applies)


def status() -> Status | None:
    """Return what the studio that is paired now said last."""
    found = _status(folder().path)
    return found if found is not None and found.studio == address() else None


def offline_problem(host_and_port: str) -> Problem | None:
    """Return why a server must not be spoken to, or None; this machine always may be."""
    host = host_and_port.rpartition(":")[0].strip("[]")
    return None if is_loopback(host) else addon.offline_problem()


def require_online(host_and_port: str) -> None:
    """Raise StudioError if online access is off, and the server is not on this machine."""
    if problem := offline_problem(host_and_port):
        raise StudioError(problem)


def start_problem() -> Problem | None:
    """Return what prevents a new job from starting where it should run, or None."""
    return None if at_studio() else addon.backend_problem()


def resume_problem() -> Problem | None:
    """Return what prevents any job from being resumed, or None."""
    return None if address() else addon.backend_problem()


@cached
def _address(path: Path) -> str:
    # not the credentials: the answer is kept, and the token need not be
    found = StudioFolder(path).credentials()
    return found.pairing.address if found else ""


@cached
def _status(path: Path) -> Status | None:
    return StudioFolder(path).status()
