"""Targets from the sequencer: the frame at the playhead, and the active strip alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...motion import encode_png
from ...motion.resampling import averaged
from ...wire.problem import Problem
from ..common.problems import CaptureError, TargetError
from ..scene.picture import LONGEST_RENDER
from ..sequencer.checks import check_media, check_strip
from ..sequencer.drawing import sequencer_of, shown_range
from ..sequencer.media import shown_strips
from ..sequencer.pictures import strip_still
from ..sequencer.strip import active_strip, shown_scene, strip_end, strip_start
from ..translations import translated

Shape = tuple[int, int]
"""Width and height, in pixels."""


def scene_size(scene: Any, longest: int = LONGEST_RENDER) -> Shape:
    """Return the scene's render size, scaled down to at most `longest` pixels."""
    width, height = scene.render.resolution_x, scene.render.resolution_y
    scale = min(1.0, longest / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def frame_problem(context: Any) -> Problem | None:
    """Return why the sequencer shows no frame, or None if it does."""
    scene = shown_scene(context)
    editor, frame = scene.sequence_editor, scene.frame_current
    if shown_strips(editor, frame):
        return None
    there = [each for each in (editor.strips if editor else ()) if each.type != "SOUND"]
    if any(strip_start(strip) <= frame < strip_end(strip) for strip in there):
        what = "All strips under the playhead are muted: unmute one, or choose another target"
        return Problem("strips_muted", what)
    what = "There is no strip under the playhead: move it onto one, or choose another target"
    return Problem("playhead_over_no_strip", what)


def read_frame(context: Any, _shape: Shape | None) -> bytes:
    """Return what the sequencer shows at the playhead as a PNG file. Raises TargetError."""
    scene = shown_scene(context)
    frame = scene.frame_current
    check_media(scene.sequence_editor, frame)
    try:
        with sequencer_of(scene) as shown:
            picture = shown.draw(frame)
    except (RuntimeError, OSError) as error:
        what, hint = "The sequencer's frame could not be drawn: {reason}", "Try another target."
        problem = Problem("sequencer_not_drawn", what, hint, {"reason": error})
        raise TargetError(problem) from error
    whole = 0, 0, picture.shape[1], picture.shape[0]
    return encode_png(averaged(picture, whole, scene_size(scene), over=True))


def frame_name(context: Any) -> str:
    """Return a name such as 'Scene, frame 12'."""
    scene = shown_scene(context)
    return translated("{}, frame {}", scene.name, scene.frame_current)


def strip_problem(context: Any) -> Problem | None:
    """Return why the active strip has no image, or None if it has one."""
    strip = active_strip(context)
    if strip is None:
        what = "No strip is active in the sequencer: select one, or choose another target"
        return Problem("no_target_strip", what)
    values = {"name": strip.name}
    if strip.type == "SOUND":
        what = "The strip {name} is a sound strip: choose one with images"
        return Problem("target_strip_is_sound", what, values=values)
    start, end = shown_range(strip)
    if not start <= shown_scene(context).frame_current < end:
        what = "The playhead is not on the strip {name}: move it there"
        return Problem("playhead_not_on_strip", what, values=values)
    return None


def read_strip(context: Any, _shape: Shape | None) -> bytes:
    """Return the strip alone, as the sequencer shows it; images and movies without black bars.

    Raises TargetError.
    """
    scene = shown_scene(context)
    check_strip(active_strip(context), scene.frame_current)
    try:
        picture = strip_still(scene, active_strip(context), scene.frame_current)
    except CaptureError as error:
        raise TargetError(error.problem) from error
    solid = (picture[..., 3] == 255).all()
    return encode_png(np.ascontiguousarray(picture[..., :3]) if solid else picture)


def strip_name(context: Any) -> str:
    """Return the active strip's name."""
    strip = active_strip(context)
    return strip.name if strip else ""
