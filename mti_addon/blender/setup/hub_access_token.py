"""The hub's access token; kept in memory until Blender quits, and never written to a file."""

from __future__ import annotations

_token = ""


def typed() -> str:
    """Return the token as it was entered; empty if it was not."""
    return _token


def keep(text: str) -> None:
    """Store the token that was entered."""
    global _token
    _token = text.strip()
