"""Job folders on the server: built from blobs, moved from place to place, and never copied.

A job has at most one folder. It is found by its name, wherever it was when the server died:
`jobs/JOB.EPOCH` before an attempt, `spool/SLOT/JOB.EPOCH` during it, `jobs/JOB` once finished.
Renaming it for a new attempt also takes it away from a runner of the old one that is still alive:
the paths that this runner writes to no longer exist.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from mti_addon.wire import files
from mti_addon.wire.events import Done
from mti_addon.wire.job import JobFolder

from .blobs import blob_path
from .places import Places

MAX_PICTURE_BYTES = 4 * 2**20


def find(places: Places, job: str) -> Path | None:
    """Return the folder of a job, if it has one."""
    settled = places.jobs / job
    if settled.is_dir():  # looked at first, since there may be many others beside it
        return settled
    for root in (*sorted(places.spool.glob("*")), places.jobs):
        for path in sorted(root.glob(f"{job}.*")):
            if path.is_dir():
                return path
    return None


def of_attempt(places: Places, job: str, epoch: int) -> Path | None:
    """Return the folder of an attempt that is at work."""
    for slot in places.spool.iterdir():
        path = slot / f"{job}.{epoch}"
        if path.is_dir():
            return path
    return None


def prepare(
    places: Places, job: str, epoch: int, request: str, inputs: Mapping[str, str]
) -> JobFolder:
    """Return the folder for a new attempt: the last attempt's, or a new one from blobs.

    Raises DiskFull, NotWritable, FileNotFoundError for a blob that is gone.
    """
    place = places.jobs / f"{job}.{epoch}"
    found = find(places, job)
    if found is not None and found.name == place.name:
        return JobFolder(found)  # the server died after it had prepared it, or even later
    if found is not None:
        _move(found, place)
        _cut_off(JobFolder(place))
        _add_inputs(places, place, inputs)  # a resumed job has none any longer
        return JobFolder(place)
    with files.new_folder(place) as temp:
        _add_inputs(places, temp, inputs)
        files.write_synced(temp / "request.json", request.encode("utf-8"))
    return JobFolder(place)


def live_picture(places: Places, job: str) -> bytes | None:
    """Return the newest picture of what a job at work has learned so far, if there is one."""
    found = find(places, job)
    if found is None or found.parent == places.jobs:
        return None
    for path in sorted(JobFolder(found).live_dir.glob("*.png"), reverse=True):
        with contextlib.suppress(OSError):  # the runner has replaced it
            if path.stat().st_size <= MAX_PICTURE_BYTES:
                return path.read_bytes()
    return None


def park(places: Places, job: str, epoch: int) -> None:
    """Take a job's folder away from an attempt that is over, whatever its runner still does."""
    found = find(places, job)
    if found is not None and found.parent != places.jobs:
        _move(found, places.jobs / f"{job}.{epoch}")


def at_work(places: Places) -> list[tuple[str, int, Path]]:
    """Return (job, epoch, folder) of everything in the spool."""
    found = []
    for path in places.spool.glob("*/*.*"):
        job, _, epoch = path.name.partition(".")
        if len(job) == 32 and epoch.isdigit():
            found.append((job, int(epoch), path))
    return found


def move_to(folder: Path, target: Path) -> None:
    """Move a job's folder, as a whole. Raises DiskFull, NotWritable."""
    with files.translating_os_errors(target):
        target.parent.mkdir(mode=0o700, exist_ok=True)
    _move(folder, target)


def settle(places: Places, job: str) -> None:
    """Move a finished job's folder to where its results are read, without what is for runners.

    A job that is not done keeps its checkpoint, from which it may be resumed.
    """
    found, target = find(places, job), places.jobs / job
    if found is None or found == target:
        return
    _move(found, target)
    folder = JobFolder(target)
    done = isinstance(folder.finished(), Done)
    for path in (folder.inputs, folder.live_dir, *([folder.checkpoint_dir] if done else [])):
        shutil.rmtree(path, ignore_errors=True)
    for path in (folder.heartbeat_file, folder.waiting_file, folder.cancel_file):
        with contextlib.suppress(OSError):
            path.unlink()


def remove(places: Places, job: str) -> None:
    """Delete a job's folder. Raises NotWritable."""
    found = find(places, job)
    if found is not None:
        files.remove_folder(found)


def _cut_off(folder: JobFolder) -> None:
    """Take from a runner of an older attempt what it holds open.

    It has locked the inode of `lock`, which its successor must not find locked; and its heartbeat
    must not make the successor look alive. Nor may a request to stop that is over stop it.
    """
    left = (folder.lock_file, folder.heartbeat_file, folder.launched_file, folder.cancel_file)
    for path in left:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def _add_inputs(places: Places, folder: Path, inputs: Mapping[str, str]) -> None:
    """Link the inputs that a job's folder lacks. Raises FileNotFoundError for a blob that is
    gone."""
    for name, sha256 in inputs.items():
        target = folder / "inputs" / name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            with files.translating_os_errors(target):
                link_or_copy(blob_path(places.blobs, sha256), target)


def _move(source: Path, target: Path) -> None:
    with files.translating_os_errors(target):
        os.rename(source, target)
        files.fsync_dir(target.parent)
        files.fsync_dir(source.parent)


def link_or_copy(source: Path | str, target: Path | str) -> None:
    """Give a file that is never changed another name, or copy it to another file system."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
