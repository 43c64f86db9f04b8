"""What stands at the top of the tab while there is no backend, with the button that makes it."""

from __future__ import annotations

from typing import Any

from . import addon, channel, setup_watch
from .drawing import button, paragraph
from .glance import is_folder
from .preferences_page import draw_online_access, draw_task
from .translations import sentences, told

WHAT = (
    "Motions are learned by a program of its own beside Blender. Setting it up takes a few minutes "
    "and 1.2 GB of disk space (about 6 GB with an NVIDIA GPU), once, in the background."
)


def draw_setup(context: Any, layout: Any) -> None:
    """A box, if the backend is missing or being set up; nothing if all is well."""
    problem = addon.backend_problem()
    setting_up = setup_watch.running("setup")
    if problem is None and not setting_up:
        return
    box = layout.box()
    if setting_up or problem is None:
        paragraph(context, box, "Setting up the backend", "IMPORT", boxed=True)
        draw_task(context, box, "setup", boxed=True)
        return
    if addon.own_python_is_chosen():  # setting up would not be used
        paragraph(context, box, sentences(problem), "ERROR", boxed=True)
    else:
        paragraph(context, box, told(problem)[0], "INFO", boxed=True)
        _draw_way(context, box)
    text, short = "Preferences", "Settings"
    show = button(context, box, "preferences.addon_show", text, "PREFERENCES", True, short)
    show.module = addon.ADDON_ID


def _draw_way(context: Any, box: Any) -> None:
    """What setting up takes, and the buttons for it in their order."""
    if not is_folder(addon.backend_folder().env):
        paragraph(context, box, WHAT, "NONE", boxed=True)
    draw_task(context, box, "setup", boxed=True)
    if channel.CHANNEL != "own":
        copy = button(context, box, "mti.copy_command", "Copy Command", "COPYDOWN", True, "Copy")
        copy.what = "setup"
        paragraph(context, box, "Paste it into a terminal.", "NONE", boxed=True)
        return
    if not addon.preferences().wheels_folder.strip():
        draw_online_access(context, box, boxed=True)
    button(context, box, "mti.setup_backend", "Set Up the Backend", "IMPORT", True, "Set Up")
