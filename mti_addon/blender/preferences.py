"""What belongs to the machine rather than to a scene."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import EnumProperty, StringProperty

from . import addon, polling, preferences_page, setup_watch

ENGINES = (
    (
        "draft",
        "Draft",
        "The small model that comes with the extension: 14 images of the target's size",
    ),
    (
        "svd",
        "SVD",
        "Stable Video Diffusion: 14 images of 1024 x 576; needs its weights and a GPU",
    ),
    ("svd-xt", "SVD-XT", "Stable Video Diffusion XT: 25 images of 1024 x 576"),
)


SIZES = (
    ("0", "1024 x 576", "As the model was trained: the best"),
    ("1", "768 x 448", "Three quarters of the width"),
    ("2", "512 x 320", "Half the width"),
    ("3", "320 x 192", "For a first look, where the memory is too small for more"),
)
"""Those of wire/settings.py, by their places there."""

_token = ""


def hub_token() -> str:
    """The access token as it was typed in; kept until Blender ends, and in no file."""
    return _token


def _set_token(_self: Any, text: str) -> None:
    global _token
    _token = text.strip()


def _get_token(_self: Any) -> str:
    return _token


def _jobs_folder_changed(_self: Any, _context: Any) -> None:
    polling.start()


def _backend_changed(_self: Any, _context: Any) -> None:
    setup_watch.start()


class MTI_AP_preferences(bpy.types.AddonPreferences):
    """Where the backend is, and where the jobs go."""

    bl_idname = addon.ADDON_ID

    python: StringProperty(
        name="Backend Python",
        description="The Python program of an environment of your own that has the backend's "
        "packages; empty: the one that Set Up the Backend makes",
        subtype="FILE_PATH",
        update=_backend_changed,
    )
    backend_folder: StringProperty(
        name="Environment Folder",
        description="Where Set Up the Backend makes its environment; empty: in the extension's "
        "user folder",
        subtype="DIR_PATH",
        update=_backend_changed,
    )
    base_python: StringProperty(
        name="Python",
        description="The Python program (3.11 to 3.13) that the environment is made with; empty: "
        "the best one that is found, else Blender's own",
        subtype="FILE_PATH",
    )
    wheels_folder: StringProperty(
        name="Folder of Wheels",
        description="Install from the wheels in this folder, without the network",
        subtype="DIR_PATH",
    )
    package_index: StringProperty(
        name="Package Index for Torch",
        description="Address of the index that torch is taken from; empty: the one that suits "
        "this machine's GPU",
    )
    hub_token: StringProperty(
        name="Access Token",
        description="Of an account of the hub that has accepted the model's license; kept until "
        "Blender ends, and never saved. Empty: that of HF_TOKEN, or of the hub's own login",
        subtype="PASSWORD",
        get=_get_token,
        set=_set_token,
    )
    models_folder: StringProperty(
        name="Models Folder",
        description="The folder with the weights of SVD and SVD-XT; empty: in the extension's "
        "user folder. The draft model is shipped",
        subtype="DIR_PATH",
        update=_backend_changed,
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
    size: EnumProperty(
        name="Size",
        description="Of the images that SVD learns from and makes. A smaller one needs less "
        "memory and time, and is further from what the model was trained on",
        items=SIZES,
    )

    def draw(self, context: Any) -> None:
        """The preferences' page."""
        layout = self.layout
        preferences_page.draw_backend(context, layout)
        preferences_page.draw_models(context, layout)
        column = layout.column()
        column.use_property_split = True
        column.prop(self, "jobs_folder")
        if not self.jobs_folder:
            column.label(text=str(addon.jobs_folder()), translate=False)
        column.prop(self, "engine")
        if self.engine != "draft":
            column.prop(self, "size")
