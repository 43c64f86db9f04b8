"""Where motions and unfinished jobs are kept on each system."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mti_backend.cli.places import default_library, user_data, work_folder


def test_the_environment_decides(tmp_path: Path) -> None:
    environment = {"MTI_LIBRARY": str(tmp_path / "a"), "MTI_WORK": str(tmp_path / "b")}
    assert default_library(tmp_path, environment) == tmp_path / "a"
    assert work_folder(tmp_path, environment) == tmp_path / "b"


@pytest.mark.parametrize(
    ("platform", "environment", "folder"),
    [
        ("linux", {}, ".local/share/motion-textual-inversion"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/motion-textual-inversion"),
        ("darwin", {}, "Library/Application Support/motion-textual-inversion"),
        ("win32", {}, "AppData/Local/motion-textual-inversion"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/motion-textual-inversion"),
    ],
)
def test_each_system_has_its_folder(
    platform: str,
    environment: dict[str, str],
    folder: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_data(environment) == tmp_path / folder
    assert default_library(tmp_path, environment) == tmp_path / folder / "library"
    assert work_folder(tmp_path, environment) == tmp_path / folder / "command-line"


def test_an_installed_extension_uses_the_library_of_its_blender(tmp_path: Path) -> None:
    root = tmp_path / "blender" / "5.2" / "extensions" / "user_default" / "mti"
    data = root.parents[1] / ".user" / "user_default" / "mti"
    root.mkdir(parents=True)
    assert default_library(root, {}) != data / "library", "it has never been enabled"
    data.mkdir(parents=True)
    assert default_library(root, {}) == data / "library"
    assert work_folder(root, {}) == data / "command-line"
