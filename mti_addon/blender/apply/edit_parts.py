"""The motions of the panel's edit: where each one's settings are stored, and their order.

The first two are settings of the scene, and those that follow in a chain are a collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...wire.edit import MAX_PARTS, MotionPart
from ...wire.problem import Problem

_CHANGES = ("strength", "speed", "reverse", "end", "start", "after_end")
"""What is changed of a motion. The end before the start, which would push it."""
_FIRST = {name: "edit_" + name for name in _CHANGES}
_SECOND = {
    "motion": "edit_second",
    "share": "edit_share",
    **{name: "edit_second_" + name for name in _CHANGES},
}
_FURTHER = {name: name for name in _SECOND}


@dataclass(frozen=True)
class PanelPart:
    """One motion of the panel's edit. It must not be used after another one is added or removed."""

    data: Any
    """What has the settings."""
    names: Mapping[str, str]
    """Setting of a motion -> its name in `data`; the first has no `motion` and no `share`."""

    def get(self, name: str) -> Any:
        """Return a setting as the panel has it, in percent."""
        return getattr(self.data, self.names[name])

    def set(self, name: str, value: Any) -> None:
        """Change a setting."""
        setattr(self.data, self.names[name], value)

    def values(self) -> dict[str, Any]:
        """Return all settings."""
        return {name: self.get(name) for name in self.names}

    def fill(self, values: Mapping[str, Any]) -> None:
        """Change these settings."""
        for name, value in values.items():
            self.set(name, value)

    def read(self, weight: float = 1.0) -> MotionPart:
        """Return the motion as part of an edit."""
        numbers = {name: plain(self.get(name)) for name in ("strength", "start", "end", "speed")}
        return MotionPart(
            **numbers,
            reverse=self.get("reverse"),
            after_end=self.get("after_end"),
            weight=weight,
        )

    def show(self, part: MotionPart) -> None:
        """Show a part of an edit."""
        for name in _CHANGES:
            value = getattr(part, name)
            self.set(name, value if name in ("reverse", "after_end") else 100 * value)


def plain(percent: float) -> float:
    """Return a share; Blender's numbers have 32 bits: 70 % would be 0.699999988."""
    return round(percent / 100, 5)


def first_part(props: Any) -> PanelPart:
    """Return the motion that is chosen above the edit."""
    return PanelPart(props, _FIRST)


def further_parts(props: Any) -> list[PanelPart]:
    """Return the motions after the first that the panel's mode uses."""
    if props.edit_combine == "one":
        return []
    further = props.edit_further if props.edit_combine == "chain" else ()
    return [PanelPart(props, _SECOND), *(PanelPart(each, _FURTHER) for each in further)]


def full_problem(props: Any) -> Problem | None:
    """Return that a chain has no room for another motion, or None."""
    if len(further_parts(props)) < MAX_PARTS - 1:
        return None
    what = "A chain can have {most} motions: remove one to add another"
    return Problem("chain_full", what, values={"most": MAX_PARTS})


def add_part(props: Any) -> None:
    """Add a motion to a chain, with an equal share; the others keep their proportions."""
    others = further_parts(props)
    count = len(others) + 2
    for each in others:
        each.set("share", each.get("share") * (count - 1) / count)
    props.edit_further.add().share = 100 / count


def remove_part(props: Any, place: int) -> None:
    """Remove a motion after the first, 0 being the second one, which share its part of the clip.

    Without any, the edit is of one motion.
    """
    parts = further_parts(props)
    left = max(100 - parts[place].get("share"), 1.0)
    for here, after in zip(parts[place:], parts[place + 1 :], strict=False):
        here.fill(after.values())
    if len(parts) == 1:
        for name in _SECOND.values():
            props.property_unset(name)
        props.edit_combine = "one"
        return
    props.edit_further.remove(len(props.edit_further) - 1)
    for each in further_parts(props):
        each.set("share", each.get("share") * 100 / left)


def swap_parts(props: Any, place: int, other: int) -> None:
    """Swap two motions after the first, 0 being the second one."""
    parts = further_parts(props)
    before, after = parts[place].values(), parts[other].values()
    parts[place].fill(after)
    parts[other].fill(before)
