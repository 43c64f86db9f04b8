from __future__ import annotations

import dataclasses
import os
import shutil
import time
from pathlib import Path

import pytest

from mti_addon.wire.errors import BadRequest, DiskFull, NewerProtocol, NotWritable, UnreadableInput
from mti_addon.wire.events import Cancelled, Done, Event, Failed, Progress, encode
from mti_addon.wire.files import append_line
from mti_addon.wire.job import JobFolder, Manifest, create_job, manifest_of
from mti_addon.wire.request import TASKS, Task
from tests.wire.examples import kill_often, make_inputs, make_job, make_request


@pytest.mark.parametrize("task", TASKS)
def test_a_job_is_what_was_asked_for(tmp_path: Path, task: Task) -> None:
    request = make_request(task)
    job = create_job(tmp_path / "spool", request, make_inputs(request))
    read = job.request()
    assert read == dataclasses.replace(request, inputs=read.inputs)
    assert set(read.inputs) == set(request.input_names())
    assert job.path == tmp_path / "spool" / request.job
    job.verify_inputs()
    assert (job.finished(), job.cancel_asked(), job.heartbeat_age()) == (None, False, None)


def test_inputs_may_be_files(tmp_path: Path) -> None:
    request = make_request("apply")
    source = tmp_path / "source.png"
    source.write_bytes(b"picture")
    inputs = {"target.png": source, "motion.safetensors": b"motion"}
    job = create_job(tmp_path / "spool", request, inputs)
    assert job.target_file.read_bytes() == b"picture"
    assert job.motion_file.read_bytes() == b"motion"


def test_a_bad_request_leaves_nothing(tmp_path: Path) -> None:
    request = make_request("apply")
    good = make_inputs(request)
    missing = {**good, "target.png": tmp_path / "nowhere.png"}
    outside = {**good, "../evil": b""}
    for inputs, error in ((missing, UnreadableInput), (outside, BadRequest), ({}, BadRequest)):
        with pytest.raises(error):
            create_job(tmp_path, request, inputs)
    with pytest.raises(BadRequest):
        create_job(tmp_path, dataclasses.replace(request, job="../x"), good)
    assert list(tmp_path.iterdir()) == []


def test_a_job_cannot_be_made_twice(tmp_path: Path) -> None:
    request = make_request()
    job = create_job(tmp_path, request, make_inputs(request))
    with pytest.raises(BadRequest, match="already exists"):
        create_job(tmp_path, request, make_inputs(request))
    job.verify_inputs()


def test_a_full_disk_leaves_no_job(small_disk: Path) -> None:
    request = make_request()
    inputs = dict.fromkeys(request.input_names(), b"x" * 50_000)
    with pytest.raises(DiskFull):
        create_job(small_disk, request, inputs)
    assert list(small_disk.iterdir()) == []


def test_a_read_only_spool_is_not_writable(read_only: Path) -> None:
    request = make_request()
    with pytest.raises(NotWritable):
        create_job(read_only, request, make_inputs(request))


CREATOR = """
import sys
from pathlib import Path
from mti_addon.wire.job import create_job
from tests.wire.examples import make_request
print("ready", flush=True)
while True:
    request = make_request("apply")
    create_job(Path(sys.argv[1]), request, dict.fromkeys(request.input_names(), b"x" * 20_000))
"""


def test_a_creator_that_is_killed_leaves_whole_jobs_only(tmp_path: Path) -> None:
    def whole_jobs() -> bool:
        jobs = [JobFolder(path) for path in tmp_path.iterdir() if not path.name.startswith(".")]
        for job in jobs:
            job.verify_inputs()
        return len(jobs) > 5

    kill_often(CREATOR, tmp_path, whole_jobs)


