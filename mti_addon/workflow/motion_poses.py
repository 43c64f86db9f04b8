"""The captured poses of a motion in the library, and where they go in a scene. Imports no bpy."""

from __future__ import annotations

from dataclasses import dataclass

from ..motion import PoseSequence, sampled_frames
from ..motion.checks import moving_part
from ..motion.keying.subjects import poses_problem
from ..wire import CaptureInfo
from ..wire.contents import read_verified
from ..wire.errors import UnreadableInput
from ..wire.library import Motion
from ..wire.library.poses import check_poses
from ..wire.problem import Problem
from ..wire.request import POSES

NO_POSES = "{name} has no captured poses, so it cannot be brought back into a scene."
ONLY = "Only motions captured from an armature, an object or a camera have poses."


@dataclass(frozen=True)
class Span:
    """Scene frames, both included, in which the poses are evenly spaced."""

    start: int
    end: int

    def frames(self, count: int) -> list[float]:
        """Return the frame of each of `count` poses; fractions are subframes."""
        return sampled_frames(self.start, self.end, count)

    def moved(self, start: int) -> Span:
        """Return as many frames, beginning at `start`."""
        return Span(start, start + self.end - self.start)


def read_poses(motion: Motion) -> PoseSequence:
    """Read the poses of a motion, which can then be keyed.

    Raises UnreadableInput if it has none, or if they are damaged or odd.
    """
    preset = motion.preset
    if not preset.has_poses:
        raise UnreadableInput(
            Problem("motion_without_poses", NO_POSES, ONLY, {"name": preset.name})
        )
    poses = captured_poses(motion)
    if problem := poses_problem(poses):
        raise UnreadableInput(problem)
    return poses


def captured_poses(motion: Motion) -> PoseSequence:
    """Read the poses of a motion that has any. Raises UnreadableInput if they are damaged."""
    preset = motion.preset
    data = read_verified(motion.folder, POSES, preset.files[POSES])
    check_poses(data, preset.num_frames)
    try:
        return PoseSequence.from_json(data)
    except ValueError as error:
        what, hint = "The captured poses of {name} are damaged.", "Capture the motion again."
        damaged = Problem("poses_unreadable", what, hint, {"name": preset.name})
        raise UnreadableInput(damaged) from error


def span_of(capture: CaptureInfo, fps: float, shown: tuple[int, int]) -> Span:
    """Return the frames for a motion in a scene of `fps` that shows the frames `shown`.

    It takes as long as it did, and begins at its own first frame if the scene shows all of it
    there, or else at the scene's.
    """
    length = capture.frame_end - capture.frame_start
    span = Span(capture.frame_start, capture.frame_end)
    if abs(fps - capture.fps) > 1e-3 * fps:
        length = max(1, round(length * fps / capture.fps))
        start = 1 + round((capture.frame_start - 1) * fps / capture.fps)
        span = Span(start, start + length)
    inside = shown[0] <= span.start and span.end <= max(shown[1], shown[0] + length)
    return span if inside else span.moved(shown[0])


def is_found_by_itself(poses: PoseSequence) -> bool:
    """Return whether Automatic captures all frames: something moves from the first to the last."""
    return moving_part(poses) == (0, poses.frames - 1)
