"""What belongs to the machine rather than to a scene."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import EnumProperty, StringProperty

from . import addon, polling

ENGINES = (
    ("draft", "Draft", "The small model that comes with the extension: 14 pictures of 64 x 64"),
    (
        "svd",
        "SVD",
        "Stable Video Diffusion: 14 pictures of 1024 x 576; needs its weights and a GPU",
    ),
    ("svd-xt", "SVD-XT", "Stable Video Diffusion XT: 25 pictures of 1024 x 576"),
)


def _jobs_folder_changed(_self: Any, _context: Any) -> None:
    polling.start()


class MTI_AP_preferences(bpy.types.AddonPreferences):
    """Where the backend is, and where the jobs go."""

    bl_idname = addon.ADDON_ID

    python: StringProperty(
        name="Backend Python",
        description="The Python program of the environment that the backend is installed in",
        subtype="FILE_PATH",
    )
    models_folder: StringProperty(
        name="Models Folder",
        description="The folder with the weights of SVD and SVD-XT; the draft model is shipped",
        subtype="DIR_PATH",
    )
    jobs_folder: StringProperty(
        name="Jobs Folder",
        description="Where jobs and their results are kept; empty: in the extension's user folder",
        subtype="DIR_PATH",
        update=_jobs_folder_changed,
    )
    engine: EnumProperty(
        name="Engine",
        description="The model that learns a motion",
        items=ENGINES,
        default="draft",
    )

    def draw(self, _context: Any) -> None:
        """The preferences' page."""
        column = self.layout.column()
        column.use_property_split = True
        column.prop(self, "python")
        if problem := addon.backend_problem():
            column.label(text=problem, icon="ERROR")
        column.prop(self, "jobs_folder")
        if not self.jobs_folder:
            column.label(text=str(addon.jobs_folder()))
        column.prop(self, "models_folder")
        column.prop(self, "engine")
