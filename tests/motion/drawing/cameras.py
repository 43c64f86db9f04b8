"""Test cameras from textbook formulas, independent of the code under test."""

from __future__ import annotations

import numpy as np


def look_along_y(eye=(0.0, -6.0, 1.0), turn=0.0):
    """View matrix of an upright camera at `eye`, looking along +Y rotated about Z (radians)."""
    c, s = np.cos(turn), np.sin(turn)
    right, up, back = np.array([c, s, 0]), np.array([0, 0, 1.0]), np.array([s, -c, 0])
    view = np.eye(4)
    view[:3, :3] = right, up, back
    view[:3, 3] = -view[:3, :3] @ np.array(eye)
    return view


def perspective(aspect=1.0, focal=2.0, shift=(0.0, 0.0), near=0.1, far=100.0):
    """OpenGL's projection; `focal` is the inverse of half the view's width at distance 1."""
    matrix = np.zeros((4, 4))
    matrix[0, 0], matrix[1, 1] = focal, focal * aspect
    matrix[0, 2], matrix[1, 2] = shift
    matrix[2, 2], matrix[2, 3] = -(far + near) / (far - near), -2 * far * near / (far - near)
    matrix[3, 2] = -1
    return matrix


def orthographic(width=4.0, aspect=1.0, near=0.1, far=100.0):
    """OpenGL's parallel projection of a view `width` meters wide."""
    matrix = np.eye(4)
    matrix[0, 0], matrix[1, 1] = 2 / width, 2 * aspect / width
    matrix[2, 2], matrix[2, 3] = -2 / (far - near), -(far + near) / (far - near)
    return matrix


def still(matrix, frames):
    """The same world-to-clip matrix for every frame."""
    return np.tile(matrix.astype(np.float32), (frames, 1, 1))
