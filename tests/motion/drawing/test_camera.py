"""World to pixels, against positions calculated by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mti_addon.motion.drawing.camera import orbited, pixels_per_metre, project, shifted
from tests.motion.drawing.cameras import look_along_y, orthographic, perspective, still


def _points(*points):
    return np.array([points], np.float32)


def test_the_middle_and_the_edges():
    """At 6 m with focal 2, half the view is 3 m wide."""
    matrix = still(perspective() @ look_along_y(), 1)
    points = _points((0, 0, 1), (3, 0, 1), (-3, 0, 1), (0, 0, 4), (0, 0, -2))
    pixels, inside = project(points, matrix, (64, 64))
    assert np.allclose(pixels[0], [(32, 32), (64, 32), (0, 32), (32, 0), (32, 64)], atol=1e-3)
    assert inside[0, 0]


def test_y_is_down_and_x_to_the_right():
    pixels, _ = project(_points((1, 0, 2)), still(perspective() @ look_along_y(), 1), (64, 64))
    assert pixels[0, 0, 0] > 32 > pixels[0, 0, 1]


def test_outside_and_behind():
    points = _points((0, 0, 1), (3.1, 0, 1), (0, -7, 1), (0, -6, 1))
    pixels, inside = project(points, still(perspective() @ look_along_y(), 1), (64, 64))
    assert inside[0].tolist() == [True, False, False, False]
    assert np.isfinite(pixels[0, :2]).all() and np.isnan(pixels[0, 2:]).all()


def test_each_frame_has_its_own_camera():
    cameras = np.stack([perspective() @ look_along_y((x, -6, 1)) for x in (0, 1, 2)])
    points = np.zeros((3, 1, 3), np.float32) + np.float32([0, 0, 1])
    pixels, _ = project(points, cameras.astype(np.float32), (60, 60))
    assert np.allclose(pixels[:, 0, 0], [30, 20, 10], atol=1e-3)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.3, -0.2)])
@pytest.mark.parametrize("turn", [0.0, 0.7])
def test_pixels_per_metre_is_the_length_of_a_metre_across_the_view(shift, turn):
    view = look_along_y(turn=turn)
    matrix = still(perspective(shift=shift) @ view, 1)
    right, forward = view[0, :3], -view[2, :3]
    start = np.array([0, -6, 1]) + 5 * forward
    pixels, _ = project(_points(start, start + right), matrix, (640, 640))
    length = np.linalg.norm(pixels[0, 1] - pixels[0, 0])
    assert pixels_per_metre(matrix, (640, 640))[0] / 5 == pytest.approx(length, rel=1e-4)


def test_pixels_per_metre_of_a_parallel_view():
    matrix = still(orthographic(4.0) @ look_along_y(), 1)
    assert pixels_per_metre(matrix, (64, 64))[0] == pytest.approx(16)


@pytest.mark.parametrize("lens", [perspective(1.6, shift=(0.2, -0.1)), orthographic(4, 1.6)])
def test_shifted_pixels_lie_at_scale_times_themselves_plus_shift(lens):
    size, scale, shift = (96, 60), 0.7, np.array([11.0, -5.0])
    cameras = still(lens @ look_along_y(turn=0.2), 1)
    points = _points((0, 0, 1), (1, 0.5, 1.5), (-1, -0.5, 0.2))
    before, _ = project(points, cameras, size)
    moved = shifted(cameras, scale, shift, size)
    assert np.allclose(project(points, moved, size)[0], scale * before + shift, atol=1e-3)
    assert np.allclose(pixels_per_metre(moved, size), scale * pixels_per_metre(cameras, size))


def test_an_orbit_is_a_camera_at_another_place():
    """Orbiting a point by 0.3 radians equals translating and turning the camera."""
    eye, pivot, yaw = np.array([0.0, -6, 1]), np.array([0.4, 0.2, 1.0]), 0.3
    c, s = np.cos(-yaw), np.sin(-yaw)
    there = pivot + np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ (eye - pivot)
    points = _points((0, 0, 1), (1, 0.5, 1.5), (-1, -0.5, 0.2))
    orbit = orbited(still(perspective() @ look_along_y(eye), 1), pivot, yaw, 0.0)
    expected = still(perspective() @ look_along_y(there, -yaw), 1)
    assert np.allclose(
        project(points, orbit, (64, 64))[0], project(points, expected, (64, 64))[0], atol=1e-3
    )


def test_an_orbit_keeps_its_pivot_and_looks_from_above():
    cameras = still(perspective() @ look_along_y(), 1)
    pivot = np.array([0.0, 0.0, 1.0])
    orbit = orbited(cameras, pivot, 0.2, 0.1)
    points = _points(pivot, (0, 1, 1))
    (middle, behind), (before, _) = (project(points, of, (64, 64))[0][0] for of in (orbit, cameras))
    assert np.allclose(middle, before, atol=1e-3)
    assert abs(behind[1] - middle[1]) > 0.5  # depth has become height
