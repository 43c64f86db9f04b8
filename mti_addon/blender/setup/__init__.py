"""Backend setup, its engines, and the box at the top of the tab until it is done."""

from ..common import release_channel
from .operators import CLASSES as OPERATORS

CLASSES: tuple[type, ...] = OPERATORS
if release_channel.CHANNEL == "own":  # other channels omit the module
    from .operators_install import CLASSES as INSTALL

    CLASSES = (*CLASSES, *INSTALL)
