"""Job folders and shared results as files: linked where possible, found wherever they are."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from mti_addon.wire.errors import BadEmbedding, Busy, DiskFull, UnreadableInput
from mti_addon.wire.events import Cancelled, Done, encode
from mti_addon.wire.job import JobFolder, manifest_of
from mti_addon.wire.library.motion_embeddings import check_motion
from mti_addon.wire.library.tensors import check_tokens
from mti_backend.server.files import blobs, folders, places, results
from mti_backend.server.files.places import Places
from tests.fake_runner.mti_backend.__main__ import tokens
from tests.wire.examples import make_request
from tests.wire.library.embeddings_file import file, header

JOB = "a" * 32


@pytest.fixture
def home(tmp_path: Path) -> Places:
    return Places(tmp_path / "data")


def made(home: Places, epoch: int) -> Path:
    sums = {"reference/0001.png": blobs.add_blob(home.blobs, b"picture")}
    return folders.prepare(home, JOB, epoch, "{}", sums).path


def test_a_folder_is_built_of_links(home: Places) -> None:
    folder = made(home, 1)
    assert folder == home.jobs / f"{JOB}.1" and folders.find(home, JOB) == folder
    assert (folder / "inputs/reference/0001.png").stat().st_nlink == 2
    assert (folder / "request.json").read_text() == "{}"
    assert made(home, 1) == folder  # again, as after a crash


def test_without_links_it_is_copied(home: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(source: object, target: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refused)
    assert (made(home, 1) / "inputs/reference/0001.png").read_bytes() == b"picture"


def test_a_new_attempt_takes_the_folder_from_the_old_one(home: Places) -> None:
    old = home.spool / "0" / f"{JOB}.1"
    folders.move_to(made(home, 1), old)
    for name in ("lock", "heartbeat", "launched.json", "owner.json", "events.jsonl"):
        (old / name).touch()
    assert folders.of_attempt(home, JOB, 1) == old and folders.at_work(home) == [(JOB, 1, old)]
    new = made(home, 2)
    assert not old.exists() and new == home.jobs / f"{JOB}.2"
    kept = {path.name for path in new.iterdir()}
    assert kept == {"inputs", "request.json", "owner.json", "events.jsonl"}


@pytest.mark.parametrize(
    ("final", "kept"),
    [(Done({}), set()), (Cancelled(3), {"checkpoint"})],
    ids=["done", "to be resumed"],
)
def test_a_finished_folder_has_only_what_is_read(
    home: Places, final: Done | Cancelled, kept: set[str]
) -> None:
    folder = made(home, 1)
    for name in ("output", "checkpoint", "live"):
        (folder / name).mkdir()
    (folder / "events.jsonl").write_text(encode(final, 1, 1.0) + "\n")
    folders.settle(home, JOB)
    left = {path.name for path in (home.jobs / JOB).iterdir()}
    assert left == {"request.json", "events.jsonl", "output", *kept}
    folders.settle(home, JOB)
    folders.remove(home, JOB)
    folders.remove(home, JOB)
    assert folders.find(home, JOB) is None


def test_a_blob_that_is_gone_leaves_nothing_half_built(home: Places) -> None:
    with pytest.raises(FileNotFoundError):
        folders.prepare(home, JOB, 1, "{}", {"target.png": "0" * 64})
    assert list(home.jobs.iterdir()) == []


def test_a_shared_result_gets_the_name_and_settings_of_whoever_gets_it(home: Places) -> None:
    anna, ben = (make_request("learn", name=f"{name}'s") for name in ("Anna", "Ben"))
    sampling = replace(anna.settings.sampling, takes=7)
    anna = replace(anna, settings=replace(anna.settings, sampling=sampling))
    first, second = (JobFolder(home.jobs / name) for name in ("first", "second"))
    for folder in (first, second):
        folder.path.mkdir()
    first.output_dir.mkdir()
    data = tokens(make_request("learn", name="real"))
    first.output_motion.write_bytes(results.renamed(named(data), anna))
    first.manifest_file.write_text(manifest_of(first.output_dir).to_json())
    results.keep(first.output_dir, home.results / "work")
    results.give(home.results / "work", second, ben)
    assert second.verify_output() == ("motion.safetensors",)
    found = check_tokens(second.output_motion.read_bytes(), "motion")
    assert found.meta["name"] == "Ben's" and b"Anna" not in second.output_motion.read_bytes()
    assert json.loads(found.meta["settings"])["sampling"]["takes"] == 1
    assert check_tokens(first.output_motion.read_bytes(), "motion").meta["name"] == "Anna's"


def test_a_shared_motion_of_words_gets_the_name_too(home: Places) -> None:
    """In the file, and in those of fewer iterations, which whoever shared them still has."""
    ben = make_request("learn", "animatediff", name="Ben's")
    first, second = (JobFolder(home.jobs / name) for name in ("first", "second"))
    for folder in (first, second):
        folder.path.mkdir()
    first.early_dir.mkdir(parents=True)
    data = file(replace(header(), about={"name": "Anna's", "caption": "a man waves"}))
    for path in (first.output_motion, first.early_motion(100)):
        path.write_bytes(data)
    first.manifest_file.write_text(manifest_of(first.output_dir).to_json())
    results.keep(first.output_dir, home.results / "work")
    results.give(home.results / "work", second, ben)
    assert second.verify_output() == first.verify_output()
    for path in (second.output_motion, second.early_motion(100)):
        given = path.read_bytes()
        found = check_motion(given, "motion")
        assert found.about == {"name": "Ben's", "caption": "a man waves"}
        assert b"Anna" not in given and given[-1000:] == data[-1000:]
    assert first.output_motion.read_bytes() == data
    damaged = home.results / "work" / "output" / "motion.safetensors"
    damaged.write_bytes(data[:-2])
    with pytest.raises(BadEmbedding):
        results.give(home.results / "work", second, ben)


def named(data: bytes) -> bytes:
    """A motion's file whose metadata has a name and settings."""
    old = b'{\\"model\\": \\"ab12\\"}'
    new = b'{\\"model\\": \\"ab12\\", \\"name\\": \\"\\", \\"settings\\": \\"\\"}'
    assert old in data
    length = int.from_bytes(data[:8], "little") + len(new) - len(old)
    return length.to_bytes(8, "little") + data[8:].replace(old, new, 1)


