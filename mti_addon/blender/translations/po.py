"""Read gettext .po files as written by translation tools; standard library only.

Only contexts, texts and translations are needed. Python's own gettext reads compiled .mo files,
which would have to be built, shipped and kept up to date.
"""

from __future__ import annotations

import json
from typing import NamedTuple

KEYWORDS = ("msgctxt", "msgid", "msgstr")


class Entry(NamedTuple):
    """One text of a .po file."""

    context: str
    """Empty if there is none."""
    text: str
    translation: str


def read_po(source: str) -> list[Entry]:
    """Read the translated entries of a .po file, without its header and fuzzy entries.

    Raises ValueError with the line number for anything else, including plural forms.
    """
    entries: list[Entry] = []
    found: dict[str, str] = {}
    keyword, fuzzy, unsure = "", False, False
    for number, line in enumerate([*source.splitlines(), 'msgid ""'], 1):
        line = line.strip()
        if not line or line[0] == "#":
            unsure |= line.startswith("#,") and "fuzzy" in line
            continue
        named = "" if line[0] == '"' else line.split(None, 1)[0]
        if not (named or keyword) or (named and named not in KEYWORDS):
            raise ValueError(f"line {number} is not understood: {line[:60]}")
        if named in KEYWORDS[:2] and keyword in ("", "msgstr"):  # the next entry starts
            entries += _entry(found, fuzzy)
            found, fuzzy, unsure = {}, unsure, False
        keyword = named or keyword
        found[keyword] = found.get(keyword, "") + _unquoted(line[len(named) :].lstrip(), number)
    return entries


def _entry(found: dict[str, str], fuzzy: bool) -> list[Entry]:
    text, translation = found.get("msgid", ""), found.get("msgstr", "")
    if fuzzy or not (text and translation):
        return []
    return [Entry(found.get("msgctxt", ""), text, translation)]


def _unquoted(text: str, number: int) -> str:
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        raise ValueError(f"line {number} has no text in quotes: {text[:60]}")
    # translation tools escape as in JSON
    return json.loads(text) if "\\" in text else text[1:-1]
