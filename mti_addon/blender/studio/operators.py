"""Operators of the preferences page: pair, test and forget the studio."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import StringProperty

from ...wire.problem import Problem
from ...wire.remote.pairing import parse_pairing
from ..common import addon
from ..common.dialogs import ask
from ..common.reporting import reports_errors, set_poll_message
from ..translations import translated
from . import place, watch

_BUSY = Problem("studio_busy", "Wait until the studio has answered")
_NOT_PAIRED = Problem("studio_not_paired_yet", "Pair a studio first")


def _waiting() -> Problem | None:
    return _BUSY if watch.running("pair") or watch.running("test") else None


class MTI_OT_pair_studio(bpy.types.Operator):
    """Connect this Blender to a studio's server, with the string from its administrator"""

    bl_idname = "mti.pair_studio"
    bl_label = "Pair with a Studio..."

    pairing: StringProperty(
        name="Pairing String",
        description="Paste what the studio's administrator was given: mti1:HOST:PORT#...#...",
        subtype="PASSWORD",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require that no pairing is being checked."""
        return set_poll_message(cls, _waiting())

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the string."""
        self.pairing = ""
        return ask(self, context, translated("Pair"), width=400)

    def draw(self, _context: Any) -> None:
        """Draw only the field."""
        self.layout.prop(self, "pairing")

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Check the string here, and the server in the background; keep neither in Blender."""
        text, self.pairing = self.pairing, ""
        pairing = parse_pairing(text)
        place.require_online(pairing.address)
        place.folder().propose(pairing)
        watch.begin_task("pair")
        return {"FINISHED"}


class MTI_OT_test_studio(bpy.types.Operator):
    """Ask the studio's server what it can do, in the background"""

    bl_idname = "mti.test_studio"
    bl_label = "Test Connection"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require a paired studio, and online access."""
        if not place.address():
            return set_poll_message(cls, _NOT_PAIRED)
        return set_poll_message(cls, place.offline_problem(place.address()) or _waiting())

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Start the studio task; its sentence is shown below the button."""
        watch.begin_task("test")
        return {"FINISHED"}


class MTI_OT_forget_studio(bpy.types.Operator):
    """Delete the studio's address, certificate and token from this machine. Jobs there go on"""

    bl_idname = "mti.forget_studio"
    bl_label = "Forget This Studio"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Require a paired studio."""
        problem = _waiting() if place.address() else _NOT_PAIRED
        return set_poll_message(cls, problem)

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Ask for confirmation: only a new pairing string brings it back."""
        answer: set[str] = context.window_manager.invoke_confirm(self, event)
        return answer

    @reports_errors
    def execute(self, _context: Any) -> set[str]:
        """Delete the files, and have new jobs run here."""
        place.folder().forget()
        addon.preferences().property_unset("place")
        watch.start()
        return {"FINISHED"}


CLASSES: tuple[type, ...] = (MTI_OT_pair_studio, MTI_OT_test_studio, MTI_OT_forget_studio)
