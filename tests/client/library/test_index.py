"""The index shows what is on disk, follows its changes, and is never trusted over the files."""

from __future__ import annotations

import builtins
import hashlib
import io
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mti_addon.client import Library, Query
from mti_addon.client.library import shelf
from mti_addon.client.library.index_file import INDEX_FOLDER
from mti_addon.wire.errors import BadRequest, NewerProtocol
from mti_addon.wire.library import About, Preset, Quality, read_preset, save_motion
from tests.wire.examples import ROOT
from tests.wire.library.examples import finished_job, listed

OLD = time.time() - 60


def names(library: Library, **query: Any) -> list[str]:
    return [entry.name for entry in library.entries(Query(**query))]


def opened(*arguments: Any, **keywords: Any) -> Library:
    library = Library(*arguments, **keywords)
    library.refresh()
    return library


def settle(*roots: Path) -> None:
    """As if nothing had been written for a minute: younger files are read again."""
    for root in roots:
        for path in root.glob("*/preset.json"):
            os.utime(path, (OLD, OLD))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every file that is opened, by its path."""
    found: list[str] = []
    before = io.open

    def noting(path: Any, *arguments: Any, **keywords: Any) -> Any:
        found.append(str(path))
        return before(path, *arguments, **keywords)

    monkeypatch.setattr(io, "open", noting)
    monkeypatch.setattr(builtins, "open", noting)
    yield found


def presets_in(reads: list[str]) -> list[str]:
    return sorted(Path(path).parent.name for path in reads if path.endswith("preset.json"))


def test_an_entry_says_what_a_chooser_needs(tmp_path: Path) -> None:
    about = About("face", ("arm", "greeting"), "Ada", "CC0-1.0", "Big.")
    motion = save_motion(finished_job(tmp_path, "Wave"), tmp_path / "own", about)
    library = opened(tmp_path / "own", shipped=ROOT / "presets")
    entry = library.at(motion.folder)
    assert entry is not None and entry == library.find(motion.preset.id)
    assert (entry.name, entry.kind, entry.tags, entry.author) == (
        "Wave", "face", ("arm", "greeting"), "Ada"
    )  # fmt: skip
    assert (entry.license, entry.notes, entry.num_frames, entry.fps) == ("CC0-1.0", "Big.", 14, 7.0)
    assert entry.origin == "own" and entry.is_writable and not entry.is_edited
    assert dict(entry.models) == {"draft": Quality(0.75, None, 0.125)}
    assert entry.has_poses and len(entry.references) == 14
    for path in (*entry.references, entry.thumbnail, entry.preview):
        assert path is not None and path.is_file() and path.parent in (
            motion.folder, motion.folder / "reference"
        )  # fmt: skip
    assert abs(entry.date - time.time()) < 100
    assert not entry.favorite and entry.used == 0
    shipped = library.entries(Query(origin="shipped"))
    assert shipped and not any(each.is_writable for each in shipped)


def test_nothing_is_read_before_refresh_or_after(tmp_path: Path, reads: list[str]) -> None:
    for i in range(5):
        listed(tmp_path / "own", f"m{i}", i, tags=("arm",))
    del reads[:]
    library = Library(tmp_path / "own")
    assert library.entries() == [] and not library.is_complete and not reads
    assert library.refresh() and library.is_complete
    del reads[:]
    assert len(library.entries()) == 5
    assert names(library, text="m1") == ["m1"] and names(library, tags=frozenset({"arm"}))
    assert library.tags() == [("arm", 5)] and not library.problems
    assert library.at(tmp_path / "own" / "m1") and library.find("0" * 32) is None
    assert not reads


def test_only_what_changed_is_read_again(tmp_path: Path, reads: list[str]) -> None:
    own = tmp_path / "own"
    for i in range(5):
        listed(own, f"m{i}", i)
    settle(own)
    library = opened(own)
    assert presets_in(reads) == ["m0", "m1", "m2", "m3", "m4"]
    del reads[:]
    assert not library.refresh() and not presets_in(reads)
    before = library.revision
    listed(own, "m1", 1, name="Changed")
    listed(own, "m9", 9)
    shutil.rmtree(own / "m3")
    assert library.refresh() and library.revision > before
    assert presets_in(reads) == ["m1", "m9"]
    assert names(library) == ["Changed", "m0", "m2", "m4", "m9"]


def test_a_young_file_is_read_again_until_its_time_tells(tmp_path: Path, reads: list[str]) -> None:
    """A file system's time may have steps of two seconds; a second change in one looks the same."""
    own = tmp_path / "own"
    folder = listed(own, "wave", name="Wave 1")
    library = opened(own)
    about = os.stat(folder / "preset.json")
    listed(own, "wave", name="Wave 2")
    os.utime(folder / "preset.json", ns=(about.st_atime_ns, about.st_mtime_ns))
    assert library.refresh() and names(library) == ["Wave 2"]
    settle(own)
    library.refresh()
    del reads[:]
    library.refresh()
    assert not presets_in(reads)


