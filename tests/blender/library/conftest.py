"""A library of motions, and the asset library that is made of it, in temporary folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def shelf(ext: Any, scene: Any, prefs: Any, tmp_path: Path, monkeypatch: Any) -> Iterator[Path]:
    """The folder of the animator's own motions; there are no others, and none are followed."""
    addon, motions = ext("blender.common.addon"), ext("blender.library.motions")
    folder = tmp_path / "library"
    (tmp_path / "presets").mkdir()
    monkeypatch.setattr(addon, "presets_folder", lambda: tmp_path / "presets")
    monkeypatch.setattr(addon, "assets_folder", lambda: tmp_path / "assets")
    monkeypatch.setattr(ext("blender.library.asset_library"), "TASK", tmp_path / "task")
    prefs.library_folder = str(folder)
    motions.stop()
    yield folder
    prefs.library_folder = ""
    ext("blender.library.asset_library").forget()
