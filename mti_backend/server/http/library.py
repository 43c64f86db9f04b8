"""The studio's library: motions that users publish for each other."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mti_addon.wire import files
from mti_addon.wire.codec import Constraint
from mti_addon.wire.library import KINDS, Preset, read_motion
from mti_addon.wire.library.folder import add_motion
from mti_addon.wire.library.motion_file import read_motion_file
from mti_addon.wire.library.preset import PREVIEW, THUMBNAIL
from mti_addon.wire.remote.messages import MAX_SHARED_BYTES

from ..config import MAX_JSON_BYTES
from ..files.blobs import blob_path
from ..store import blobs, motions
from ..store.database import Connection, now
from ..store.motions import Published
from ..store.users import User
from .errors import not_found, refuse
from .jobs import send_file
from .reading import id_in, read_json, too_large
from .service import Service, address_of, service_of, user_of

MOST_LETTERS = 200


@dataclass(frozen=True)
class Publication:
    """The body of POST /v1/library: a .motion file that this user has uploaded."""

    sha256: Annotated[str, Constraint(r"[0-9a-f]{64}", "sha256 in hex.")]


async def listed(request: Request) -> Response:
    """Tell of the published motions that a search finds, a page at a time."""
    query = request.query_params.get("query", "")[:MOST_LETTERS]
    kind = request.query_params.get("kind", "")
    after = request.query_params.get("after", "")
    if kind and kind not in KINDS:
        raise refuse(422, "kind_bad", "kind must be one of: {kinds}.", kinds=", ".join(KINDS))
    found = motions.search(service_of(request).store.db, query, kind, after[:32])
    following = found[-1].id if len(found) == motions.PAGE else None
    return JSONResponse({"motions": [each.told() for each in found], "next": following})


async def publish(request: Request) -> Response:
    """Publish a motion; one that is published already is described again."""
    service, user = service_of(request), user_of(request)
    sent = await read_json(request, Publication, MAX_JSON_BYTES)
    size = blobs.size_of(service.store.db, user.id, sent.sha256)
    if size is None:
        what = "The motion has not been uploaded."
        raise refuse(422, "blob_missing", what, "Upload it first.", sha256=sent.sha256)
    if size > MAX_SHARED_BYTES:
        raise too_large(MAX_SHARED_BYTES)
    service.files.check_space()
    found, is_new = await run_in_threadpool(_publish, service, user, sent.sha256)
    if is_new:
        service.audit.note("publish", user.name, address_of(request), motion=found.id)
    return JSONResponse(found.told(), 201 if is_new else 200)


async def motion(request: Request) -> Response:
    """Send a motion as a .motion file."""
    found = _published(request)
    path = blob_path(service_of(request).files.blobs, found.sha256)
    return send_file(request, path, found.bytes, found.sha256)


async def thumbnail(request: Request) -> Response:
    """Send a motion's picture."""
    return await _picture(request, THUMBNAIL, "image/png")


async def preview(request: Request) -> Response:
    """Send a motion's moving picture."""
    return await _picture(request, PREVIEW, "image/webp")


async def delete(request: Request) -> Response:
    """Withdraw a motion that this user published."""
    service, user, name = service_of(request), user_of(request), id_in(request)
    found = motions.get(service.store.db, name)
    if found is None or not await service.store.awrite(motions.delete, user.id, name):
        raise not_found()
    await run_in_threadpool(files.remove_folder, service.files.library / found.folder)
    service.audit.note("withdraw", user.name, address_of(request), motion=name)
    return Response(status_code=204)


def _published(request: Request) -> Published:
    found = motions.get(service_of(request).store.db, id_in(request))
    if found is None:
        raise not_found()
    return found


async def _picture(request: Request, name: str, kind: str) -> Response:
    found = _published(request)
    folder = service_of(request).files.library / found.folder
    preset = (await run_in_threadpool(read_motion, folder)).preset
    if name not in preset.files:
        raise not_found()
    path = folder / name
    size = (await run_in_threadpool(path.stat)).st_size
    return send_file(request, path, size, preset.files[name], kind)


def _publish(service: Service, user: User, sha256: str) -> tuple[Published, bool]:
    """Check a .motion file as a hostile one, and add it. Raises UnreadableInput, BadRequest."""
    path = blob_path(service.files.blobs, sha256)
    preset, contents = read_motion_file(path)
    content = _content(preset)
    known = motions.same(service.store.db, content)
    if known is not None:
        return known, False
    added = add_motion(service.files.library, preset, dict(contents))
    try:
        new = _row(user, preset, content, sha256, path, added.folder)
        return service.store.write(_add, new)
    finally:
        kept = motions.same(service.store.db, content)
        if kept is None or kept.folder != added.folder.name:
            files.remove_folder(added.folder)


def _add(db: Connection, new: Published) -> tuple[Published, bool]:
    known = motions.same(db, new.motion)
    if known is not None:
        return known, False
    motions.add(db, new)
    return new, True


def _row(
    user: User, preset: Preset, content: str, sha256: str, path: Path, folder: Path
) -> Published:
    shown = preset.plain()
    searched = " ".join((shown.name, shown.author, shown.kind, *shown.tags)).lower()
    return Published(
        id=uuid.uuid4().hex,
        user=user.id,
        motion=content,
        sha256=sha256,
        bytes=path.stat().st_size,
        folder=folder.name,
        name=shown.name,
        kind=shown.kind,
        tags=json.dumps(list(shown.tags)),
        author=shown.author or user.name,
        engines=json.dumps(sorted(shown.embeddings)),
        searched=searched,
        published=now(),
    )


def _content(preset: Preset) -> str:
    """Identify what a motion consists of, whatever it is called."""
    parts = json.dumps([preset.id, sorted(preset.files.items())])
    return hashlib.sha256(parts.encode()).hexdigest()
