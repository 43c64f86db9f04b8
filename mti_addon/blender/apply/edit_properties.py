"""Settings of the edit with which a motion is applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    StringProperty,
)

from ...workflow.motions import label_of
from ..library import motions, shown
from ..translations import OWN

_GAP = 1.0
"""Smallest distance of the ends of a trim, in percent."""


def motion_names(_self: Any, _context: Any, edit_text: str) -> list[str]:
    """Return the labels of the motions that contain what was typed."""
    words = edit_text.lower()
    labels = [motion.label for motion in shown.learned()]
    labels += map(label_of, motions.library().entries())
    return [label for label in labels if words in label.lower()]


def _pushes(prefix: str, moved: str) -> Callable[[Any, Any], None]:
    """Return the update of one end of a trim, which pushes the other end."""
    start, end = prefix + "start", prefix + "end"

    def push(self: Any, _context: Any) -> None:
        low, high = getattr(self, start), getattr(self, end)
        if high >= low + _GAP:
            return
        if moved == start:
            setattr(self, end, low + _GAP)
        else:
            setattr(self, start, high - _GAP)

    return push


_STRENGTH = "How far the motion goes: 0 % holds still, 100 % is as learned"
_SPEED = "How fast the motion is played; in a chain, 100 % shows all of it in its share"
_REVERSE = "Play the motion from its end to its start; the target should show the pose at its end"
_SHARE = "How much of the clip this motion gets; the first motion gets what is left"


def _percent(name: str, text: str, default: float, low: float, high: float, **more: Any) -> Any:
    return FloatProperty(
        name=name, description=text, default=default, min=low, max=high,
        subtype="PERCENTAGE", precision=0, step=100, translation_context=OWN, **more,
    )  # fmt: skip


def _reverse() -> Any:
    return BoolProperty(name="Reverse", description=_REVERSE, translation_context=OWN)


def _start(prefix: str = "") -> Any:
    moved = _pushes(prefix, prefix + "start")
    return _percent("Trim Start", "Where in the motion to begin", 0, 0, 99, update=moved)


def _end(prefix: str = "") -> Any:
    moved = _pushes(prefix, prefix + "end")
    return _percent("End", "Where in the motion to end", 100, 1, 100, update=moved)


def _after_end() -> Any:
    return EnumProperty(
        name="After End",
        description="What to show after the end, if the motion is shorter than the clip",
        items=(
            ("hold", "Hold", "Keep the last pose"),
            ("loop", "Repeat", "Begin again; a figure that walks goes on from where it is"),
            ("bounce", "Ping-Pong", "Play it backward, then forward again"),
        ),
        translation_context=OWN,
    )


class MTI_PG_chained_motion(bpy.types.PropertyGroup):
    """A motion of a chain after the second, and how it is changed."""

    motion: StringProperty(name="Motion", description="Motion that follows", search=motion_names)
    share: _percent("Share", _SHARE, 50, 1, 99)
    strength: _percent("Strength", _STRENGTH, 100, 0, 150)
    speed: _percent("Speed", _SPEED, 100, 10, 1000, soft_min=25, soft_max=400)
    reverse: _reverse()
    start: _start()
    end: _end()
    after_end: _after_end()


class EditProperties:
    """Mixin for the settings stored in a scene. `workflow.edits` says what they do."""

    edit_strength: _percent("Strength", _STRENGTH, 100, 0, 150)
    edit_speed: _percent("Speed", _SPEED, 100, 10, 1000, soft_min=25, soft_max=400)
    edit_reverse: _reverse()
    edit_start: _start("edit_")
    edit_end: _end("edit_")
    edit_after_end: _after_end()
    edit_combine: EnumProperty(
        name="Combine",
        description="Whether to use more than one motion",
        items=(
            ("one", "One Motion", "Only the motion above"),
            ("blend", "Blend With", "Both motions at the same time"),
            ("chain", "Then", "One motion after the other"),
        ),
        translation_context=OWN,
    )
    edit_second: StringProperty(
        name="Motion", description="Motion to combine with", search=motion_names
    )
    edit_influence: _percent(
        "Influence", "How much of the second motion there is in the blend", 50, 1, 99
    )
    edit_share: _percent("Share", _SHARE, 50, 1, 99)
    edit_seam: _percent(
        "Transition", "How much of the clip one motion takes to become the other", 20, 0, 100
    )
    edit_second_strength: _percent("Strength", _STRENGTH, 100, 0, 150)
    edit_second_speed: _percent("Speed", _SPEED, 100, 10, 1000, soft_min=25, soft_max=400)
    edit_second_reverse: _reverse()
    edit_second_start: _start("edit_second_")
    edit_second_end: _end("edit_second_")
    edit_second_after_end: _after_end()
    edit_further: CollectionProperty(type=MTI_PG_chained_motion, options={"HIDDEN"})
    """The motions of a chain after the second."""


NAMES = tuple(name for name in EditProperties.__annotations__ if name != "edit_further")
"""All settings of an edit but those of a chain's further motions."""
