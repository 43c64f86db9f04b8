"""The studio's server: pairing, its engines, what it is doing; below the sections of the tab."""

from .operators import CLASSES as OPERATORS

CLASSES: tuple[type, ...] = OPERATORS
