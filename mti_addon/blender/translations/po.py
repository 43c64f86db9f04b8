"""Reads gettext's .po files, which translators' tools write; standard library only.

Contexts, texts and their translations are all that is needed here. Python's own gettext reads
compiled .mo files, which would have to be made, shipped and kept up to date.
"""

from __future__ import annotations

import json
from typing import NamedTuple

KEYWORDS = ("msgctxt", "msgid", "msgstr")


class Entry(NamedTuple):
    """One text of a .po file."""

    context: str
    """Empty if it has none."""
    text: str
    translation: str


def read_po(source: str) -> list[Entry]:
    """The translated texts of a .po file, without its header and what is marked as fuzzy.

    Raises ValueError, which names the line, for anything else; so for plural forms, too.
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
        if named in KEYWORDS[:2] and keyword in ("", "msgstr"):  # the next entry begins
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
    # what translators' tools write, they escape as JSON does
    return json.loads(text) if "\\" in text else text[1:-1]
