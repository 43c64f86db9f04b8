"""Play a result in the panel before it is added, showing its images as icons in turn."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import bpy
from bpy.props import IntProperty, StringProperty

from ...wire.errors import BadRequest
from ...workflow.frame_files import frames_in
from ...workflow.job_list import Row
from ...workflow.kept_results import NO_IMAGES, takes_of
from ..common import icons, panels
from ..common.file_cache import cached
from ..common.reporting import reports_errors
from ..queue import polling

SECONDS = 30.0
"""Playback stops after this time, since it keeps redrawing the panel."""
_playing: dict[str, Any] = {}
"""At most one playback: `job`, `take`, `since` (seconds), `rate` (images per second)."""


class MTI_OT_play_result(bpy.types.Operator):
    """Play this result here without adding it; click again to stop"""

    bl_idname = "mti.play_result"
    bl_label = "Play Result"

    job: StringProperty(name="Job", description="Job ID", options={"SKIP_SAVE"})
    take: IntProperty(
        name="Take",
        description="Number of the job's result; 1 is the best match",
        default=1,
        min=1,
        max=128,
        options={"SKIP_SAVE"},
    )

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Start or stop playback."""
        row = polling.jobs.find(self.job)
        if row is None or not 1 <= self.take <= len(takes_of(row)):
            raise BadRequest(NO_IMAGES)
        if playing(row, self.take):
            stop()
            return {"FINISHED"}
        rate = pictures_a_second(row, context.scene.mti)
        for path in _paths(takes_of(row)[self.take - 1].folder):
            icons.file_icon(path)  # load now, since drawing must not wait for the disk
        _playing.update(job=self.job, take=self.take, since=time.monotonic(), rate=rate)
        if not bpy.app.timers.is_registered(_next):
            bpy.app.timers.register(_next)
        return {"FINISHED"}


def pictures_a_second(row: Row, props: Any) -> float:
    """Return the images per second at which the result will be shown."""
    assert row.request is not None  # the job has takes
    settings = row.request.settings
    if props.result_speed == "CHOSEN":  # of the frames; in-betweens make it no longer
        return float(props.result_fps * settings.images / settings.num_frames)
    return float(settings.images / row.request.capture.seconds)


def playing(row: Row, take: int) -> bool:
    """Return whether this take is playing."""
    return (_playing.get("job"), _playing.get("take")) == (row.folder.path.name, take)


def icon(row: Row, take: int) -> int:
    """Return the icon of the current image; 0 if this take is not playing."""
    path = picture(row, take)
    return icons.file_icon(path) if path else 0


def picture(row: Row, take: int) -> Path | None:
    """Return the current image; None if this take is not playing."""
    if not playing(row, take):
        return None
    takes = takes_of(row)
    paths = _paths(takes[take - 1].folder) if take <= len(takes) else ()
    number = int((time.monotonic() - _playing["since"]) * _playing["rate"])
    return paths[number % len(paths)] if paths else None


_paths = cached(frames_in)


def stop() -> None:
    """Stop playback; also for unregister()."""
    _playing.clear()
    if bpy.app.timers.is_registered(_next):
        bpy.app.timers.unregister(_next)
    panels.redraw()


def _next() -> float | None:
    """Redraw with the next image; called on Blender's timer."""
    panels.redraw()
    if not _playing:
        return None
    if time.monotonic() - _playing["since"] > SECONDS:
        _playing.clear()
        return None
    return max(0.02, 1 / float(_playing["rate"]))
