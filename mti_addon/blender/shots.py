"""Any source of a motion to the pictures that are learned from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..motion import (
    PoseSequence,
    check_pictures,
    check_poses,
    check_range,
    draw,
    sampled_frames,
    warnings_about,
)
from ..motion.checks import BETWEEN, STILL, moving_part, thinned, warnings_about_pictures
from ..wire.problem import Problem
from . import footage, views
from .cameras import cut_warnings
from .capture import camera_poses, playing, poses_from_scene
from .dependencies import Moving, whole_frames
from .problems import CaptureError
from .skeletons import pose_of
from .sources import (
    find_mover,
    frame_span,
    motion,
    rate_problem,
    scene_motion,
    source_problem,
    span_warnings,
)

MOST_CUT = 0.2
"""More than this share of a movie's picture is not cut off without a word."""
SECONDS_APART = 0.5
"""Pictures farther apart than this say little about what happens in between."""
OUTSIDE = "{name} has the frames {first} to {last}, none of which are between {start} and {end}."
CUT_OFF = "{share:.0%} of each image is cut off to give it the engine's shape."
TOO_FEW = "{name} has fewer than {count} frames, so some images come twice."
SMALL_BONES = (
    "{name} moves only in bones that are not drawn: fingers, faces and controls are left out."
)
MOMENTS = 12
APART = "{count} images of {seconds:.0f} seconds are {step:.1f} s apart."


@dataclass(frozen=True)
class Shot:
    """What was captured."""

    source: str
    pictures: NDArray[np.uint8]
    """(F, H, W, 3), sRGB."""
    poses: PoseSequence | None
    """What was drawn; None for pictures that were not drawn here."""
    span: tuple[int, int]
    fps: float
    """Frames of the span per second."""
    size: tuple[int, int]
    """(width, height) of what the motion is a part of, pixels."""
    warnings: list[Problem] = field(default_factory=list)


def take_shot(context: Any, count: int, size: tuple[int, int]) -> Shot:
    """`count` pictures, (width, height) pixels, of the chosen source and frames.

    Raises CaptureError.
    """
    source = context.scene.mti.source
    if problem := source_problem(context, source):
        raise CaptureError(problem)
    if source in ("STRIP", "FILE"):
        shot = _of_footage(context, source, count, size)
        if problem := rate_problem(shot.fps):
            raise CaptureError(problem)
        return shot
    span = frame_span(context)
    if problem := check_range(*span):
        raise CaptureError(problem)
    sample = _of_view if source in ("CAMERA", "VIEWPORT") else _of_poses
    return sample(context, source, span, count, size)


def _of_poses(
    context: Any, source: str, span: tuple[int, int], count: int, size: tuple[int, int]
) -> Shot:
    found = motion(context, source)
    if lacking := found.physics_problem(span[1], drawn=True):
        raise CaptureError(lacking)
    _step_through(context.scene, found, span)
    samples = (count - 1) * BETWEEN + 1
    sample = partial(poses_from_scene, context, source, count=samples, size=size)
    span, between = _while_it_moves(context, source, span, sample)
    poses = thinned(between, BETWEEN)
    mover = find_mover(context, source)
    if problem := check_poses(poses):
        still = problem.code == STILL
        raise CaptureError(_why_still(context, source, span) or problem if still else problem)
    warnings = cut_warnings(context.scene, source, *span) + warnings_about(poses, between)
    warnings += _apart(context, span, count)
    if motion(context, source).played.moves:  # else it moves all the same, as has just been seen
        warnings = span_warnings(context) + warnings
    return _shot(context, mover.name, draw(poses), poses, span, warnings)


def _why_still(context: Any, source: str, span: tuple[int, int]) -> Problem | None:
    """What is known about why nothing moves in the pictures."""
    if warnings := span_warnings(context):
        return warnings[0]
    mover = find_mover(context, source)
    if source != "ARMATURE" or len(mover.pose.bones) < 2:
        return None
    moments = sampled_frames(*span, MOMENTS)
    poses = [pose_of(mover.evaluated_get(d)) for d in playing(context.scene, moments)]
    if np.ptp(poses, axis=0).max() < 1e-4:
        return None
    hint = "Move a limb too, or capture the viewport, or what the camera sees."
    return Problem("moves_small_bones", SMALL_BONES, hint, {"name": mover.name})


def _while_it_moves(
    context: Any, source: str, span: tuple[int, int], sample: Callable[[int, int], PoseSequence]
) -> tuple[tuple[int, int], PoseSequence]:
    """Frames that were found by themselves without a stand at their ends, and what they show."""
    between = sample(*span)
    while (shorter := _moving_frames(context, source, span, between)) != span:
        span, between = shorter, sample(*shorter)
    return span, between


