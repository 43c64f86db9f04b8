"""Fetches the results of a job whole, or not at all; wire and stdlib only."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ....wire import files
from ....wire.errors import MtiError, StudioError
from ....wire.job import JobFolder, Manifest
from ....wire.problem import Problem
from ....wire.remote.messages import API, RemoteFile
from .api import Api

TRIES = 3
FOLDER = files.TEMP_PREFIX + "download"
Tell = Callable[[int, int], None]


def download_output(api: Api, job: JobFolder, server_job: str, tell: Tell) -> None:
    """Fetch, verify and put in place `output/`; what is there and whole is not fetched again.

    Raises StudioError, Unreachable, DiskFull, NotWritable.
    """
    listed = api.files(server_job)
    manifest = Manifest({each.name: each.sha256 for each in listed})
    if _is_there(job, manifest):
        return
    folder = job.path / FOLDER
    total, done = sum(each.bytes for each in listed), 0
    with files.translating_os_errors(job.output_dir):
        folder.mkdir(exist_ok=True)
        for each in listed:
            before = done

            def arrived(count: int, before: int = before) -> None:
                tell(before + count, total)

            _fetch(api, server_job, each, folder / each.name, arrived)
            done += each.bytes
            tell(done, total)
        _put_in_place(folder, job, manifest)


def _is_there(job: JobFolder, manifest: Manifest) -> bool:
    try:
        job.verify_output()
        return job.manifest() == manifest.files
    except MtiError:
        return False


def _fetch(
    api: Api, server_job: str, file: RemoteFile, path: Path, arrived: Callable[[int], None]
) -> None:
    """Fetch one file, continuing a part of it that is there. Raises StudioError, Unreachable."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(TRIES):
        if _size(path) < file.bytes or not path.exists():
            _continue(api, server_job, file, path, arrived)
        if _size(path) == file.bytes and files.sha256_file(path) == file.sha256:
            return
        path.unlink(missing_ok=True)
    raise StudioError(
        Problem(
            "result_damaged",
            "The studio's server sent a damaged {name}, {tries} times.",
            "Resume the job; if it happens again, ask the studio's administrator.",
            {"name": file.name, "tries": TRIES},
        )
    )


def _continue(
    api: Api, server_job: str, file: RemoteFile, path: Path, arrived: Callable[[int], None]
) -> None:
    begin = _size(path)
    headers = {"Range": f"bytes={begin}-"} if begin else {}
    target = f"/v{API}/jobs/{server_job}/files/{file.name}"
    with api.connection.stream(target, headers) as response:
        goes_on = response.status == 206
        with open(path, "ab" if goes_on else "wb") as stream:
            size = begin if goes_on else 0
            for piece in api.connection.pieces(response):
                size += len(piece)
                if size > file.bytes:
                    return  # it is not the file that was announced
                stream.write(piece)
                arrived(size)
            stream.flush()
            os.fsync(stream.fileno())


def _put_in_place(folder: Path, job: JobFolder, manifest: Manifest) -> None:
    wanted = {folder / name for name in manifest.files}
    for path in [p for p in folder.rglob("*") if p.is_file() and p not in wanted]:
        path.unlink()  # of an earlier attempt
    files.write_atomic(folder / job.manifest_file.name, manifest.to_json().encode("utf-8"))
    for each in [*(p for p in folder.rglob("*") if p.is_dir()), folder]:
        files.fsync_dir(each)
    files.remove_folder(job.output_dir)
    files.replace(folder, job.output_dir)
    files.fsync_dir(job.path)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
