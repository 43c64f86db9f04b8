"""The extension's version; stdlib only."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The folder with blender_manifest.toml: of the extension, or of the checkout."""


@functools.cache
def version_of(root: Path = ROOT) -> str:
    """Return the extension's version. Raises OSError, KeyError."""
    text = (root / "blender_manifest.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["version"])
