"""Bounding box of an object in its own space: of its shape, or of its children and instances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from mathutils import Matrix, Vector
from numpy.typing import NDArray

SOLID = frozenset(
    "MESH CURVE SURFACE META FONT CURVES POINTCLOUD VOLUME GPENCIL GREASEPENCIL".split()
)
"""Object types that are visible in a render."""


CUBE = [(x, y, z) for x in (-1, 1) for y, z in ((-1, -1), (-1, 1), (1, 1), (1, -1))]
"""Corners in the order of Blender's bounding boxes."""
NO_EXTENT = 0.5
"""Half side, in meters, of the cube drawn for a light or another object without a shape."""

Points = NDArray[np.float64]


def box_corners(moving: Any, depsgraph: Any) -> Points:
    """Return the corners (8, 3) of an evaluated object's box in its own space, in meters.

    Uses its own shape, or else its children and instances, or else a small cube.
    """
    own = np.array([tuple(corner) for corner in moving.bound_box])
    if has_shape(moving) and np.ptp(own, axis=0).max() > 1e-6:
        return own
    carried = [*_instances(moving, depsgraph), *_hanging_on(moving, depsgraph)]
    if carried and moving.matrix_world.determinant():
        back = np.array(moving.matrix_world.inverted())
        local = np.concatenate(carried) @ back[:3, :3].T + back[:3, 3]
        low, high = local.min(0), local.max(0)
        if (high - low).max() > 1e-6:
            return np.asarray(low + (np.array(CUBE) + 1) / 2 * (high - low))
    half = moving.empty_display_size if moving.type == "EMPTY" else NO_EXTENT
    return half * np.array(CUBE, np.float64)


def has_shape(moving: Any) -> bool:
    """Return whether it has a bounding box of its own."""
    return moving.type in SOLID or moving.type in ("ARMATURE", "LATTICE")


def _in_world(thing: Any, matrix: Matrix) -> Points:
    corners = [matrix @ Vector(corner) for corner in thing.bound_box]
    return np.array([tuple(corner) for corner in corners])


def _hanging_on(moving: Any, depsgraph: Any) -> Iterator[Points]:
    """Yield the boxes of all descendants' shapes in world space."""
    for child in moving.original.children_recursive:
        evaluated = child.evaluated_get(depsgraph)
        if child.type in SOLID and evaluated.is_evaluated and not child.hide_render:
            yield _in_world(evaluated, evaluated.matrix_world)
        elif child.instance_type != "NONE":
            yield from _instances(evaluated, depsgraph)


def _instances(moving: Any, depsgraph: Any) -> Iterator[Points]:
    """Yield the boxes of its instances: of a collection, or from geometry nodes."""
    for instance in depsgraph.object_instances:
        if not instance.is_instance or instance.parent is None:
            continue
        if instance.parent.original == moving.original and instance.object.type in SOLID:
            yield _in_world(instance.object, instance.matrix_world)
