"""Runs one server: opens everything, prints where it listens, and closes it again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from mti_addon.wire import files
from mti_addon.wire.errors import BadRequest, NotWritable
from mti_addon.wire.problem import Problem

from . import tls
from .audit import Audit
from .config import Config
from .execution.executor import Executor
from .execution.process import ProcessExecutor
from .execution.reconcile import Reconciler
from .files.places import Places
from .housekeeping import sweep, sweep_at_start
from .http.app import make_app
from .http.hub import Hub
from .http.service import Service
from .store.database import Store

SWEEP_SECONDS = 3600.0
CONNECTIONS = 2000
STOP_SECONDS = 5
PROXIES = ("127.0.0.1", "::1")
"""The addresses whose X-Forwarded-For is believed: those of a proxy on this machine."""
REVOKED_SECONDS = 0.5
"""How often it is looked whether the tokens of open streams are still valid."""
SWITCH_SECONDS = 0.0005


def serve(config: Config, executor: Executor | None = None) -> int:
    """Serve until SIGTERM or SIGINT; returns 0. `executor`: None for this machine's devices.

    Prints one line of JSON with `url` once requests are answered. Raises BadRequest, Busy (another
    server uses the folder), NotWritable, DiskFull.
    """
    check_address(config)
    # The event loop gives the interpreter up at every send, and would wait 5 ms for it each time
    # that the reconcile loop computes: a third of a second for sixty streams.
    sys.setswitchinterval(SWITCH_SECONDS)
    places = Places(config.data)
    lock = places.lock()
    store = Store(places.database)
    audit = Audit(places.audit_log)
    hub = Hub()
    engine = executor or ProcessExecutor(places.spool, config.runner, config.devices)
    reconciler = Reconciler(store, places, engine, hub.notify, config.limits.running)
    service = Service(config, store, places, engine, reconciler, hub, audit)
    try:
        sweep_at_start(store, places)
        with listening(config) as listener:
            asyncio.run(_serve(service, make_app(service), listener))
        return 0
    finally:
        places.status.unlink(missing_ok=True)
        audit.close()
        store.close()
        os.close(lock)


def check_address(config: Config) -> None:
    """Raise BadRequest for an address that others can reach without TLS, or that is none."""
    if not 0 <= config.port <= 65535:
        raise BadRequest(f"--port must be from 0 to 65535, and is {config.port}.")
    if config.certificate is not None:
        tls.check_pair(config.certificate, config.key)
    if not config.tls and not tls.is_loopback(config.host):
        raise BadRequest(
            Problem(
                "server_without_tls",
                "{host} can be reached by others, who could read every token on the way.",
                "Leave out --no-tls, or listen on 127.0.0.1 behind a proxy with TLS.",
                {"host": config.host},
            )
        )


@contextlib.contextmanager
def listening(config: Config) -> Iterator[socket.socket]:
    """Yield a listening socket. Raises NotWritable if the port is taken."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((config.host, config.port))
        except OSError as error:
            raise NotWritable(
                Problem(
                    "port_taken",
                    "The server cannot listen on {host}, port {port} ({reason}).",
                    "Choose another port.",
                    {"host": config.host, "port": config.port, "reason": error.strerror},
                )
            ) from error
        listener.listen(512)
        yield listener


async def _serve(service: Service, app: Starlette, listener: socket.socket) -> None:
    service.hub.attach()
    config = service.config
    certificate, key = _certificate(service)
    settings = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=config.proxy,
        forwarded_allow_ips=list(PROXIES),
        lifespan="off",
        ws="none",
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=STOP_SECONDS,
        h11_max_incomplete_event_size=32 * 1024,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    settings.load()
    if settings.ssl is not None:
        settings.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    server = _Server(settings, service.hub)
    service.reconciler.start()
    tasks = [
        asyncio.create_task(each(service)) for each in (_sweep_now_and_then, _end_revoked_streams)
    ]
    try:
        async with _announced(service, server, listener, certificate):
            await server.serve([listener])
    finally:
        service.hub.close()
        for task in tasks:
            task.cancel()
        await asyncio.to_thread(service.reconciler.stop)
    logging.getLogger(__name__).info("stopped: %s", config.data)


class _Server(uvicorn.Server):
    """uvicorn's server, which tells the event streams when it stops."""

    def __init__(self, settings: uvicorn.Config, hub: Hub) -> None:
        super().__init__(settings)
        self._hub = hub

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at the first signal. uvicorn would raise it again, before anything is closed."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        self.should_exit = True
        self._hub.close()


def _certificate(service: Service) -> tuple[Path | None, Path | None]:
    config = service.config
    if not config.tls:
        return None, None
    if config.certificate is not None:
        return config.certificate, config.key
    return tls.own_certificate(service.files.tls, config.host, config.names)


@contextlib.asynccontextmanager
async def _announced(
    service: Service, server: uvicorn.Server, listener: socket.socket, certificate: Path | None
) -> AsyncIterator[None]:
    """Tell once, on stdout and in server.json, where the server is, when it answers."""

    async def announce() -> None:
        while not server.started:
            await asyncio.sleep(0.01)
        status = _status(service.config, listener, certificate)
        await asyncio.to_thread(
            files.write_atomic, service.files.status, json.dumps(status).encode() + b"\n"
        )
        print(json.dumps(status), flush=True)

    task = asyncio.create_task(announce())
    try:
        yield
    finally:
        task.cancel()


def _status(config: Config, listener: socket.socket, certificate: Path | None) -> dict[str, object]:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    scheme = "http" if certificate is None else "https"
    return {
        "url": f"{scheme}://{shown}:{port}",
        "host": host,
        "port": port,
        "fingerprint": "" if certificate is None else tls.fingerprint(certificate),
        "certificate": "" if certificate is None else str(certificate.absolute()),
        "names": sorted(config.hosts),
        "pid": os.getpid(),
        "data": str(config.data),
    }


async def _end_revoked_streams(service: Service) -> None:
    while True:
        await asyncio.sleep(REVOKED_SECONDS)
        try:
            service.end_revoked()
        except Exception:  # a fault of one look is not the last one's
            logging.getLogger(__name__).exception("looking for revoked tokens failed")


async def _sweep_now_and_then(service: Service) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        await asyncio.to_thread(
            sweep, service.store, service.files, service.config.keep_days * 86_400
        )
