"""Settings of scenes that an older version saved, under the names that they have now."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent

from . import on_read

RENAMED = {"span": "frame_range_mode"}
"""Of the scene's settings; version 0.1.0 -> now. The old ones are still registered, since Blender
forgets the values of those that are not."""


def rename_settings(scene: Any) -> None:
    """Give what was set under an old name to the new one, unless that was set as well."""
    props = scene.mti
    for old, new in RENAMED.items():
        if not props.is_property_set(old):
            continue
        if not props.is_property_set(new):
            setattr(props, new, getattr(props, old))
        if scene.library is None:  # what is linked cannot be changed for good
            props.property_unset(old)


@persistent
def rename_all(*_: Any) -> None:
    """In all scenes of the file, also in appended and linked ones."""
    for scene in bpy.data.scenes:
        rename_settings(scene)


def register() -> None:
    """See to every file that is read, and to the one that is open already."""
    on_read.register(rename_all)


def unregister() -> None:
    """Undo register()."""
    on_read.unregister(rename_all)
