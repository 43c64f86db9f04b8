"""Where the command line keeps motions and unfinished jobs. Imports the standard library and wire
only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from mti_addon.wire.version import ROOT

LIBRARY_VARIABLE = "MTI_LIBRARY"
WORK_VARIABLE = "MTI_WORK"
APPLICATION = "motion-textual-inversion"


def shipped_library(root: Path = ROOT) -> Path:
    """The folder of the motions that come with the extension, or the checkout."""
    return root / "presets"


def default_library(root: Path = ROOT, environment: Mapping[str, str] = os.environ) -> Path:
    """The user's library: $MTI_LIBRARY; the one of the Blender in which this program is installed
    as an extension; or else one in the user's data folder. It need not exist yet."""
    if chosen := environment.get(LIBRARY_VARIABLE):
        return Path(chosen)
    return (_extension_data(root) or user_data(environment)) / "library"


def work_folder(root: Path = ROOT, environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of unfinished jobs: $MTI_WORK, or one beside the user's library. It is not the
    add-on's own folder of jobs, where Blender would start them as well."""
    if chosen := environment.get(WORK_VARIABLE):
        return Path(chosen)
    return (_extension_data(root) or user_data(environment)) / "command-line"


def user_data(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder in which this system keeps a program's data for a user."""
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local") / APPLICATION
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / APPLICATION
    return Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share") / APPLICATION


def _extension_data(root: Path) -> Path | None:
    """What `bpy.utils.extension_path_user` returns for the extension installed at `root`; None if
    `root` is no installed extension, or has not stored anything yet."""
    folder = root.parent.parent / ".user" / root.parent.name / root.name
    return folder if root.parent.parent.name == "extensions" and folder.is_dir() else None
