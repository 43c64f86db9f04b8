"""Blender layer: registers and unregisters the extension's classes.

Each section of the tab has its own sub-package. `queue`, `studio`, `sequencer`, `scene` and
`common` sit below the sections and know nothing about them; see docs/architecture.md.
"""

from __future__ import annotations

import bpy

from . import (
    apply,
    jobs,
    learn,
    library,
    menus,
    older_files,
    preferences,
    results,
    setup,
    sketch,
    status_bar,
    studio,
    tab,
    translations,
)
from .apply import changes as target_changes
from .apply.edit_properties import MTI_PG_chained_motion
from .apply.words_properties import MTI_PG_prompt
from .common import addon, file_cache, icons, lists, panels, playing, this_file
from .jobs import cleanup
from .learn import queueing
from .library import changing, grid_clicks, journal, motions, saving, shown
from .library import menus as library_menus
from .library import studio as studio_motions
from .library.assets import asset_library, browser
from .properties import MTI_PG_scene, MTI_PG_window
from .queue import pictures as job_pictures
from .queue import polling, stillness
from .results import playback
from .scene import render_result, watch
from .sequencer import image_sizes
from .setup import watch as setup_watch
from .sketch import changes as capture_changes
from .studio import watch as studio_watch

CLASSES: tuple[type, ...] = (
    *preferences.CLASSES,
    lists.MTI_PG_entry,
    MTI_PG_prompt,
    MTI_PG_chained_motion,
    MTI_PG_scene,
    MTI_PG_window,
    *studio.CLASSES,
    *setup.CLASSES,
    *sketch.CLASSES,
    *learn.CLASSES,
    *library.CLASSES,
    *apply.CLASSES,
    *results.CLASSES,
    *jobs.CLASSES,
    *menus.CLASSES,
    *status_bar.CLASSES,
    *tab.CLASSES,
)
HOOKS = (
    this_file,
    status_bar,
    menus,
    library_menus,
    browser,
    journal,
    image_sizes,
    older_files,
    render_result,
)
"""Modules that add something to Blender other than classes."""


def register() -> None:
    """Register the classes and scene settings, and start watching the jobs."""
    translations.register(addon.ADDON_ID)
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.mti = bpy.props.PointerProperty(type=MTI_PG_scene)
    bpy.types.WindowManager.mti = bpy.props.PointerProperty(type=MTI_PG_window)
    for module in HOOKS:
        module.register()
    polling.on_change(saving.look)
    motions.on_change(panels.redraw)
    motions.on_change(asset_library.notice)
    polling.begin()
    motions.start()
    asset_library.start()
    setup_watch.begin()
    studio_watch.on_change(studio_motions.look)
    studio_watch.begin()
    cleanup.begin()
    file_cache.on_change(setup_watch.redraw)
    watch.begin(capture_changes.LOOKER, target_changes.LOOKER)


def unregister() -> None:
    """Undo register() in reverse order, leaving no timers or previews behind."""
    timers = (
        watch,
        setup_watch,
        studio_watch,
        playback,
        polling,
        lists,
        cleanup,
        playing,
        grid_clicks,
        queueing,
    )
    for timer in (*timers, grid_clicks, queueing):
        timer.stop()
    known = (
        asset_library,
        stillness,
        file_cache,
        job_pictures,
        saving,
        shown,
        changing,
        motions,
        icons,
    )
    for each in known:
        each.forget()
    for module in reversed(HOOKS):
        module.unregister()
    del bpy.types.WindowManager.mti
    del bpy.types.Scene.mti
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
    translations.unregister(addon.ADDON_ID)
