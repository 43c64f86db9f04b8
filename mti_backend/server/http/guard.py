"""Stands before every endpoint: names, origins, tokens, and nothing of a fault reaches a client.

There is no browser client, so a request with an Origin is none of ours; and a server that is
reached under a name that is not its own is being rebound (DNS rebinding).
"""

from __future__ import annotations

import base64
import binascii
import time
from collections import deque

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..store import users
from ..store.users import User
from .errors import ApiError, fault, refuse, response, token_unknown
from .service import Service

MOST_ADDRESSES = 10_000
ADMIN = "/admin"
_HEADERS = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


class Guard:
    """ASGI middleware. `names` are the hosts under which the server may be addressed."""

    def __init__(self, app: ASGIApp, service: Service, names: frozenset[str]) -> None:
        self._app, self._service, self._names = app, service, names
        self._failures: dict[str, deque[float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        try:
            scope["mti_user"] = self._check(scope)
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            return  # there is nobody to answer
        except ApiError as error:
            await response(error)(scope, receive, sending)
        except Exception:
            answer = fault()
            if not begun:
                await answer(scope, receive, sending)

    def _check(self, scope: Scope) -> User:
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name, []).append(value)
        hosts = headers.get(b"host", [])
        if len(hosts) != 1 or _name(hosts[0]) not in self._names:
            what = "The server is not known by this name."
            raise refuse(400, "host_unknown", what, "Start it with --name for each of its names.")
        if b"origin" in headers:
            raise refuse(403, "origin_refused", "Web pages may not use the studio's server.")
        address = scope["client"][0] if scope.get("client") else ""
        token = _token(headers.get(b"authorization", []), scope["path"])
        user = users.user_of(self._service.store.db, token) if token else None
        if user is None:
            refused = self._unknown(address)
            if _is_admin(scope["path"]):  # a browser then asks for a name and a password
                refused.challenge = 'Basic realm="name, and the token as password"'
            raise refused
        scope["mti_token"] = users.hashed(token)
        return user

    def _unknown(self, address: str) -> ApiError:
        """Count a wrong token. Guessing 256 bits is hopeless; this keeps the log readable."""
        times = self._failures.setdefault(address, deque())
        while times and times[0] < time.monotonic() - 60:
            times.popleft()
        if len(self._failures) > MOST_ADDRESSES:
            self._failures.clear()
        if len(times) >= self._service.config.limits.failures_a_minute:
            return refuse(429, "too_many_failures", "There were too many wrong tokens.", "", 60)
        times.append(time.monotonic())
        self._service.audit.note("refused", "", address)
        return token_unknown()


def _is_admin(path: str) -> bool:
    return path == ADMIN or path.startswith(ADMIN + "/")


def _name(host: bytes) -> str:
    """The host of a Host header, without its port."""
    text = host.decode("latin-1").lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]


def _token(values: list[bytes], path: str) -> str:
    """The token of the Authorization header; empty if there is none.

    The administrator's page takes it as a password as well, which browsers can ask for.
    """
    if len(values) != 1:
        return ""
    kind, _, text = values[0].decode("latin-1").strip().partition(" ")
    if kind.lower() == "bearer":
        return text.strip()
    if kind.lower() == "basic" and _is_admin(path):
        try:
            plain = base64.b64decode(text, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            return ""
        return plain.partition(":")[2]
    return ""
