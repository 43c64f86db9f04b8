"""A user's jobs: listed, described, cancelled, deleted; and the files of their results."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from mti_addon.wire import files as wire_files

from ..execution.ending import end_queued
from ..files import folders
from ..store import jobs, results
from ..store.database import Connection
from ..store.jobs import Job
from .errors import not_found, refuse
from .job_texts import job_json
from .quota import check_stored, check_unfinished
from .reading import id_in
from .service import Service, address_of, service_of, user_of

PIECE_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=([0-9]{0,12})-([0-9]{0,12})")


def own_job(request: Request) -> Job:
    """Return the job of the path, if it is this user's own. Refuses any other (404)."""
    job = jobs.of_user(service_of(request).store.db, user_of(request).id, id_in(request))
    if job is None:
        raise not_found()
    return job


async def listed(request: Request) -> Response:
    """Tell of all jobs of this user, the newest first."""
    service = service_of(request)
    found = jobs.all_of_user(service.store.db, user_of(request).id)
    return JSONResponse({"jobs": [job_json(service, job) for job in found]})


async def one(request: Request) -> Response:
    """Tell of one job."""
    return JSONResponse(job_json(service_of(request), own_job(request)))


async def cancel(request: Request) -> Response:
    """Ask a job to stop: at once if it is queued, else within seconds."""
    service, job = service_of(request), own_job(request)
    await service.store.awrite(_cancel, job.id)
    service.audit.note("cancel", user_of(request).name, address_of(request), job=job.id)
    service.hub.notify(job.id)
    service.reconciler.wake()
    return JSONResponse(job_json(service, own_job(request)), 202)


def _cancel(db: Connection, job: str) -> None:
    current = jobs.get(db, job)
    if current is not None and not current.is_final and not end_queued(db, current):
        jobs.ask_cancel(db, job)


async def resume(request: Request) -> Response:
    """Queue a failed or cancelled job again; it goes on from its checkpoint, and so do its
    events."""
    service, user, job = service_of(request), user_of(request), own_job(request)
    check_stored(service, user)
    most = service.limit(user, "queued")
    if not await service.store.awrite(_resume, user.id, job.id, most):
        what = "Only a job that has failed or was cancelled can be resumed."
        raise refuse(409, "job_not_resumable", what)
    service.hub.notify(job.id)
    service.audit.note("resume", user.name, address_of(request), job=job.id)
    service.reconciler.wake()
    return JSONResponse(job_json(service, own_job(request)), 202)


def _resume(db: Connection, user: str, job: str, most: int) -> bool:
    check_unfinished(db, user, most)
    return jobs.resume(db, user, job)


async def delete(request: Request) -> Response:
    """Delete a finished job, and its files unless something else refers to them."""
    service, user, job = service_of(request), user_of(request), own_job(request)
    if not await service.store.awrite(jobs.delete, user.id, job.id):
        what = "A job that is not finished cannot be deleted."
        raise refuse(409, "job_not_finished", what, "Cancel it first.")
    service.hub.notify(job.id)
    await run_in_threadpool(_remove, service, job)
    service.audit.note("delete", user.name, address_of(request), job=job.id)
    return Response(status_code=204)


def _remove(service: Service, job: Job) -> None:
    folders.remove(service.files, job.id)
    if results.users_of(service.store.db, job.work) == 0:
        service.store.write(results.forget, job.work)
        wire_files.remove_folder(service.files.results / job.work)


async def files(request: Request) -> Response:
    """Tell of the files of a job's results; none before it is done."""
    found = jobs.files_of(service_of(request).store.db, own_job(request).id)
    told = [{"name": name, "bytes": size, "sha256": sha256} for name, size, sha256 in found]
    return JSONResponse({"files": told})


async def file(request: Request) -> Response:
    """Send a file of a job's results, or one range of it. Its name is looked up, never used as
    it was sent."""
    service, job = service_of(request), own_job(request)
    wanted = request.path_params["name"]
    for name, size, sha256 in jobs.files_of(service.store.db, job.id):
        if name == wanted:
            folder = await run_in_threadpool(folders.find, service.files, job.id)
            if folder is None:
                raise not_found()
            return send_file(request, folder / "output" / name, size, sha256)
    raise not_found()


async def live(request: Request) -> Response:
    """Send the picture of what a running job has learned so far, if there is one."""
    job = own_job(request)
    found = await run_in_threadpool(folders.live_picture, service_of(request).files, job.id)
    if found is None:
        raise not_found()
    return Response(found, media_type="image/png", headers={"Cache-Control": "no-store"})


def send_file(
    request: Request, path: Path, size: int, sha256: str, kind: str = "application/octet-stream"
) -> Response:
    """Return a file as an answer. Refuses a range that it does not have (416)."""
    start, end = _range(request, size)
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        raise not_found() from None
    headers = {
        "Content-Length": str(end - start),
        "Content-Type": kind,
        "Accept-Ranges": "bytes",
        "ETag": f'"{sha256}"',
    }
    partial = "range" in request.headers
    if partial:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return StreamingResponse(_pieces(descriptor, start, end), 206 if partial else 200, headers)


async def _pieces(descriptor: int, start: int, end: int) -> AsyncIterator[bytes]:
    try:
        while start < end:
            size = min(PIECE_BYTES, end - start)
            piece = await run_in_threadpool(os.pread, descriptor, size, start)
            if not piece:
                return
            start += len(piece)
            yield piece
    finally:
        os.close(descriptor)


def _range(request: Request, size: int) -> tuple[int, int]:
    """(start, end) of what is asked for; several ranges at once are not offered."""
    text = request.headers.get("range")
    if text is None:
        return 0, size
    match = _RANGE.fullmatch(text.strip())
    first, last = match.groups() if match else ("", "")
    if first:
        start, end = int(first), min(int(last) + 1, size) if last else size
    else:
        start, end = max(0, size - int(last or 0)), size
    if not 0 <= start < end:
        raise refuse(416, "range_not_there", "The file does not have this range.")
    return start, end
