"""What marks an asset as a motion of ours."""

from __future__ import annotations

from typing import Any

MOTION_ID = "mti_motion"
"""Custom property of an asset's metadata: the id of its motion."""


def motion_of(asset: Any) -> str:
    """Return the id of an asset's motion; empty if it is none of ours."""
    about = getattr(asset, "metadata", None)
    found = about.get(MOTION_ID, "") if about is not None else ""
    return found if isinstance(found, str) else ""
