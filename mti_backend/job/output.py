"""The job's `output/` folder: built beside its final place, described by a manifest and swapped in
as a whole. No torch.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from mti_addon.wire.errors import NotWritable
from mti_addon.wire.files import (
    TEMP_PREFIX,
    fsync_dir,
    replace,
    translating_os_errors,
    write_atomic,
)
from mti_addon.wire.files import sweep as sweep_old
from mti_addon.wire.job import JobFolder, manifest_of
from mti_addon.wire.problem import Problem

from .events import RESERVE_NAME

_TEMP = ".output-"


@contextmanager
def new_output(
    job: JobFolder, swapping: Callable[[], AbstractContextManager[None]]
) -> Iterator[Path]:
    """Yield an empty folder that becomes `output/` if the block succeeds and is deleted otherwise.

    An existing `output/` is replaced as a whole. `swapping` is entered around the swap, so that the
    caller can refuse it or keep a cancellation from occurring between the two renames. Raises
    DiskFull, NotWritable."""
    folder = job.path / f"{_TEMP}{os.getpid()}"
    old = folder.with_name(folder.name + "-old")
    try:
        with translating_os_errors(job.output_dir):
            folder.mkdir()
        yield folder
        manifest = manifest_of(folder)
        write_atomic(
            folder / job.manifest_file.relative_to(job.output_dir), manifest.to_json().encode()
        )
        with swapping():
            _swap(folder, job.output_dir, old)
    finally:
        # Only our own folders: if another runner has taken the job over, the others are its.
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def sweep(job: JobFolder) -> None:
    """Remove the unfinished files of this or a killed runner. The caller must hold the job's
    lock."""
    for path in job.path.glob(_TEMP + "*"):
        shutil.rmtree(path, ignore_errors=True)
    for name in (job.owner_file.name, RESERVE_NAME):  # other processes write temporary files too
        for path in job.path.glob(f"{TEMP_PREFIX}*-{name}"):
            with suppress(OSError):
                path.unlink()
    sweep_old(job.path)


def _swap(folder: Path, place: Path, old: Path) -> None:
    """Rename `folder` to `place`. A non-empty folder cannot be renamed over, so `place` is moved to
    `old` first."""
    try:
        if place.exists():
            replace(place, old)
        replace(folder, place)
        fsync_dir(place.parent)
    except OSError as error:
        raise NotWritable(
            Problem(
                "output_not_replaced",
                "The folder {folder} cannot be replaced ({reason}).",
                "Close the programs that use its files, or allow writing to it.",
                {"folder": place, "reason": error.strerror},
            ),
        ) from error
