"""Libraries in temporary folders, with and without a few motions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy
import pytest

from mti_addon.wire.library import About
from tests.wire.library.examples import saved


@pytest.fixture
def motions(ext: Callable[[str], ModuleType], prefs: Any, scene: Any) -> ModuleType:
    """The module that follows the libraries; the own one is empty."""
    module = ext("blender.library.motions")
    module.forget()
    yield module
    module.forget()
    window = bpy.context.window_manager.mti
    ext("blender.library.properties").clear(window)
    ext("blender.library.changing").forget()


@pytest.fixture
def own(motions: ModuleType, tmp_path: Path) -> Path:
    """The own library with Jump, Nod (of a face) and Wave."""
    saved(tmp_path, "Wave", About(tags=("arm", "greeting"), author="Ada"), shift=1.0)
    saved(tmp_path, "Jump", About(tags=("sport",)), shift=2.0)
    saved(tmp_path, "Nod", About(kind="face", license="CC0-1.0"), shift=3.0)
    motions.library().refresh()
    return tmp_path / "own"


@pytest.fixture
def entry(own: Path, motions: ModuleType) -> Callable[[str], Any]:
    """entry("Wave"): what is known of a motion of the own library now."""

    def entry(name: str) -> Any:
        found = motions.library().entries()
        return next((e for e in found if e.name == name and e.folder.parent == own), None)

    return entry


@pytest.fixture
def shelf(ext: Any, scene: Any, prefs: Any, tmp_path: Path, monkeypatch: Any) -> Iterator[Path]:
    """The folder of the animator's own motions; there are no others, and none are followed."""
    addon, motions = ext("blender.common.addon"), ext("blender.library.motions")
    folder = tmp_path / "library"
    (tmp_path / "presets").mkdir()
    monkeypatch.setattr(addon, "presets_folder", lambda: tmp_path / "presets")
    monkeypatch.setattr(addon, "assets_folder", lambda: tmp_path / "assets")
    monkeypatch.setattr(ext("blender.library.assets.asset_library"), "TASK", tmp_path / "task")
    prefs.library_folder = str(folder)
    motions.forget()
    yield folder
    motions.forget()
    prefs.library_folder = ""
    ext("blender.library.assets.asset_library").forget()
