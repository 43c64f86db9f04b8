"""Checks of a capture: what is wrong with it, and what to do about it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..wire.problem import Problem
from .drawing.camera import project
from .pose_sequence import PoseSequence

LEAST_VISIBLE = 0.25
"""With a smaller share of joints inside the image, over all frames, nothing useful can be
learned."""
MOSTLY_VISIBLE = 0.9
LARGE_ENOUGH = 0.4
"""In smaller figures, limbs are thinner than a pixel at the draft's 64 x 64 pixels."""
LEAST_MOTION = 0.01
"""Minimum path of any joint, as a fraction of the image's diagonal: 0.9 pixels at 64 x 64."""
CLEAR_MOTION = 0.025
BETWEEN = 4
"""Oversampling factor of a capture, to see what happens between its images."""
FOLLOWED = 0.7
"""If joining a joint's positions in the images by straight lines keeps less than this share of
its path, it reversed in between. With 4 images per period, 0.7 of a sine is kept."""
FAR_ENOUGH = 0.15
"""Only joints that move this far, in image diagonals, tell whether a motion is too fast."""
STANDS = 1e-4
"""Fraction of the longest path: a smaller step between images counts as standing still."""
SAME = 0.5
"""Two images that differ by less, in levels of 255 averaged over the parts that ever change, are
the same."""
LATER_END = "Choose a start frame and a later end frame."
STILL = "motion_still"
"""Code of a capture in which nothing moves, for callers that know more about the cause."""

Pictures = NDArray[np.uint8]


def check_range(start: int, end: int) -> Problem | None:
    """Check that the frame range contains at least two frames."""
    if end < start:
        return Problem(
            "frame_range_empty",
            "The frame range is empty: it ends at {end}, before it starts at {start}.",
            LATER_END,
            {"start": start, "end": end},
        )
    if end == start:
        return Problem(
            "frame_range_single",
            "The frame range is the single frame {start}, which contains no motion.",
            LATER_END,
            {"start": start},
        )
    return None


def check_poses(poses: PoseSequence) -> Problem | None:
    """Check that the captured poses are finite, in view, and moving."""
    if not (np.isfinite(poses.joints).all() and np.isfinite(poses.world_to_clip).all()):
        return Problem(
            "positions_not_finite",
            "The captured positions are not finite numbers.",
            "Check for a zero scale or a broken driver on the armature or the camera.",
        )
    share, path = visible_share(poses), longest_path(poses)
    if share < LEAST_VISIBLE:
        return Problem(
            "motion_out_of_view",
            "The motion is out of the camera's view: only {share:.0%} of it is visible.",
            "Turn or move the camera so that the whole motion is in the frame.",
            {"share": share},
        )
    if path < LEAST_MOTION:
        return Problem(
            STILL,
            "The motion does not move: seen from the camera, every joint stays where it is.",
            "Key at least two different poses inside the frame range.",
        )
    return None


def check_pictures(pictures: Pictures) -> Problem | None:
    """Check that images (F, H, W, 3) are not all the same."""
    if longest_still(pictures) < len(pictures):
        return None
    return Problem(
        "images_all_the_same",
        "All images are the same: nothing moves in them.",
        "Choose frames in which something moves, in view.",
    )


def warnings_about(poses: PoseSequence, between: PoseSequence | None = None) -> list[Problem]:
    """Return what could be better in a capture that can be learned.

    `between` is the same motion, sampled BETWEEN times as often.
    """
    found = []
    shares = visible_shares(poses)
    if shares.mean() < MOSTLY_VISIBLE or shares.min() < LEAST_VISIBLE:
        cut = np.flatnonzero(shares < MOSTLY_VISIBLE) + 1
        found.append(
            Problem(
                "motion_partly_outside",
                (
                    "{share:.0%} of the motion is outside the frame, mostly between frames "
                    "{first} and {last}."
                ),
                "Move the camera back, or turn it.",
                {"share": 1 - shares.mean(), "first": cut[0], "last": cut[-1]},
            )
        )
    elif (size := covered_share(poses)) < LARGE_ENOUGH:
        found.append(
            Problem(
                "motion_small",
                "The motion only fills {share:.0%} of the frame.",
                "Move the camera closer, or use a longer lens.",
                {"share": size},
            )
        )
    if longest_path(poses) < CLEAR_MOTION:
        found.append(
            Problem(
                "motion_slight",
                "Hardly anything moves: at most {share:.0%} of the frame.",
                "Key a larger motion, or move the camera closer.",
                {"share": longest_path(poses)},
            )
        )
    if between is not None and followed_share(poses, between) < FOLLOWED:
        found.append(
            Problem(
                "motion_too_fast",
                (
                    "The motion is faster than {count} frames can show: it reverses between two "
                    "of them."
                ),
                "Capture fewer frames, or slow the motion down.",
                {"count": poses.frames},
            )
        )
    return found


