"""The command line of an installed extension keeps its files where Blender keeps the extension's.

It runs in another Python, so it derives the folder from its own place."""

from __future__ import annotations

from pathlib import Path

import bpy

from mti_backend.cli.places import default_library


def test_the_command_line_finds_the_extensions_user_folder():
    installed = Path(bpy.utils.user_resource("EXTENSIONS", path="user_default/mti", create=True))
    user = Path(bpy.utils.extension_path_user("bl_ext.user_default.mti", create=True))
    assert default_library(installed, {}) == user / "library"
