"""The starter quadruped: its bones at rest, as plain numbers.

In meters, z up, paws on the ground, facing -Y. Front legs are named like a biped's arms, so that
they are drawn in other colors than the hind legs.
"""

from .figure import Row, both_sides

_CENTRE: tuple[Row, ...] = (
    ("hips", None, (0.0, 0.48, 0.86), (0.0, 0.20, 0.90)),
    ("spine", "hips", (0.0, 0.20, 0.90), (0.0, -0.12, 0.88)),
    ("chest", "spine", (0.0, -0.12, 0.88), (0.0, -0.46, 0.92)),
    ("neck", "chest", (0.0, -0.46, 0.92), (0.0, -0.68, 1.16)),
    ("head", "neck", (0.0, -0.68, 1.16), (0.0, -0.96, 1.08)),
    ("tail.001", "hips", (0.0, 0.48, 0.86), (0.0, 0.68, 0.78)),
    ("tail.002", "tail.001", (0.0, 0.68, 0.78), (0.0, 0.82, 0.58)),
)
_LEFT: tuple[Row, ...] = (
    ("upper_arm", "chest", (0.13, -0.40, 0.80), (0.13, -0.29, 0.48)),
    ("forearm", "upper_arm", (0.13, -0.29, 0.48), (0.13, -0.39, 0.10)),
    ("hand", "forearm", (0.13, -0.39, 0.10), (0.13, -0.48, 0.02)),
    ("thigh", "hips", (0.12, 0.40, 0.82), (0.12, 0.30, 0.50)),
    ("shin", "thigh", (0.12, 0.30, 0.50), (0.12, 0.52, 0.22)),
    ("foot", "shin", (0.12, 0.52, 0.22), (0.12, 0.45, 0.02)),
)


def quadruped() -> list[Row]:
    """Return bones as (name, parent, head, tail); parents precede their children."""
    return both_sides(_CENTRE, _LEFT)
