"""The Library section: motions to find, use, change, share, and key onto figures."""

from .assets.browser import MTI_AST_motions
from .assets.operators_assets import MTI_OT_pose_asset, MTI_OT_use_asset
from .assets.operators_drop import MTI_OT_drag_asset, MTI_OT_drag_motion
from .grid import MTI_UL_library
from .keying.operators import MTI_OT_edit_motion, MTI_OT_pose_motion
from .operators_change import (
    MTI_OT_change_motion,
    MTI_OT_delete_motion,
    MTI_OT_duplicate_motion,
    MTI_OT_rename_motion,
    MTI_OT_restore_motion,
    MTI_OT_show_trash,
)
from .operators_choose import (
    MTI_OT_clear_library_search,
    MTI_OT_favorite_motion,
    MTI_OT_find_motion,
    MTI_OT_pick_motion,
)
from .operators_files import (
    MTI_FH_motion,
    MTI_OT_export_motion,
    MTI_OT_import_motion,
    MTI_OT_library_problems,
    MTI_OT_refresh_library,
    MTI_OT_show_motion_folder,
)
from .operators_save import MTI_OT_save_to_library
from .operators_studio import CLASSES as STUDIO
from .panel import MTI_MT_library, MTI_MT_library_motion, MTI_PT_library_filter

CLASSES: tuple[type, ...] = (
    MTI_UL_library,
    MTI_PT_library_filter,
    MTI_MT_library,
    MTI_MT_library_motion,
    MTI_OT_pick_motion,
    MTI_OT_find_motion,
    MTI_OT_favorite_motion,
    MTI_OT_clear_library_search,
    MTI_OT_rename_motion,
    MTI_OT_change_motion,
    MTI_OT_duplicate_motion,
    MTI_OT_delete_motion,
    MTI_OT_restore_motion,
    MTI_OT_show_trash,
    MTI_OT_import_motion,
    MTI_FH_motion,
    MTI_OT_export_motion,
    MTI_OT_show_motion_folder,
    MTI_OT_refresh_library,
    MTI_OT_library_problems,
    MTI_OT_save_to_library,
    MTI_OT_edit_motion,
    MTI_OT_pose_motion,
    MTI_OT_pose_asset,
    MTI_OT_drag_motion,
    MTI_OT_drag_asset,
    MTI_OT_use_asset,
    MTI_AST_motions,
    *STUDIO,
)
