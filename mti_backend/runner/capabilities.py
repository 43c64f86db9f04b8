"""The backend's capabilities as one JSON line for Blender's preferences. torch is imported only to
list devices.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from mti_addon.wire import PROTOCOL
from mti_addon.wire.errors import ModelMissing, MtiError
from mti_addon.wire.settings import ALL_MODELS

from ..versions import versions


def capabilities(packages: Sequence[str] = ()) -> str:
    """{"protocol", "versions", "devices", "models", "estimates"} as one line of JSON.

    `versions` includes those of `packages` that are installed. `devices` is that of
    `device.devices`, best first; empty if torch is not installed. `models` maps each name to the
    folder of its weights, or null. `estimates` is that of `estimates.estimates` for the default
    device."""
    found = {
        "protocol": PROTOCOL,
        "versions": versions(packages),
        "devices": _devices(),
        "models": {name: _folder(name) for name in ALL_MODELS},
        "estimates": _estimates(),
    }
    return json.dumps(found, separators=(",", ":"))


def _devices() -> list[dict[str, object]]:
    try:
        from ..device import devices
    except ModuleNotFoundError:
        return []
    return devices()


def _estimates() -> dict[str, dict[str, float]]:
    try:
        from ..device import pick_devices
        from ..memory.estimates import estimates

        return estimates(pick_devices()[0])
    except (ModuleNotFoundError, MtiError, RuntimeError):
        return {}  # errors are reported where they matter


def _folder(name: str) -> str | None:
    from ..models import model_folder

    try:
        return str(model_folder(name))
    except ModelMissing:
        return None
