"""Captures motions of the library in headless Blender, through the extension. Needs bpy.

PYTHON_WITH_BPY -m tools.presets.capture FOLDER [NAME ...]

writes FOLDER/NAME for each motion: a capture, as the extension saves it.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .catalog import ROOT, Wanted, chosen

PACKAGE = "bl_ext.mti_presets.mti"


def main(arguments: Sequence[str]) -> None:
    """Run the command line."""
    folder, names = Path(arguments[0]).resolve(), list(arguments[1:])
    with tempfile.TemporaryDirectory(prefix="mti-presets-") as temporary:
        # before the first `import bpy`, so that the user's own settings are not touched
        os.environ["BLENDER_USER_RESOURCES"] = str(Path(temporary) / "user")
        with _enabled(Path(temporary)):
            for wanted in chosen(names):
                _capture(wanted, folder / wanted.slug)


@contextmanager
def _enabled(build: Path) -> Iterator[None]:
    """Stage the extension, and enable it from there."""
    stage = [sys.executable, str(ROOT / "tools" / "stage.py"), "--build", str(build)]
    subprocess.run(stage, check=True, stdout=subprocess.DEVNULL)
    import bpy  # isort: skip, addon_utils can only be imported after it
    import addon_utils

    repos = bpy.context.preferences.extensions.repos
    repos.new(name="Presets", module="mti_presets", custom_directory=str(build))
    if addon_utils.enable(PACKAGE, default_set=True) is None:
        raise SystemExit("presets: the extension could not be enabled; see the message above")
    try:
        yield
    finally:
        # a class that is still registered when the process ends makes Blender 4.5 hang
        addon_utils.disable(PACKAGE, default_set=True)


def _capture(wanted: Wanted, folder: Path) -> None:
    """Capture a motion, and move it to a folder, which is replaced as a whole."""
    import bpy

    from . import scenes

    scenes.build(wanted)
    bpy.ops.mti.capture()
    captures: Any = importlib.import_module(f"{PACKAGE}.mti_addon.blender.common.addon")
    made = captures.captures_folder() / bpy.context.scene.mti.capture
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(made, folder)


if __name__ == "__main__":
    main(sys.argv[1:])
    sys.stdout.flush()
