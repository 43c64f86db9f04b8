"""Icons that the panel shows for jobs: the loss curve, the live preview, and the takes."""

from __future__ import annotations

from ...workflow.frame_files import middle_frame
from ...workflow.job_list import Row
from ...workflow.kept_results import takes_of
from ..common import icons
from ..common.file_cache import cached
from .curve import draw_curve

_drawn: dict[str, int] = {}
"""Number of losses in the last drawn curve of each running job."""
_live: dict[str, str] = {}
"""Most recently shown preview file of each running job."""


def follow(row: Row) -> None:
    """Redraw a job's curve if it has new losses; takes under 2 ms."""
    state, job = row.state, row.folder.path.name
    if state.phase != "running":
        drop(job)
        return
    if len(state.losses) < 2 or _drawn.get(job) == state.loss_count:
        return
    icons.draw(_curve(job), draw_curve(state.losses, state.loss_steps, state.total))
    _drawn[job] = state.loss_count


def curve_icon(row: Row) -> int:
    """Return the icon of the loss curve; 0 if there is none yet."""
    return icons.drawn_icon(_curve(row.folder.path.name))


def live_icon(row: Row) -> int:
    """Return the icon of the live preview; 0 if there is none yet."""
    name, job = row.state.preview, row.folder.path.name
    if not name.startswith("live/") or ".." in name:
        return 0
    path = row.folder.path / name
    if _live.get(job, str(path)) != str(path):
        icons.drop(_live[job])  # each preview is a new file; old ones are never shown again
    _live[job] = str(path)
    return icons.file_icon(path)


def take_icons(row: Row) -> list[int]:
    """Return an icon for each take of a finished job; 0 where it cannot be shown."""
    return [
        icons.file_icon(take.sheet) if take.sheet else icons.file_icon(_middle(take.folder))
        for take in takes_of(row)
    ]


def drop(job: str) -> None:
    """Free the icons that are shown only while a job runs."""
    if _drawn.pop(job, None) is not None:
        icons.drop(_curve(job))
    if (path := _live.pop(job, None)) is not None:
        icons.drop(path)


def keep_only(jobs: set[str]) -> None:
    """Drop the icons of jobs that no longer exist."""
    for job in (_drawn.keys() | _live.keys()) - jobs:
        drop(job)


def forget() -> None:
    """Forget all jobs; for unregister(), where icons.forget() then frees the memory."""
    _drawn.clear()
    _live.clear()


def _curve(job: str) -> str:
    return f"curve {job}"


_middle = cached(middle_frame)
