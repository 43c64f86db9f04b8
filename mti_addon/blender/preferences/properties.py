"""Settings of the machine rather than of a scene."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ..common import addon
from ..library import motions
from ..library.assets import asset_library
from ..queue import polling
from ..setup import hub_access_token, watch
from ..studio.drawing import draw_studio
from ..translations import OWN
from . import page

ENGINES = (
    (
        "draft",
        "Draft",
        "Small model included in the extension: 14 images at the target's size",
    ),
    (
        "svd",
        "SVD",
        "Stable Video Diffusion: 14 images at 1024 x 576; requires its weights and a GPU",
    ),
    ("svd-xt", "SVD-XT", "Stable Video Diffusion XT: 25 images at 1024 x 576"),
)
METHODS = (
    (
        "motion-textual-inversion",
        "Onto an Image",
        (
            "Learn a motion that moves an image: a drawn character, a render, a photo. For the "
            "same move on another body or thing"
        ),
    ),
    (
        "motion-inversion",
        "By Words",
        (
            "Learn a motion that is played in whatever words describe, without an image. For "
            "camera moves, looks of a blocked scene, and many variants"
        ),
    ),
)
WORDS_ENGINES = (
    (
        "animatediff",
        "AnimateDiff",
        (
            "Stable Diffusion 1.5 in motion: 16 images at 512 x 512. May be used commercially "
            "under its licenses; requires its weights and a GPU"
        ),
    ),
    (
        "zeroscope",
        "ZeroScope",
        (
            "24 images at 576 x 320, in wide format. Not for commercial use; requires its weights "
            "and a GPU"
        ),
    ),
    (
        "draft-by-words",
        "Draft",
        (
            "Small model included in the extension, which runs on any computer: 16 images at "
            "64 x 64. It only knows the words it was trained with: 12 subjects, 8 colors, 8 "
            "places, a few actions and camera moves"
        ),
    ),
)
WORDS_SIZES = (
    ("0", "Full", "512 x 512 with AnimateDiff, 576 x 320 with ZeroScope; best quality"),
    ("1", "Three Quarters", "384 x 384 with AnimateDiff, 448 x 256 with ZeroScope"),
    ("2", "Half", "256 x 256 with AnimateDiff, 320 x 192 with ZeroScope; for quick tests"),
)
"""The sizes in wire/settings.py, identified by their index."""


SIZES = (
    ("0", "1024 x 576", "The size the model was trained on; best quality"),
    ("1", "768 x 448", "Three quarters of the width"),
    ("2", "512 x 320", "Half the width"),
    ("3", "320 x 192", "For quick previews, or if memory is too small for more"),
)
"""The sizes in wire/settings.py, identified by their index."""


def _get_token(_self: Any) -> str:
    return hub_access_token.typed()


def _set_token(_self: Any, text: str) -> None:
    hub_access_token.keep(text)


def _jobs_folder_changed(_self: Any, _context: Any) -> None:
    polling.start()


def _library_changed(_self: Any, _context: Any) -> None:
    motions.start()


def _assets_changed(_self: Any, _context: Any) -> None:
    asset_library.start()


def _backend_changed(_self: Any, _context: Any) -> None:
    watch.start()


class MTI_AP_preferences(bpy.types.AddonPreferences):
    """Locations of the backend and the jobs."""

    bl_idname = addon.ADDON_ID

    python: StringProperty(
        name="Backend Python",
        description=(
            "Python executable of a custom environment with the backend's packages; leave empty "
            "to use the one that Set Up the Backend creates"
        ),
        subtype="FILE_PATH",
        update=_backend_changed,
    )
    backend_folder: StringProperty(
        name="Environment Folder",
        description=(
            "Where Set Up the Backend creates its environment; leave empty to use the "
            "extension's user folder"
        ),
        subtype="DIR_PATH",
        update=_backend_changed,
    )
    base_python: StringProperty(
        name="Python",
        description=(
            "Python executable (3.11 to 3.13) used to create the environment; leave empty to "
            "use the best one found, or else Blender's own"
        ),
        subtype="FILE_PATH",
    )
    wheels_folder: StringProperty(
        name="Folder of Wheels",
        description="Install from the wheels in this folder, without network access",
        subtype="DIR_PATH",
    )
    package_index: StringProperty(
        name="Package Index for Torch",
        description=(
            "URL of the index to install torch from; leave empty to use the one that suits this "
            "machine's GPU"
        ),
    )
    hub_token: StringProperty(
        name="Access Token",
        description=(
            "Token of a hub account that has accepted the model's license; kept until Blender "
            "quits, and never saved. Leave empty to use HF_TOKEN or the hub's own login"
        ),
        subtype="PASSWORD",
        get=_get_token,
        set=_set_token,
    )
    models_folder: StringProperty(
        name="Models Folder",
        description=(
            "Folder with the weights of all models but the draft, which is included; leave empty "
            "to use the extension's user folder"
        ),
        subtype="DIR_PATH",
        update=_backend_changed,
    )
    jobs_folder: StringProperty(
        name="Jobs Folder",
        description=(
            "Folder of jobs and their results; leave empty to use the extension's user folder"
        ),
        subtype="DIR_PATH",
        update=_jobs_folder_changed,
    )
    library_folder: StringProperty(
        name="Library Folder",
        description="Folder of your own motions; leave empty to use the extension's user folder",
        subtype="DIR_PATH",
        update=_library_changed,
    )
    studio_folder: StringProperty(
        name="Studio Folder",
        description="Folder of motions shared by a studio; they are shown, but never changed",
        subtype="DIR_PATH",
        update=_library_changed,
    )
    use_asset_library: BoolProperty(
        name="Show in the Asset Browser",
        description=(
            'Keep an asset library named "Motions" with every motion that can be keyed onto a '
            "figure. If disabled, the library and its files are removed"
        ),
        default=True,
        update=_assets_changed,
    )
    library_order: EnumProperty(
        name="Sort By",
        description="Order of the motions in the library",
        items=(
            ("NAME", "Name", "By name"),
            ("DATE", "Date", "Newest first"),
            ("USED", "Recently Used", "Those applied last first"),
        ),
    )
    play_motions: BoolProperty(
        name="Play Chosen Motion",
        description="Play the images of the motion that is chosen in the library",
        default=True,
    )
    save_motions: BoolProperty(
        name="Save Learned Motions",
        description="Save each motion in the library as soon as it is learned",
        default=False,
    )
    author: StringProperty(name="Author", description="Author of the motions that you save")
    license: StringProperty(
        name="License",
        description="License of the motions that you save, as an SPDX expression such as CC0-1.0",
    )
    engine: EnumProperty(
        name="Engine",
        description="Model that learns motions",
        items=ENGINES,
        default="draft",
    )
    method: EnumProperty(
        name="Use",
        description="What the motion that is learned next is for",
        items=METHODS,
        translation_context=OWN,
    )
    words_engine: EnumProperty(
        name="Engine",
        description="Model that learns motions to apply from a text prompt",
        items=WORDS_ENGINES,
        default="animatediff",
    )
    words_size: EnumProperty(
        name="Size",
        description=(
            "Size of the images to learn from and to generate. A motion is only played at the "
            "size that it was learned at"
        ),
        items=WORDS_SIZES,
        translation_context=OWN,
    )
    place: EnumProperty(
        name="Runs On",
        description="Where motions are learned and applied",
        items=(
            ("HERE", "This Machine", "In the backend that is set up here"),
            (
                "STUDIO",
                "The Studio",
                "On the server of the studio that was paired",
            ),
        ),
        default="HERE",
    )
    size: EnumProperty(
        name="Size",
        description=(
            "Size of the images that SVD learns from and generates. Smaller sizes need less "
            "memory and time, but differ more from those the model was trained on"
        ),
        items=SIZES,
    )

    def draw(self, context: Any) -> None:
        """Draw the page."""
        layout = self.layout
        page.draw_backend(context, layout)
        page.draw_models(context, layout)
        draw_studio(context, layout)
        page.draw_library(context, layout)
        column = layout.column()
        column.use_property_split = True
        column.prop(self, "jobs_folder")
        if not self.jobs_folder:
            column.label(text=str(addon.jobs_folder()), translate=False)
        column.prop(self, "method")
        page.draw_engine(column)
