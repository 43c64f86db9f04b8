"""Who a user is to the server, and what it can do for them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mti_addon.wire.request import PROTOCOL
from mti_addon.wire.version import version_of

from ..config import API
from ..files.blobs import MAX_BYTES
from ..store import jobs
from .openapi import description
from .quota import used_bytes
from .service import service_of, user_of

CAPABILITIES = ("blobs", "resume", "sse", "long-poll", "library", "shared-results")


async def me(request: Request) -> Response:
    """Tell of this user, the server, its engines, and the limits."""
    service, user = service_of(request), user_of(request)
    db = service.store.db
    return JSONResponse(
        {
            "user": user.name,
            "server_version": version_of(),
            "protocol": PROTOCOL,
            "api": API,
            "capabilities": list(CAPABILITIES),
            "engines": service.engines(),
            "limits": {
                "queued": service.limit(user, "queued"),
                "blob_bytes": MAX_BYTES,
                "stored_bytes": service.limit(user, "stored_bytes"),
            },
            "used": {
                "queued": jobs.count(db, user.id, "queued"),
                "running": jobs.count(db, user.id, "running"),
                "stored_bytes": used_bytes(service, user),
            },
        }
    )


async def openapi(request: Request) -> Response:
    """Describe the API."""
    return JSONResponse(description())