def test_a_change_of_its_own_is_seen_at_once(tmp_path: Path) -> None:
    own = tmp_path / "own"
    library = opened(own, shipped=ROOT / "presets")
    folder = listed(own, "wave", name="Mine")
    entry = library.notice(folder)
    assert entry is not None and entry.name == "Mine" and "Mine" in names(library)
    shutil.rmtree(folder)
    assert library.notice(folder) is None and "Mine" not in names(library)
    assert library.notice(tmp_path / "elsewhere" / "wave") is None


def test_refreshing_takes_the_time_that_it_may(tmp_path: Path) -> None:
    """A pass is continued by the next call, and every call looks at something."""
    own = tmp_path / "own"
    for i in range(300):
        listed(own, f"m{i:03d}", i)
    library, calls = Library(own), 0
    while not library.is_complete:
        start = time.perf_counter()
        library.refresh(0.005)
        calls += 1
        assert time.perf_counter() - start < 0.25  # the machine may be busy
        assert calls < 2000
    assert len(library.entries()) == 300 and calls > 3
    library = Library(own)
    for _ in range(700):  # the index has a step for each motion, too
        library.refresh(0.0)
    assert library.is_complete and len(library.entries()) == 300


def test_what_is_deleted_in_the_middle_of_a_pass(tmp_path: Path) -> None:
    own = tmp_path / "own"
    for i in range(20):
        listed(own, f"m{i:02d}", i)
    library = Library(own)
    for _ in range(8):
        library.refresh(0.0)
    for i in (2, 15):
        shutil.rmtree(own / f"m{i:02d}")
    while not library.is_complete:
        library.refresh(0.0)
    assert "m15" not in names(library)
    library.refresh()
    assert len(names(library)) == 18


def test_what_is_deleted_between_a_look_and_reading_is_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    for i in range(3):
        listed(own, f"m{i}", i)

    def late(folder: Path) -> Preset:
        if folder.name == "m1":
            shutil.rmtree(folder)
        return read_preset(folder)

    monkeypatch.setattr(shelf, "read_preset", late)
    library = opened(own)
    assert names(library) == ["m0", "m2"] and not library.problems


def test_an_index_saves_reading(tmp_path: Path, reads: list[str]) -> None:
    own, studio = tmp_path / "own", tmp_path / "studio"
    for i in range(10):
        listed(own, f"o{i}", i, tags=("ä",))
        listed(studio, f"s{i}", 100 + i, notes="a\nb")
    settle(own, studio)
    first = opened(own, [studio])
    first.close()
    assert sorted(path.name[0] for path in own.iterdir()) == ["."] + ["o"] * 10
    assert len(list((own / INDEX_FOLDER).iterdir())) == 2
    assert not any(path.name.startswith(".") for path in studio.iterdir())
    shutil.rmtree(own / "o3")
    listed(studio, "s3", 103, name="Changed")
    del reads[:]
    second = Library(own, [studio])
    second.refresh()
    assert presets_in(reads) == ["s3"]
    expected = {(e.folder, e.name) for e in first.entries()} - {(own / "o3", "o3")}
    expected = expected - {(studio / "s3", "s3")} | {(studio / "s3", "Changed")}
    assert {(e.folder, e.name) for e in second.entries()} == expected
    same = [e for e in second.entries() if e.name != "Changed"]
    assert same == [e for e in first.entries() if e in same]


def test_the_index_is_shown_before_the_files_were_looked_at(tmp_path: Path) -> None:
    own = tmp_path / "own"
    for i in range(40):
        listed(own, f"m{i}", i)
    settle(own)
    opened(own)  # writes the index, since there is much new
    library = Library(own)
    library.refresh(0.0)
    assert len(library.entries()) == 40 and not library.is_complete


def damages(good: bytes) -> dict[str, bytes]:
    digest, _, body = good.partition(b"\n")
    value = json.loads(body)

    def signed(value: Any) -> bytes:
        body = json.dumps(value).encode()
        return hashlib.sha256(body).hexdigest().encode() + b"\n" + body

    return {
        "empty": b"",
        "cut": good[:-100],
        "zeros": b"\0" * len(good),
        "a bit": good[:500] + bytes([good[500] ^ 1]) + good[501:],
        "no sum": body,
        "older": signed({**value, "header": [0, *value["header"][1:]]}),
        "of another extension": signed({**value, "header": [*value["header"][:2], "0.0.1"]}),
        "a list": signed([]),
        "deep": signed({}).replace(b"{}", b"[" * 10**5),
        "no rows": signed({"header": value["header"]}),
        "odd rows": signed({**value, "rows": [1, 2]}),
        "short rows": signed({**value, "rows": [[r[0], r[1], r[2][:5]] for r in value["rows"]]}),
        "odd numbers": signed({**value, "rows": [["m1", [1], []]]}),
    }


