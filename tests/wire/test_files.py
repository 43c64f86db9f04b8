from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mti_addon.wire import files
from mti_addon.wire.errors import BadRequest, DiskFull, NotWritable
from mti_addon.wire.events import EventReader, good_prefix
from tests.wire.examples import kill_often


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_write_atomic_replaces_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for data in (b"first", b"", b"second"):
        files.write_atomic(path, data)
        assert path.read_bytes() == data
    assert names(tmp_path) == ["file"]


WRITER = """
import sys
from pathlib import Path
from mti_addon.wire.files import write_atomic
path = Path(sys.argv[1])
print("ready", flush=True)
while True:
    for letter in (b"A", b"B"):
        write_atomic(path, letter * 300_000)
"""


def test_a_writer_that_is_killed_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "file"

    def whole() -> bool:
        data = path.read_bytes() if path.exists() else b""
        assert not data or (len(data) == 300_000 and len(set(data)) == 1)
        return bool(data)

    kill_often(WRITER, path, whole)
    files.sweep(tmp_path, older_than=-1)
    assert names(tmp_path) == ["file"]


APPENDER = """
import sys, itertools, time
from pathlib import Path
from mti_addon.wire.events import Failed, encode, good_prefix
from mti_addon.wire.files import append_line
path = Path(sys.argv[1])
size, seq = good_prefix(path)
if path.exists():
    import os
    os.truncate(path, size)
print("ready", flush=True)
for seq in itertools.count(seq + 1):
    append_line(path, encode(Failed("internal", "x" * (seq * 37 % 1000), ""), seq, time.time()))
"""


