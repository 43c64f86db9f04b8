"""Motions of the library in a scene, and as assets."""

from .browser import MTI_AST_motions
from .operators import MTI_OT_edit_motion, MTI_OT_pose_motion
from .operators_assets import MTI_OT_pose_asset, MTI_OT_use_asset
from .operators_drop import MTI_OT_drag_asset, MTI_OT_drag_motion

CLASSES: tuple[type, ...] = (
    MTI_OT_edit_motion,
    MTI_OT_pose_motion,
    MTI_OT_pose_asset,
    MTI_OT_drag_motion,
    MTI_OT_drag_asset,
    MTI_OT_use_asset,
    MTI_AST_motions,
)
