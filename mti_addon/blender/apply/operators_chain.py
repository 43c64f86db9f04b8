"""Operators that change which motions a chain has, and their order."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import IntProperty

from ...wire.problem import Problem
from ..common.reporting import reports_errors, set_poll_message
from ..translations import translated
from .edit_parts import add_part, full_problem, further_parts, remove_part, swap_parts

NO_CHAIN = Problem("no_chain", "Choose Then under Combine in Edit Motion first")
EARLIER = "Show this motion earlier, if the order is wrong. Its settings go with it"
LATER = "Show this motion later, if the order is wrong. Its settings go with it"


def _number() -> Any:
    return IntProperty(
        name="Number",
        description="Which motion of the chain; the first one is 1",
        options={"SKIP_SAVE", "HIDDEN"},
    )


class _OfChain:
    """Mixin of operators that need a chain."""

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require a chain."""
        is_chain = context.scene.mti.edit_combine == "chain"
        return set_poll_message(cls, None if is_chain else NO_CHAIN)


class MTI_OT_add_to_chain(bpy.types.Operator):
    """Add a motion after the last one, for an action of several steps: walk, stop, wave"""

    bl_idname = "mti.add_to_chain"
    bl_label = "Add Motion"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Require a chain with room for another."""
        props = context.scene.mti
        is_chain = props.edit_combine == "chain"
        return set_poll_message(cls, full_problem(props) if is_chain else NO_CHAIN)

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Add one that is still to be chosen."""
        add_part(context.scene.mti)
        return {"FINISHED"}


class MTI_OT_remove_from_chain(_OfChain, bpy.types.Operator):
    """Leave this motion out if the action is too long. The others share its part of the clip"""

    bl_idname = "mti.remove_from_chain"
    bl_label = "Remove Motion from Chain"
    bl_options = {"UNDO"}

    number: _number()

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Remove it."""
        props, place = context.scene.mti, self.number - 2
        if not 0 <= place < len(further_parts(props)):
            return {"CANCELLED"}
        remove_part(props, place)
        return {"FINISHED"}


class MTI_OT_move_in_chain(_OfChain, bpy.types.Operator):
    """Show this motion earlier or later, if the order is wrong. Its settings go with it"""

    bl_idname = "mti.move_in_chain"
    bl_label = "Move Motion in Chain"
    bl_options = {"UNDO"}

    number: _number()
    step: IntProperty(
        name="Step",
        description="-1 for earlier, 1 for later",
        default=-1,
        min=-1,
        max=1,
        options={"SKIP_SAVE", "HIDDEN"},
    )

    @classmethod
    def description(cls, _context: Any, properties: Any) -> str:
        """Say in which direction."""
        return translated(EARLIER if properties.step < 0 else LATER)

    @reports_errors
    def execute(self, context: Any) -> set[str]:
        """Swap it with its neighbor."""
        props, place = context.scene.mti, self.number - 2
        count, other = len(further_parts(props)), place + self.step
        if place == other or not (0 <= place < count and 0 <= other < count):
            return {"CANCELLED"}
        swap_parts(props, place, other)
        return {"FINISHED"}


CLASSES: tuple[type, ...] = (
    MTI_OT_add_to_chain,
    MTI_OT_remove_from_chain,
    MTI_OT_move_in_chain,
)
