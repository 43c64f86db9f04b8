"""A result that plays in the panel before it is added: its pictures as icons, one after another."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import bpy
from bpy.props import IntProperty, StringProperty

from ..wire.errors import BadRequest
from . import pictures, polling
from .glance import glanced
from .jobs import Row
from .reporting import reports_errors
from .results import NO_IMAGES, takes_of

SECONDS = 30.0
"""Then it stops by itself: it is drawn all the time."""
_playing: dict[str, Any] = {}
"""At most one: `job`, `take`, `since` (seconds), `rate` (pictures a second)."""


class MTI_OT_play_result(bpy.types.Operator):
    """Play this result here, without adding it; once more: stop"""

    bl_idname = "mti.play_result"
    bl_label = "Play Result"

    job: StringProperty(name="Job", description="The job's id", options={"SKIP_SAVE"})
    take: IntProperty(
        name="Take",
        description="Which of the job's results; 1 is the likeliest",
        default=1,
        min=1,
        max=128,
        options={"SKIP_SAVE"},
    )

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Start or stop it."""
        row = polling.jobs.find(self.job)
        if row is None or not 1 <= self.take <= len(takes_of(row)):
            raise BadRequest(NO_IMAGES)
        if playing(row, self.take):
            stop()
            return {"FINISHED"}
        rate = pictures_a_second(row, context.scene.mti)
        for path in _paths(takes_of(row)[self.take - 1].folder):
            pictures.file_icon(path)  # now, as drawing must not wait for the disk
        _playing.update(job=self.job, take=self.take, since=time.monotonic(), rate=rate)
        if not bpy.app.timers.is_registered(_next):
            bpy.app.timers.register(_next)
        return {"FINISHED"}


def pictures_a_second(row: Row, props: Any) -> float:
    """As fast as the result will be shown."""
    assert row.request is not None  # it has takes
    if props.result_speed == "CHOSEN":
        return float(props.result_fps)
    return float(row.request.settings.num_frames / row.request.capture.seconds)


def playing(row: Row, take: int) -> bool:
    """This take is being played."""
    return (_playing.get("job"), _playing.get("take")) == (row.folder.path.name, take)


def icon(row: Row, take: int) -> int:
    """The icon of the picture that is to be seen now; 0 if this take is not being played."""
    path = picture(row, take)
    return pictures.file_icon(path) if path else 0


def picture(row: Row, take: int) -> Path | None:
    """The picture that is to be seen now; None if this take is not being played."""
    if not playing(row, take):
        return None
    takes = takes_of(row)
    paths = _paths(takes[take - 1].folder) if take <= len(takes) else ()
    number = int((time.monotonic() - _playing["since"]) * _playing["rate"])
    return paths[number % len(paths)] if paths else None


@glanced
def _paths(folder: Path) -> tuple[Path, ...]:
    """The pictures of a take, in order."""
    return tuple(sorted(folder.glob("[0-9]*.png")))


def stop() -> None:
    """Play nothing; also for unregister()."""
    _playing.clear()
    if bpy.app.timers.is_registered(_next):
        bpy.app.timers.unregister(_next)
    polling.redraw()


def _next() -> float | None:
    """Have the next picture drawn; on Blender's timer."""
    polling.redraw()
    if not _playing:
        return None
    if time.monotonic() - _playing["since"] > SECONDS:
        _playing.clear()
        return None
    return max(0.02, 1 / float(_playing["rate"]))
