"""The starter quadruped: its bones at rest, as plain numbers. Imports nothing.

Metres, z up, paws on the ground, facing -Y. Front legs have the names of arms, as in a biped, so
that they are drawn in other colours than the hind legs.
"""

Point = tuple[float, float, float]

_CENTRE: tuple[tuple[str, str | None, Point, Point], ...] = (
    ("hips", None, (0.0, 0.48, 0.86), (0.0, 0.20, 0.90)),
    ("spine", "hips", (0.0, 0.20, 0.90), (0.0, -0.12, 0.88)),
    ("chest", "spine", (0.0, -0.12, 0.88), (0.0, -0.46, 0.92)),
    ("neck", "chest", (0.0, -0.46, 0.92), (0.0, -0.68, 1.16)),
    ("head", "neck", (0.0, -0.68, 1.16), (0.0, -0.96, 1.08)),
    ("tail.001", "hips", (0.0, 0.48, 0.86), (0.0, 0.68, 0.78)),
    ("tail.002", "tail.001", (0.0, 0.68, 0.78), (0.0, 0.82, 0.58)),
)
_LEFT: tuple[tuple[str, str, Point, Point], ...] = (
    ("upper_arm", "chest", (0.13, -0.40, 0.80), (0.13, -0.29, 0.48)),
    ("forearm", "upper_arm", (0.13, -0.29, 0.48), (0.13, -0.39, 0.10)),
    ("hand", "forearm", (0.13, -0.39, 0.10), (0.13, -0.48, 0.02)),
    ("thigh", "hips", (0.12, 0.40, 0.82), (0.12, 0.30, 0.50)),
    ("shin", "thigh", (0.12, 0.30, 0.50), (0.12, 0.52, 0.22)),
    ("foot", "shin", (0.12, 0.52, 0.22), (0.12, 0.45, 0.02)),
)


def quadruped() -> list[tuple[str, str | None, Point, Point]]:
    """Bones as (name, parent, head, tail); parents stand before their children."""
    bones = list(_CENTRE)
    centre = {name for name, *_ in _CENTRE}
    for side, sign in (("L", 1.0), ("R", -1.0)):
        for name, parent, (hx, hy, hz), (tx, ty, tz) in _LEFT:
            above = parent if parent in centre else f"{parent}.{side}"
            bones.append((f"{name}.{side}", above, (sign * hx, hy, hz), (sign * tx, ty, tz)))
    return bones
