"""The box at the top of the tab while there is no backend, with the button to set it up."""

from __future__ import annotations

from typing import Any

from ..common import addon, release_channel
from ..common.drawing import button, paragraph
from ..common.file_cache import is_folder
from ..studio import place
from ..translations import sentences, told
from . import watch
from .drawing import draw_online_access, draw_task

WHAT = (
    "Motions are learned by a separate program. Setting it up takes a few minutes and 1.2 "
    "GB of disk space (about 6 GB with an NVIDIA GPU), once, in the background."
)


def draw_setup(context: Any, layout: Any) -> None:
    """Draw a box if the backend is missing or being set up; otherwise nothing."""
    problem = addon.backend_problem()
    setting_up = watch.running("setup")
    if place.at_studio() and not setting_up:
        return  # nothing of it is needed
    if problem is None and not setting_up:
        return
    box = layout.box()
    if setting_up or problem is None:
        paragraph(context, box, "Setting up the backend", "IMPORT", boxed=True)
        draw_task(context, box, "setup", boxed=True)
        return
    if addon.own_python_is_chosen():  # the environment would not be used
        paragraph(context, box, sentences(problem), "ERROR", boxed=True)
    else:
        paragraph(context, box, told(problem)[0], "INFO", boxed=True)
        _draw_way(context, box)
    text, short = "Preferences", "Settings"
    show = button(context, box, "preferences.addon_show", text, "PREFERENCES", True, short)
    show.module = addon.ADDON_ID


def _draw_way(context: Any, box: Any) -> None:
    """Draw what setting up requires, and its buttons in order."""
    if not is_folder(addon.backend_folder().env):
        paragraph(context, box, WHAT, "NONE", boxed=True)
    draw_task(context, box, "setup", boxed=True)
    if release_channel.CHANNEL != "own":
        copy = button(context, box, "mti.copy_command", "Copy Command", "COPYDOWN", True, "Copy")
        copy.what = "setup"
        paragraph(context, box, "Paste it into a terminal.", "NONE", boxed=True)
        return
    if not addon.preferences().wheels_folder.strip():
        draw_online_access(context, box, boxed=True)
    button(context, box, "mti.setup_backend", "Set Up the Backend", "IMPORT", True, "Set Up")
