"""Motions that the paired studio shares: what was found, and what was taken from it."""

from __future__ import annotations

from pathlib import Path

from ...client.remote.studio import StudioFolder
from ...wire import MtiError
from ...wire.library import import_motion
from ...wire.remote.messages import Motions, RemoteMotion, read_answer
from ..common import panels
from ..common.file_cache import cached
from ..studio import place, watch
from . import motions

SUFFIX = ".motion"


def found() -> tuple[RemoteMotion, ...]:
    """Return the motions that the last search has found."""
    return _found(place.folder().path)


def thumbnail(motion: RemoteMotion) -> Path:
    """Return the picture of a motion, which may not exist."""
    return place.folder().thumbnails / (motion.id + ".png")


def browse(query: str) -> None:
    """Search the studio's motions. Raises StudioError, Busy, DiskFull, NotWritable."""
    place.require_online(place.address())
    watch.begin_task("motions", query=query.strip())


def take(motion: str) -> None:
    """Fetch a motion; `look` adds it to the library. Raises the same as `browse`."""
    place.require_online(place.address())
    watch.begin_task("take", motion=motion, file=str(_incoming() / f"{motion}{SUFFIX}"))


def look() -> None:
    """Add the motions that have arrived to the library; called when a studio task has ended."""
    try:
        files = sorted(_incoming().glob("*" + SUFFIX))
    except OSError:
        return
    for path in files:
        try:
            motion, _is_new = import_motion(motions.own(), path)
            path.unlink(missing_ok=True)
        except MtiError as error:
            panels.remember_error(error.problem)
            path.unlink(missing_ok=True)  # it is still at the studio
        except OSError:
            continue
        else:
            motions.notice(motion.folder)
    if files:
        motions.tell()


def _incoming() -> Path:
    return place.folder().path / "incoming"


def outgoing(name: str) -> Path:
    """Return where to write a motion that is to be shared; its folder is created.

    Raises plain OSError.
    """
    folder = place.folder().path / "outgoing"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}{SUFFIX}"


@cached
def _found(path: Path) -> tuple[RemoteMotion, ...]:
    file = StudioFolder(path).motions_file
    try:
        page = read_answer(Motions, file.read_bytes(), file.name)
    except (OSError, MtiError):
        return ()
    return page.motions
