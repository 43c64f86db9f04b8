"""Blender with a window, once for all tests here; skipped, in words, where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.window.desktop import ROOT, Desktop, Window, system_root

ADDON = "bl_ext.user_default.mti"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip everything here where no such Blender can be had."""
    if system_root() is not None:
        return
    skip = pytest.mark.skip(reason="no Blender with Xvfb, openbox and ImageMagick can be run")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension's zip, as a user would download it."""
    build = tmp_path_factory.mktemp("build")
    bpy = ROOT / ".venv" / "bpy-5.0" / "bin" / "python"
    command = [sys.executable, "tools/stage.py", "--build", str(build), "--zip", "--bpy", str(bpy)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [found] = build.glob("mti-*.zip")
    return found


@pytest.fixture(scope="session")
def home(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a fresh user who has installed the zip: installed once, copied for each test.

    A window was open once, so that Mesa has kept what it compiled: without a GPU, that is two
    thirds of what the start of a window costs."""
    folder = tmp_path_factory.mktemp("installed")
    with Desktop(folder) as found:
        local = folder / archive.name
        local.write_bytes(archive.read_bytes())
        found.run(["blender", "--command", "extension", "install-file", "-r", "user_default",
                   "-e", str(local)])  # fmt: skip
        with found.blender() as window:
            window.ask("open")
            window.run("bpy.ops.mti.add_stick_figure(motion='WAVE')")
            window.ask("scroll", "WHEELDOWNMOUSE", 1)
            # nor are the shipped motions made assets anew for every test
            window.until("'Motions' in bpy.context.preferences.filepaths.asset_libraries")
    return folder / "home"


@pytest.fixture
def desktop(home: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desktop]:
    """A screen, and a fresh user who has installed the zip and said where the backend is."""
    shutil.copytree(home, tmp_path / "home")
    pictures = bool(os.environ.get("MTI_WINDOW_PICTURES"))
    wide = request.node.get_closest_marker("wide") is not None
    with Desktop(tmp_path, pictures=pictures, wide=wide) as found:
        found.environment["MTI_BACKEND_PYTHON"] = sys.executable
        yield found


@pytest.fixture
def window(desktop: Desktop) -> Iterator[Window]:
    """Blender as that user starts it, at our tab."""
    with desktop.blender() as found:
        found.ask("open")
        yield found
