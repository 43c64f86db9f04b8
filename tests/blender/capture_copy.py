"""A captured scene that is read again from a file, in place of capturing it for each test."""

from __future__ import annotations

import importlib
import os
import shutil
import uuid
from pathlib import Path

import bpy


class CaptureCopy:
    """The open file and its scene's capture, kept in a folder."""

    def __init__(self, folder: Path, package: str) -> None:
        self._file, self._capture = folder / "scene.blend", folder / "capture"
        self._addon = importlib.import_module(f"{package}.mti_addon.blender.common.addon")

    @property
    def is_there(self) -> bool:
        """Whether one has been kept."""
        return self._file.is_file()

    def keep(self) -> None:
        """Keep the open file, and the capture of its scene."""
        shutil.copytree(self._folder(bpy.context.scene.mti.capture), self._capture)
        bpy.ops.wm.save_as_mainfile(filepath=str(self._file), copy=True)

    def restore(self) -> None:
        """Open it as a new file that was never saved, with a capture of its own."""
        bpy.ops.wm.read_homefile(filepath=str(self._file))
        name = uuid.uuid4().hex
        shutil.copytree(self._capture, self._folder(name))
        os.utime(self._folder(name))  # the newest; of older ones only some are kept
        bpy.context.scene.mti.capture = name

    def _folder(self, name: str) -> Path:
        folder: Path = self._addon.captures_folder() / name
        return folder
