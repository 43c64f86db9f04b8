"""Deleted motions come back as they were, until the trash is emptied."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from mti_addon.client import Library
from mti_addon.client.library import delete, empty_trash, list_trash, restore
from mti_addon.client.library.trash import TRASH
from mti_addon.wire.errors import UnreadableInput
from mti_addon.wire.files import size_of
from mti_addon.wire.library import read_library, read_motion
from tests.wire.library.examples import listed, saved


def test_a_deleted_motion_comes_back_as_it_was(tmp_path: Path) -> None:
    own, motion = tmp_path / "own", saved(tmp_path, "Wave")
    size = size_of(motion.folder)
    place = delete(own, motion.folder)
    assert read_library(own) == ([], {}) and not motion.folder.exists()
    (deleted,) = list_trash(own)
    assert (deleted.place, deleted.name, deleted.bytes) == (place, "Wave", size)
    assert abs(deleted.date - time.time()) < 5
    assert restore(own, place) == motion.folder
    assert read_library(own) == ([motion], {}) and list_trash(own) == []


def test_a_motion_comes_back_beside_another_one(tmp_path: Path) -> None:
    own = tmp_path / "own"
    places = []
    for i in range(3):
        places.append(delete(own, listed(own, "wave", i, name=f"Wave {i}")))
    assert len(set(places)) == 3
    assert [restore(own, place).name for place in places] == ["wave", "wave-2", "wave-3"]
    names = {read_motion(path).preset.name for path in own.glob("wave*")}
    assert names == {"Wave 0", "Wave 1", "Wave 2"}


def test_the_last_deleted_comes_first(tmp_path: Path) -> None:
    own = tmp_path / "own"
    for i, when in enumerate(("20250101T000000Z", "20240101T000000Z", "20260101T000000Z")):
        folder = listed(own, f"m{i}", i)
        (own / TRASH).mkdir(exist_ok=True)
        folder.rename(own / TRASH / f"{when}-00000{i}-m{i}")
    assert [deleted.name for deleted in list_trash(own)] == ["m2", "m0", "m1"]
    assert list_trash(own)[1].date == 1735689600.0


def test_a_motion_that_cannot_be_read_can_be_deleted(tmp_path: Path) -> None:
    own, folder = tmp_path / "own", listed(tmp_path / "own", "broken")
    (folder / "preset.json").write_text("{")
    place = delete(own, folder)
    assert [deleted.name for deleted in list_trash(own)] == ["broken"]
    assert restore(own, place) == folder and (folder / "preset.json").read_text() == "{"


def test_what_else_is_in_the_trash_stays(tmp_path: Path) -> None:
    """Only what this program has put there is listed and deleted."""
    own = tmp_path / "own"
    delete(own, listed(own, "wave"))
    for name in ("readme", "99999999T999999Z-000000-x", "20250101T000000Z-xyz-x"):
        (own / TRASH / name).mkdir()
    (own / TRASH / "20250101T000000Z-000000-file").write_text("?")
    assert [deleted.name for deleted in list_trash(own)] == ["wave"]
    assert empty_trash(own) > 0
    assert len(list((own / TRASH).iterdir())) == 4 and list_trash(own) == []


def test_the_trash_is_emptied_whole_or_in_part(tmp_path: Path) -> None:
    own = tmp_path / "own"
    places = [delete(own, saved(tmp_path, f"Wave {i}").folder) for i in range(3)]
    sizes = {deleted.place: deleted.bytes for deleted in list_trash(own)}
    assert empty_trash(own, places[:1]) == sizes[places[0]]
    assert {deleted.place for deleted in list_trash(own)} == set(places[1:])
    assert empty_trash(own) == sizes[places[1]] + sizes[places[2]]
    assert list_trash(own) == [] and list((own / TRASH).iterdir()) == []
    assert empty_trash(own) == 0
    with pytest.raises(UnreadableInput, match="no longer in the trash"):
        restore(own, places[0])


def test_emptying_finishes_what_a_crash_has_left(tmp_path: Path) -> None:
    own = tmp_path / "own"
    place = delete(own, saved(tmp_path, "Wave").folder)
    half = own / TRASH / f".tmp-abc-{place.name}"
    place.rename(half)
    (own / ".tmp-abc-wave").mkdir()
    for path in (half, own / ".tmp-abc-wave"):
        os.utime(path, (0, 0))
    assert list_trash(own) == []
    empty_trash(own)
    assert not half.exists() and not (own / ".tmp-abc-wave").exists()


def test_the_trash_is_no_motion(tmp_path: Path) -> None:
    own = tmp_path / "own"
    library = Library(own)
    place = delete(own, listed(own, "wave"))
    library.refresh()
    assert library.entries() == [] and not library.problems
    library.notice(restore(own, place))
    assert len(library.entries()) == 1


def test_there_is_no_trash_yet(tmp_path: Path) -> None:
    assert list_trash(tmp_path / "own") == [] and empty_trash(tmp_path / "own") == 0
    assert not (tmp_path / "own").exists()


def test_a_link_is_deleted_and_what_it_points_to_stays(tmp_path: Path) -> None:
    """An animator may have linked a motion from another disk."""
    own, elsewhere = tmp_path / "own", listed(tmp_path / "elsewhere", "wave")
    own.mkdir()
    (own / "wave").symlink_to(elsewhere)
    place = delete(own, own / "wave")
    assert restore(own, place) == own / "wave" and (own / "wave").is_symlink()
    delete(own, own / "wave")
    empty_trash(own)
    assert list_trash(own) == [] and (elsewhere / "preset.json").is_file()
    shutil.rmtree(elsewhere)
