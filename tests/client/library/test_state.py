"""Favorites and what was used: kept by id, merged, and never in the way when damaged."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mti_addon.client import Library, Query
from mti_addon.client.library import delete, restore, state
from mti_addon.client.library.state import EMPTY, STATE_FILE, mark_used, read_state, set_favorite
from mti_addon.wire.errors import DiskFull, NewerProtocol, NotWritable
from tests.wire import strategies
from tests.wire.library.examples import listed

A, B = "a" * 32, "b" * 32


def test_favorites_and_use_stay_with_the_motion(tmp_path: Path) -> None:
    own = tmp_path / "own"
    wave, jump = listed(own, "wave", 1), listed(own, "jump", 2)
    listed(own, "copy", 1)
    library = Library(own)
    library.refresh()
    entry = library.at(wave)
    assert entry is not None
    library.set_favorite(entry.id, True)
    library.mark_used(library.at(jump).id)  # type: ignore[union-attr]
    shown = {each.folder.name: (each.favorite, each.used > 0) for each in library.entries()}
    assert shown == {"wave": (True, False), "copy": (True, False), "jump": (False, True)}
    assert [e.name for e in library.entries(Query(favorites=True))] == ["copy", "wave"]
    assert [e.name for e in library.entries(Query(order="used"))][0] == "jump"
    library.notice(restore(own, delete(own, wave)))
    other = Library(own)
    other.refresh()
    assert {e.name for e in other.entries(Query(favorites=True))} == {"copy", "wave"}
    assert {e.name for e in other.entries(Query(used=True))} == {"jump"}
    other.set_favorite(entry.id, False)
    assert library.refresh() and not library.entries(Query(favorites=True))
    assert not [path for path in own.iterdir() if path.name[0] != "." and not path.is_dir()]


def test_a_program_keeps_what_another_one_has_marked(tmp_path: Path) -> None:
    first, second = Library(tmp_path), Library(tmp_path)
    first.set_favorite(A, True)
    second.set_favorite(B, True)
    first.mark_used(B)
    found = read_state(tmp_path)
    assert set(found.favorites) == {A, B} and set(found.used) == {B}
    assert abs(found.used[B] - time.time()) < 5
    when = found.favorites[A]
    assert set_favorite(tmp_path, A, True).favorites[A] == when  # nothing new
    assert set_favorite(tmp_path, A, False).favorites.keys() == {B}


def test_only_the_last_used_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "MAX_USED", 3)
    for i in range(5):
        mark_used(tmp_path, f"{i:032x}")
        time.sleep(0.002)
    mark_used(tmp_path, f"{2:032x}")
    assert list(read_state(tmp_path).used) == [f"{i:032x}" for i in (3, 4, 2)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=200)
    | strategies.JSON.map(lambda v: json.dumps(v).encode())
    | st.sampled_from([
        b"", b"[" * 10**5, b'{"version":1,"favorites":[],"used":{}}',
        b'{"version":1,"favorites":{"x":1},"used":{}}', b"\0" * 100, b" " * (2**20 + 1),
        b'{"version":1,"favorites":{"%s":1e999},"used":{}}' % A.encode(),
        b'{"version":1,"favorites":{},"used":{"%s":-1}}' % A.encode(),
    ])
)  # fmt: skip
def test_a_damaged_file_is_kept_aside(tmp_path: Path, data: bytes) -> None:
    for path in tmp_path.iterdir():
        path.unlink()
    (tmp_path / STATE_FILE).write_bytes(data)
    assert read_state(tmp_path) == EMPTY
    assert (tmp_path / STATE_FILE).read_bytes() == data  # reading changes nothing
    assert set(set_favorite(tmp_path, A, True).favorites) == {A}
    assert set(read_state(tmp_path).favorites) == {A}
    (aside,) = tmp_path.glob(f"{STATE_FILE}.damaged-*")
    assert aside.read_bytes() == data


def test_a_file_of_a_newer_version_is_not_overwritten(tmp_path: Path) -> None:
    data = b'{"version":2,"favourites":["x"]}'
    (tmp_path / STATE_FILE).write_bytes(data)
    assert read_state(tmp_path) == EMPTY
    with pytest.raises(NewerProtocol, match="newer version"):
        set_favorite(tmp_path, A, True)
    assert (tmp_path / STATE_FILE).read_bytes() == data


def test_a_folder_that_cannot_be_written(read_only: Path, small_disk: Path) -> None:
    with pytest.raises(NotWritable):
        set_favorite(read_only / "sub", A, True)
    set_favorite(small_disk, A, True)
    (small_disk / "ballast").write_bytes(b"x" * 200_000)
    with pytest.raises(DiskFull):
        for i in range(1000):
            (small_disk / f"more{i}").write_bytes(b"x" * 4096)
            set_favorite(small_disk, f"{i:032x}", True)
    assert A in read_state(small_disk).favorites


def test_without_an_own_library_nothing_is_marked(tmp_path: Path) -> None:
    listed(tmp_path / "shipped", "wave")
    library = Library(None, shipped=tmp_path / "shipped")
    library.refresh()
    (entry,) = library.entries()
    library.set_favorite(entry.id, True)
    library.mark_used(entry.id)
    assert library.entries() == [entry] and not library.refresh()
    library.close()
    assert [path.name for path in (tmp_path / "shipped").iterdir()] == ["wave"]
