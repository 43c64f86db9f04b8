"""The application: which endpoint answers what, behind the guard."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mti_addon.wire.errors import MtiError

from . import admin, blobs, jobs, library, me, streams, submit
from .errors import ApiError, not_found, on_api_error, on_mti_error, refuse, response
from .guard import Guard
from .service import Service

ROUTES = (
    Route("/v1/me", me.me),
    Route("/v1/openapi.json", me.openapi),
    Route("/v1/blobs/{sha256}", blobs.head, methods=["HEAD"]),
    Route("/v1/blobs/{sha256}", blobs.put, methods=["PUT"]),
    Route("/v1/blobs/{sha256}/upload", blobs.received),
    Route("/v1/jobs", jobs.listed),
    Route("/v1/jobs", submit.submit, methods=["POST"]),
    Route("/v1/jobs/{id}", jobs.one),
    Route("/v1/jobs/{id}", jobs.delete, methods=["DELETE"]),
    Route("/v1/jobs/{id}/cancel", jobs.cancel, methods=["POST"]),
    Route("/v1/jobs/{id}/resume", jobs.resume, methods=["POST"]),
    Route("/v1/jobs/{id}/events", streams.stream),
    Route("/v1/jobs/{id}/events.json", streams.poll),
    Route("/v1/jobs/{id}/live", jobs.live),
    Route("/v1/jobs/{id}/files", jobs.files),
    Route("/v1/jobs/{id}/files/{name:path}", jobs.file),
    Route("/v1/library", library.listed),
    Route("/v1/library", library.publish, methods=["POST"]),
    Route("/v1/library/{id}", library.delete, methods=["DELETE"]),
    Route("/v1/library/{id}/motion", library.motion),
    Route("/v1/library/{id}/thumbnail", library.thumbnail),
    Route("/v1/library/{id}/preview", library.preview),
    Route("/admin", admin.page),
)


def make_app(service: Service) -> Starlette:
    """Return the ASGI application of a server."""
    app = Starlette(
        routes=list(ROUTES),
        middleware=[Middleware(Guard, service=service, names=service.config.hosts)],
        exception_handlers={
            ApiError: on_api_error,
            MtiError: on_mti_error,
            HTTPException: _on_http_error,
        },
    )
    app.router.redirect_slashes = False
    app.state.service = service
    return app


async def _on_http_error(request: Request, error: Exception) -> Response:
    """Answer what the router refuses, in the API's own shape."""
    assert isinstance(error, HTTPException)
    if error.status_code != 405:
        return response(not_found())
    answer = response(refuse(405, "method_not_allowed", "This is not done there."))
    answer.headers.update(error.headers or {})
    return answer
