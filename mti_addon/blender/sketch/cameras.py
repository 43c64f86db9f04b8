"""The camera that a motion is captured through: the shot's own, or one just for capturing."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from ...wire.problem import Problem

FRAMED = ("ARMATURE", "OBJECT")
"""Sources drawn through a camera that may use the framing camera."""
CUT = "The camera cuts from {camera} to {other} at frame {frame}, so the motion jumps there."


def framing_camera(scene: Any) -> Any:
    """Return the framing camera; None if there is none in the scene."""
    chosen = scene.mti.capture_camera
    there = chosen is not None and chosen.type == "CAMERA"
    return chosen if there and scene.objects.get(chosen.name) == chosen else None


def capture_camera(scene: Any, source: str) -> Any:
    """Return the camera that `source` is captured through at the scene's current frame, or None."""
    return (framing_camera(scene) if source in FRAMED else None) or scene.camera


def cut_warnings(scene: Any, source: str, start: int, end: int) -> list[Problem]:
    """Return warnings about camera cuts after `start`, up to `end`, since a cut is not motion."""
    if source in FRAMED and framing_camera(scene) is not None:
        return []
    bound = sorted((m.frame, m.camera.name) for m in scene.timeline_markers if m.camera)
    before = [marker for marker in bound if marker[0] <= start]
    inside = [marker for marker in bound if start < marker[0] <= end]
    for (_, camera), (frame, other) in pairwise(before[-1:] + inside):
        if camera != other:
            values = {"camera": camera, "other": other, "frame": frame}
            if source not in FRAMED:
                return [Problem("camera_cuts", CUT, "Capture the frames of one shot.", values)]
            hint = "Capture the frames of one shot, or press Add Framing Camera."
            return [Problem("camera_cuts_unframed", CUT, hint, values)]
    return []
