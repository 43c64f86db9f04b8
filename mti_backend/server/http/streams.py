"""The events of a job as they happen: as an event stream, or by long polling.

Both read from the store what follows a number, and wait for the reconcile loop's word that there is
more. So a slow reader costs no memory, and one that comes back misses nothing.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from ..store import events, jobs
from ..store.jobs import Job
from .errors import not_found, refuse, token_unknown
from .hub import Listener
from .jobs import own_job
from .reading import number_in, whole_number
from .service import Service, holder_of, service_of, user_of

HEARTBEAT_SECONDS = 15.0
QUEUE_SECONDS = 2.0
"""How often a queued job's place is looked at."""
MOST_WAIT = 60
MOST_SEQ = 10**12


async def stream(request: Request) -> Response:
    """Send the events that follow a number, and then each as it happens, until the last."""
    service, user, job = service_of(request), user_of(request), own_job(request)
    last = request.headers.get("last-event-id")
    after = (
        number_in(request, "after", 0, MOST_SEQ)
        if last is None
        else whole_number(last, "Last-Event-ID", MOST_SEQ)
    )
    if service.streams[user.id] >= service.config.limits.streams:
        what = "Too many event streams are open at once."
        raise refuse(429, "too_many_streams", what, "Close some.", 5)
    headers = {"X-Accel-Buffering": "no"}  # nginx would hold the events back
    return StreamingResponse(
        _events(service, user.id, job.id, after, holder_of(request)),
        200,
        headers,
        "text/event-stream",
    )


async def _events(
    service: Service, user: str, job: str, after: int, holder: bytes
) -> AsyncIterator[str]:
    service.streams[user] += 1
    try:
        with service.hub.listening(job, holder) as news:
            async for text in _follow(service, user, job, after, news):
                yield text
    finally:
        service.streams[user] -= 1
        if service.streams[user] <= 0:
            del service.streams[user]


async def _follow(
    service: Service, user: str, job: str, after: int, news: Listener
) -> AsyncIterator[str]:
    yield ": events\n\n"
    sent, told = time.monotonic(), ""
    while not (service.hub.closed or news.ended):
        news.clear()
        current, found = service.hub.shared(job, after, partial(_news, service, user, job, after))
        if current is None:
            return
        if found:
            after = found[-1][0]
            yield "".join(f"id: {seq}\ndata: {line}\n\n" for seq, line in found)
            sent = time.monotonic()
            continue
        if current.is_final:
            return
        place = _place(service, current)
        if place and place != told:
            told = place
            yield f"event: queue\ndata: {place}\n\n"
            sent = time.monotonic()
        left = sent + HEARTBEAT_SECONDS - time.monotonic()
        if left <= 0:
            yield ": waiting\n\n"
            sent = time.monotonic()
            continue
        await _wait(news, min(left, QUEUE_SECONDS) if current.state == "queued" else left)


def _news(
    service: Service, user: str, job: str, after: int
) -> tuple[Job | None, list[tuple[int, str]]]:
    """The job, read first, and what follows a number: if the job is final, that is all."""
    current = jobs.of_user(service.store.db, user, job)
    return current, events.after(service.store.db, job, after) if current else []


async def poll(request: Request) -> Response:
    """Answer with the events that follow a number, once there are any or the time is over."""
    service, user, job = service_of(request), user_of(request), own_job(request)
    after = number_in(request, "after", 0, MOST_SEQ)
    until = time.monotonic() + number_in(request, "wait", 0, MOST_WAIT)
    with service.hub.listening(job.id, holder_of(request)) as news:
        while True:
            news.clear()
            if news.ended:
                raise token_unknown()
            current = jobs.of_user(service.store.db, user.id, job.id)
            if current is None:
                raise not_found()
            found = events.after(service.store.db, job.id, after)
            left = until - time.monotonic()
            if found or current.is_final or left <= 0 or service.hub.closed:
                break
            await _wait(news, left)
    told = [{"seq": seq, "line": line} for seq, line in found]
    last = found[-1][0] if found else after
    return JSONResponse({"events": told, "done": current.is_final and last >= current.seq})


async def _wait(news: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(news.wait(), seconds)
    except TimeoutError:
        return


def _place(service: Service, job: Job) -> str:
    """Where a queued job stands, as JSON; empty for any other."""
    place = service.place_of(job)
    if place is None:
        return ""
    seconds = None if place.wait_seconds is None else round(place.wait_seconds)
    return json.dumps({"position": place.position, "wait_seconds": seconds})
