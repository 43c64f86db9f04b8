"""One name for one thing, in American English; and what was said worse before is said nowhere."""

from __future__ import annotations

import functools
import re

import pytest

from tests.blender.translations import texts

pytestmark = pytest.mark.once

NOW = {
    "and 1 older ones": "{} older jobs",
    "The backend is there; it has not been asked yet.": "Backend found, not checked yet",
    "Check Again": "Check Backend",
    "it may not transfer": (
        "Weak: only part of the motion was learned. Raise Quality or frame closer."
    ),
    "Ready: it comes with the extension, and needs no GPU.": "Ready (no GPU needed)",
    "this machine has none that torch uses": "no supported GPU found",
    "The last one: {}": "Using Latest: {}",
    "Mirrors Well": "Allow Mirroring",
    "Then Apply": "Apply When Done",
    "Show What Is Sent": "Preview Target",
    "Fresh Render": "Render Current Frame",
    "Picture File": "Image File",
    "Files Only: Only the pictures in their folder": (
        "Save files without adding them to the scene"
    ),
    "Delete what is used by nothing": "delete unused data",
    "Frame It With a New Camera": "Add Framing Camera",
    "So Far": "Preview",
    "Resume the job to go on where it was.": "Not started",
    "OK": "Apply Again",
}
BRITISH = re.compile(r"\b(\w*colour\w*|licence|centre|grey|\w+isation|\w+ise[ds]?|shall)\b", re.I)
WORDS_LIKE_THEM = {"noise", "raise", "raises", "raised", "otherwise", "rise", "promise", "precise"}
FIELD = re.compile(r"{.*?}")
PICTURE = re.compile(r"\bpictures?\b", re.I)


_sources = functools.cache(texts.all_strings)


def _translated(ext) -> set[str]:
    """The English of all that has a German text."""
    path = ext("blender.translations").languages()["de_DE"]
    return {entry.text for entry in ext("blender.translations.po").read_po(path.read_text("utf-8"))}


@pytest.fixture
def said(ext) -> set[str]:
    """What the sources and Blender's RNA say, and what others say that has a German text."""
    return _sources() | _translated(ext)


@pytest.mark.parametrize(("before", "now"), NOW.items())
def test_what_is_said_now(said, before, now):
    assert not [text for text in said if before == text or (" " in before and before in text)]
    if now != "{} older jobs":  # a list that scrolls has none
        assert [text for text in said if now in text], now


def test_the_interface_is_in_american_english(said, ext):
    """Of every text that has a German one: those are what is shown."""
    known = _translated(ext)
    shown = [text for text in said if text in known]
    assert len(shown) > 400
    british = [
        w for text in shown for w in BRITISH.findall(text) if w.lower() not in WORDS_LIKE_THEM
    ]
    assert british == []
    assert [text for text in shown if PICTURE.search(FIELD.sub("", text))] == []
