"""Any source of a motion to the pictures that are learned from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..motion import (
    Problem,
    Take,
    check_pictures,
    check_range,
    check_take,
    draw,
    sampled_frames,
    warnings_about,
)
from ..motion.checks import BETWEEN, thinned, warnings_about_pictures
from . import footage, views
from .capture import take_from_scene
from .problems import CaptureError
from .sources import find_mover, frame_span, source_problem, span_warnings
from .translations import translated

MOST_CUT = 0.2
"""More than this share of a movie's picture is not cut off without a word."""
SECONDS_APART = 0.5
"""Pictures farther apart than this say little about what happens in between."""
OUTSIDE = "{} has the frames {} to {}, none of which are between {} and {}."
CUT_OFF = "{:.0%} of each image is cut off to give it the engine's shape."
TOO_FEW = "{} has fewer than {} frames, so some images come twice."
APART = "{} images of {:.0f} seconds are {:.1f} s apart."


@dataclass(frozen=True)
class Shot:
    """What was captured."""

    source: str
    pictures: NDArray[np.uint8]
    """(F, H, W, 3), sRGB."""
    take: Take | None
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
        return _of_footage(context, source, count, size)
    span = frame_span(context)
    if problem := check_range(*span):
        raise CaptureError(problem)
    shot = _of_view if source in ("CAMERA", "VIEWPORT") else _of_take
    return shot(context, source, span, count, size)


def _of_take(
    context: Any, source: str, span: tuple[int, int], count: int, size: tuple[int, int]
) -> Shot:
    between = take_from_scene(context, source, *span, (count - 1) * BETWEEN + 1, size)
    take = thinned(between, BETWEEN)
    mover = find_mover(context, source)
    if problem := check_take(take):
        still = span_warnings(context) if "does not move" in problem.message else []
        raise CaptureError(still[0] if still else problem)
    warnings = span_warnings(context) + warnings_about(take, between) + _apart(context, span, count)
    return _shot(context, mover.name, draw(take), take, span, warnings)


def _of_view(
    context: Any, source: str, span: tuple[int, int], count: int, size: tuple[int, int]
) -> Shot:
    frames = sampled_frames(*span, count)
    if source == "CAMERA":
        name, pictures = (
            context.scene.camera.name,
            views.camera_pictures(context.scene, frames, size),
        )
    else:
        name, pictures = "Viewport", views.viewport_pictures(context, frames, size)
    if check_pictures(pictures):
        raise CaptureError(_nothing_moves(name, source))
    warnings = warnings_about_pictures(pictures) + _apart(context, span, count)
    return _shot(context, name, pictures, None, span, warnings)


def _of_footage(context: Any, source: str, count: int, size: tuple[int, int]) -> Shot:
    chosen = footage.find_footage(context, source)
    span = frame_span(context)
    inside = max(span[0], chosen.start), min(span[1], chosen.end)
    if inside[1] <= inside[0]:
        raise CaptureError.of(
            translated(OUTSIDE).format(chosen.name, chosen.start, chosen.end, *span),
            "Set Frames to Automatic, or give frames that it has.",
        )
    pictures = footage.read_pictures(chosen, sampled_frames(*inside, count), size)
    if problem := check_pictures(pictures):
        raise CaptureError(problem)
    warnings = warnings_about_pictures(pictures)
    if (cut := footage.cut_share(chosen, size)) > MOST_CUT:
        warnings.append(
            Problem(
                translated(CUT_OFF).format(cut),
                "Keep what moves in the middle, or crop the movie first.",
            )
        )
    if inside[1] - inside[0] + 1 < count:
        many = translated(TOO_FEW).format(chosen.name, count)
        warnings.append(Problem(many, "Choose more frames."))
    full = chosen.size if min(chosen.size) else size
    return Shot(chosen.name, pictures, None, inside, chosen.fps, full, warnings)


def _shot(
    context: Any,
    name: str,
    pictures: NDArray[np.uint8],
    take: Take | None,
    span: tuple[int, int],
    warnings: list[Problem],
) -> Shot:
    render = context.scene.render
    size = render.resolution_x, render.resolution_y
    return Shot(name, pictures, take, span, render.fps / render.fps_base, size, warnings)


def _nothing_moves(name: str, source: str) -> Problem:
    if source == "CAMERA":
        what = translated("{} does not move, and nothing moves before it.").format(name)
        return Problem(what, "Key the camera, or choose Armature as the source.")
    return Problem("Nothing moves in the viewport.", "Choose frames in which something moves.")


def _apart(context: Any, span: tuple[int, int], count: int) -> list[Problem]:
    fps = context.scene.render.fps / context.scene.render.fps_base
    seconds = (span[1] - span[0]) / fps / (count - 1)
    if seconds <= SECONDS_APART:
        return []
    what = translated(APART).format(count, seconds * (count - 1), seconds)
    return [Problem(what, "Capture the two or three seconds that matter.")]
