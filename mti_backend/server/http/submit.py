"""Takes a job in: everything about it is checked before it is queued."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response

from mti_addon.wire import codec
from mti_addon.wire.codec import Constraint
from mti_addon.wire.contents import MAX_BYTES
from mti_addon.wire.errors import UnreadableInput
from mti_addon.wire.library.motion_embeddings import MAX_HEADER, check_header
from mti_addon.wire.library.pictures import image_size
from mti_addon.wire.library.tensors import MAX_BYTES as MAX_TENSORS
from mti_addon.wire.library.tensors import check_tokens
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import Request

from ..config import MAX_JOB_BYTES
from ..execution.work import canonical, work_of
from ..files.blobs import blob_path
from ..store import blobs, jobs
from ..store.database import Connection
from ..store.jobs import Job, NewJob
from ..store.users import User
from .blobs import size_of
from .errors import refuse
from .job_texts import job_json
from .quota import check_stored, check_unfinished
from .reading import read_json
from .service import Service, address_of, service_of, user_of

_KEY = r"[A-Za-z0-9_-]{8,64}"
_HEADER_BYTES = 64


@dataclass(frozen=True)
class Submission:
    """The body of POST /v1/jobs."""

    request: dict[str, Any]
    inputs: dict[str, Annotated[str, Constraint(r"[0-9a-f]{64}", "sha256 in hex.")]]


async def submit(http: HttpRequest) -> Response:
    """Queue a job, or tell of the one that was queued with the same key."""
    service, user = service_of(http), user_of(http)
    key = http.headers.get("idempotency-key", "")
    if not re.fullmatch(_KEY, key):
        what = "The header Idempotency-Key must have 8 to 64 letters, digits, - or _."
        raise refuse(422, "key_bad", what)
    sent = await read_json(http, Submission, MAX_JOB_BYTES)
    text = codec.dumps(sent.request)
    body = hashlib.sha256(canonical(codec.to_dict(sent))).hexdigest()
    known = jobs.by_key(service.store.db, user.id, key)
    if known is not None:
        return _again(service, known, body)
    request = Request.from_json(text, to_run=True)
    if dict(request.inputs) != sent.inputs:
        raise refuse(422, "inputs_differ", "The inputs are not those of the request.")
    _check_engine(service, request)
    await run_in_threadpool(_check_inputs, service, user, request)
    service.files.check_space()
    check_stored(service, user)
    most = service.limit(user, "queued")
    new = NewJob(
        *(user.id, key, body, text, request.name, request.task, request.settings.model),
        await run_in_threadpool(work_of, request),
        sent.inputs,
    )
    found = await service.store.awrite(_add, new, most, service.config.limits.queued_by_all)
    if found.body != body or found.state != "queued" or found.seq:
        return _again(service, found, body)
    service.audit.note("submit", user.name, address_of(http), job=found.id, task=found.task)
    service.hub.version += 1
    service.reconciler.wake()
    return JSONResponse(job_json(service, found), 201)


def _again(service: Service, job: Job, body: str) -> Response:
    if job.body != body:
        what = "Another job was sent with the same Idempotency-Key."
        raise refuse(409, "key_taken", what, "Send the new job with a key of its own.")
    return JSONResponse(job_json(service, job), 200)


def _add(db: Connection, new: NewJob, most: int, most_of_all: int) -> Job:
    """Add the job, unless there are too many; in one transaction with looking for its key."""
    known = jobs.by_key(db, new.user, new.key)
    if known is not None:
        return known
    check_unfinished(db, new.user, most)
    if jobs.count(db, None, "queued") >= most_of_all:
        what = "The studio's queue is full."
        raise refuse(429, "queue_full", what, "Try again later.", 300)
    for name, sha256 in new.inputs.items():  # again: they may have been swept since
        if blobs.size_of(db, new.user, sha256) is None:
            raise _missing(name, sha256)
    return jobs.add(db, new)


def _check_engine(service: Service, request: Request) -> None:
    missing = service.why_not(request.settings.model)
    if missing is not None:
        what = "The studio's server does not have the engine {model}: {reason}"
        raise refuse(
            *(422, "engine_missing", what, "Choose another engine."),
            model=request.settings.model,
            reason=missing,
        )


def _check_inputs(service: Service, user: User, request: Request) -> None:
    """Check by their headers that the inputs are what their names say. Decoding them is the
    runner's, whose memory is its own."""
    for name, sha256 in request.inputs.items():
        size = size_of(service, user, sha256)
        if size is None:
            raise _missing(name, sha256)
        path = blob_path(service.files.blobs, sha256)
        if name.endswith(".safetensors"):
            _check_motion(request, path, size, name)
            continue
        if size > MAX_BYTES:
            raise UnreadableInput(f"{name} is larger than {MAX_BYTES >> 20} MiB.")
        if name.endswith(".png"):
            _check_png(path, name)


def _check_motion(request: Request, path: Path, size: int, name: str) -> None:
    if request.settings.method == "motion-inversion":
        with open(path, "rb") as stream:
            check_header(stream.read(8 + MAX_HEADER), size, name)
        return
    if size > MAX_TENSORS:
        raise UnreadableInput(f"{name} is larger than a motion can be.")
    check_tokens(path.read_bytes(), name)


def _check_png(path: Path, name: str) -> None:
    with open(path, "rb") as stream:
        start = stream.read(_HEADER_BYTES)
    if image_size(name, start) is None:
        what = "{name} is no PNG image of at most 4096 pixels a side."
        raise UnreadableInput(Problem("input_not_png", what, "Capture it again.", {"name": name}))


def _missing(name: str, sha256: str) -> Exception:
    what = "The file {name} has not been uploaded."
    return refuse(422, "blob_missing", what, "Upload it first.", name=name, sha256=sha256)
