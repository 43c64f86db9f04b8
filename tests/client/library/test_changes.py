"""A motion in the own library is changed whole or not at all; others are never changed."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mti_addon.client.library import change, delete, duplicate, free_name, restore
from mti_addon.wire.errors import (
    BadRequest,
    Busy,
    DiskFull,
    MtiError,
    NewerProtocol,
    NotWritable,
    UnreadableInput,
)
from mti_addon.wire.library import (
    Motion,
    export_to,
    import_motion,
    lock,
    read_library,
    read_motion,
    save_embedding,
    save_motion,
)
from mti_addon.wire.library.changing import sweep_library
from mti_addon.wire.library.preset import verify_preset
from mti_addon.wire.library.saving import About
from tests.wire.examples import ROOT, child, end, make_job
from tests.wire.library.examples import finished_job, listed, saved

SHIPPED = ROOT / "presets"


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, also hidden ones, but not the lock."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_every_field_is_changed_and_the_rest_stays(tmp_path: Path) -> None:
    own, motion = tmp_path / "own", saved(tmp_path, "Wave")
    changed = change(
        own, motion.folder, name="  Big \u202e Wave ", kind="face",
        tags=["arm", " Arm", "", "a  b"], author="Ada", license="CC0-1.0", notes="One.\nTwo.",
    )  # fmt: skip
    expected = dataclasses.replace(
        motion.preset, name="Big Wave", kind="face", tags=("arm", "a b"), author="Ada",
        license="CC0-1.0", notes="One.\nTwo.",
    )  # fmt: skip
    assert changed == read_motion(motion.folder) == Motion(motion.folder, expected)
    verify_preset(changed.folder, changed.preset)
    once = change(own, motion.folder, tags=())
    assert once.preset == dataclasses.replace(expected, tags=())
    before = os.stat(motion.folder / "preset.json")
    assert change(own, motion.folder, name="Big Wave").preset == once.preset
    assert os.stat(motion.folder / "preset.json").st_ino == before.st_ino  # nothing was written


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": " \u200b "}, "motion_name_empty"),
        ({"name": "x" * 65}, "motion_name_too_long"),
        ({"tags": ["y" * 33]}, "motion_tag_too_long"),
        ({"author": "x" * 129}, "bad_request"),
        ({"license": "a\nb"}, "bad_request"),
        ({"notes": "x" * 4001}, "bad_request"),
        ({"kind": "robot"}, "bad_request"),
    ],
)
def test_what_no_motion_can_be_called(tmp_path: Path, fields: Any, code: str) -> None:
    own, motion = tmp_path / "own", saved(tmp_path, "Wave")
    before = tree(own)
    with pytest.raises(BadRequest) as caught:
        change(own, motion.folder, **fields)
    assert caught.value.problem.code == code and tree(own) == before


def test_a_copy_is_the_same_motion_under_another_name(tmp_path: Path) -> None:
    own, motion = tmp_path / "own", saved(tmp_path, "Wave")
    copy = duplicate(own, motion.folder, "Wave.001")
    assert copy.folder == own / "wave-001" and copy.preset.name == "Wave.001"
    assert copy.preset == dataclasses.replace(motion.preset, name="Wave.001")
    verify_preset(copy.folder, copy.preset)
    shipped = duplicate(own, SHIPPED / "wave", "Wave")
    assert shipped.folder.parent == own and shipped.preset.files
    verify_preset(shipped.folder, shipped.preset)
    (motion.folder / "thumbnail.png").write_bytes(b"damaged")
    with pytest.raises(UnreadableInput, match=r"thumbnail\.png has changed"):
        duplicate(own, motion.folder, "Again")
    assert len(read_library(own)[0]) == 3


def test_names_of_copies() -> None:
    assert free_name("Wave", {"Jump"}) == "Wave"
    assert free_name("Wave", {"Wave"}) == "Wave.001"
    assert free_name("Wave.001", {"Wave", "Wave.001"}) == "Wave.002"
    assert free_name("v1.5", {"v1.5"}) == "v1.5.001"
    long = "x" * 64
    assert free_name(long, {long}) == "x" * 60 + ".001"


def test_another_model_learns_a_motion(tmp_path: Path) -> None:
    own, motion = tmp_path / "own", saved(tmp_path, "Wave")
    job = finished_job(tmp_path, "Wave", model="svd")
    both = save_embedding(job, own, motion.folder)
    assert both == read_motion(motion.folder) and both.preset.id == motion.preset.id
    assert set(both.preset.embeddings) == {"draft", "svd"} and both.preset.name == "Wave"
    (old,), (new,) = both.embedding_files("draft"), both.embedding_files("svd")
    assert new.read_bytes() == job.output_motion.read_bytes() and old.is_file()
    verify_preset(both.folder, both.preset)
    again = save_embedding(finished_job(tmp_path, "x", model="svd", value=0.25), own, motion.folder)
    verify_preset(again.folder, again.preset)
    assert not new.exists() and len(list((motion.folder / "embeddings").iterdir())) == 2
    assert save_embedding(job, own, motion.folder).preset.files == both.preset.files


def test_a_motion_of_another_library_is_copied_with_what_was_learned(tmp_path: Path) -> None:
    own, studio = tmp_path / "own", saved(tmp_path / "studio", "Wave")
    before = tree(studio.folder)
    job = finished_job(tmp_path, "Wave", model="svd")
    mine = save_embedding(job, own, studio.folder)
    assert mine.folder == own / "wave" and set(mine.preset.embeddings) == {"draft", "svd"}
    assert mine.preset.id == studio.preset.id and tree(studio.folder) == before
    verify_preset(mine.folder, mine.preset)
    again = save_embedding(
        finished_job(tmp_path, "Wave", value=0.25), tmp_path / "b", studio.folder
    )
    verify_preset(again.folder, again.preset)
    assert set(again.preset.embeddings) == {"draft"} and tree(studio.folder) == before


def test_what_is_not_learned_into_a_motion(tmp_path: Path) -> None:
    own, motion = tmp_path / "own", saved(tmp_path, "Wave")
    before = tree(own)
    damaged = finished_job(tmp_path, "x")
    damaged.output_motion.write_bytes(b"?")
    for job in (damaged, make_job(tmp_path / "spool")):
        with pytest.raises(UnreadableInput):
            save_embedding(job, own, motion.folder)
    with pytest.raises(UnreadableInput, match="no longer in the library"):
        save_embedding(finished_job(tmp_path, "x"), own, own / "nowhere")
    assert tree(own) == before


def writes(own: Path, folder: Path, root: Path) -> dict[str, Callable[[], Any]]:
    """Everything that changes a motion."""
    job = finished_job(root, "x", model="svd")
    return {
        "change": lambda: change(own, folder, name="Other"),
        "delete": lambda: delete(own, folder),
        "restore": lambda: restore(own, folder),
    } | ({"learn": lambda: save_embedding(job, own, folder)} if folder.parent == own else {})


def test_a_motion_of_another_library_is_not_changed(tmp_path: Path) -> None:
    own = tmp_path / "own"
    saved(tmp_path, "Mine")
    for folder in (SHIPPED / "wave", own / "..", own / ".trash", own / "mine" / "reference"):
        before = tree(own)
        for write in writes(own, folder, tmp_path).values():
            with pytest.raises((NotWritable, UnreadableInput)) as caught:
                write()
            assert caught.value.message.endswith(".")
        assert tree(own) == before
    with pytest.raises(NotWritable, match="not changed from here") as caught:
        change(own, SHIPPED / "wave", name="Mine")
    assert "Duplicate it" in caught.value.hint


def test_a_motion_that_is_gone(tmp_path: Path) -> None:
    own, motion = tmp_path / "own", saved(tmp_path, "Wave")
    shutil.rmtree(motion.folder)
    for write in (*writes(own, motion.folder, tmp_path).values(),
                  lambda: duplicate(own, motion.folder, "x")):  # fmt: skip
        with pytest.raises(UnreadableInput) as caught:
            write()
        assert "Wave" in caught.value.message or "wave" in caught.value.message
    assert not [path for path in own.iterdir() if path.name != ".lock"]


def test_a_motion_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    own, motion = tmp_path / "own", saved(tmp_path, "Wave")
    value = json.loads((motion.folder / "preset.json").read_text())
    (motion.folder / "preset.json").write_text(json.dumps(value | {"version": 99, "mood": "good"}))
    before = tree(own)
    with pytest.raises(NewerProtocol):
        change(own, motion.folder, name="Other")
    with pytest.raises(NewerProtocol):
        save_embedding(finished_job(tmp_path, "x"), own, motion.folder)
    assert tree(own) == before
    restore(own, delete(own, motion.folder))  # this needs not be read
    assert tree(own) == before


def test_a_library_that_cannot_be_written(read_only: Path, tmp_path: Path) -> None:
    own = read_only / "sub"
    for write in (
        lambda: save_motion(finished_job(tmp_path, "x"), own, About()),
        lambda: duplicate(own, SHIPPED / "wave", "Wave"),
        lambda: change(own, own / "wave", name="x"),
        lambda: delete(own, own / "wave"),
    ):
        with pytest.raises(NotWritable) as caught:
            write()
        assert str(own) in caught.value.message
    assert list(own.iterdir()) == []


def filled(disk: Path, leave: int) -> None:
    """Take all space except `leave` bytes."""
    about = os.statvfs(disk)
    with open(disk / ".ballast", "wb") as stream:
        stream.write(bytes(max(0, about.f_bavail * about.f_frsize - leave)))


@pytest.mark.parametrize("leave", [0, 4096, 16384])
def test_a_full_disk_leaves_a_motion_as_it_was(
    small_disk: Path, tmp_path: Path, leave: int
) -> None:
    own = small_disk / "own"
    motion = save_motion(finished_job(tmp_path, "Wave", preview=False), own, About())
    export_to(motion, tmp_path / "Wave.motion")
    svd, other = finished_job(tmp_path, "x", model="svd"), finished_job(tmp_path, "y", shift=1.0)
    export_to(save_motion(other, tmp_path / "sender", About()), tmp_path / "y.motion")
    before = tree(own)
    filled(small_disk, leave)
    for write in (
        lambda: save_embedding(svd, own, motion.folder),
        lambda: save_motion(other, own, About()),
        lambda: duplicate(own, motion.folder, "Copy"),
        lambda: import_motion(own, tmp_path / "y.motion"),
        *([] if leave else [lambda: change(own, motion.folder, name="Other")]),
    ):
        with pytest.raises(DiskFull) as caught:
            write()
        assert "try again" in caught.value.hint
        assert tree(own) == before
    place = delete(own, motion.folder)  # which is how to make room
    assert read_library(own) == ([], {})
    assert read_motion(restore(own, place)) == motion and tree(own) == before


HOLDER = """
import sys
from pathlib import Path
from mti_addon.wire.library.lock import locked
with locked(Path(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_a_change_waits_for_another_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, motion = tmp_path / "own", saved(tmp_path, "Wave")
    monkeypatch.setattr(lock, "WAIT_SECONDS", 0.2)
    holder = child(HOLDER, str(own))
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "ready\n"
        with pytest.raises(Busy, match="Another program is changing the library"):
            change(own, motion.folder, name="Other")
        assert read_library(own)[0] == [motion]  # reading needs no lock
        save_motion(finished_job(tmp_path, "Other"), own, About())  # nor does adding
    finally:
        end(holder)
    assert change(own, motion.folder, name="Other").preset.name == "Other"


def test_a_change_goes_on_as_soon_as_it_may(tmp_path: Path) -> None:
    own, motion = tmp_path / "own", saved(tmp_path, "Wave")
    holder = child(HOLDER, str(own))
    assert holder.stdout is not None and holder.stdout.readline() == "ready\n"
    holder.communicate("")  # it lets go
    assert change(own, motion.folder, name="Other").preset.name == "Other"


def test_what_dead_writers_left_is_removed(tmp_path: Path) -> None:
    own, motion = tmp_path / "own", saved(tmp_path, "Wave")
    good = tree(own)
    (motion.folder / ".tmp-abc-preset.json").write_bytes(b"half")
    (motion.folder / "embeddings" / "svd-00000000.safetensors").write_bytes(b"half")
    (motion.folder / "embeddings" / ".tmp-abc-svd").write_bytes(b"half")
    (own / ".tmp-abc-wave").mkdir()
    (own / ".tmp-abc-wave" / "preset.json").write_bytes(b"half")
    with_rests = tree(own)
    sweep_library(own)
    assert tree(own) == with_rests  # a program may still be writing
    (motion.folder / "my notes.txt").write_bytes(b"mine")
    sweep_library(own, older_than=0.0)
    assert tree(own) == {**good, "wave/my notes.txt": b"mine"}
    (motion.folder / ".tmp-abc-preset.json").write_bytes(b"half")
    os.utime(motion.folder / ".tmp-abc-preset.json", (0, 0))
    change(own, motion.folder, notes="Also removes it.")
    assert not (motion.folder / ".tmp-abc-preset.json").exists()


def test_a_copy_of_a_read_only_motion_can_be_changed(tmp_path: Path) -> None:
    """A studio's files may be read-only by their permissions."""
    studio = saved(tmp_path / "studio", "Wave")
    for path in studio.folder.rglob("*"):
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    copy = duplicate(tmp_path / "own", studio.folder, "Wave")
    modes = {path.stat().st_mode & stat.S_IWUSR for path in copy.folder.rglob("*")}
    assert modes == {stat.S_IWUSR}
    assert change(tmp_path / "own", copy.folder, name="Mine").preset.name == "Mine"


def test_two_own_motions_may_have_one_name(tmp_path: Path) -> None:
    own = tmp_path / "own"
    folders = [listed(own, f"m{i}", i) for i in range(3)]
    for folder in folders:
        change(own, folder, name="Wave")
    assert [motion.preset.name for motion in read_library(own)[0]] == ["Wave"] * 3


def test_every_error_can_be_shown(tmp_path: Path) -> None:
    """One sentence, and a remedy where there is one."""
    own, motion = tmp_path / "own", saved(tmp_path, "Wave")
    for write in (
        lambda: change(own, motion.folder, name=""),
        lambda: change(own, own / "gone", name="x"),
        lambda: change(own, SHIPPED / "wave", name="x"),
        lambda: restore(own, own / ".trash" / "x"),
    ):
        with pytest.raises(MtiError) as caught:
            write()
        assert caught.value.message.endswith(".") and "\n" not in str(caught.value.problem)
