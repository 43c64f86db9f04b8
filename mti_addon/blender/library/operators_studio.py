"""Operators that share motions with the paired studio, and take those of others."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import StringProperty

from ...wire.library import export_to, read_motion
from ...wire.problem import Problem
from ..common.reporting import reports_errors, set_poll_message
from ..studio import place, watch
from ..translations import translated
from . import studio
from .operators_change import OfferedMotionOperator

_BUSY = Problem("studio_busy", "Wait until the studio has answered")
_NOT_PAIRED = Problem("studio_not_paired_yet", "Pair a studio first")


def _problem(kind: str) -> Problem | None:
    """Return why the studio cannot be asked now, or None."""
    if not place.address():
        return _NOT_PAIRED
    return place.offline_problem(place.address()) or (_BUSY if watch.running(kind) else None)


class MTI_OT_browse_studio(bpy.types.Operator):
    """Search the motions that the studio shares, in the background"""

    bl_idname = "mti.browse_studio"
    bl_label = "Search the Studio"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require a paired studio, and online access."""
        return set_poll_message(cls, _problem("motions"))

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Start the search; what it finds is shown in the library."""
        studio.browse(context.window_manager.mti.studio_search)
        return {"FINISHED"}


class MTI_OT_take_motion(bpy.types.Operator):
    """Copy this motion of the studio to your library"""

    bl_idname = "mti.take_motion"
    bl_label = "Get Motion"

    motion: StringProperty(
        name="Motion", description="The motion at the studio", options={"SKIP_SAVE", "HIDDEN"}
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require a paired studio, and online access."""
        return set_poll_message(cls, _problem("take"))

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Fetch it; it appears in the library when it has arrived."""
        studio.take(self.motion)
        return {"FINISHED"}


class MTI_OT_publish_motion(OfferedMotionOperator, bpy.types.Operator):
    """Share this motion with everybody at the studio"""

    bl_idname = "mti.publish_motion"
    bl_label = "Share with the Studio"

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Ask for confirmation: others see its name, author and pictures."""
        answer: set[str] = context.window_manager.invoke_confirm(self, event)
        return answer

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Write it as a .motion file, and send that in the background."""
        place.require_online(place.address())
        motion = read_motion(self.entry(context).folder)
        path = studio.outgoing(motion.preset.id)
        export_to(motion, path)
        watch.begin_task("publish", file=str(path))
        self.report({"INFO"}, translated("Sharing {}", motion.preset.name))
        return {"FINISHED"}


CLASSES: tuple[type, ...] = (MTI_OT_browse_studio, MTI_OT_take_motion, MTI_OT_publish_motion)
