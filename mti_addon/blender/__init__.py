"""Everything that needs Blender; thin. Registers and unregisters the extension's classes."""

from __future__ import annotations

import bpy

from . import (
    addon,
    channel,
    glance,
    header,
    image_strips,
    job_pictures,
    lists,
    menus,
    older_files,
    operators_drop,
    operators_setup,
    pictures,
    playback,
    polling,
    render_result,
    setup_watch,
    stillness,
    this_file,
    translations,
    watch,
)
from .header import MTI_OT_dismiss
from .menus import MTI_MT_motion
from .operators_figures import MTI_MT_add_figure, MTI_OT_add_camera, MTI_OT_add_stick_figure
from .operators_files import MTI_OT_clean_up, MTI_OT_collect_results, MTI_OT_show_target
from .operators_jobs import MTI_OT_apply, MTI_OT_learn
from .operators_list import MTI_OT_add_kept, MTI_OT_apply_this, MTI_OT_use_motion
from .operators_redo import MTI_OT_redo
from .operators_results import (
    MTI_OT_cancel,
    MTI_OT_import_result,
    MTI_OT_open_log,
    MTI_OT_pause,
    MTI_OT_remove_job,
    MTI_OT_rename_job,
    MTI_OT_resume,
    MTI_OT_start_now,
)
from .operators_scene import MTI_OT_capture
from .panel_jobs import MTI_UL_jobs
from .panel_results import MTI_UL_results
from .panels import MTI_PT_sequencer, MTI_PT_view3d
from .preferences import MTI_AP_preferences
from .properties import MTI_PG_scene

CLASSES: tuple[type, ...] = (
    MTI_AP_preferences,
    MTI_PG_scene,
    *lists.CLASSES,
    MTI_UL_jobs,
    MTI_UL_results,
    MTI_OT_add_stick_figure,
    MTI_OT_add_camera,
    MTI_MT_add_figure,
    MTI_MT_motion,
    MTI_OT_capture,
    MTI_OT_learn,
    MTI_OT_apply,
    MTI_OT_cancel,
    MTI_OT_pause,
    MTI_OT_resume,
    MTI_OT_start_now,
    MTI_OT_import_result,
    MTI_OT_add_kept,
    MTI_OT_use_motion,
    MTI_OT_apply_this,
    playback.MTI_OT_play_result,
    MTI_OT_remove_job,
    MTI_OT_rename_job,
    MTI_OT_open_log,
    MTI_OT_show_target,
    MTI_OT_redo,
    MTI_OT_collect_results,
    MTI_OT_clean_up,
    MTI_OT_dismiss,
    *operators_drop.CLASSES,
    *operators_setup.CLASSES,
    MTI_PT_view3d,
    MTI_PT_sequencer,
)
if channel.CHANNEL == "own":
    from . import operators_install

    CLASSES = (*CLASSES, *operators_install.CLASSES)


def register() -> None:
    """Register the classes, the scene's settings, and the first look at the jobs."""
    translations.register(addon.ADDON_ID)
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.mti = bpy.props.PointerProperty(type=MTI_PG_scene)
    lists.register()
    this_file.register()
    header.register()
    menus.register()
    image_strips.register()
    older_files.register()
    render_result.register()
    polling.begin()
    setup_watch.begin()
    glance.on_change(setup_watch.redraw)
    watch.begin()


def unregister() -> None:
    """Undo register(), in reverse order, and leave no timer and no picture behind."""
    watch.stop()
    setup_watch.stop()
    playback.stop()
    polling.stop()
    stillness.forget()
    glance.forget()
    job_pictures.forget()
    pictures.forget()
    older_files.unregister()
    image_strips.unregister()
    render_result.unregister()
    menus.unregister()
    header.unregister()
    this_file.unregister()
    lists.unregister()
    del bpy.types.Scene.mti
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
    translations.unregister(addon.ADDON_ID)
