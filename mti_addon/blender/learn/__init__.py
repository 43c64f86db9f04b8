"""The Learn section: turn a captured motion into a job; learn many motions at once."""

from .operators import MTI_OT_learn
from .operators_library import (
    MTI_OT_learn_all_motions,
    MTI_OT_learn_motion,
    MTI_OT_stop_queueing,
)
from .operators_many import MTI_OT_learn_actions, MTI_OT_learn_movies

CLASSES: tuple[type, ...] = (
    MTI_OT_learn,
    MTI_OT_learn_motion,
    MTI_OT_learn_all_motions,
    MTI_OT_stop_queueing,
    MTI_OT_learn_actions,
    MTI_OT_learn_movies,
)
