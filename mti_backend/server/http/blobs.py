"""Uploads: each file once, resumable, checked before it counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from mti_addon.wire.problem import Problem

from ..files.blobs import MAX_BYTES, Upload, blob_path
from ..store import blobs
from ..store.users import User
from .errors import ApiError, not_found, refuse
from .quota import check_stored
from .reading import chunks, content_length, sha256_in, too_large
from .service import Service, service_of, user_of

_RANGE = re.compile(r"bytes ([0-9]{1,12})-([0-9]{1,12})/([0-9]{1,12})")


async def head(request: Request) -> Response:
    """Tell whether this user has uploaded a blob, and its size."""
    size = size_of(service_of(request), user_of(request), sha256_in(request))
    if size is None:
        raise not_found()
    await service_of(request).store.awrite(blobs.touch, user_of(request).id, sha256_in(request))
    return Response(headers={"Content-Length": str(size)})


def size_of(service: Service, user: User, sha256: str) -> int | None:
    """Return the size of a blob if this user has uploaded it, and its file is there.

    After an older store was put back, it may name files that were removed since: they are uploaded
    again.
    """
    size = blobs.size_of(service.store.db, user.id, sha256)
    return size if blob_path(service.files.blobs, sha256).is_file() else None


async def received(request: Request) -> Response:
    """Tell how much of an upload has arrived, and whether a part is arriving now."""
    service, user, sha256 = service_of(request), user_of(request), sha256_in(request)
    size = size_of(service, user, sha256)
    if size is None:
        size = _upload(service, user, sha256).received
    if (user.id, sha256) in service.uploading:
        return JSONResponse({"received": size, "in_progress": True})
    return JSONResponse({"received": size})


async def put(request: Request) -> Response:
    """Receive a blob, or the next part of it."""
    service, user, sha256 = service_of(request), user_of(request), sha256_in(request)
    length = content_length(request, MAX_BYTES)
    start, total = _range(request, length)
    service.count_upload(user)
    if size_of(service, user, sha256) is not None:
        async for _ in chunks(request):
            pass
        await service.store.awrite(blobs.touch, user.id, sha256)
        return JSONResponse({"received": total})
    service.files.check_space()
    check_stored(service, user, total, sha256)
    with _alone(service, user, sha256, total):
        upload = _upload(service, user, sha256)
        if start > upload.received:
            problem = Problem(
                "upload_gap",
                "Only {received} bytes have been received before these.",
                "",
                {"received": upload.received},
            )
            raise ApiError(409, problem)
        await _receive(request, upload, start, length)
        if upload.received < total:
            return JSONResponse({"received": upload.received}, 202)
        size = await run_in_threadpool(upload.finish, service.files.blobs)
        await service.store.awrite(blobs.add, user.id, sha256, size)
    return JSONResponse({"received": size}, 201)


async def _receive(request: Request, upload: Upload, start: int, length: int) -> None:
    """Write the body; what has arrived stays, even if the client goes away."""
    await run_in_threadpool(upload.open, start)
    try:
        count = 0
        async for chunk in chunks(request):
            count += len(chunk)
            if count > length:
                raise too_large(length)
            upload.write(chunk)
    finally:
        await run_in_threadpool(upload.close)
    if count < length:
        raise ClientDisconnect


def _range(request: Request, length: int) -> tuple[int, int]:
    """(start, total) of what is sent. Refuses a Content-Range that does not fit (422)."""
    text = request.headers.get("content-range")
    if text is None:
        return 0, length
    match = _RANGE.fullmatch(text)
    if match is None:
        raise refuse(422, "range_bad", "Content-Range must be: bytes FIRST-LAST/TOTAL.")
    first, last, total = map(int, match.groups())
    if total > MAX_BYTES:
        raise too_large(MAX_BYTES)
    if not first <= last < total or last - first + 1 != length:
        raise refuse(422, "range_bad", "Content-Range must be: bytes FIRST-LAST/TOTAL.")
    return first, total


@contextmanager
def _alone(service: Service, user: User, sha256: str, total: int) -> Iterator[None]:
    """Refuse a second upload of the same blob at the same time (409)."""
    key = user.id, sha256
    if key in service.uploading:
        what = "This file is being received over another connection."
        raise refuse(409, "upload_in_progress", what, "Try again in a moment.")
    service.uploading[key] = total
    try:
        yield
    finally:
        del service.uploading[key]


def _upload(service: Service, user: User, sha256: str) -> Upload:
    return Upload(service.files.uploads / user.id, sha256)
