"""Motions are found by words, kind, tags, model, favorites and use, in the order asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mti_addon.client.library.entry import Entry, fold
from mti_addon.client.library.search import Query, all_tags, by_name, search
from mti_addon.wire.library import Quality
from tests.wire import strategies

QUALITY = Quality(0.7, None, None)


def entry(name: str, **changes: Any) -> Entry:
    fields: dict[str, Any] = {
        "folder": Path("own") / name, "origin": "own", "id": "0" * 32, "name": name,
        "kind": "body", "tags": (), "author": "", "license": "", "notes": "", "num_frames": 14,
        "fps": 7.0, "date": 0.0, "models": {"draft": QUALITY}, "parents": (), "has_poses": True,
        "num_references": 14, "has_thumbnail": True, "has_preview": False,
    }  # fmt: skip
    return Entry(**(fields | changes))


ALL = [
    entry("Wave 10", tags=("arm", "Greeting"), date=3.0),
    entry("Wave 2", author="Ada Lovelace", date=1.0, favorite=True, used=5.0),
    entry("jump", tags=("arm",), notes="Both feet.\nOften läuft she.", date=2.0),
    entry("Äpfel pflücken", kind="object", models={"svd": QUALITY}, origin="studio", used=7.0),
    entry("Straße", kind="camera", models={}, origin="shipped", date=9.0),
]


def found(**query: Any) -> list[str]:
    return [each.name for each in search(by_name(ALL), Query(**query))]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["Äpfel pflücken", "jump", "Straße", "Wave 2", "Wave 10"]),
        ({"text": "  "}, ["Äpfel pflücken", "jump", "Straße", "Wave 2", "Wave 10"]),
        ({"text": "wave"}, ["Wave 2", "Wave 10"]),
        ({"text": "WAV 1"}, ["Wave 10"]),
        ({"text": "arm wave"}, ["Wave 10"]),
        ({"text": "apfel"}, ["Äpfel pflücken"]),
        ({"text": "ÄPFEL"}, ["Äpfel pflücken"]),
        ({"text": "strasse"}, ["Straße"]),
        ({"text": "STRASSE"}, ["Straße"]),
        ({"text": "lovelace"}, ["Wave 2"]),
        ({"text": "feet"}, ["jump"]),
        ({"text": "lauft"}, ["jump"]),
        ({"text": "camera"}, ["Straße"]),
        ({"text": "greet"}, ["Wave 10"]),
        ({"text": "wavearm"}, []),
        ({"text": ".*"}, []),
        ({"kinds": frozenset({"object", "camera"})}, ["Äpfel pflücken", "Straße"]),
        ({"tags": frozenset({"arm"})}, ["jump", "Wave 10"]),
        ({"tags": frozenset({"ARM", "greeting"})}, ["Wave 10"]),
        ({"model": "svd"}, ["Äpfel pflücken"]),
        ({"model": "svd-xt"}, []),
        ({"origin": "studio"}, ["Äpfel pflücken"]),
        ({"favorites": True}, ["Wave 2"]),
        ({"used": True}, ["Äpfel pflücken", "Wave 2"]),
        ({"order": "date"}, ["Straße", "Wave 10", "jump", "Wave 2", "Äpfel pflücken"]),
        ({"order": "used"}, ["Äpfel pflücken", "Wave 2", "jump", "Straße", "Wave 10"]),
        (
            {"text": "a", "kinds": frozenset({"body"}), "order": "date"},
            ["Wave 10", "jump", "Wave 2"],
        ),
    ],
)  # fmt: skip
def test_what_is_found(query: dict[str, Any], expected: list[str]) -> None:
    assert found(**query) == expected


def test_tags_with_their_numbers() -> None:
    assert all_tags(ALL) == [("arm", 2), ("Greeting", 1)]
    mixed = [entry("a", tags=("Arm", "arm")), entry("b", tags=("arm", "ärm"))]
    assert all_tags(mixed) == [("Arm", 2)]


@given(st.lists(strategies.TEXT, max_size=6), strategies.TEXT)
def test_any_text_is_looked_for(names: list[str], text: str) -> None:
    entries = [entry(name, tags=(name[:5],), notes=name) for name in names]
    shown = search(by_name(entries), Query(text=text))
    words = fold(text).split()
    assert sorted(each.name for each in shown) == sorted(
        each.name for each in entries if all(word in each.search_text for word in words)
    )
    for name in names:  # every motion is found by its own name
        assert name in [each.name for each in search(entries, Query(text=name))]