def test_an_input_that_changed_is_named(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    job.target_file.write_bytes(b"another")
    with pytest.raises(UnreadableInput, match=r"^inputs/target\.png has changed"):
        job.verify_inputs()
    (job.reference_dir / "0003.png").unlink()
    with pytest.raises(UnreadableInput, match=r"^inputs/reference/0003\.png is missing\.$"):
        job.verify_inputs()


@pytest.mark.parametrize("link", ["inputs/target.png", "inputs/reference", "inputs"])
def test_a_link_is_not_an_input(tmp_path: Path, link: str) -> None:
    """A job from elsewhere must not be able to refer to a file of this machine."""
    job = make_job(tmp_path)
    outside = tmp_path / "outside"
    (job.path / link).rename(outside)
    (job.path / link).symlink_to(outside)
    with pytest.raises(UnreadableInput, match="link"):
        job.verify_inputs()


def test_a_spool_may_itself_be_reached_by_a_link(tmp_path: Path) -> None:
    job = make_job(tmp_path / "spool")
    (tmp_path / "link").symlink_to(tmp_path / "spool")
    JobFolder(tmp_path / "link" / job.path.name).verify_inputs()


def test_a_folder_that_is_no_job(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="cannot be read") as caught:
        JobFolder(tmp_path).request()
    assert caught.value.hint == "This folder is not a job."


def test_a_job_of_a_newer_protocol(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    job.request_file.write_text('{"protocol": 5}')
    with pytest.raises(NewerProtocol):
        job.request()


def test_cancel_is_a_file_and_may_be_asked_twice(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    job.ask_cancel()
    job.ask_cancel()
    assert job.cancel_asked() and job.cancel_file.read_bytes() == b""


@pytest.mark.parametrize(
    ("last", "final"),
    [
        (Done({}), True),
        (Failed("internal", "x" * 60_000, ""), True),
        (Cancelled(3), True),
        (Progress("learn", 1, 2), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_finished_is_the_last_event_if_it_is_final(
    tmp_path: Path, last: Event, final: bool
) -> None:
    job = make_job(tmp_path)
    events = [Failed("internal", "y" * 60_000, ""), Failed("busy", "", ""), last]
    for seq, event in enumerate(events, 1):
        append_line(job.events_file, encode(event, seq, 0.0))
    assert job.finished() == (last if final else None)
    with open(job.events_file, "ab") as stream:
        stream.write(b'{"seq":4,"ti')
    assert job.finished() == (last if final else None)


@pytest.mark.parametrize("data", [b"", b"\n", b"garbage\n", b"\x00" * 200_000])
def test_finished_survives_garbage(tmp_path: Path, data: bytes) -> None:
    job = make_job(tmp_path)
    job.events_file.write_bytes(data)
    assert job.finished() is None


def test_heartbeat_age(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    job.heartbeat_file.touch()
    age = job.heartbeat_age()
    assert age is not None and 0.0 <= age < 5.0
    now = time.time()
    os.utime(job.heartbeat_file, (now - 60, now - 60))
    age = job.heartbeat_age()
    assert age is not None and 59 < age < 65
    os.utime(job.heartbeat_file, (now + 200, now + 200))  # another machine's clock
    assert job.heartbeat_age() == 0.0
    os.utime(job.heartbeat_file, (now + 3600, now + 3600))  # our clock was set back
    age = job.heartbeat_age()
    assert age is not None and 3590 < age <= 3600


def make_output(job: JobFolder) -> None:
    job.frames_dir.mkdir(parents=True)
    (job.frames_dir / "0001.png").write_bytes(b"frame")
    job.output_motion.write_bytes(b"motion")
    job.manifest_file.write_text(manifest_of(job.output_dir).to_json())


def test_the_manifest_proves_the_output(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    make_output(job)
    assert job.verify_output() == ("frames/0001.png", "motion.safetensors")
    job.output_motion.write_bytes(b"m0tion")
    with pytest.raises(UnreadableInput, match=r"^output/motion\.safetensors has changed"):
        job.verify_output()
    shutil.rmtree(job.output_dir)
    with pytest.raises(UnreadableInput, match="manifest"):
        job.verify_output()


@pytest.mark.parametrize("name", ["../request.json", "/etc/passwd", "a/../../b", ".hidden", "a//b"])
def test_a_manifest_cannot_name_what_lies_outside(tmp_path: Path, name: str) -> None:
    job = make_job(tmp_path)
    make_output(job)
    job.manifest_file.write_text(Manifest({name: "0" * 64}).to_json())
    with pytest.raises(UnreadableInput, match="manifest"):
        job.verify_output()


def test_a_job_on_a_disk_that_is_full_at_any_moment_is_whole_or_not_there(
    small_disk: Path,
) -> None:
    """With room for the folders, for some inputs, for all inputs, or for the request as well."""
    ballast, outcomes = small_disk / "ballast", set()
    spool = small_disk / "spool"
    spool.mkdir()
    for leave in range(0, 96 * 1024, 4096):
        space = os.statvfs(small_disk)
        ballast.write_bytes(bytes(max(0, space.f_bavail * space.f_frsize - leave)))
        try:
            job = make_job(spool)
        except DiskFull as error:
            assert error.hint and list(spool.iterdir()) == []
            outcomes.add("full")
        else:
            job.verify_inputs()
            assert [path.name for path in spool.iterdir()] == [job.path.name]
            shutil.rmtree(job.path)
            outcomes.add("whole")
        ballast.unlink()
    assert outcomes == {"full", "whole"}
