"""Texts from elsewhere that are shown in an interface; stdlib only.

A text may turn the direction of what is written after it, so that "gpj.exe" looks like "exe.jpg",
or have letters that nobody sees, so that two names look alike.
"""

from __future__ import annotations

import re

AGAIN = "Export the motion again, or ask whoever made it."
"""What to do about a motion that was received damaged."""

_UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f"  # control characters except the line break
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction
    "\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"  # without width, deprecated
    "\u2028\u2029\U000e0000-\U000e007f]"  # line and paragraph separators, tags
)


def plain(text: str) -> str:
    """Return a text without characters that cannot be seen or change its direction.

    Joiners stay: Persian, Hindi, and emoji are written with them.
    """
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub("", text)


def shown(name: str, longest: int = 80) -> str:
    """Return a file's name, whatever its bytes are, for a message: odd characters as "?"."""
    return "".join(letter if letter.isprintable() else "?" for letter in name[:longest])
