"""What moves in a pose sequence, and why it cannot be keyed. Imports numpy only."""

from __future__ import annotations

import numpy as np

from ...wire.problem import Problem
from ..pose_sequence import PoseSequence
from .boxes import Box, box_of, is_box
from .cameras import Camera, camera_of
from .figures import Figure, figure_of

Subject = Figure | Box | Camera
CAPTURE_AGAIN = "Capture the motion again from its scene."


def camera_behind(poses: PoseSequence) -> Camera | None:
    """Return the camera that the poses were captured through; None if there is no such camera."""
    return camera_of(poses.world_to_clip, poses.size)


def subject_of(poses: PoseSequence) -> Subject | None:
    """Return what moves: a figure, an object as a box, or a camera; None if it is none of them.

    The poses must have no problem.
    """
    if poses.is_room or (is_box(poses) and _only_the_camera_moves(poses)):
        return camera_behind(poses)
    return box_of(poses) if is_box(poses) else figure_of(poses)


def poses_problem(poses: PoseSequence) -> Problem | None:
    """Return why the poses cannot be keyed."""
    if poses.frames < 2:
        what = "The captured poses are a single image, which contains no motion."
        return Problem("poses_single", what, CAPTURE_AGAIN)
    if not (np.isfinite(poses.joints).all() and np.isfinite(poses.world_to_clip).all()):
        what = "The captured poses contain positions that are not finite numbers."
        return Problem("poses_not_finite", what, CAPTURE_AGAIN)
    try:
        found = subject_of(poses)
    except (ArithmeticError, ValueError, np.linalg.LinAlgError):  # a matrix that has no inverse
        found = None
    if found is None:
        what = "The captured poses are not those of an armature, an object or a camera."
        return Problem("poses_unknown", what, CAPTURE_AGAIN)
    return None


def _only_the_camera_moves(poses: PoseSequence) -> bool:
    still = float(np.ptp(poses.joints, axis=0).max()) < 1e-5 * poses.radii[0]
    return still and float(np.ptp(poses.world_to_clip, axis=0).max()) > 0
