"""Stages the extension, builds its zip, and validates both, with plain Python.

The zip has the layout of the repository's root, so that a path in it means the same as in a
checkout; only the package's one-line __init__.py is made here. Building and validating are done by
Blender's own `blender_ext.py`, which comes with every bpy wheel and needs no Blender.

    python tools/stage.py [--build DIR] [--zip --bpy PYTHON_WITH_BPY]
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STAGED = ("blender_manifest.toml", "mti_addon", "mti_backend", "LICENSE")
IF_THERE = ("README.md", "presets")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
INIT = "from .mti_addon import register, unregister\n"
FIND_BLENDER_EXT = (
    "import importlib.util, pathlib;"
    "print(*pathlib.Path(importlib.util.find_spec('bpy').origin).parent.glob("
    "'*/scripts/addons_core/bl_pkg/cli/blender_ext.py'))"
)


def stage(root: Path, build: Path) -> Path:
    """Copy what belongs to the extension to build/mti, anew; gives that folder.

    Raises SystemExit if a part is missing.
    """
    folder = build / "mti"
    missing = [name for name in STAGED if not (root / name).exists()]
    if missing:
        raise SystemExit(f"stage: missing in {root}: {', '.join(missing)}")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    for name in (*STAGED, *IF_THERE):
        source = root / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=LEFT_OUT)
        elif source.is_file():
            shutil.copy2(source, folder / name)
    (folder / "__init__.py").write_text(INIT, encoding="utf-8")
    return folder


def blender_ext(python: str) -> Path:
    """The extension tool of the bpy wheel that is installed for an interpreter."""
    result = subprocess.run(
        [python, "-c", FIND_BLENDER_EXT], capture_output=True, text=True, check=False
    )
    found = result.stdout.split("\n")[0].strip()
    if not found:
        raise SystemExit(f"stage: there is no bpy in {python}; install the wheel bpy there")
    return Path(found)


def build_zip(folder: Path, build: Path, tool: Path) -> Path:
    """Validate the staged folder, build its zip, and validate that; gives the zip's path."""
    _run(tool, "validate", folder)
    for old in build.glob("mti-*.zip"):
        old.unlink()
    _run(tool, "build", "--source-dir", folder, "--output-dir", build)
    zips = list(build.glob("mti-*.zip"))
    if len(zips) != 1:
        raise SystemExit(f"stage: expected one zip in {build}, found {len(zips)}")
    _run(tool, "validate", zips[0])
    return zips[0]


def _run(tool: Path, command: str, *arguments: str | Path) -> None:
    # The list of tags is in Blender itself, not in the tool: an empty one means not to check them.
    tags = ["--valid-tags", ""] if command == "validate" else []
    line = [sys.executable, str(tool), command, *map(str, arguments), *tags]
    if subprocess.run(line, check=False).returncode:
        raise SystemExit(f"stage: {command} failed")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="default: build/")
    parser.add_argument("--zip", action="store_true", help="also build and validate the zip")
    parser.add_argument("--bpy", default=sys.executable, help="a Python that has bpy installed")
    options = parser.parse_args()
    folder = stage(ROOT, options.build.resolve())
    print(f"staged {folder}")
    if options.zip:
        archive = build_zip(folder, options.build.resolve(), blender_ext(options.bpy))
        print(f"built {archive} ({archive.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
