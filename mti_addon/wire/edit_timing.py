"""Which moment of each motion of an edit a frame of the clip shows; stdlib only.

Blender's preview and the backend both use this, so that they agree. Times are shares: 0 is the
first frame, of a motion or of the clip, and 1 the last.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .edit import MotionEdit, MotionPart

_DIGITS = 9
"""Times are rounded to this many digits, so that an unedited frame has exactly its own time."""


@dataclass(frozen=True)
class PartTiming:
    """What one motion contributes to each of the clip's F frames."""

    times: tuple[float, ...]
    """F shares of the motion, 0..1."""
    weights: tuple[float, ...]
    """F influences, 0..1; those of all motions sum to 1 in every frame."""


def timing(edit: MotionEdit, frames: int) -> tuple[PartTiming, ...]:
    """Return one PartTiming per part of the edit, for a clip of at least two frames."""
    clip = [k / (frames - 1) for k in range(frames)]
    shares = _normalized([part.weight for part in edit.parts])
    if edit.mode != "chain":
        return tuple(
            PartTiming(tuple(time_of(part, at) for at in clip), (share,) * frames)
            for part, share in zip(edit.parts, shares, strict=True)
        )
    windows = chain_windows(edit)
    rises = [[_risen(at, *seam) for at in clip] for seam in _seams(edit)]
    rises = [[1.0] * frames, *rises, [0.0] * frames]
    return tuple(
        PartTiming(
            tuple(time_of(part, max(0.0, at - start)) for at in clip),
            tuple(here - after for here, after in zip(rises[i], rises[i + 1], strict=True)),
        )
        for i, (part, (start, _)) in enumerate(zip(edit.parts, windows, strict=True))
    )


def time_of(part: MotionPart, at: float) -> float:
    """Return the moment of its motion, 0..1, that a part shows `at` this share of a clip as long as
    the motion, counted from where the part begins."""
    length, gone = part.end - part.start, _gone(part, at)
    if part.after_end == "hold":
        gone = min(gone, length)
    elif part.after_end == "bounce":
        gone = gone % (2 * length)
        gone = min(gone, 2 * length - gone)
    else:
        gone -= laps_of(part, at) * length
    moment = part.end - gone if part.reverse else part.start + gone
    return round(min(max(moment, 0.0), 1.0), _DIGITS)


def laps_of(part: MotionPart, at: float) -> int:
    """Return how often a part that loops has begun again by then.

    A repetition ends on its last frame, and the next one begins after it.
    """
    if part.after_end != "loop":
        return 0
    return max(0, math.ceil(_gone(part, at) / (part.end - part.start) - 1e-6) - 1)


def _gone(part: MotionPart, at: float) -> float:
    return round(at * part.speed, _DIGITS)


def chain_windows(edit: MotionEdit) -> list[tuple[float, float]]:
    """Return when each motion of a chain is visible: its first and last share of the clip.

    Neighbors overlap by the seam. A motion begins with its window, so it has started when it fades
    in, and goes on until it has faded out.
    """
    seams = _seams(edit)
    starts = [0.0, *(low for low, _ in seams)]
    ends = [*(high for _, high in seams), 1.0]
    return list(zip(starts, ends, strict=True))


def _seams(edit: MotionEdit) -> list[tuple[float, float]]:
    """Return where each motion of a chain becomes the next: first and last share of the clip.

    A seam takes at most half of the motion on either side, so that seams do not overlap.
    """
    shares = _normalized([part.weight for part in edit.parts])
    seams, boundary = [], 0.0
    for before, after in zip(shares, shares[1:], strict=False):
        boundary += before
        half = min(edit.seam, before, after) / 2
        seams.append((boundary - half, boundary + half))
    return seams


def _risen(at: float, low: float, high: float) -> float:
    """Return 0 before a seam, 1 after it, and a smooth step between."""
    if at < low or high <= low:
        return float(at >= high)
    u = min((at - low) / (high - low), 1.0)
    return u * u * (3 - 2 * u)


def _normalized(weights: list[float]) -> list[float]:
    total = sum(weights)
    return [weight / total for weight in weights]
