"""How learned motions are changed and combined when they are applied; stdlib only.

An edit is numbers beside the motions, which stay as they were learned. What it does to the tokens
is in `mti_backend/method/motion_textual_inversion/edits.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from .codec import Constraint, Range
from .errors import BadRequest

MAX_PARTS = 4
Mode = Literal["one", "blend", "chain"]
AfterEnd = Literal["hold", "loop", "bounce"]


@dataclass(frozen=True)
class MotionPart:
    """One motion in an edit."""

    strength: Annotated[
        float, Range(0, 1.5, "", "Amplitude: 0 holds still, 1 is the motion as it was learned.")
    ] = 1.0
    start: Annotated[float, Range(0, 1, "", "Where in the motion it begins, as a share of it.")] = (
        0.0
    )
    end: Annotated[float, Range(0, 1, "", "Where in the motion it ends, as a share of it.")] = 1.0
    speed: Annotated[
        float, Range(0.1, 10, "", "Frames of the motion from `start` to `end` per frame shown.")
    ] = 1.0
    reverse: Annotated[bool, Constraint(None, "It is played from its end to its start.")] = False
    after_end: Annotated[AfterEnd, Constraint(None, "What is shown after its last frame.")] = "hold"
    weight: Annotated[
        float, Range(0.01, 1, "", "In a blend, its influence; in a chain, its share of the frames.")
    ] = 1.0


@dataclass(frozen=True)
class MotionEdit:
    """Changes of one motion, or several motions as one."""

    mode: Annotated[
        Mode, Constraint(None, "One motion, several at once, or several in succession.")
    ] = "one"
    seam: Annotated[
        float,
        Range(0, 1, "", "In a chain, the share of the clip in which one becomes the next."),
    ] = 0.2
    parts: Annotated[
        tuple[MotionPart, ...], Constraint(None, "One per motion; weights are relative.")
    ] = (MotionPart(),)

    def check(self, place: str = "edit") -> None:
        """Raise BadRequest, naming the field, for what cannot be carried out."""
        count = len(self.parts)
        low, high = (1, 1) if self.mode == "one" else (2, MAX_PARTS)
        if not low <= count <= high:
            wanted = f"{low}" if low == high else f"{low} to {high}"
            raise BadRequest(f"{place}.parts has {count}, and must have {wanted} for {self.mode}.")
        for i, part in enumerate(self.parts):
            if part.end <= part.start:
                raise BadRequest(f"{place}.parts.{i}.end must be after its start.")


AS_LEARNED = MotionEdit()