def test_an_appender_that_is_killed_leaves_whole_events_in_order(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    reader, seen = EventReader(path), 0

    def in_order() -> bool:
        nonlocal seen
        while events := reader.read_new(max_events=100):
            seen += len(events)
        assert good_prefix(path)[1] == reader.seq == seen
        return seen > 50

    kill_often(APPENDER, path, in_order, kills=8)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(small_disk: Path) -> None:
    path = small_disk / "file"
    files.write_atomic(path, b"old" * 20_000)
    with pytest.raises(DiskFull) as caught:
        files.write_atomic(path, b"new" * 80_000)
    assert str(path) in caught.value.message and "Free some space" in caught.value.hint
    assert path.read_bytes() == b"old" * 20_000
    assert names(small_disk) == ["file"]


def test_an_event_that_does_not_fit_is_taken_back(small_disk: Path) -> None:
    path = small_disk / "events.jsonl"
    line = "x" * 30_000
    with pytest.raises(DiskFull):
        for _ in range(100):
            files.append_line(path, line)
    lines = path.read_text().split("\n")
    assert len(lines) > 4 and set(lines[:-1]) == {line} and lines[-1] == ""


def test_a_folder_that_does_not_fit_vanishes(small_disk: Path) -> None:
    with pytest.raises(DiskFull), files.new_folder(small_disk / "folder") as temp:
        for i in range(100):
            (temp / str(i)).write_bytes(b"x" * 20_000)
    assert names(small_disk) == []


def test_a_read_only_folder_is_not_writable(read_only: Path) -> None:
    with pytest.raises(NotWritable) as caught:
        files.write_atomic(read_only / "old", b"new")
    assert caught.value.message.startswith(f"{read_only / 'old'} cannot be written (")
    with pytest.raises(NotWritable):
        files.append_line(read_only / "old", "new")
    with pytest.raises(NotWritable), files.new_folder(read_only / "new"):
        pass
    with pytest.raises(NotWritable):
        files.remove_folder(read_only / "sub")
    assert names(read_only) == ["old", "sub"] and (read_only / "old").read_bytes() == b"old"


def test_other_errors_pass_through(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.write_atomic(tmp_path / "no" / "file", b"")
    with pytest.raises(ZeroDivisionError), files.translating_os_errors(tmp_path):
        _ = 1 / 0


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_quota_and_space_are_one_to_an_artist(tmp_path: Path, number: int) -> None:
    with pytest.raises(DiskFull), files.translating_os_errors(tmp_path):
        raise OSError(number, os.strerror(number))


class SharingViolation(PermissionError):
    """Raised by Windows while a virus scanner reads the file."""

    winerror = 32


def test_a_rename_is_tried_again_while_somebody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    left = [SharingViolation(), SharingViolation()]

    def action() -> None:
        if left:
            raise left.pop()

    files.retrying(action)
    assert left == []
    monkeypatch.setattr(files, "RETRY_SECONDS", 0.05)
    with pytest.raises(SharingViolation):
        files.retrying(lambda: (_ for _ in ()).throw(SharingViolation()))


def test_an_error_that_will_not_pass_is_not_tried_again() -> None:
    calls = []

    def action() -> None:
        calls.append(1)
        raise PermissionError

    with pytest.raises(PermissionError):
        files.retrying(action)
    assert len(calls) == 1


def test_new_folder_is_whole_or_nothing(tmp_path: Path) -> None:
    with files.new_folder(tmp_path / "a" / "b") as temp:
        (temp / "file").write_bytes(b"x")
        assert names(tmp_path / "a") == [temp.name] and temp.name.startswith(".tmp-")
    assert names(tmp_path / "a" / "b") == ["file"]
    with pytest.raises(BadRequest, match="already exists"), files.new_folder(tmp_path / "a" / "b"):
        pass
    with pytest.raises(KeyboardInterrupt), files.new_folder(tmp_path / "c") as temp:
        (temp / "file").write_bytes(b"x")
        raise KeyboardInterrupt
    assert names(tmp_path) == ["a"]


def test_sweep_takes_only_old_unfinished_things(tmp_path: Path) -> None:
    (tmp_path / ".tmp-new").mkdir()
    (tmp_path / "job").mkdir()
    for old in (tmp_path / ".tmp-file", tmp_path / "file"):
        old.write_bytes(b"")
    (tmp_path / ".tmp-old").mkdir()
    (tmp_path / ".tmp-old" / "x").write_bytes(b"")
    for old in (tmp_path / ".tmp-file", tmp_path / "file", tmp_path / ".tmp-old"):
        os.utime(old, (0, 0))
    files.sweep(tmp_path)
    assert names(tmp_path) == [".tmp-new", "file", "job"]


def test_remove_folder_may_be_late(tmp_path: Path) -> None:
    (tmp_path / "folder" / "sub").mkdir(parents=True)
    for _ in range(2):
        files.remove_folder(tmp_path / "folder")
    assert names(tmp_path) == []


def test_a_new_folder_takes_what_dead_writers_left_beside_it(tmp_path: Path) -> None:
    """Every writer cleans up: of jobs, captures, results, targets and motions."""
    old, young, future = (tmp_path / f".tmp-{name}-job" for name in ("old", "young", "future"))
    for path, age in ((old, 7200), (young, 10), (future, -7200)):
        path.mkdir()
        (path / "frame").write_bytes(b"x")
        os.utime(path, (time.time() - age,) * 2)
    link = tmp_path / ".tmp-link"
    link.symlink_to(young)
    os.utime(link, (0, 0), follow_symlinks=False)
    with files.new_folder(tmp_path / "job"):
        pass
    assert sorted(p.name for p in tmp_path.iterdir()) == [".tmp-young-job", "job"]
    assert (young / "frame").exists()
    files.sweep(tmp_path / "nowhere")


def test_the_newest_are_kept_while_another_does_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two Blenders: a folder disappears between listing and inspection."""
    for age, name in enumerate(["newest", "second", "third", "gone", ".tmp-1-writing"]):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1000 - age,) * 2)
    stat = Path.stat

    def vanishing(path: Path, **how: bool) -> os.stat_result:
        found = stat(path, **how)
        if path.name == "gone":
            os.rmdir(path)
        return found

    monkeypatch.setattr(Path, "stat", vanishing)
    files.keep_newest(tmp_path, 1, "newest")
    files.keep_newest(tmp_path / "nowhere", 1, "newest")
    monkeypatch.undo()
    assert sorted(p.name for p in tmp_path.iterdir()) == [".tmp-1-writing", "newest", "second"]


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Behave like Windows while the named files are open in another process: neither they nor any
    folder above them can be renamed or deleted."""
    held: set[str] = set()
    rename, unlink, rmdir = os.rename, os.unlink, os.rmdir

    def refuse(path: object) -> None:
        error = PermissionError(errno.EACCES, "used by another process", str(path))
        error.winerror = 32  # type: ignore[attr-defined,unused-ignore]
        raise error

    def holds(path: object) -> bool:
        return any(each.name in held for each in [Path(str(path)), *Path(str(path)).rglob("*")])

    def guarded(action: Callable[..., None]) -> Callable[..., None]:
        def act(path: object, *rest: object, **how: object) -> None:
            place = Path(str(path))
            if how.get("dir_fd") is not None:  # as rmtree does here
                place = Path(os.readlink(f"/proc/self/fd/{how['dir_fd']}")) / str(path)
            if holds(place):
                refuse(place)
            action(path, *rest, **how)

        return act

    for name, action in (("rename", rename), ("unlink", unlink), ("rmdir", rmdir)):
        monkeypatch.setattr(os, name, guarded(action))
    return held


def make_folder(root: Path) -> Path:
    folder = root / "job"
    (folder / "output").mkdir(parents=True)
    for name in ("request.json", "log.txt", "output/0001.png"):
        (folder / name).write_text(name)
    return folder


def test_a_folder_goes_although_a_file_of_it_is_open(tmp_path: Path, windows: set[str]) -> None:
    folder = make_folder(tmp_path)
    windows.add("log.txt")
    began = time.monotonic()
    files.remove_folder(folder, "request.json")
    assert time.monotonic() - began < 1.0  # the interface waits for it
    assert sorted(p.name for p in folder.iterdir() if p.name != files.REMOVED) == ["log.txt"]
    files.sweep(tmp_path)  # it is still open
    assert (folder / "log.txt").exists()
    windows.clear()
    files.sweep(tmp_path)
    assert not folder.exists()


def test_what_must_be_whole_stays_whole_if_it_cannot_go(tmp_path: Path, windows: set[str]) -> None:
    """An environment or a model: a partial one would look like a complete one."""
    folder = make_folder(tmp_path)
    before = sorted(folder.rglob("*"))
    windows.add("log.txt")
    with pytest.raises(NotWritable):
        files.remove_folder(folder)
    windows.add("request.json")
    with pytest.raises(NotWritable):
        files.remove_folder(folder, "request.json")
    assert sorted(folder.rglob("*")) == before


def test_the_size_of_a_folder_that_others_work_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is measured while a panel is drawn and a setup task deletes, downloads or moves files."""
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "weights").write_bytes(b"x" * 100)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    os.link(tmp_path / "a" / "weights", tmp_path / "a" / "again")
    assert files.size_of(tmp_path) == 300
    assert files.size_of(tmp_path / "nowhere") == 0
    scandir = os.scandir

    def vanishing(path: str | int) -> object:
        if not isinstance(path, int) and Path(path).name == "b":
            shutil.rmtree(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", vanishing)
    assert files.size_of(tmp_path) == 200


def test_a_folder_that_another_has_made_meanwhile_is_said(tmp_path: Path) -> None:
    """Two Blenders take the same name."""
    with pytest.raises(BadRequest, match="already exists"):
        with files.new_folder(tmp_path / "wave_01") as folder:
            (folder / "mine").touch()
            (tmp_path / "wave_01").mkdir()
            (tmp_path / "wave_01" / "theirs").touch()
    assert names(tmp_path) == ["wave_01"] and names(tmp_path / "wave_01") == ["theirs"]
