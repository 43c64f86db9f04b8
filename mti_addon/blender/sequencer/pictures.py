"""Images of one strip alone, as the sequencer shows it, for learning or as a target."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...motion.resampling import Box, averaged
from ...wire.problem import Problem
from ..common.file_cache import is_file
from ..common.problems import CaptureError
from ..scene.picture import LONGEST_RENDER, render_size
from .checks import media_problem
from .drawing import (
    ENLARGED,
    MOST_PIXELS,
    WITH_PICTURES,
    can_be_scaled,
    enlarged,
    sequencer_of,
    shown_range,
    strip_box,
)
from .media import damaged_file, files_at
from .strip import frame_of

Shape = tuple[int, int]
"""Width and height, in pixels."""
LONGEST_PICTURE = 2048
RENDER_AGAIN = "Render or copy it again."


def strip_capture_problem(strip: Any) -> Problem | None:
    """Return why a strip cannot be captured, as far as is known without drawing it."""
    if strip.type == "SOUND":
        return Problem(
            "strip_is_sound",
            "The strip {name} is a sound strip and has no images.",
            "Select a strip with images.",
            {"name": strip.name},
        )
    start, end = shown_range(strip)
    if start >= end:
        return Problem(
            "strip_outside_meta",
            "The strip {name} is outside the range of its meta strip.",
            "Select the meta strip, or extend it.",
            {"name": strip.name},
        )
    # requested by a panel: use the cached lookup
    return media_problem(strip, (start, end - 1), is_file)


def shown_size(scene: Any, strip: Any) -> Shape:
    """Return width and height of the captured part of a strip, in square pixels of the scene."""
    width, height = frame_of(scene)
    left, top, right, bottom = strip_box(scene, strip)
    return max(1, round((right - left) * width)), max(1, round((bottom - top) * height))


def strip_pictures(scene: Any, strip: Any, frames: Sequence[int], size: Shape) -> NDArray[np.uint8]:
    """Draw a strip alone at these frames as (F, H, W, 3), over black.

    Shows the largest centered part, with the aspect ratio of `size`, of the area that the strip
    covers. Raises CaptureError.
    """
    if problem := media_problem(strip, frames):
        raise CaptureError(problem)
    drawn, boxes = [], []
    with _told(strip), sequencer_of(scene, strip) as shown:
        part = _centered(scene, strip_box(scene, strip), size)
        percentage = _percentage(scene, strip, part, render_size(size))
        for frame in frames:
            drawn.append(shown.draw(frame, percentage))
            boxes.append(shown.box())
    if problem := damage_problem(strip, frames, drawn):
        raise CaptureError(problem)
    left, top, right, bottom = _centered(scene, _around(boxes), size)
    height, width = drawn[0].shape[:2]
    part = left * width, top * height, right * width, bottom * height
    return np.stack([averaged(picture, part, size, over=True) for picture in drawn])


def strip_still(scene: Any, strip: Any, frame: int) -> NDArray[np.uint8]:
    """Draw a strip alone at a frame as (H, W, 4) with straight alpha.

    Shows the area that the strip covers at its own resolution, at most LONGEST_PICTURE a side.
    Raises CaptureError.
    """
    if problem := media_problem(strip, (frame,)):
        raise CaptureError(problem)
    with _told(strip), sequencer_of(scene, strip) as shown:
        picture = shown.draw(frame, _own_percentage(scene, strip))
        box, scale = shown.box(), enlarged(shown.strip)
    if problem := damage_problem(strip, (frame,), [picture]):
        raise CaptureError(problem)
    width, height = frame_of(scene)
    own = [(box[2] - box[0]) * width / scale, (box[3] - box[1]) * height / scale]
    longest = LONGEST_PICTURE if strip.type in WITH_PICTURES else LONGEST_RENDER
    shrink = min(1.0, longest / max(own))
    size = max(1, round(own[0] * shrink)), max(1, round(own[1] * shrink))
    high, wide = picture.shape[:2]
    part = box[0] * wide, box[1] * high, box[2] * wide, box[3] * high
    return averaged(picture, part, size)


def damage_problem(
    strip: Any, frames: Sequence[int], drawn: Sequence[NDArray[np.uint8]]
) -> Problem | None:
    """Return the problem of files that exist for these frames but cannot be read."""
    blank = [not picture[..., 3].any() for picture in drawn]
    for frame, empty in zip(frames, blank, strict=True):
        if found := damaged_file(strip, frame, empty):
            part, path = found
            return damaged(part.name, path)
    if all(blank) and any(files_at(strip, frames[0])):
        what = "{name} shows nothing at these frames."
        hint = "Check its opacity and its file, or choose other frames."
        return Problem("strip_shows_nothing", what, hint, {"name": strip.name})
    return None


def damaged(name: str, path: Path) -> Problem:
    """Return the problem of a damaged movie, or of one damaged image among several."""
    what = "An image of {name} is damaged: {path}"
    return Problem("image_of_footage_damaged", what, RENDER_AGAIN, {"name": name, "path": path})


@contextmanager
def _told(strip: Any) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, OSError) as error:
        values = {"name": strip.name, "reason": str(error).strip()}
        what = "{name} cannot be drawn: {reason}"
        problem = Problem("strip_not_drawn", what, "Select another strip.", values)
        raise CaptureError(problem) from error


def _centered(scene: Any, box: Box, size: Shape) -> Box:
    """Return the largest centered part of a box with the aspect of `size`, in frame fractions."""
    width, height = frame_of(scene)
    left, top, right, bottom = box
    across, down = (right - left) * width, (bottom - top) * height
    scale = min(across / size[0], down / size[1])
    x, y = scale * size[0] / width / 2, scale * size[1] / height / 2
    middle = (left + right) / 2, (top + bottom) / 2
    return middle[0] - x, middle[1] - y, middle[0] + x, middle[1] + y


def _around(boxes: Sequence[Box]) -> Box:
    """Return the smallest box around all, since a strip may move across the frame."""
    left, top, right, bottom = np.array(boxes).T
    return float(left.min()), float(top.min()), float(right.max()), float(bottom.max())


def _percentage(scene: Any, strip: Any, part: Box, size: Shape) -> int:
    """Return the percentage at which part of the frame has the resolution of `size`."""
    if not can_be_scaled(strip):
        return 100
    render = scene.render
    wide = (part[2] - part[0]) * render.resolution_x
    high = (part[3] - part[1]) * render.resolution_y
    return _affordable(scene, 100 * max(size[0] / wide, size[1] / high))


def _own_percentage(scene: Any, strip: Any) -> int:
    """Return the percentage at which a strip has its full resolution.

    Much larger where possible, since an image that is not aligned to the frame's pixels is blurred.
    """
    if not can_be_scaled(strip):
        return 100
    own = 100 / enlarged(strip)
    much = max(100.0, ENLARGED * own)
    return _affordable(scene, much if much <= _affordable(scene, math.inf) else own)


def _affordable(scene: Any, percentage: float) -> int:
    render = scene.render
    most = 100 * math.sqrt(MOST_PIXELS / (render.resolution_x * render.resolution_y))
    return max(1, math.floor(most) if percentage > most else math.ceil(percentage))
