"""The Results section: show, play, add and redo the results of this file."""

from .operators import MTI_OT_add_kept, MTI_OT_collect_results, MTI_OT_import_result
from .panel import MTI_UL_results
from .playback import MTI_OT_play_result
from .redo import MTI_OT_redo

CLASSES: tuple[type, ...] = (
    MTI_UL_results,
    MTI_OT_import_result,
    MTI_OT_add_kept,
    MTI_OT_play_result,
    MTI_OT_redo,
    MTI_OT_collect_results,
)
