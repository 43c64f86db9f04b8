"""Stage the extension, build its zip, and validate both, with plain Python.

The zip has the layout of the repository's root, so that paths in it mean the same as in a checkout;
only the package's one-line __init__.py is generated here. What no animator needs, the draft's
training, the evaluation and the studio's server, is left out. Building and validating use Blender's
own `blender_ext.py`, which is part of every bpy wheel and does not need Blender.

    python tools/stage.py [--build DIR] [--channel own|platform] [--zip --bpy PYTHON_WITH_BPY]
                          [--repository DIR]
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STAGED = (
    "blender_manifest.toml",
    "pyproject.toml",
    "requirements.lock",
    "mti_addon",
    "mti_backend",
    "LICENSE",
)
IF_THERE = ("README.md", "presets")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
DRAFT, OF_THE_DRAFT = "mti_backend/draft", ("__init__.py", "weights", "weights-by-words")
"""The part of the draft needed to run it: its weights; the rest is its training."""
NOT_FOR_ANIMATORS = ("mti_backend/evaluation", "mti_backend/server")
CHANNELS = ("own", "platform")
NOT_ON_THE_PLATFORM = ("mti_addon/blender/setup/operators_install.py",)
"""The official platform does not allow installing software, or downloading parts of the
extension."""
PERMISSION = "network = "
ON_THE_PLATFORM = 'network = "Use the server of a studio that was paired"\n'
CHANNEL_FILE = "mti_addon/blender/common/release_channel.py"
INIT = "from .mti_addon import register, unregister\n"
FIND_BLENDER_EXT = (
    "import importlib.util, pathlib;"
    "print(*pathlib.Path(importlib.util.find_spec('bpy').origin).parent.glob("
    "'*/scripts/addons_core/bl_pkg/cli/blender_ext.py'))"
)


def stage(root: Path, build: Path, channel: str = "own") -> Path:
    """Copy the extension's files to a new build/mti; return that folder.

    `channel` is "own", for our own extensions repository, where a button sets up the backend, or
    "platform", for the official one, where that is not allowed. Raises SystemExit if a part is
    missing.
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
    _leave_out_what_is_for_us(folder)
    (folder / "__init__.py").write_text(INIT, encoding="utf-8")
    if channel == "platform":
        _for_the_platform(folder)
    return folder


def _leave_out_what_is_for_us(folder: Path) -> None:
    for name in NOT_FOR_ANIMATORS:
        shutil.rmtree(folder / name, ignore_errors=True)
    draft = folder / DRAFT
    for path in draft.iterdir() if draft.is_dir() else ():
        if path.name not in OF_THE_DRAFT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _for_the_platform(folder: Path) -> None:
    """Remove what installs or downloads software, and the reason that names it; set the channel."""
    for name in NOT_ON_THE_PLATFORM:
        (folder / name).unlink()
    file = folder / CHANNEL_FILE
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('CHANNEL = "own"', 'CHANNEL = "platform"'), encoding="utf-8")
    manifest = folder / "blender_manifest.toml"
    lines = manifest.read_text(encoding="utf-8").splitlines(keepends=True)
    told = [ON_THE_PLATFORM if line.startswith(PERMISSION) else line for line in lines]
    manifest.write_text("".join(told), encoding="utf-8")


def blender_ext(python: str) -> Path:
    """Return the extension tool of the bpy wheel installed for an interpreter."""
    result = subprocess.run(
        [python, "-c", FIND_BLENDER_EXT], capture_output=True, text=True, check=False
    )
    found = result.stdout.split("\n")[0].strip()
    if not found:
        raise SystemExit(f"stage: there is no bpy in {python}; install the bpy wheel there")
    return Path(found)


def build_zip(folder: Path, build: Path, tool: Path) -> Path:
    """Validate the staged folder, build its zip, and validate that; return the zip's path."""
    _run(tool, "validate", folder)
    for old in build.glob("mti-*.zip"):
        old.unlink()
    _run(tool, "build", "--source-dir", folder, "--output-dir", build)
    zips = list(build.glob("mti-*.zip"))
    if len(zips) != 1:
        raise SystemExit(f"stage: expected one zip in {build}, found {len(zips)}")
    _run(tool, "validate", zips[0])
    return zips[0]


def make_repository(archive: Path, repository: Path, tool: Path) -> Path:
    """Add the zip to a folder that any web server can serve as an extensions repository.

    Older versions are kept. Returns its index.json, whose address is configured in Blender.
    """
    repository.mkdir(parents=True, exist_ok=True)
    shutil.copy2(archive, repository / archive.name)
    _run(tool, "server-generate", "--repo-dir", repository)
    return repository / "index.json"


def _run(tool: Path, command: str, *arguments: str | Path) -> None:
    # The list of tags is in Blender itself, not in the tool: an empty one disables the check.
    tags = ["--valid-tags", ""] if command == "validate" else []
    line = [sys.executable, str(tool), command, *map(str, arguments), *tags]
    if subprocess.run(line, check=False).returncode:
        raise SystemExit(f"stage: {command} failed")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="default: build/")
    parser.add_argument("--channel", choices=CHANNELS, default="own", help="default: own")
    parser.add_argument("--zip", action="store_true", help="also build and validate the zip")
    parser.add_argument("--bpy", default=sys.executable, help="Python with bpy installed")
    parser.add_argument(
        "--repository", type=Path, help="with --zip: also add it to this static repository"
    )
    options = parser.parse_args()
    if options.repository and options.channel != "own":
        parser.error("our own repository offers our own channel")
    folder = stage(ROOT, options.build.resolve(), options.channel)
    print(f"staged {folder}")
    if options.zip:
        tool = blender_ext(options.bpy)
        archive = build_zip(folder, options.build.resolve(), tool)
        print(f"built {archive} ({archive.stat().st_size / 1e6:.1f} MB)")
        if options.repository:
            print(f"listed in {make_repository(archive, options.repository.resolve(), tool)}")


if __name__ == "__main__":
    main()
