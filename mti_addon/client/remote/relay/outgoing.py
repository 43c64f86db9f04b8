"""Sends the server what is in the outbox; wire and stdlib only."""

from __future__ import annotations

from ....wire.errors import MtiError, StudioError
from .. import outbox
from ..outbox import PendingRequest
from ..studio import StudioFolder
from .api import Api
from .connection import Unreachable

_OVER = ("done", "failed", "cancelled")


def deliver(api: Api, folder: StudioFolder, studio: str) -> None:
    """Carry out the requests for this studio; one that is refused stays for the next time.

    Raises Unreachable, and leaves the rest.
    """
    for request in outbox.pending_requests(folder):
        if request.studio != studio:
            continue
        try:
            if _carry_out(api, request):
                outbox.take_back(folder, request.key)
        except Unreachable:
            raise
        except MtiError as error:
            print(f"{request.action} {request.key}: {error.problem}")


def _carry_out(api: Api, request: PendingRequest) -> bool:
    """Carry out one request; return whether there is nothing left to do."""
    try:
        job = request.job or _id_of(api, request.key)
        if not job:
            return True  # it never arrived
        state = api.job(job).state
        if state not in _OVER:
            api.cancel(job)
            return request.action == "cancel"  # it can be deleted when it has stopped
        if request.action == "delete":
            api.delete(job)
        return True
    except StudioError as error:
        if error.problem.code == "studio_not_found":
            return True
        raise


def _id_of(api: Api, key: str) -> str:
    return next((job.id for job in api.jobs() if job.key == key), "")
