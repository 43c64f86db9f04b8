"""Whether a scene still matches its capture, and if not, what has changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bpy

from ..scene import fingerprint
from ..sequencer.fingerprint import files_of, of_strip, written
from ..sequencer.strip import active_strip
from ..translations import translated
from .cameras import FRAMED, framing_camera
from .footage import numbered_files
from .sources import find_mover, frame_span, seen_things

SOURCE = "Changed since capture: different source."
GONE = "Changed since capture: {} no longer exists."
OTHER = "Changed since capture: {} was captured, but {} is selected."
FRAMES = "Changed since capture: different frames."
RATE = "Changed since capture: frame rate."
MOTION = "Changed since capture: {}."
CAMERA = "Changed since capture: camera."

MOST_WATCHED = 50
"""Number of files to check every second while a panel is drawn."""
KIND = 2
"""Format version; captures recorded in earlier ones cannot be checked."""

Made = dict[str, Any]


def made_of(context: Any) -> Made:
    """Describe what a capture made now is made from, as plain values to store with it.

    Raises CaptureError if there is nothing to capture.
    """
    scene, source = context.scene, context.scene.mti.source
    mover = find_mover(context, source)
    return {
        "kind": KIND,
        "source": source,
        "mover": mover.name if mover is not None else "",
        "frames": _frames(context),
        "rate": fingerprint.of_values(*_rate(scene)),
        "motion": _motion(context, source, mover),
        "camera": _camera(scene, source) if source in (*FRAMED, "CAMERA") else "",
    }


def remember(made: Made) -> str:
    """Serialize for a scene property."""
    return json.dumps(made)


def changed_since(context: Any, kept: str) -> str:
    """Return what differs from the remembered made_of() result; empty if nothing does.

    Captures made before this was recorded count as unchanged.
    """
    try:
        before: Made = json.loads(kept)
        kind, source, name = before.get("kind"), str(before["source"]), str(before["mover"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    if kind != KIND:
        return ""
    scene = context.scene
    if scene.mti.source != source:
        return translated(SOURCE)
    chosen = find_mover(context, source)
    mover = scene.objects.get(name) if name else chosen
    if name and mover is None:
        if chosen is None or _motion(context, source, chosen) != before.get("motion"):
            return translated(GONE, name)
        mover = chosen  # it was renamed
    if chosen is not None and chosen != mover:
        return translated(OTHER, name, chosen.name)
    if _motion(context, source, mover) != before.get("motion"):
        return translated(MOTION, name or translated("the captured source"))
    return _otherwise(context, before, chosen)


def watched_files(context: Any) -> tuple[Path, ...]:
    """Return a sample of the captured files, enough to detect that all were rewritten."""
    source = context.scene.mti.source
    if source == "FILE":
        files = numbered_files(Path(bpy.path.abspath(context.scene.mti.file)))
    else:
        strip = active_strip(context) if source == "STRIP" else None
        files = files_of(strip) if strip is not None else []
    return tuple(files[:: max(1, -(-len(files) // MOST_WATCHED))])


def _otherwise(context: Any, before: Made, chosen: Any) -> str:
    """Return what has changed besides the motion itself."""
    source = context.scene.mti.source
    if before.get("camera") and _camera(context.scene, source) != before["camera"]:
        return translated(CAMERA)
    if fingerprint.of_values(*_rate(context.scene)) != before.get("rate"):
        return translated(RATE)
    frames = before.get("frames")
    if frames and (chosen is not None or not before["mover"]):
        return translated(FRAMES) if _frames(context) != frames else ""
    return ""


def _frames(context: Any) -> list[int]:
    """Return the requested frames; for a file that is not examined, just those of its name."""
    props = context.scene.mti
    if props.source == "FILE" and props.frame_range_mode != "CUSTOM":
        return [0]
    return list(frame_span(context))


def _rate(scene: Any) -> tuple[float, ...]:
    render = scene.render
    return render.fps, render.fps_base, render.frame_map_old, render.frame_map_new


def _motion(context: Any, source: str, mover: Any) -> str:
    """Hash the motion; for rendered sources, everything visible."""
    scene = context.scene
    if source == "FILE":
        chosen = Path(bpy.path.abspath(scene.mti.file))
        return fingerprint.of_values(str(chosen), written(numbered_files(chosen)))
    if source == "STRIP":
        strip = active_strip(context)
        return of_strip(strip) if strip is not None else ""
    if source in ("CAMERA", "VIEWPORT"):
        return fingerprint.of_all_behind(seen_things(scene))
    return fingerprint.of_all_behind([mover])


def _camera(scene: Any, source: str) -> str:
    """Hash the cameras: the framing camera, the scene's, or all bound by markers.

    With markers, the frame determines which one is used.
    """
    if source in FRAMED and (own := framing_camera(scene)) is not None:
        return fingerprint.of_all_behind([own])
    bound = [(marker.frame, marker.camera) for marker in scene.timeline_markers if marker.camera]
    if not bound:
        return fingerprint.of_all_behind([scene.camera])
    frames = sorted(frame for frame, _ in bound)
    cameras = {camera.name: camera for _, camera in bound}
    return fingerprint.of_values(frames, fingerprint.of_all_behind(cameras.values()))
