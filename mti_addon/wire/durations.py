"""Durations as text; standard library only."""

from __future__ import annotations


def duration_text(seconds: float) -> str:
    """Return a duration in units, such as '12 s', '3 min 20 s', '2 h 05 min' or '3 days'."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 172_800:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86_400} days"


def about(seconds: float) -> str:
    """Return an estimate, which has no small unit: '12 s', '25 min' or '2.5 h'."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def clock(seconds: float) -> str:
    """Return a duration that counts down, such as 1:05 or 2:01:05."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
