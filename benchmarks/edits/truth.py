"""The truly edited motion: the same edit on the joint angles of procedural motions. Imports torch.

What the edit does to tokens, this does to the angles from which the clips are drawn. So the right
answer of an edit is known to the pixel.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from mti_addon.wire.edit import MotionEdit, MotionPart
from mti_addon.wire.edit_timing import chain_windows, laps_of, time_of, timing
from mti_backend.draft.procedural.motions import FRAMES, INDEX, Motions, limit
from mti_backend.draft.procedural.named import named_motion

_TRAVEL = [INDEX[name] for name in ("root_x", "pan_x", "pan_y", "zoom", "roll")]


def edited_motion(names: Sequence[str], edit: MotionEdit) -> Motions:
    """The edit of named motions, one for each part. Valid at the times of a clip's frames only."""
    clip = [k / (FRAMES - 1) for k in range(FRAMES)]
    parts = [_Angles(name, part) for name, part in zip(names, edit.parts, strict=True)]
    if edit.mode == "chain":
        tables, led = [], torch.zeros(len(_TRAVEL), 1)
        for part, (start, end) in zip(parts, chain_windows(edit), strict=True):
            tables.append(part.at([at - start for at in clip], led))
            led = part.at([end - start], led)[_TRAVEL]
    else:
        tables = [part.at(clip) for part in parts]
    weights = torch.tensor([plan.weights for plan in timing(edit, FRAMES)])[:, None]
    table = (weights * torch.stack(tables)).sum(0)

    def values(t: Tensor) -> Tensor:
        return limit(table[:, (t[0] * (FRAMES - 1)).round().long()][None])

    return Motions(values, named_motion(names[0]).grounded)


class _Angles:
    """Channel values of one motion with the changes of its part."""

    def __init__(self, name: str, part: MotionPart) -> None:
        self._motion, self._part = named_motion(name), part
        whole = (part.end - part.start) / part.speed
        ends = self._values([time_of(part, 0.0), time_of(part, whole)])
        self._first, self._lap = ends[:, :1], ends[:, 1:] - ends[:, :1]

    def _values(self, times: Sequence[float]) -> Tensor:
        return self._motion.values(torch.tensor(times)[None])[0]

    def at(self, moments: Sequence[float], led: Tensor | float = 0.0) -> Tensor:
        """(C, n) at shares of the clip since the part began; paths begin at `led`."""
        moments = [max(0.0, moment) for moment in moments]
        values = self._values([time_of(self._part, moment) for moment in moments])
        laps = torch.tensor([float(laps_of(self._part, moment)) for moment in moments])
        values[_TRAVEL] += laps * self._lap[_TRAVEL]
        values = self._first + self._part.strength * (values - self._first)
        values[_TRAVEL] += led - self._first[_TRAVEL]
        return values