def _moving_frames(
    context: Any, source: str, span: tuple[int, int], between: PoseSequence
) -> tuple[int, int]:
    """Of frames that were found by themselves those in which anything moves as it is played.

    A stand at either end that is shorter than the time between two pictures stays.
    """
    if context.scene.mti.frame_range_mode != "AUTO" or motion(context, source).played.given:
        return span
    part = moving_part(between)
    last = between.frames - 1
    if part is None or (part[0] < BETWEEN and part[1] > last - BETWEEN):
        return span
    step = (span[1] - span[0]) / last
    start, end = whole_frames((span[0] + part[0] * step, span[0] + part[1] * step))
    return (start, end) if start < end else span


def _step_through(scene: Any, found: Moving, span: tuple[int, int]) -> None:
    """Show every frame up to the last once where nodes simulate, so that Blender keeps them.

    Else each picture would be one step of the simulation.
    """
    if found.steps:
        for _ in playing(scene, range(min(scene.frame_start, span[0]), span[1] + 1)):
            pass


def _of_view(
    context: Any, source: str, span: tuple[int, int], count: int, size: tuple[int, int]
) -> Shot:
    scene = context.scene
    kept = scene_motion(context)  # as it is now: particles keep frames while they are rendered
    _step_through(scene, kept, span)
    if source == "CAMERA":
        samples = (count - 1) * BETWEEN + 1
        sample = partial(camera_poses, context, count=samples, size=size)
        span, _ = _while_it_moves(context, source, span, sample)
        frames = sampled_frames(*span, count)
        name, pictures = scene.camera.name, views.camera_pictures(scene, frames, size)
    else:
        frames = sampled_frames(*span, count)
        name, pictures = "Viewport", views.viewport_pictures(context, frames, size)
    if check_pictures(pictures):
        raise CaptureError(_nothing_moves(kept, name, source, span))
    lacking = kept.physics_problem(span[1])
    warnings = [lacking] if lacking else []
    if source == "CAMERA":
        warnings += cut_warnings(scene, source, *span)
    else:
        warnings += views.viewport_cuts(context, *span)
    warnings += warnings_about_pictures(pictures) + _apart(context, span, count)
    return _shot(context, name, pictures, None, span, warnings)


def _of_footage(context: Any, source: str, count: int, size: tuple[int, int]) -> Shot:
    chosen = footage.find_footage(context, source)
    span = frame_span(context)
    inside = max(span[0], chosen.start), min(span[1], chosen.end)
    if inside[1] <= inside[0]:
        hint = "Set Frames to Automatic, or give frames that it has."
        values = {"name": chosen.name, "first": chosen.start, "last": chosen.end}
        values |= {"start": span[0], "end": span[1]}
        raise CaptureError(Problem("frames_outside_footage", OUTSIDE, hint, values))
    pictures = footage.read_pictures(chosen, sampled_frames(*inside, count), size)
    if problem := check_pictures(pictures):
        raise CaptureError(problem)
    warnings = warnings_about_pictures(pictures)
    if (cut := footage.cut_share(chosen, size)) > MOST_CUT:
        warnings.append(
            Problem(
                "images_cut",
                CUT_OFF,
                "Keep what moves in the middle, or crop the movie first.",
                {"share": cut},
            )
        )
    if inside[1] - inside[0] + 1 < count:
        values = {"name": chosen.name, "count": count}
        warnings.append(Problem("frames_few", TOO_FEW, "Choose more frames.", values))
    full = chosen.size if min(chosen.size) else size
    return Shot(chosen.name, pictures, None, inside, chosen.fps, full, warnings)


def _shot(
    context: Any,
    name: str,
    pictures: NDArray[np.uint8],
    poses: PoseSequence | None,
    span: tuple[int, int],
    warnings: list[Problem],
) -> Shot:
    render = context.scene.render
    size = render.resolution_x, render.resolution_y
    return Shot(name, pictures, poses, span, render.fps / render.fps_base, size, warnings)


def _nothing_moves(kept: Moving, name: str, source: str, span: tuple[int, int]) -> Problem:
    if lacking := kept.physics_problem(span[1]):
        return lacking
    if source == "CAMERA":
        what = "{name} does not move, and nothing moves before it."
        hint = "Key the camera, or choose Armature as the source."
        return Problem("camera_still", what, hint, {"name": name})
    hint = "Choose frames in which something moves."
    return Problem("viewport_still", "Nothing moves in the viewport.", hint)


def _apart(context: Any, span: tuple[int, int], count: int) -> list[Problem]:
    fps = context.scene.render.fps / context.scene.render.fps_base
    seconds = (span[1] - span[0]) / fps / (count - 1)
    if seconds <= SECONDS_APART:
        return []
    values = {"count": count, "seconds": seconds * (count - 1), "step": seconds}
    hint = "Capture the two or three seconds that matter."
    return [Problem("images_apart", APART, hint, values)]
