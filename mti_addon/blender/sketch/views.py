"""Images of a camera's or viewport's view, with a textured room for empty scenes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gpu
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from ...motion import PoseSequence, draw
from ...motion.drawing.room import draw_room, lay_out, room_poses
from ...wire.problem import Problem
from ..common.problems import CaptureError
from ..scene.images import read_png
from ..scene.picture import render_size, render_still
from ..scene.viewport import drawn, find_viewport
from .cameras import cut_warnings
from .capture import playing, world_to_clip
from .footage import smaller
from .sources import can_be_seen

FAR = 8.0
"""Assumed distance, in meters, to what a camera without a focus or a visible floor looks at."""

Pictures = NDArray[np.uint8]


def camera_pictures(
    scene: Any, frames: Sequence[float], size: tuple[int, int], fps: float = 1.0
) -> tuple[Pictures, PoseSequence | None]:
    """Render the scene through its camera as (F, H, W, 3), in front of a textured room's walls.

    If the scene has nothing to render, only the room is visible; then the camera's poses, `fps` of
    them per second, are returned as well, from which the same images can be drawn.
    """
    clips = np.empty((len(frames), 4, 4), np.float64)
    eyes = np.empty((len(frames), 3), np.float64)
    renders: list[NDArray[np.uint8]] = []
    focus: tuple[Any, float] | None = None
    solid = has_solids(scene)
    for k, depsgraph in enumerate(playing(scene, frames)):
        camera = scene.camera.evaluated_get(depsgraph)
        clips[k] = world_to_clip(scene.camera, depsgraph, size)
        eyes[k] = camera.matrix_world.translation
        focus = focus or _focus(camera)
        if solid:
            renders.append(_rendered(scene, size))
    assert focus is not None
    if not solid:
        poses = room_poses(eyes, np.array(focus[0]), focus[1], clips, fps, size)
        return draw(poses), poses
    pictures = draw_room(lay_out(eyes, np.array(focus[0]), focus[1], blocks=False), clips, size)
    for picture, render in zip(pictures, renders, strict=False):
        cover = render[..., 3:].astype(np.float32) / 255
        mixed = cover * render[..., :3] + (1 - cover) * picture
        picture[:] = np.rint(mixed)
    return pictures, None


def has_solids(scene: Any) -> bool:
    """Return whether there is anything to render in the scene."""
    return any(can_be_seen(thing) for thing in scene.objects)


def _rendered(scene: Any, size: tuple[int, int]) -> Pictures:
    """Render the current frame (H, W, 4) with a transparent background."""
    width, height = render_size(size)
    place = {"resolution_x": width, "resolution_y": height, "film_transparent": True}
    large = read_png(render_still(scene, "PREVIEW", place, {"color_mode": "RGBA"}))
    alpha = large[..., 3:].astype(np.float32) / 255
    weighted = np.concatenate([large[..., :3] * alpha, large[..., 3:]], axis=2)
    small = smaller(np.rint(weighted).astype(np.uint8), size).astype(np.float32)
    small[..., :3] /= np.maximum(small[..., 3:] / 255, 1e-3)
    return np.asarray(small.clip(0, 255).round().astype(np.uint8))


def _focus(camera: Any) -> tuple[Any, float]:
    """Return a camera's point of interest and its distance: the focus object, the floor, or FAR."""
    eye = camera.matrix_world.translation
    forward = -camera.matrix_world.normalized().to_3x3().col[2]
    # Blender also allows lights and empties as cameras, which have no focus
    target = camera.data.dof.focus_object if camera.type == "CAMERA" else None
    if target is not None:
        point = target.matrix_world.translation
        distance = (point - eye).length
    else:
        down = -forward.z
        to_floor = eye.z / down if down > 1e-3 and eye.z > 0 else FAR
        distance = to_floor if 0.5 <= to_floor <= 50 else FAR
        point = eye + forward * distance
    return tuple(point), max(distance, 1e-3)


def viewport_pictures(context: Any, frames: Sequence[float], size: tuple[int, int]) -> Pictures:
    """Draw the 3D viewport with everything enabled in it as (F, H, W, 3).

    Raises CaptureError.
    """
    space, region = find_viewport(context)
    if space is None:
        raise CaptureError(Problem("no_viewport", "This window shows no 3D viewport.", "Open one."))
    width, height = render_size(size)
    screen = gpu.types.GPUOffScreen(width, height)
    found = []
    try:
        for depsgraph in playing(context.scene, frames):
            view, projection = _viewport_matrices(context.scene, depsgraph, space, (width, height))
            pixels = drawn(screen, context, space, region, view, projection)
            found.append(smaller(pixels, size))
    finally:
        screen.free()
    return np.stack(found)


def viewport_cuts(context: Any, start: int, end: int) -> list[Problem]:
    """Return camera cuts in these frames if the viewport looks through the camera."""
    space, _ = find_viewport(context)
    if space is None or space.use_local_camera or space.region_3d.view_perspective != "CAMERA":
        return []
    return cut_warnings(context.scene, "VIEWPORT", start, end)


def _viewport_matrices(
    scene: Any, depsgraph: Any, space: Any, size: tuple[int, int]
) -> tuple[Matrix, Matrix]:
    """Return view and projection matrices of the viewport, or of the camera it looks through."""
    seen = space.region_3d
    camera = space.camera if space.use_local_camera else scene.camera
    if seen.view_perspective == "CAMERA" and camera is not None:
        camera = camera.evaluated_get(depsgraph)
        projection = camera.calc_matrix_camera(depsgraph, x=size[0], y=size[1])
        return camera.matrix_world.normalized().inverted(), projection
    projection = seen.window_matrix.copy()
    projection[1][1] = projection[0][0] * size[0] / size[1]
    return seen.view_matrix.copy(), projection
