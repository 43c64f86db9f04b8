"""A motion is sent as one file, and received as it was sent."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from mti_addon.wire.errors import (
    DiskFull,
    NotWritable,
    UnreadableInput,
)
from mti_addon.wire.library import (
    About,
    Motion,
    export_to,
    import_motion,
    read_library,
    read_motion,
    save_motion,
)
from mti_addon.wire.library.preset import verify_preset
from tests.wire.examples import ROOT
from tests.wire.library.examples import finished_job, png, saved
from tests.wire.library.hostile import Entry, contents, with_files, written, zipped


@pytest.fixture(scope="module")
def motion(tmp_path_factory: pytest.TempPathFactory) -> Motion:
    about = About(tags=("arm",), author="Ada", license="CC0-1.0", notes="Big.")
    return saved(tmp_path_factory.mktemp("sender"), "Wave", about)


def test_a_motion_is_sent_and_received_whole(motion: Motion, tmp_path: Path) -> None:
    file, library = tmp_path / "Wave.motion", tmp_path / "library"
    export_to(motion, file)
    again, is_new = import_motion(library, file)
    assert is_new and again.preset == motion.preset and again.folder == library / "wave"
    verify_preset(again.folder, again.preset)
    assert import_motion(library, file) == (again, False)
    assert [path.name for path in library.iterdir()] == ["wave"]
    export_to(again, tmp_path / "again.motion")
    assert (tmp_path / "again.motion").read_bytes() == file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None and archive.namelist()[0] == "preset.json"


def test_a_motion_of_an_older_version_is_sent_and_received(tmp_path: Path) -> None:
    shipped = read_motion(ROOT / "presets" / "wave")
    export_to(shipped, tmp_path / "Wave.motion")
    again, is_new = import_motion(tmp_path / "library", tmp_path / "Wave.motion")
    assert is_new and again.preset == shipped.preset
    assert import_motion(tmp_path / "library", tmp_path / "Wave.motion") == (again, False)


def test_the_same_motion_that_knows_more_is_added_beside_it(motion: Motion, tmp_path: Path) -> None:
    """It has the same id, but other files."""
    for name, more in (("a", {}), ("b", {"thumbnail.png": None})):
        data = zipped(with_files(motion, more))
        import_motion(tmp_path / "library", written(tmp_path / f"{name}.motion", data))
    motions, problems = read_library(tmp_path / "library")
    assert len(motions) == 2 and not problems
    assert len({each.preset.id for each in motions}) == 1


def test_a_file_packed_by_another_program_is_received(motion: Motion, tmp_path: Path) -> None:
    """Deflated, in another order, with entries for folders, times, and extra fields."""
    entries: list[Entry] = [("reference/", b""), ("embeddings/", b"")]
    for name, data in reversed(contents(motion).items()):
        info = zipfile.ZipInfo(name, (2025, 1, 31, 12, 0, 0))
        info.compress_type, info.extra = zipfile.ZIP_DEFLATED, b"UT\x05\x00\x03\x00\x00\x00\x00"
        entries.append((info, data))
    file = written(tmp_path / "Wave.motion", zipped(entries))
    assert import_motion(tmp_path / "library", file)[0].preset == motion.preset


def test_what_is_damaged_or_has_no_place_is_not_sent(tmp_path: Path) -> None:
    motion = saved(tmp_path, "Wave")
    with pytest.raises(NotWritable, match="no such folder"):
        export_to(motion, tmp_path / "nowhere" / "Wave.motion")
    with pytest.raises(NotWritable):
        export_to(motion, tmp_path)
    (motion.folder / "thumbnail.png").write_bytes(png(color=99))
    with pytest.raises(UnreadableInput, match=r"thumbnail\.png has changed"):
        export_to(motion, tmp_path / "Wave.motion")
    (motion.folder / "thumbnail.png").unlink()
    with pytest.raises(UnreadableInput, match=r"thumbnail\.png is missing"):
        export_to(motion, tmp_path / "Wave.motion")
    assert not list(tmp_path.glob("*.motion")) and not list(tmp_path.glob(".tmp-*"))


def test_a_link_is_not_sent(tmp_path: Path) -> None:
    """A folder from elsewhere must not make this machine send one of its own files."""
    motion = saved(tmp_path, "Wave")
    secret = tmp_path / "secret.png"
    (motion.folder / "thumbnail.png").rename(secret)
    (motion.folder / "thumbnail.png").symlink_to(secret)
    with pytest.raises(UnreadableInput, match="is a link"):
        export_to(motion, tmp_path / "Wave.motion")


def test_what_could_not_be_received_is_not_sent(tmp_path: Path) -> None:
    """It is said to whoever sends it, not to whoever receives it."""
    job = finished_job(tmp_path, "Wave")
    (job.inputs / "reference" / "0003.png").write_bytes(png(rows=b""))
    motion = save_motion(job, tmp_path / "own", About())
    with pytest.raises(UnreadableInput, match=r"0003\.png is no plain"):
        export_to(motion, tmp_path / "Wave.motion")


def test_a_full_disk_leaves_the_old_file(small_disk: Path, tmp_path: Path) -> None:
    motion, file = saved(tmp_path, "Wave"), small_disk / "Wave.motion"
    file.write_bytes(b"old" * 10_000)
    room = os.statvfs(small_disk)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (room.f_bavail * room.f_frsize - 16 * 1024))  # it needs 36 kB
    with pytest.raises(DiskFull):
        export_to(motion, file)
    assert file.read_bytes() == b"old" * 10_000
    assert set(small_disk.iterdir()) == {file, ballast}


def test_a_full_disk_receives_nothing(small_disk: Path, tmp_path: Path, motion: Motion) -> None:
    export_to(motion, tmp_path / "Wave.motion")
    (small_disk / "ballast").write_bytes(b"x" * 200_000)
    with pytest.raises(DiskFull):
        import_motion(small_disk / "library", tmp_path / "Wave.motion")
    assert list((small_disk / "library").iterdir()) == []
