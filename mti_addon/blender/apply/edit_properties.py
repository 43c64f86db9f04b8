"""Settings of the edit with which a motion is applied."""

from __future__ import annotations

from typing import Any

from bpy.props import BoolProperty, EnumProperty, FloatProperty, StringProperty

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


def _start_moved(self: Any, _context: Any) -> None:
    if self.edit_end < self.edit_start + _GAP:
        self.edit_end = self.edit_start + _GAP


def _end_moved(self: Any, _context: Any) -> None:
    if self.edit_start > self.edit_end - _GAP:
        self.edit_start = self.edit_end - _GAP


def _percent(name: str, text: str, default: float, low: float, high: float, **more: Any) -> Any:
    return FloatProperty(
        name=name, description=text, default=default, min=low, max=high,
        subtype="PERCENTAGE", precision=0, step=100, **more,
    )  # fmt: skip


_STRENGTH = "How far the motion goes: 0 % holds still, 100 % is as learned"
_SPEED = "How fast the motion is played; in a chain, 100 % shows all of it in its share"
_REVERSE = "Play the motion from its end to its start; the target should show the pose at its end"


class EditProperties:
    """Mixin for the settings stored in a scene. `workflow.edits` says what they do."""

    edit_strength: _percent("Strength", _STRENGTH, 100, 0, 150)
    edit_speed: _percent("Speed", _SPEED, 100, 10, 1000, soft_min=25, soft_max=400)
    edit_reverse: BoolProperty(name="Reverse", description=_REVERSE)
    edit_start: _percent(
        "Trim Start", "Where in the motion to begin", 0, 0, 99, update=_start_moved
    )
    edit_end: _percent("End", "Where in the motion to end", 100, 1, 100, update=_end_moved)
    edit_after_end: EnumProperty(
        name="After End",
        description="What to show after the end, if the motion is shorter than the clip",
        items=(
            ("hold", "Hold", "Keep the last pose"),
            ("loop", "Repeat", "Begin again; a figure that walks goes on from where it is"),
            ("bounce", "Ping-Pong", "Play it backward, then forward again"),
        ),
        translation_context=OWN,
    )
    edit_combine: EnumProperty(
        name="Combine",
        description="Whether to use a second motion",
        items=(
            ("one", "One Motion", "Only the motion above"),
            ("blend", "Blend With", "Both motions at the same time"),
            ("chain", "Then", "The second motion after the first"),
        ),
        translation_context=OWN,
    )
    edit_second: StringProperty(
        name="Second Motion", description="Motion to combine with", search=motion_names
    )
    edit_influence: _percent(
        "Influence", "How much of the second motion there is in the blend", 50, 1, 99
    )
    edit_share: _percent("Share", "How much of the clip the second motion gets", 50, 1, 99)
    edit_seam: _percent(
        "Transition", "How much of the clip one motion takes to become the other", 20, 0, 100
    )
    edit_second_strength: _percent("Strength", _STRENGTH, 100, 0, 150)
    edit_second_speed: _percent("Speed", _SPEED, 100, 10, 1000, soft_min=25, soft_max=400)
    edit_second_reverse: BoolProperty(name="Reverse", description=_REVERSE)


NAMES = tuple(name for name in EditProperties.__annotations__)
"""All settings of an edit."""
