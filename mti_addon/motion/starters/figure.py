"""The starter stick figure: its bones at rest and its wave, as plain numbers.

In meters, z up, feet on the ground, facing -Y as characters in Blender do; so its left is at +X.
"""

from collections.abc import Sequence

Point = tuple[float, float, float]
Row = tuple[str, str | None, Point, Point]
"""A bone: its name, its parent's, head and tail."""

_CENTRE: tuple[Row, ...] = (
    ("hips", None, (0.0, 0.0, 0.95), (0.0, 0.0, 1.08)),
    ("spine", "hips", (0.0, 0.0, 1.08), (0.0, 0.0, 1.24)),
    ("chest", "spine", (0.0, 0.0, 1.24), (0.0, 0.0, 1.42)),
    ("neck", "chest", (0.0, 0.0, 1.42), (0.0, 0.0, 1.51)),
    ("head", "neck", (0.0, 0.0, 1.51), (0.0, 0.0, 1.78)),
)
_LEFT: tuple[Row, ...] = (
    ("shoulder", "chest", (0.0, 0.0, 1.40), (0.19, 0.0, 1.40)),
    ("upper_arm", "shoulder", (0.19, 0.0, 1.40), (0.24, 0.0, 1.11)),
    ("forearm", "upper_arm", (0.24, 0.0, 1.11), (0.29, 0.0, 0.86)),
    ("hand", "forearm", (0.29, 0.0, 0.86), (0.31, 0.0, 0.76)),
    ("thigh", "hips", (0.10, 0.0, 0.95), (0.13, 0.0, 0.50)),
    ("shin", "thigh", (0.13, 0.0, 0.50), (0.16, 0.0, 0.08)),
    ("foot", "shin", (0.16, 0.0, 0.08), (0.17, -0.15, 0.02)),
)


def stick_figure() -> list[Row]:
    """Return bones as (name, parent, head, tail); parents precede their children."""
    return both_sides(_CENTRE, _LEFT)


def both_sides(centre: Sequence[Row], left: Sequence[Row]) -> list[Row]:
    """Return the center bones, then those of the left side as NAME.L and, mirrored, as NAME.R."""
    bones = list(centre)
    middle = {name for name, *_ in centre}
    for side, sign in (("L", 1.0), ("R", -1.0)):
        for name, parent, head, tail in left:
            above = parent if parent in middle else f"{parent}.{side}"
            bones.append((f"{name}.{side}", above, _mirrored(head, sign), _mirrored(tail, sign)))
    return bones


def _mirrored(point: Point, sign: float) -> Point:
    return (sign * point[0], point[1], point[2])


# bone -> (time 0..1, degrees in the plane facing the camera, outwards and up from rest)
WAVE: dict[str, tuple[tuple[float, float], ...]] = {
    "upper_arm.R": ((0.0, 0.0), (0.3, 115.0), (1.0, 115.0)),
    "forearm.R": ((0.0, 0.0), (0.3, 15.0), (0.42, 60.0), (0.58, 0.0), (0.74, 60.0), (0.9, 0.0)),
    "head": ((0.0, 0.0), (0.35, 6.0), (1.0, 4.0)),
}
"""The starter motion: the right arm goes up and the forearm swings, twice."""
WAVE_SECONDS = 2.0
