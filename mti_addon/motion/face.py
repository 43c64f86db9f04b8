"""The starter face: its bones at rest, as plain numbers. Imports nothing.

Metres, z up, facing -Y, as tall as a stick figure, so that a camera that sees one sees the other.
Its features lie in front of the head, which is drawn as a ball.
"""

Point = tuple[float, float, float]

FRONT = -0.62
"""How far before the middle of the head its features lie: Y, metres."""
_CENTRE: tuple[tuple[str, str | None, Point, Point], ...] = (
    ("head", None, (0.0, 0.0, 0.15), (0.0, 0.0, 1.75)),
    ("jaw", "head", (0.0, -0.20, 0.44), (0.0, FRONT, 0.44)),
    ("nose", "head", (0.0, FRONT - 0.02, 1.02), (0.0, FRONT - 0.06, 0.84)),
)
_LEFT: tuple[tuple[str, str, Point, Point], ...] = (
    ("brow.in", "head", (0.16, FRONT, 1.36), (0.30, FRONT, 1.41)),
    ("brow.out", "brow.in", (0.30, FRONT, 1.41), (0.46, FRONT, 1.35)),
    ("eye", "head", (0.30, FRONT, 1.11), (0.30, FRONT, 1.23)),
    ("lip.T", "head", (0.0, FRONT, 0.60), (0.26, FRONT, 0.60)),
    ("lip.B", "jaw", (0.0, FRONT, 0.565), (0.25, FRONT, 0.59)),
)


def face() -> list[tuple[str, str | None, Point, Point]]:
    """Bones as (name, parent, head, tail); parents stand before their children."""
    bones = list(_CENTRE)
    centre = {name for name, *_ in _CENTRE}
    for side, sign in (("L", 1.0), ("R", -1.0)):
        for name, parent, (hx, hy, hz), (tx, ty, tz) in _LEFT:
            above = parent if parent in centre else f"{parent}.{side}"
            bones.append((f"{name}.{side}", above, (sign * hx, hy, hz), (sign * tx, ty, tz)))
    return bones