def warnings_about_pictures(pictures: Pictures) -> list[Problem]:
    """Return what could be better in images (F, H, W, 3) that can be learned."""
    still = longest_still(pictures)
    if still <= len(pictures) // 2:
        return []
    return [
        Problem(
            "frames_still",
            "{still} of {count} consecutive frames are the same.",
            "Only capture the frames in which something moves.",
            {"still": still, "count": len(pictures)},
        )
    ]


def thinned(poses: PoseSequence, step: int) -> PoseSequence:
    """Return every `step`-th pose."""
    return replace(
        poses,
        joints=poses.joints[::step],
        world_to_clip=poses.world_to_clip[::step],
        fps=poses.fps / step,
    )


def visible_shares(poses: PoseSequence) -> NDArray[np.float64]:
    """Return the share of limb ends inside each image (F,), 0..1."""
    ends = sorted({joint for limb in poses.limbs for joint in limb})
    _, inside = project(poses.joints[:, ends], poses.world_to_clip, poses.size)
    return np.asarray(inside.mean(1))


def visible_share(poses: PoseSequence) -> float:
    """Return the share of limb ends inside the image, 0..1, over all frames."""
    return float(visible_shares(poses).mean())


def covered_share(poses: PoseSequence) -> float:
    """Return the larger side of the box around everything visible, as a fraction of the image's."""
    pixels, inside = project(poses.joints, poses.world_to_clip, poses.size)
    seen = pixels[inside]
    return float((np.ptp(seen, axis=0) / poses.size).max()) if len(seen) else 0.0


def longest_path(poses: PoseSequence) -> float:
    """Return the longest path of any joint, as a fraction of the image's diagonal."""
    pixels, _ = project(poses.joints, poses.world_to_clip, poses.size)
    always = pixels[:, np.isfinite(pixels).all((0, 2))]
    if not always.size:
        return 1.0  # every joint passes behind the camera at some time: that is motion
    return float(np.hypot(*np.ptp(always, axis=0).T).max() / np.hypot(*poses.size))


def moving_part(poses: PoseSequence) -> tuple[int, int] | None:
    """Return the first and last image between which anything moves in the image, or None.

    A joint that passes behind the camera counts as moving all the time.
    """
    pixels, _ = project(poses.joints, poses.world_to_clip, poses.size)
    if not np.isfinite(pixels).all():
        return 0, poses.frames - 1
    steps = np.abs(np.diff(pixels, axis=0)).max((1, 2))
    moving = np.flatnonzero(steps > max(STANDS * float(np.ptp(pixels, axis=0).max()), 1e-6))
    return (int(moving[0]), int(moving[-1]) + 1) if len(moving) else None


def followed_share(poses: PoseSequence, between: PoseSequence) -> float:
    """Return the share of the longest path in the image that remains when only the images are seen.

    1 if no joint moves far.
    """
    shown, whole = _ways(poses), _ways(between)
    far = whole > FAR_ENOUGH * np.hypot(*poses.size)
    return float((shown[far] / whole[far]).min()) if far.any() else 1.0


def longest_still(pictures: Pictures) -> int:
    """Return the largest number of consecutive images that are the same."""
    values = pictures.astype(np.float32)
    changing = np.ptp(values, axis=0).max(-1) > 2  # (H, W)
    if not changing.any():
        return len(pictures)
    steps = np.abs(np.diff(values[:, changing], axis=0)).mean((1, 2))
    most = run = 1
    for step in steps:
        run = run + 1 if step < SAME else 1
        most = max(most, run)
    return most


def _ways(poses: PoseSequence) -> NDArray[np.float64]:
    """Return each joint's path length in the image (J,), in pixels; 0 if ever behind the camera."""
    pixels, _ = project(poses.joints, poses.world_to_clip, poses.size)
    steps = np.linalg.norm(np.diff(pixels, axis=0), axis=2).sum(0)
    return np.asarray(np.nan_to_num(steps))
