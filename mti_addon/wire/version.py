"""The extension's version; stdlib only."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path

DISTRIBUTION = "motion-textual-inversion"
ROOT = Path(__file__).resolve().parents[2]
"""The folder with blender_manifest.toml: of the extension, or of the checkout."""


@functools.cache
def version_of(root: Path = ROOT) -> str:
    """Return the extension's version. Raises OSError, KeyError, PackageNotFoundError."""
    try:
        text = (root / "blender_manifest.toml").read_text(encoding="utf-8")
    except FileNotFoundError:  # installed as a package, without the add-on
        from importlib.metadata import version

        return version(DISTRIBUTION)
    return str(tomllib.loads(text)["version"])


@functools.cache
def oldest_blender(root: Path = ROOT) -> tuple[int, int]:
    """Return the oldest version of Blender that the extension runs in. Raises OSError, KeyError."""
    text = (root / "blender_manifest.toml").read_text(encoding="utf-8")
    major, minor, _ = tomllib.loads(text)["blender_version_min"].split(".")
    return int(major), int(minor)
