"""Reads what a client sends, no more than announced and no slower than reasonable."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from typing import Any, TypeVar

from starlette.requests import Request

from mti_addon.wire import codec

from .errors import not_found, refuse
from .service import service_of

T = TypeVar("T")


def content_length(request: Request, most: int) -> int:
    """Return the length that was announced. Refuses none (411), and too much (413)."""
    text = request.headers.get("content-length", "")
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise refuse(411, "length_required", "The request does not say how long it is.")
    if int(text) > most:
        raise too_large(most)
    return int(text)


def too_large(most: int) -> Exception:
    """Return the refusal of something that is larger than `most` bytes."""
    return refuse(413, "too_large", "This is larger than {most} bytes.", most=most)


async def chunks(request: Request) -> AsyncIterator[bytes]:
    """Yield the parts of a body. Refuses a client that sends too slowly (408).

    It may take `body_seconds`, and a second more for each `body_rate` bytes that have arrived. What
    the server itself takes to deal with them is not counted.
    """
    limits = service_of(request).config.limits
    stream = request.stream()
    received, waited = 0, 0.0
    while True:
        left = limits.body_seconds + received / limits.body_rate - waited
        began = time.monotonic()
        try:
            chunk = await asyncio.wait_for(anext(stream), min(left, limits.body_seconds))
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise refuse(408, "too_slow", "The request did not arrive in time.") from None
        waited += time.monotonic() - began
        received += len(chunk)
        if chunk:
            yield chunk


async def read_json(request: Request, cls: type[T], most: int) -> T:
    """Read a JSON body strictly. Refuses what is too large, and raises BadRequest."""
    length = content_length(request, most)
    data = bytearray()
    async for chunk in chunks(request):
        data += chunk
        if len(data) > length:
            raise too_large(length)
    value: Any = codec.loads(bytes(data), "The request's body")
    return codec.from_dict(cls, value, "")


def sha256_in(request: Request) -> str:
    """Return the sha256 of the path. Anything else is not there."""
    return _matching(request, "sha256", r"[0-9a-f]{64}")


def id_in(request: Request) -> str:
    """Return the id of the path. Anything else is not there."""
    return _matching(request, "id", r"[0-9a-f]{32}")


def number_in(request: Request, name: str, default: int, most: int) -> int:
    """Return a whole number of the query, at least 0. Refuses anything else (422)."""
    text = request.query_params.get(name)
    if text is None:
        return default
    return whole_number(text, name, most)


def whole_number(text: str, name: str, most: int) -> int:
    """Return a whole number from 0 to `most`. Refuses anything else (422)."""
    if not re.fullmatch(r"[0-9]{1,15}", text) or int(text) > most:
        what = "{name} must be a whole number from 0 to {most}."
        raise refuse(422, "number_bad", what, name=name, most=most)
    return int(text)


def _matching(request: Request, name: str, pattern: str) -> str:
    value = str(request.path_params[name])
    if not re.fullmatch(pattern, value):
        raise not_found()
    return value
