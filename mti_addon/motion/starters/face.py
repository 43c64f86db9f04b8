"""The starter face: its bones at rest, as plain numbers.

In meters, z up, facing -Y, as tall as a stick figure, so that a camera framing one also frames the
other. Its features are in front of the head, which is drawn as a ball.
"""

from .figure import Row, both_sides

FRONT = -0.62
"""Position of the features relative to the center of the head: Y, in meters."""
_CENTRE: tuple[Row, ...] = (
    ("head", None, (0.0, 0.0, 0.15), (0.0, 0.0, 1.75)),
    ("jaw", "head", (0.0, -0.20, 0.44), (0.0, FRONT, 0.44)),
    ("nose", "head", (0.0, FRONT - 0.02, 1.02), (0.0, FRONT - 0.06, 0.84)),
)
_LEFT: tuple[Row, ...] = (
    ("brow.in", "head", (0.16, FRONT, 1.36), (0.30, FRONT, 1.41)),
    ("brow.out", "brow.in", (0.30, FRONT, 1.41), (0.46, FRONT, 1.35)),
    ("eye", "head", (0.30, FRONT, 1.11), (0.30, FRONT, 1.23)),
    ("lip.T", "head", (0.0, FRONT, 0.60), (0.26, FRONT, 0.60)),
    ("lip.B", "jaw", (0.0, FRONT, 0.565), (0.25, FRONT, 0.59)),
)


def face() -> list[Row]:
    """Return bones as (name, parent, head, tail); parents precede their children."""
    return both_sides(_CENTRE, _LEFT)
