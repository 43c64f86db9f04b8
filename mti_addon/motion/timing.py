"""Which scene frames are sampled, and which image each frame shows. Imports nothing."""

from __future__ import annotations


def sampled_frames(start: int, end: int, count: int) -> list[float]:
    """Return `count` scene frames, evenly over start..end, both included; fractions are subframes.

    Raises ValueError for an empty range or fewer than two images.
    """
    if end <= start or count < 2:
        raise ValueError(f"cannot take {count} images from frames {start} to {end}")
    return [start + (end - start) * k / (count - 1) for k in range(count)]


def picture_of_each_frame(pictures: int, length: int) -> list[int]:
    """Return the image index (0..pictures-1) for each of `length` scene frames, held evenly.

    Raises ValueError if either is below 1.
    """
    if pictures < 1 or length < 1:
        raise ValueError(f"cannot spread {pictures} images over {length} frames")
    return [k * pictures // length for k in range(length)]


def frames_at(seconds: float, fps: float) -> int:
    """Return the number of scene frames of a duration, at least one."""
    return max(1, round(seconds * fps))
