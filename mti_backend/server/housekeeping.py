"""Removes what nothing refers to any longer: marks in the store first, then sweeps the files."""

from __future__ import annotations

import contextlib
import logging
import time

from mti_addon.wire import files
from mti_addon.wire.errors import MtiError

from .files import blobs as blob_files
from .files import folders
from .files.places import Places
from .store import blobs, jobs, motions, results
from .store.database import Connection, Store, now

log = logging.getLogger(__name__)


def sweep_at_start(store: Store, places: Places) -> None:
    """Remove what a killed server has left half done. Nobody else uses the folders yet."""
    for root in (places.data, places.jobs, places.results, places.library):
        files.sweep(root, older_than=0.0)
    for path in places.jobs.iterdir():
        name = path.name.partition(".")[0]
        job = jobs.get(store.db, name)
        with contextlib.suppress(MtiError):
            if job is None:
                files.remove_folder(path)
            elif job.is_final and path.name != name:
                folders.settle(places, name)
    for path in places.results.iterdir():
        if results.find(store.db, path.name) is None:
            files.remove_folder(path)
    published = motions.folders(store.db)
    for path in places.library.iterdir():
        if path.is_dir() and path.name not in published:
            files.remove_folder(path)


def sweep(store: Store, places: Places, keep_seconds: float) -> None:
    """Remove old jobs, unused blobs and results, and abandoned uploads. Never raises."""
    try:
        for name in store.write(_forget_old_jobs, now() - keep_seconds):
            folders.remove(places, name)
        store.write(blobs.forget_unused)
        for work in store.write(results.forget_unused):
            files.remove_folder(places.results / work)
        blob_files.sweep(places.blobs, places.uploads)
        for sha256 in blob_files.stored(places.blobs):
            _remove_unknown(store, places, sha256)
    except (MtiError, OSError):
        log.exception("sweeping failed")


def _remove_unknown(store: Store, places: Places, sha256: str) -> None:
    """Remove a blob's file, unless something refers to it or it has only just been written: its
    row follows its file."""
    path = blob_files.blob_path(places.blobs, sha256)
    with contextlib.suppress(FileNotFoundError):
        if time.time() - path.stat().st_mtime > blobs.KEPT_SECONDS:
            if not blobs.is_known(store.db, sha256):
                path.unlink()


def _forget_old_jobs(db: Connection, before: float) -> list[str]:
    rows = list(
        db.execute(
            "DELETE FROM jobs WHERE finished < ? AND state IN ('done', 'failed', 'cancelled') "
            "RETURNING id",
            (before,),
        )
    )
    return [row[0] for row in rows]
