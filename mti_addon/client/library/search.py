"""Find motions among entries, in memory; stdlib only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ...wire.library import Kind
from ...wire.settings import ModelName
from .entry import Entry, Origin, fold

Order = Literal["name", "date", "used"]


@dataclass(frozen=True)
class Query:
    """What to look for. An empty one finds everything."""

    text: str = ""
    """Words; each must be part of the name, a tag, the author, the kind or the notes."""
    kinds: frozenset[Kind] = frozenset()
    """Any of these."""
    tags: frozenset[str] = frozenset()
    """All of these, in any case."""
    model: ModelName | None = None
    """Has learned it."""
    origin: Origin | None = None
    favorites: bool = False
    """Only favorites."""
    used: bool = False
    """Only motions that were used before."""
    order: Order = "name"
    """By name, newest first, or last used first (then by name)."""


def by_name(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries in the order of their names."""
    return sorted(entries, key=lambda entry: entry.name_key)


def search(entries: Iterable[Entry], query: Query) -> list[Entry]:
    """Return the entries that fit a query, in its order; they are given in that of their names."""
    words = fold(query.text).split()
    tags = {fold(tag) for tag in query.tags}
    found = [
        entry
        for entry in entries
        if (not words or all(word in entry.search_text for word in words))
        and (not query.kinds or entry.kind in query.kinds)
        and (query.model is None or query.model in entry.models)
        and (query.origin is None or entry.origin == query.origin)
        and (not query.favorites or entry.favorite)
        and (not query.used or entry.used)
        and (not tags or tags <= {fold(tag) for tag in entry.tags})
    ]
    if query.order == "date":
        found.sort(key=lambda entry: -entry.date)
    elif query.order == "used":
        found.sort(key=lambda entry: -entry.used)
    return found


def all_tags(entries: Iterable[Entry]) -> list[tuple[str, int]]:
    """Return every tag with the number of its motions, by name; the first spelling counts."""
    spelling: dict[str, str] = {}
    counts: dict[str, int] = {}
    for entry in entries:
        for tag in entry.tags:
            spelling.setdefault(fold(tag), tag)
        for key in {fold(tag) for tag in entry.tags}:
            counts[key] = counts.get(key, 0) + 1
    return [(spelling[key], counts[key]) for key in sorted(counts)]
