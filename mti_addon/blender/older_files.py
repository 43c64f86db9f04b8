"""Migrate scene settings saved by an older version to their current names."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent

from .common import file_load

RENAMED = {"span": "frame_range_mode"}
"""Scene settings of version 0.1.0 -> current name. The old ones stay registered, since Blender
drops the values of unregistered properties."""


def rename_settings(scene: Any) -> None:
    """Copy settings from their old names to the new ones, unless those are set too."""
    props = scene.mti
    for old, new in RENAMED.items():
        if not props.is_property_set(old):
            continue
        if not props.is_property_set(new):
            setattr(props, new, getattr(props, old))
        if scene.library is None:  # changes to linked data are not saved
            props.property_unset(old)


@persistent
def rename_all(*_: Any) -> None:
    """Rename in all scenes of the file, including appended and linked ones."""
    for scene in bpy.data.scenes:
        rename_settings(scene)


def register() -> None:
    """Handle every file that is read, and the one already open."""
    file_load.register(rename_all)


def unregister() -> None:
    """Undo register()."""
    file_load.unregister(rename_all)
