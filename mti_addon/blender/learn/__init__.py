"""The Learn section: turn a captured motion into a job."""

from .operators import MTI_OT_learn

CLASSES: tuple[type, ...] = (MTI_OT_learn,)
