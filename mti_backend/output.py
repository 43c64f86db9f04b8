"""The job's `output/` folder: built beside it, described by a manifest, and swapped in whole. No
torch."""

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
    """An empty folder to fill; it becomes `output/` when the block ends well, and vanishes when it
    does not.

    An `output/` that is already there is replaced whole. `swapping` is entered for the swap, so
    that the caller can refuse it, or keep a cancel from falling between its two renames. DiskFull,
    NotWritable."""
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
        # Only our own: if the job is another runner's by now, so are all other folders.
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def sweep(job: JobFolder) -> None:
    """Remove what this or a killed runner left unfinished; only for who has the job's lock."""
    for path in job.path.glob(_TEMP + "*"):
        shutil.rmtree(path, ignore_errors=True)
    for name in (job.owner_file.name, RESERVE_NAME):  # others write temporary files too
        for path in job.path.glob(f"{TEMP_PREFIX}*-{name}"):
            with suppress(OSError):
                path.unlink()
    sweep_old(job.path)


def _swap(folder: Path, place: Path, old: Path) -> None:
    """A folder that is not empty cannot be renamed over, so the old one steps aside first."""
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
