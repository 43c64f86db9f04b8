"""What this backend is and can do, as one JSON line for Blender's preferences. torch only when
asked for devices."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

from mti_addon.wire import PROTOCOL
from mti_addon.wire.errors import ModelMissing, MtiError
from mti_addon.wire.settings import MODELS

PACKAGES = ("torch", "diffusers", "transformers", "safetensors", "numpy", "pillow")


def capabilities(packages: Sequence[str] = ()) -> str:
    """{"protocol", "versions", "devices", "models", "estimates"} as one line of JSON.

    `versions` also holds those of `packages`, as far as they are installed; `devices` is as
    `device.devices` tells, best first, and empty where torch is not installed;
    `models` maps each name to the folder of its weights, or null; `estimates` is as
    `estimates.estimates` tells for the device that would be used."""
    found = {
        "protocol": PROTOCOL,
        "versions": versions(packages),
        "devices": _devices(),
        "models": {name: _folder(name) for name in MODELS},
        "estimates": _estimates(),
    }
    return json.dumps(found, separators=(",", ":"))


def versions(packages: Sequence[str] = ()) -> dict[str, str]:
    """Versions of Python, the packages that decide the numbers, and `packages`; without importing
    them."""
    found = {"python": sys.version.split()[0]}
    for name in dict.fromkeys((*PACKAGES, *packages)):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _devices() -> list[dict[str, object]]:
    try:
        from .device import devices
    except ModuleNotFoundError:
        return []
    return devices()


def _estimates() -> dict[str, dict[str, float]]:
    try:
        from .device import pick_devices
        from .estimates import estimates

        return estimates(pick_devices()[0])
    except (ModuleNotFoundError, MtiError, RuntimeError):
        return {}  # what is wrong is told where it matters


def _folder(name: str) -> str | None:
    from .models import model_folder

    try:
        return str(model_folder(name))
    except ModelMissing:
        return None
