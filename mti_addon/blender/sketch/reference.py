"""Turn any source of a motion into the images to learn from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...motion import (
    PoseSequence,
    check_pictures,
    check_poses,
    check_range,
    draw,
    sampled_frames,
    warnings_about,
)
from ...motion.checks import BETWEEN, STILL, moving_part, thinned, warnings_about_pictures
from ...wire.problem import Problem
from ..common.problems import CaptureError
from ..scene.dependencies import Moving, whole_frames
from . import footage, views
from .cameras import cut_warnings
from .capture import camera_poses, playing, poses_from_scene
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
"""Cutting off more than this fraction of a movie's image triggers a warning."""
SECONDS_APART = 0.5
"""Images farther apart than this, in seconds, say little about what happens in between."""
OUTSIDE = "{name} has frames {first} to {last}, none of which are between {start} and {end}."
CUT_OFF = "{share:.0%} of each image is cut off to fit the engine's shape."
TOO_FEW = "{name} has fewer than {count} frames, so some images are repeated."
SMALL_BONES = "{name} only moves in bones that are not drawn, such as fingers, faces and controls."
MOMENTS = 12
APART = "{count} images of {seconds:.0f} seconds are {step:.1f} s apart."


@dataclass(frozen=True)
class Shot:
    """A captured shot."""

    source: str
    pictures: NDArray[np.uint8]
    """(F, H, W, 3), sRGB."""
    poses: PoseSequence | None
    """The poses drawn; None for images that were not drawn from poses."""
    span: tuple[int, int]
    fps: float
    """Frames per second of the range."""
    size: tuple[int, int]
    """(width, height) of the full frame containing the motion, in pixels."""
    warnings: list[Problem] = field(default_factory=list)


def take_shot(context: Any, count: int, size: tuple[int, int]) -> Shot:
    """Capture `count` images of (width, height) pixels from the chosen source and frames.

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
    if motion(context, source).played.moves:  # otherwise it does move, as was just observed
        warnings = span_warnings(context) + warnings
    return _shot(context, mover.name, draw(poses), poses, span, warnings)


def _why_still(context: Any, source: str, span: tuple[int, int]) -> Problem | None:
    """Return what is known about why nothing moves in the images."""
    if warnings := span_warnings(context):
        return warnings[0]
    mover = find_mover(context, source)
    if source != "ARMATURE" or len(mover.pose.bones) < 2:
        return None
    moments = sampled_frames(*span, MOMENTS)
    poses = [pose_of(mover.evaluated_get(d)) for d in playing(context.scene, moments)]
    if np.ptp(poses, axis=0).max() < 1e-4:
        return None
    hint = "Move a limb too, or capture the viewport or the camera view."
    return Problem("moves_small_bones", SMALL_BONES, hint, {"name": mover.name})


def _while_it_moves(
    context: Any, source: str, span: tuple[int, int], sample: Callable[[int, int], PoseSequence]
) -> tuple[tuple[int, int], PoseSequence]:
    """Trim still ends from automatically found frames; return the range and its poses."""
    between = sample(*span)
    while (shorter := _moving_frames(context, source, span, between)) != span:
        span, between = shorter, sample(*shorter)
    return span, between


def _moving_frames(
    context: Any, source: str, span: tuple[int, int], between: PoseSequence
) -> tuple[int, int]:
    """Return the part of automatically found frames in which anything moves.

    Still ends shorter than the time between two images are kept.
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
    """Play every frame up to the last once if nodes simulate, so that Blender caches them.

    Otherwise each image would advance the simulation by one step only.
    """
    if found.steps:
        for _ in playing(scene, range(min(scene.frame_start, span[0]), span[1] + 1)):
            pass


def _of_view(
    context: Any, source: str, span: tuple[int, int], count: int, size: tuple[int, int]
) -> Shot:
    scene = context.scene
    kept = scene_motion(context)  # check again, since particles cache frames during renders
    _step_through(scene, kept, span)
    poses = None
    if source == "CAMERA":
        samples = (count - 1) * BETWEEN + 1
        sample = partial(camera_poses, context, count=samples, size=size)
        span, _ = _while_it_moves(context, source, span, sample)
        frames, name = sampled_frames(*span, count), scene.camera.name
        pictures, poses = views.camera_pictures(scene, frames, size, _sampled_fps(scene, frames))
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
    return _shot(context, name, pictures, poses, span, warnings)


def _sampled_fps(scene: Any, frames: list[float]) -> float:
    """Return how many of these frames there are per second."""
    rate = scene.render.fps / scene.render.fps_base
    return (len(frames) - 1) * rate / (frames[-1] - frames[0])


def _of_footage(context: Any, source: str, count: int, size: tuple[int, int]) -> Shot:
    chosen = footage.find_footage(context, source)
    span = frame_span(context)
    inside = max(span[0], chosen.start), min(span[1], chosen.end)
    if inside[1] <= inside[0]:
        hint = "Set Frames to Automatic, or choose frames within its range."
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
                "Keep the motion in the center, or crop the movie first.",
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
        what = "{name} does not move, and nothing moves in front of it."
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
    hint = "Only capture the two or three seconds that matter."
    return [Problem("images_apart", APART, hint, values)]
