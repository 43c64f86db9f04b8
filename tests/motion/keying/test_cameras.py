"""Cameras that were sampled as matrices, as Blender's cameras."""

from __future__ import annotations

import numpy as np
import pytest

from mti_addon.motion import project
from mti_addon.motion.keying.cameras import SENSOR, camera_of
from tests.motion.drawing.cameras import look_along_y, orthographic, perspective

SIZES = [(256, 144), (144, 256), (128, 128)]


def matrices_of(camera, size):
    """The camera's matrices (F, 4, 4) as Blender computes them."""
    longer, (near, far) = max(size), camera.clip
    found = []
    for place, turn, zoom, shift in zip(
        camera.locations, camera.rotations, camera.zooms, camera.shifts, strict=True
    ):
        world = np.eye(4)
        world[:3, :3], world[:3, 3] = turn, place
        if camera.mirrored:
            world[:3, 0] *= -1
        aspect = size[0] / size[1]
        if camera.perspective:
            focal = 2 * zoom / SENSOR * longer / size[0]
            offset = 2 * shift * longer / np.array(size)
            lens = perspective(aspect, focal, offset, near, far)
        else:
            lens = orthographic(zoom * size[0] / longer, aspect, near, far)
        found.append(lens @ np.linalg.inv(world))
    return np.array(found)


def seen(camera, matrices, size):
    """Where points in front of the camera are in the image (F, 9, 2)."""
    ahead = -camera.rotations[:, :, 2]
    right, up = camera.rotations[:, :, 0], camera.rotations[:, :, 1]
    points = np.stack(
        [
            camera.locations + depth * ahead + depth / 5 * (x * right + y * up)
            for depth in (1.0, 5.0, 40.0)
            for x, y in ((0, 0), (1, 0.3), (-0.6, -1))
        ],
        axis=1,
    )
    return project(points, matrices, size)[0]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.3, -0.2)])
def test_a_perspective_camera(size, shift):
    aspect = size[0] / size[1]
    eyes = [(0.5 * i, -6.0 + i, 1.0 + 0.1 * i) for i in range(4)]
    matrices = np.array(
        [
            perspective(aspect, 1.5 + 0.3 * i, shift, 0.2, 300.0) @ look_along_y(eye, 0.4 * i)
            for i, eye in enumerate(eyes)
        ]
    ).astype(np.float32)
    camera = camera_of(matrices, size)
    assert camera.perspective and not camera.mirrored
    assert np.allclose(camera.locations, eyes, atol=1e-4)
    assert camera.clip == pytest.approx((0.2, 300.0), rel=2e-3)
    again = matrices_of(camera, size)
    assert np.nanmax(np.abs(seen(camera, again, size) - seen(camera, matrices, size))) < 0.02
    assert np.allclose(again[:, 2], matrices[:, 2], rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("size", SIZES)
def test_a_parallel_camera(size):
    aspect = size[0] / size[1]
    matrices = np.array(
        [
            orthographic(3.0 + i, aspect, 0.5, 50.0) @ look_along_y((i, -9.0, 2.0), 0.5 * i)
            for i in range(3)
        ]
    ).astype(np.float32)
    camera = camera_of(matrices, size)
    assert not camera.perspective
    again = matrices_of(camera, size)
    assert np.abs(seen(camera, again, size) - seen(camera, matrices, size)).max() < 0.02
    assert np.allclose(again[:, 2], matrices[:, 2], atol=1e-3)


def test_a_mirrored_camera():
    mirror = np.diag([-1.0, 1, 1, 1])
    matrices = np.array([perspective() @ mirror @ look_along_y((0, -5, 1), 0.3)] * 2)
    camera = camera_of(matrices, (64, 64))
    assert camera.mirrored and np.linalg.det(camera.rotations[0]) > 0
    again = matrices_of(camera, (64, 64))
    assert np.allclose(seen(camera, again, (64, 64)), seen(camera, matrices, (64, 64)), atol=1e-3)


@pytest.mark.parametrize(
    "matrices",
    [
        np.zeros((2, 4, 4)),
        np.full((2, 4, 4), np.nan),
        np.array([perspective() @ look_along_y(), orthographic() @ look_along_y()]),
        np.array([np.diag([1.0, 1, 1, 0])] * 2),
        np.array([perspective() @ np.diag([1.0, 0, 1, 1]) @ look_along_y()] * 2),
    ],
    ids=["nothing", "not numbers", "two kinds", "no depth", "flat"],
)
def test_what_is_no_camera(matrices):
    assert camera_of(matrices, (64, 64)) is None


def test_a_camera_that_stays_is_placed_and_has_no_key():
    matrices = np.array([perspective(shift=(0.1, 0.0)) @ look_along_y()] * 5).astype(np.float32)
    camera = camera_of(matrices, (64, 64))
    channels = [*camera.object_channels(), *camera.lens_channels()]
    assert [part for channel in channels for part in channel.placed().parts()] == []
