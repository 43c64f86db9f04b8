"""Full and read-only disks: real, small file systems, which only root can create."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mti_addon.wire.events import Done, Failed, Progress
from mti_addon.wire.job import JobFolder
from tests.e2e import jobs
from tests.mounting import mounted


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 1 MB."""
    with mounted(tmp_path / "small", "size=1m") as folder:
        yield folder


def fill(disk: Path, leave: int = 0) -> Path:
    """Create a file that takes all space except `leave` bytes."""
    ballast = disk / ".ballast"
    space = os.statvfs(disk)
    with open(ballast, "wb") as stream:
        stream.write(bytes(max(0, space.f_bavail * space.f_frsize - leave)))
    return ballast


def test_a_disk_that_fills_while_it_learns(
    finished: JobFolder, models: Path, small_disk: Path
) -> None:
    job = jobs.new_job(small_disk)
    jobs.start(job, models)
    jobs.wait_for(
        lambda: any(isinstance(e, Progress) and e.stage == "learn" for e in jobs.told(job)),
        what="learning",
    )
    ballast = fill(small_disk)
    failed = jobs.wait_until_finished(job)
    assert isinstance(failed, Failed)
    assert failed.code == "disk_full"
    assert "space" in failed.message
    assert "resume" in failed.hint
    assert not list(job.path.glob(".*"))

    ballast.unlink()
    assert jobs.run(job, models).returncode == 0, job.log_file.read_text()
    assert isinstance(job.finished(), Done)
    assert jobs.same_motion(job, finished)


def test_a_disk_that_is_full_from_the_start(models: Path, small_disk: Path) -> None:
    job = jobs.new_job(small_disk, "learn")
    fill(small_disk)
    done = jobs.run(job, models)
    assert done.returncode == 75
    assert done.stderr.startswith("mti: There is no space left")
    assert done.stderr.count("\n") == 1


def test_a_disk_with_room_for_hardly_more_than_the_failure(models: Path, small_disk: Path) -> None:
    job = jobs.new_job(small_disk, "learn")
    fill(small_disk, leave=40 * 1024)
    done = jobs.run(job, models)
    assert done.returncode == 75
    failed = job.finished()
    assert isinstance(failed, Failed)
    assert failed.code == "disk_full"


def test_an_output_folder_that_cannot_be_replaced(models: Path, tmp_path: Path) -> None:
    job = jobs.new_job(tmp_path, "learn", iterations=1)
    job.output_dir.mkdir()
    with mounted(job.output_dir, "ro"):
        done = jobs.run(job, models)
        assert done.returncode == 75
        failed = job.finished()
        assert isinstance(failed, Failed)
        assert failed.code == "not_writable"
        assert "output" in failed.message
        assert failed.hint
        assert list(job.output_dir.iterdir()) == []
        assert not list(job.path.glob(".*"))


def test_a_read_only_job(models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with mounted(folder, "size=1m"):
        job = jobs.new_job(folder, "learn")
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        done = jobs.run(job, models)
        assert done.returncode == 75
        assert done.stderr.startswith("mti: ")
        assert "cannot be written" in done.stderr
        assert done.stderr.count("\n") == 1
        assert sorted(path.name for path in job.path.iterdir()) == ["inputs", "request.json"]
