"""Package versions, read without importing the packages."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("torch", "diffusers", "transformers", "safetensors", "numpy", "pillow")


def versions(packages: Sequence[str] = ()) -> dict[str, str]:
    """Versions of Python, of the packages that affect results, and of `packages`, as installed."""
    found = {"python": sys.version.split()[0]}
    for name in dict.fromkeys((*PACKAGES, *packages)):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
