"""What the panel shows of jobs, as icons: loss curve, what has been learned so far, takes."""

from __future__ import annotations

from pathlib import Path

from . import pictures
from .curve import draw_curve
from .glance import glanced
from .jobs import Row
from .results import takes_of

_drawn: dict[str, int] = {}
"""For each job that runs, of how many losses its curve was drawn."""
_live: dict[str, str] = {}
"""For each job that runs, the file of what it has learned so far that was shown last."""


def follow(row: Row) -> None:
    """Have the curve of a job drawn anew if it has told more losses; under 2 ms."""
    state, job = row.state, row.folder.path.name
    if state.phase != "running":
        drop(job)
        return
    if len(state.losses) < 2 or _drawn.get(job) == state.loss_count:
        return
    pictures.draw(_curve(job), draw_curve(state.losses, state.loss_steps, state.total))
    _drawn[job] = state.loss_count


def curve_icon(row: Row) -> int:
    """The icon of the loss curve; 0 if there is none yet."""
    return pictures.drawn_icon(_curve(row.folder.path.name))


def live_icon(row: Row) -> int:
    """The icon of what has been learned so far; 0 if nothing has been played yet."""
    name, job = row.state.preview, row.folder.path.name
    if not name.startswith("live/") or ".." in name:
        return 0
    path = row.folder.path / name
    if _live.get(job, str(path)) != str(path):
        pictures.drop(_live[job])  # each preview is a file of its own, and none comes back
    _live[job] = str(path)
    return pictures.file_icon(path)


def take_icons(row: Row) -> list[int]:
    """An icon for each take of a job that is done: 0 where it cannot be shown."""
    return [
        pictures.file_icon(take.sheet) if take.sheet else pictures.file_icon(_middle(take.folder))
        for take in takes_of(row)
    ]


def drop(job: str) -> None:
    """Give back the memory of what is shown only while a job runs."""
    if _drawn.pop(job, None) is not None:
        pictures.drop(_curve(job))
    if (path := _live.pop(job, None)) is not None:
        pictures.drop(path)


def keep_only(jobs: set[str]) -> None:
    """Drop what belongs to jobs that are not there any more."""
    for job in (_drawn.keys() | _live.keys()) - jobs:
        drop(job)


def forget() -> None:
    """Know of no job; for unregister(), after which pictures.forget() gives the memory back."""
    _drawn.clear()
    _live.clear()


def _curve(job: str) -> str:
    return f"curve {job}"


@glanced
def _middle(folder: Path) -> Path:
    """A picture in which something has moved: the first is the target itself."""
    names = sorted(folder.glob("*.png"))
    return names[len(names) // 2] if names else folder / "0001.png"
