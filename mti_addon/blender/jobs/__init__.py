"""The Jobs section: the list of jobs, actions on each, and cleanup."""

from .operators import (
    MTI_OT_cancel,
    MTI_OT_open_log,
    MTI_OT_pause,
    MTI_OT_remove_job,
    MTI_OT_rename_job,
    MTI_OT_resume,
    MTI_OT_start_now,
)
from .operators_clean_up import MTI_OT_clean_up
from .panel import MTI_UL_jobs

CLASSES: tuple[type, ...] = (
    MTI_UL_jobs,
    MTI_OT_cancel,
    MTI_OT_pause,
    MTI_OT_resume,
    MTI_OT_start_now,
    MTI_OT_remove_job,
    MTI_OT_rename_job,
    MTI_OT_open_log,
    MTI_OT_clean_up,
)
