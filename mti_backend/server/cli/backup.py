"""serve backup, restore: all of a server's data as one file, taken while it runs."""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mti_addon.wire import files
from mti_addon.wire.errors import BadRequest
from mti_addon.wire.problem import Problem

from ..files.places import STORE, Places, existing
from ..store.database import connect, copy_store, prepare

_FOLDERS = ("blobs", "jobs", "spool", "results", "library", "tls")
_OF_VOLUMES = ("lost+found",)
"""What an empty folder may contain: it is on every new ext4 volume."""


def add_options(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands to a command line's parser."""
    parser = commands.add_parser("backup", help="write all data to a new file", parents=[common])
    parser.add_argument("file", type=Path)
    parser.set_defaults(action=backup)
    parser = commands.add_parser("restore", help="into a new data folder", parents=[common])
    parser.add_argument("file", type=Path)
    parser.set_defaults(action=restore)


def backup(options: argparse.Namespace) -> int:
    """Write a .tar file: the store first, at one moment, then the files that it names, and the
    audit log.

    What finishes meanwhile is only in the next backup. Files are never changed, so none can be
    copied half written.
    """
    target: Path = options.file
    if target.exists():
        raise BadRequest(Problem("backup_exists", "{path} exists.", "", {"path": str(target)}))
    places = existing(options.data)
    temp = target.with_name(f"{files.TEMP_PREFIX}{secrets.token_hex(6)}-{target.name}")
    copy = target.with_name(f"{temp.name}.db")
    try:
        with files.translating_os_errors(target):
            _copy_store(places, copy)
            with tarfile.open(temp, "w") as archive:
                archive.add(copy, STORE)
                for path in _members(places):
                    _add(archive, path, path.relative_to(places.data).as_posix())
            with open(temp, "rb+") as stream:
                os.fsync(stream.fileno())
            os.replace(temp, target)
            files.fsync_dir(target.absolute().parent)
    finally:
        for path in (temp, copy):
            path.unlink(missing_ok=True)
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")
    return 0


def restore(options: argparse.Namespace) -> int:
    """Read a backup into a data folder that has none yet, whole or not at all."""
    data: Path = options.data
    if data.exists() and any(path.name not in _OF_VOLUMES for path in data.iterdir()):
        what, hint = "The folder {path} is not empty.", "Choose a new one with --data."
        raise BadRequest(Problem("restore_not_empty", what, hint, {"path": str(data)}))
    if data.exists():
        _restore_inside(options.file, data)
    else:
        with files.new_folder(data) as temp:
            _extract(options.file, temp)
    Places(data)
    print(f"{data}: restored; start the server with --data {data}")
    return 0


def _restore_inside(backup: Path, data: Path) -> None:
    """Read a backup into an empty folder that cannot be replaced by another: a mounted volume.

    The store comes last. Without it, a folder is no server's.
    """
    temp = data / f"{files.TEMP_PREFIX}{secrets.token_hex(6)}-restore"
    moved: list[Path] = []
    with files.translating_os_errors(data):
        try:
            temp.mkdir()
            _extract(backup, temp)
            for path in sorted(temp.iterdir(), key=lambda each: each.name == STORE):
                moved.append(data / path.name)
                os.rename(path, moved[-1])
            files.fsync_dir(data)
        except BaseException:
            for path in reversed(moved):
                if path.is_dir():
                    files.remove_folder(path)
                else:
                    path.unlink(missing_ok=True)
            raise
        finally:
            shutil.rmtree(temp, ignore_errors=True)


def _extract(backup: Path, folder: Path) -> None:
    """Read a backup into a new folder, and check its store. Raises BadRequest, DiskFull."""
    try:
        with tarfile.open(backup) as archive:
            archive.extractall(folder, filter="data")
    except (tarfile.TarError, OSError) as error:
        if isinstance(error, OSError) and (known := files.os_error(error, folder)) is not None:
            raise known from error
        raise _damaged(backup, str(error)) from error
    database = folder / STORE
    if not database.is_file():
        raise _damaged(backup, f"it has no {STORE}")
    db = connect(database)
    prepare(db, database)
    db.close()


def _damaged(backup: Path, reason: str) -> BadRequest:
    what = "{path} is not a server's backup, or is damaged: {reason}"
    values = {"path": str(backup), "reason": reason}
    return BadRequest(Problem("backup_damaged", what, "", values))


def _copy_store(places: Places, target: Path) -> None:
    """Copy the store as it is at one moment, while the server writes."""
    source = connect(places.database)
    copy_store(source, target)
    source.close()


def _members(places: Places) -> Iterator[Path]:
    yield from sorted(places.data.glob(f"{places.audit_log.name}*"))
    for name in _FOLDERS:
        for place, _, names in os.walk(places.data / name):
            for each in sorted(names):
                if not each.startswith(files.TEMP_PREFIX):
                    yield Path(place) / each


def _add(archive: tarfile.TarFile, path: Path, name: str) -> None:
    """Add a file; one that a job has just removed or moved is the next backup's."""
    try:
        archive.add(path, name, recursive=False)
    except FileNotFoundError:
        return
