"""The camera behind sampled world-to-clip matrices. Imports numpy only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .channels import LOCATION, TURN, Channel
from .solving import euler_xyz

Array = NDArray[np.float64]
SENSOR = 36.0
"""Width of Blender's default sensor, in millimeters."""
FLAT = 1e-6
"""Below this, a matrix row has no direction: the projection is parallel, or no projection."""
NEAREST, FARTHEST = 1e-6, 1e9
EYE = 0.1
"""Distance, in meters, between a parallel camera and where it begins to see."""
FINE = 1e-4
"""How far keys may move what the camera sees, as a fraction of the image and of its distance."""


@dataclass(frozen=True)
class Camera:
    """A Blender camera over time, with a sensor that fits the longer side of an image."""

    perspective: bool
    locations: Array
    """(F, 3), in meters."""
    rotations: Array
    """(F, 3, 3): its axes; it looks along -Z, and Y is up."""
    mirrored: bool
    """Its X axis is flipped, by a scale of -1."""
    zooms: Array
    """(F,): focal length in millimeters, or the width in meters that a parallel camera sees."""
    shifts: Array
    """(F, 2): lens shift as a fraction of the longer side."""
    clip: tuple[float, float]
    """Nearest and farthest distance seen in the first frame, in meters."""

    def object_channels(self) -> Iterator[Channel]:
        """Yield the camera object's location and rotation."""
        near = float(np.linalg.norm(self.locations, axis=1).mean()) + 1.0
        yield Channel(LOCATION, self.locations, FINE * near, (0.0,) * 3)
        yield Channel(TURN, euler_xyz(self.rotations), FINE, (0.0,) * 3)

    def lens_channels(self) -> Iterator[Channel]:
        """Yield the focal length or scale, and the shift, of the camera's data."""
        zoom = "lens" if self.perspective else "ortho_scale"
        size = float(self.zooms.mean())
        yield Channel(zoom, self.zooms[:, None], FINE * size, (0.0,), indices=(0,))
        for i, path in enumerate(("shift_x", "shift_y")):
            yield Channel(path, self.shifts[:, i : i + 1], FINE, (0.0,), indices=(0,))


def camera_of(world_to_clip: NDArray[np.floating], size: tuple[int, int]) -> Camera | None:
    """Return the camera of matrices (F, 4, 4) for images of (width, height) pixels.

    None if they are not those of one camera with square pixels.
    """
    matrices = world_to_clip.astype(np.float64)
    if not np.isfinite(matrices).all():
        return None
    depth = np.linalg.norm(matrices[:, 3, :3], axis=1)
    if (depth > FLAT).all():
        return _perspective(matrices / depth[:, None, None], size)
    if (depth <= FLAT).all() and (np.abs(matrices[:, 3, 3]) > FLAT).all():
        return _parallel(matrices / matrices[:, 3:, 3:], size)
    return None


def _perspective(matrices: Array, size: tuple[int, int]) -> Camera | None:
    ahead = matrices[:, 3, :3]
    across, right = _apart(matrices[:, 0, :3], ahead)
    up, high = _apart(matrices[:, 1, :3], ahead)
    axes = _axes(right, high, ahead)
    if axes is None:
        return None
    rotations, mirrored = axes
    focal = across * size[0] / max(size)
    slide = -np.stack([_along(matrices[:, i, :3], ahead) * size[i] for i in (0, 1)], 1)
    # a row of the matrix is 0 at the eye, except for that of the depth
    rows = matrices[:, (0, 1, 3)]
    eyes = np.asarray(np.linalg.solve(rows[..., :3], -rows[..., 3:])[..., 0], np.float64)
    slope = _along(matrices[:, 2, :3], ahead)
    offset = np.einsum("fi,fi->f", matrices[:, 2, :3], eyes) + matrices[:, 2, 3]
    clip = _range(-offset[0] / (1 + slope[0]), offset[0] / (1 - slope[0]))
    return Camera(
        True, eyes, rotations, mirrored, focal * SENSOR / 2, slide / (2 * max(size)), clip
    )


def _parallel(matrices: Array, size: tuple[int, int]) -> Camera | None:
    ahead = matrices[:, 2, :3]
    depth = np.linalg.norm(ahead, axis=1)
    if (depth < FLAT**2).any():
        return None
    ahead = ahead / depth[:, None]
    across, right = _apart(matrices[:, 0, :3], ahead)
    up, high = _apart(matrices[:, 1, :3], ahead)
    axes = _axes(right, high, ahead)
    if axes is None:
        return None
    rotations, mirrored = axes
    # the image's center is 0 in the first two rows; nothing tells how far away the eye is
    near = (-1 - matrices[:, 2, 3]) / depth - EYE
    rows = np.stack([right, high, ahead], 1)
    goals = np.stack([-matrices[:, 0, 3] / across, -matrices[:, 1, 3] / up, near], 1)
    eyes = np.linalg.solve(rows, goals[..., None])[..., 0]
    scale = 2 / across * max(size) / size[0]
    clip = _range(EYE, EYE + 2 / float(depth[0]))
    return Camera(False, eyes, rotations, mirrored, scale, np.zeros((len(eyes), 2)), clip)


def _along(rows: Array, ahead: Array) -> Array:
    return np.asarray(np.einsum("fi,fi->f", rows, ahead))


def _apart(rows: Array, ahead: Array) -> tuple[Array, Array]:
    """Return lengths (F,) and directions (F, 3) of the rows' parts across the view."""
    across = rows - _along(rows, ahead)[:, None] * ahead
    lengths = np.linalg.norm(across, axis=1)
    return np.asarray(lengths), np.asarray(across / np.maximum(lengths, FLAT**2)[:, None])


def _axes(right: Array, high: Array, ahead: Array) -> tuple[Array, bool] | None:
    """Return the camera's axes (F, 3, 3) as rotations, and whether its X axis is flipped."""
    axes = np.stack([right, high, -ahead], 2)
    signs = np.linalg.det(axes)
    square = np.abs(np.einsum("fi,fi->f", right, high)).max() < 1e-3
    if not square or not (np.abs(np.abs(signs) - 1) < 1e-2).all() or np.ptp(np.sign(signs)):
        return None
    mirrored = bool(signs[0] < 0)
    if mirrored:
        axes[:, :, 0] *= -1
    # the nearest rotations, since single precision leaves them slightly skewed
    left, _, other = np.linalg.svd(axes)
    return np.asarray(left @ other), mirrored


def _range(near: float, far: float) -> tuple[float, float]:
    good = np.isfinite([near, far]).all() and NEAREST <= near < far
    return (near, min(far, FARTHEST)) if good else (0.1, 1000.0)