DAMAGES = [
    "empty", "cut", "zeros", "a bit", "no sum", "older", "of another extension", "a list", "deep",
    "no rows", "odd rows", "short rows", "odd numbers",
]  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_index_is_built_anew(tmp_path: Path, name: str) -> None:
    own = tmp_path / "own"
    for i in range(3):
        listed(own, f"m{i}", i)
    settle(own)
    first = opened(own)
    first.close()
    (index,) = (own / INDEX_FOLDER).iterdir()
    good = index.read_bytes()
    assert list(damages(good)) == DAMAGES
    index.write_bytes(damages(good)[name])
    library = opened(own)
    assert library.entries() == first.entries()
    library.close()
    assert index.read_bytes() == good and list(index.parent.iterdir()) == [index]


def test_an_index_that_says_something_else_than_the_files_is_corrected(tmp_path: Path) -> None:
    """Somebody has copied an index of another library over it."""
    own, other = tmp_path / "own", tmp_path / "other"
    listed(own, "wave", 1, name="Mine")
    listed(other, "wave", 2, name="Theirs")
    listed(other, "gone", 3)
    settle(own, other)
    for root in (own, other):
        opened(root).close()
    (mine,), (theirs,) = ((root / INDEX_FOLDER).iterdir() for root in (own, other))
    mine.write_bytes(theirs.read_bytes())
    os.utime(own / "wave" / "preset.json", (OLD + 1, OLD + 1))
    assert names(opened(own)) == ["Mine"]


def test_the_same_motion_in_several_folders_is_shown_once(tmp_path: Path) -> None:
    own, one, two, shipped = (tmp_path / name for name in ("own", "one", "two", "shipped"))
    for root in (own, one, two, shipped):
        listed(root, "wave", 1, name=root.name)
    listed(one, "jump", 2, name="Jump of one")
    listed(two, "jump", 2, name="Jump of two")
    listed(own, "copy", 1, name="Copy")
    library = opened(own, [one, two], shipped)
    assert names(library) == ["Copy", "Jump of one", "own"]
    assert [entry.origin for entry in library.entries()] == ["own", "studio", "own"]
    wave = library.find(library.entries()[0].id)
    assert wave is not None and wave.origin == "own"
    shutil.rmtree(own / "wave")
    shutil.rmtree(own / "copy")
    library.refresh()
    assert names(library) == ["Jump of one", "one"]
    assert names(opened(None, shipped=shipped)) == ["shipped"]


def test_what_cannot_be_read_is_listed_with_its_reason(tmp_path: Path) -> None:
    own = tmp_path / "own"
    listed(own, "wave", 1)
    (own / "damaged").mkdir()
    (own / "damaged" / "preset.json").write_text("{")
    (own / "newer").mkdir()
    (own / "newer" / "preset.json").write_text('{"version": 99}')
    (own / "not-a-motion").mkdir()
    (own / "file").write_text("?")
    (own / ".hidden").mkdir()
    (own / ".hidden" / "preset.json").write_text("{")
    (own / "pipe").mkdir()
    os.mkfifo(own / "pipe" / "preset.json")  # reading it would never end
    library = opened(own)
    assert names(library) == ["wave"]
    problems = {problem.folder.name: problem.error for problem in library.problems}
    assert set(problems) == {"damaged", "newer"}
    assert type(problems["damaged"]) is BadRequest and type(problems["newer"]) is NewerProtocol
    revision = library.revision
    assert not library.refresh() and library.revision == revision
    listed(own, "damaged", 2)
    assert library.refresh() and names(library) == ["damaged", "wave"]
    assert [problem.folder.name for problem in library.problems] == ["newer"]


def test_a_studio_folder_that_is_away_comes_back(tmp_path: Path, reads: list[str]) -> None:
    own, studio = tmp_path / "own", tmp_path / "studio"
    for i in range(40):
        listed(studio, f"m{i}", i)
    settle(studio)
    library = opened(own, [studio])
    assert len(library.entries()) == 40
    studio.rename(tmp_path / "away")
    assert library.refresh() and library.entries() == []
    (problem,) = library.problems
    assert problem.folder == studio and str(studio) in problem.error.message
    assert not library.refresh()
    library.close()
    (tmp_path / "away").rename(studio)
    del reads[:]
    assert library.refresh() and len(library.entries()) == 40 and not library.problems
    assert not presets_in(reads)  # the index was kept
    studio.rename(tmp_path / "away")
    studio.write_text("no folder")
    assert library.refresh() and len(library.problems) == 1


def test_an_own_library_need_not_be_there(tmp_path: Path) -> None:
    library = opened(tmp_path / "new" / "own")
    assert library.entries() == [] and not library.problems
    library.close()
    assert not (tmp_path / "new").exists()


def test_an_own_library_that_cannot_be_written_is_shown(read_only: Path) -> None:
    library = opened(read_only / "sub", shipped=ROOT / "presets")
    assert library.entries() and not library.problems
    library.close()


def test_a_full_disk_only_costs_time(small_disk: Path) -> None:
    for i in range(8):
        listed(small_disk / "own", f"m{i}", i)
    free = os.statvfs(small_disk)
    (small_disk / "ballast").write_bytes(b"x" * free.f_bavail * free.f_frsize)
    library = opened(small_disk / "own")
    library.close()
    assert len(library.entries()) == 8
    index = small_disk / "own" / INDEX_FOLDER
    assert not index.exists() or not list(index.iterdir())
