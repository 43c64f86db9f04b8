"""The Apply section: a motion, a target, and the job that combines them."""

from . import operators_chain, operators_edit, operators_words
from .drop import MTI_FH_target, MTI_OT_drop_target
from .operators import (
    MTI_OT_apply,
    MTI_OT_apply_this,
    MTI_OT_reset_edit,
    MTI_OT_show_target,
    MTI_OT_use_motion,
)

CLASSES: tuple[type, ...] = (
    MTI_OT_apply,
    MTI_OT_use_motion,
    MTI_OT_apply_this,
    MTI_OT_reset_edit,
    MTI_OT_show_target,
    MTI_OT_drop_target,
    MTI_FH_target,
    *operators_chain.CLASSES,
    *operators_edit.CLASSES,
    *operators_words.CLASSES,
)
