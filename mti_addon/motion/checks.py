"""What is wrong with a capture, in one sentence and one piece of advice. Imports numpy only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .camera import project
from .take import Take

LEAST_VISIBLE = 0.25
"""Below this share of joints inside the picture, over all frames, nothing useful can be learned."""
MOSTLY_VISIBLE = 0.9
LARGE_ENOUGH = 0.4
"""Smaller figures have limbs of less than a pixel in the draft's 64 x 64 pixels."""
LEAST_MOTION = 0.01
"""The least path of any joint, as a share of the picture's diagonal: 0.9 pixels at 64 x 64."""


class Problem(NamedTuple):
    """One sentence saying what is wrong, and one saying what to do."""

    message: str
    hint: str


def check_range(start: int, end: int) -> Problem | None:
    """The frame range must hold at least two frames."""
    if end < start:
        what = f"The frame range is empty: it ends at {end}, before it starts at {start}."
    elif end == start:
        what = f"The frame range is the single frame {start}, which holds no motion."
    else:
        return None
    return Problem(what, "Set a start and a later end frame.")


def check_take(take: Take) -> Problem | None:
    """The take must be finite, in view, and move."""
    if not (np.isfinite(take.joints).all() and np.isfinite(take.world_to_clip).all()):
        return Problem(
            "The captured positions are not finite numbers.",
            "Look for a zero scale or a broken driver on the armature or the camera.",
        )
    share, path = visible_share(take), longest_path(take)
    if share < LEAST_VISIBLE:
        return Problem(
            f"The motion is out of the camera's view: {share:.0%} of it can be seen.",
            "Turn or move the camera so that the whole motion is in the picture.",
        )
    if path < LEAST_MOTION:
        return Problem(
            "The motion does not move: seen from the camera, every joint stays where it is.",
            "Key at least two different poses inside the frame range.",
        )
    return None


def note_about(take: Take) -> str:
    """A warning for a take that can be learned but could be better; empty if there is none."""
    share = visible_share(take)
    if share < MOSTLY_VISIBLE:
        return f"{1 - share:.0%} of the motion is outside the picture"
    size = covered_share(take)
    if size < LARGE_ENOUGH:
        return f"the motion fills only {size:.0%} of the picture; move the camera nearer"
    return ""


def visible_share(take: Take) -> float:
    """The share of limb ends inside the picture, 0..1, over all frames."""
    ends = sorted({joint for limb in take.limbs for joint in limb})
    _, inside = project(take.joints[:, ends], take.world_to_clip, take.size)
    return float(inside.mean())


def covered_share(take: Take) -> float:
    """The larger side of the box around everything that is seen, as a share of the picture's."""
    pixels, inside = project(take.joints, take.world_to_clip, take.size)
    seen = pixels[inside]
    return float((np.ptp(seen, axis=0) / take.size).max()) if len(seen) else 0.0


def longest_path(take: Take) -> float:
    """How far the joint that moves most gets, as a share of the picture's diagonal."""
    pixels, _ = project(take.joints, take.world_to_clip, take.size)
    always = pixels[:, np.isfinite(pixels).all((0, 2))]
    if not always.size:
        return 1.0  # every joint passes behind the camera at some time: that is motion
    return float(np.hypot(*np.ptp(always, axis=0).T).max() / np.hypot(*take.size))