def test_a_damaged_motion_is_not_renamed() -> None:
    with pytest.raises(BadEmbedding):
        results.renamed(b"no motion", make_request("learn"))


def test_an_upload_counts_when_its_sum_is_right(home: Places) -> None:
    data = b"some bytes"
    upload = blobs.Upload(home.uploads / "anna", hashlib.sha256(data).hexdigest())
    upload.open(0)
    upload.write(data)
    upload.close()
    assert upload.received == len(data) and upload.finish(home.blobs) == len(data)
    path = blobs.blob_path(home.blobs, upload.sha256)
    assert path.read_bytes() == data and path.stat().st_mode & 0o777 == 0o400
    wrong = blobs.Upload(home.uploads / "anna", "0" * 64)
    wrong.open(0)
    wrong.write(data)
    wrong.close()
    with pytest.raises(UnreadableInput):
        wrong.finish(home.blobs)
    assert wrong.received == 0


def test_what_is_needed_for_checkpoints_is_kept_free(
    home: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"total": 100 * 10**9, "free": 11 * 10**9})
    monkeypatch.setattr(places.shutil, "disk_usage", lambda path: usage)
    home.check_space()
    usage.free = 9 * 10**9
    with pytest.raises(DiskFull, match="short of disk space"):
        home.check_space()


def test_one_server_at_a_time(home: Places) -> None:
    descriptor = home.lock()
    with pytest.raises(Busy, match="Another server"):
        home.lock()
    os.close(descriptor)
    os.close(home.lock())
