"""The administrator's page: the queue, the devices, users, disk and throughput, to look at only.

One page without scripts, forms, or anything from elsewhere, which reloads itself.
"""

from __future__ import annotations

import base64
import hashlib
import html
import shutil
import time
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response

from mti_addon.wire.durations import duration_text
from mti_addon.wire.version import version_of

from ..store import jobs, stats, users
from ..store.database import now
from .errors import not_found
from .service import Service, service_of, user_of

STYLE = """
:root{color-scheme:light dark;--line:#8884;--bar:#3b82c4;--dim:#777}
body{font:15px/1.45 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin:2rem 0 .5rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line)}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;padding-right:2rem}
th{font-weight:600;color:var(--dim)}
svg{width:100%;height:7rem;display:block}
svg rect{fill:var(--bar)}svg text{fill:var(--dim);font-size:11px}
p.tiles{display:flex;gap:2.5rem;flex-wrap:wrap;margin:1rem 0}
p.tiles b{display:block;font-size:1.5rem}
footer{color:var(--dim);margin:2rem 0}
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
RELOAD_SECONDS = 10
HOURS = 24


async def page(request: Request) -> Response:
    """Show the page to an administrator; to anybody else there is none."""
    if not user_of(request).admin:
        raise not_found()
    text = render(service_of(request))
    headers = {"Content-Security-Policy": POLICY, "X-Frame-Options": "DENY"}
    return Response(text, 200, headers, "text/html")


def render(service: Service) -> str:
    """Return the page's HTML."""
    parts = (_tiles(service), _devices(service), _queue(service), _throughput(service))
    body = "".join((*parts, _users(service)))
    up = duration_text(time.monotonic() - service.started)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="refresh" content="{RELOAD_SECONDS}">'
        f"<title>Studio server</title><style>{STYLE}</style></head><body>"
        f"<h1>Studio server</h1>{body}"
        f"<footer>Version {version_of()}, up for {up}.</footer></body></html>"
    )


def _tiles(service: Service) -> str:
    db = service.store.db
    disk = shutil.disk_usage(service.files.data)
    tiles = {
        "running": jobs.count(db, None, "running"),
        "queued": jobs.count(db, None, "queued"),
        "done in 24 h": sum(stats.done_by_hour(db, HOURS)),
        "failed in 24 h": stats.failed_since(db, now() - HOURS * 3600),
        "event streams": sum(service.streams.values()),
        "free disk": f"{disk.free / 1e9:.0f} GB of {disk.total / 1e9:.0f}",
    }
    cells = "".join(f"<span><b>{_text(value)}</b>{name}</span>" for name, value in tiles.items())
    return f'<p class="tiles">{cells}</p>'


def _devices(service: Service) -> str:
    rows = [(kind, free, total) for kind, (free, total) in service.executor.capacity().items()]
    return "<h2>Devices</h2>" + _table(("device", "*free", "*slots"), rows)


def _queue(service: Service) -> str:
    db, state = service.store.db, service.queue()
    names = dict(stats.user_names(db))
    rows: list[tuple[object, ...]] = []
    for job in jobs.unfinished(db):
        place = state.places.get(job.id)
        wait = place.wait_seconds if place else job.seconds_left
        rows.append(
            (
                *(place.position if place else "running", names.get(job.user, ""), job.task),
                *(job.model, job.epoch, duration_text(now() - job.created)),
                duration_text(wait) if wait is not None else "unknown",
            )
        )
    rows.sort(key=lambda row: (row[0] != "running", row[0] if isinstance(row[0], int) else 0))
    head = ("place", "user", "task", "engine", "*attempts", "*since", "*time left")
    return "<h2>Queue</h2>" + (_table(head, rows[:200]) if rows else "<p>It is empty.</p>")


def _throughput(service: Service) -> str:
    """Jobs done in each of the last hours, as bars."""
    counts = stats.done_by_hour(service.store.db, HOURS)
    top = max(1, *counts)
    bars = []
    for index, count in enumerate(counts):
        height = 80 * count / top
        x = 10 + index * 40
        label = f'<text x="{x + 15}" y="{88 - height:.1f}" text-anchor="middle">{count}</text>'
        bars.append(
            f'<rect x="{x}" y="{92 - height:.1f}" width="30" height="{height:.1f}"/>'
            f"{label if count else ''}"
        )
        ago = HOURS - index
        if ago % 6 == 0 or ago == 1:
            bars.append(f'<text x="{x}" y="106">{ago} h ago</text>')
    drawing = "".join(bars)
    return (
        "<h2>Jobs done per hour</h2>"
        f'<svg viewBox="0 0 970 110" role="img" aria-label="jobs done per hour">{drawing}</svg>'
    )


def _users(service: Service) -> str:
    rows = [
        (
            *(user.name, "yes" if user.admin else "", user.running, user.queued),
            *(f"{user.stored_bytes / 1e6:.0f} MB", _until(user.expires)),
        )
        for user in users.listed(service.store.db)
    ]
    head = ("name", "administrator", "*running", "*queued", "*stored", "token valid for")
    return "<h2>Users</h2>" + _table(head, rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """An HTML table; a column whose head begins with * has numbers."""
    names = tuple(head)
    kinds = ['class="n"' if name.startswith("*") else "" for name in names]

    def line(tag: str, cells: Iterable[object]) -> str:
        return "".join(
            f"<{tag} {kind}>{_text(cell)}</{tag}>" for kind, cell in zip(kinds, cells, strict=True)
        )

    shown = "".join(f"<tr>{line('td', row)}</tr>" for row in rows)
    top = line("th", [name.lstrip("*") for name in names])
    return f"<table><tr>{top}</tr>{shown}</table>"


def _text(value: object) -> str:
    return html.escape(str(value))


def _until(expires: float | None) -> str:
    return "revoked or expired" if expires is None else duration_text(expires - now())
