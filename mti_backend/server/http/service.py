"""What the endpoints share: the store, the files, the queue's state, and who may do how much."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field

from starlette.requests import Request

from mti_addon.wire.errors import ModelMissing
from mti_addon.wire.settings import ALL_MODELS

from ...models import model_folder
from ..audit import Audit
from ..config import Config
from ..execution.executor import Executor
from ..execution.queue import Durations, Place, expected, order, waits
from ..execution.reconcile import Reconciler
from ..files.places import Places
from ..store import jobs, users
from ..store.database import Store, now
from ..store.jobs import Job
from ..store.users import User
from .errors import refuse
from .hub import Hub


@dataclass
class QueueState:
    """The queue at one moment."""

    version: int
    at: float
    places: dict[str, Place]
    wait_of_new: float | None
    """Seconds until a job that is sent now would start; None if unknown."""
    queued: dict[str, int]
    """By model."""
    durations: Durations


@dataclass
class Service:
    """One running server."""

    config: Config
    store: Store
    files: Places
    executor: Executor
    reconciler: Reconciler
    hub: Hub
    audit: Audit
    uploading: dict[tuple[str, str], int] = field(default_factory=dict)
    """(user, sha256) of the uploads that are being received, and their bytes as a whole."""
    streams: Counter[str] = field(default_factory=Counter)
    """Open event streams, by user."""
    started: float = field(default_factory=time.monotonic)
    _uploads: dict[str, deque[float]] = field(default_factory=dict)
    _queue: QueueState | None = None

    def queue(self) -> QueueState:
        """Return the state of the queue, computed at most once a second unless it has changed."""
        state = self._queue
        fresh = state is not None and time.monotonic() - state.at < 1.0
        if state is None or not fresh or state.version != self.hub.version:
            state = self._queue = self._look_at_queue()
        return state

    def _look_at_queue(self) -> QueueState:
        db = self.store.db
        unfinished = jobs.unfinished(db)
        running = [job for job in unfinished if job.state == "running"]
        queued = [job for job in unfinished if job.state == "queued"]
        durations = jobs.durations(db)
        slots = sum(total for _, total in self.executor.capacity().values())
        ordered = order(queued, running, jobs.last_started(db), now())
        most = self.config.limits.running
        found = waits(ordered, running, durations, slots, now(), most)
        counts = Counter(job.model for job in queued)
        return QueueState(
            *(self.hub.version, time.monotonic(), found.places, found.new),
            *(dict(counts), durations),
        )

    def place_of(self, job: Job) -> Place | None:
        """Return where a job stands in the queue; None if it does not."""
        return self.queue().places.get(job.id) if job.state == "queued" else None

    def engines(self) -> list[dict[str, object]]:
        """Return what /v1/me tells of each model."""
        state = self.queue()
        capacity = self.executor.capacity().values()
        free, total = (sum(each) for each in zip(*capacity, strict=True)) if capacity else (0, 0)
        return [self._engine(model, state, free, total) for model in ALL_MODELS]

    def _engine(self, model: str, state: QueueState, free: int, total: int) -> dict[str, object]:
        missing = self.why_not(model)
        known = state.durations
        seconds = {task: expected(model, task, known, None) for task in ("learn", "apply")}
        seconds["learn"] = seconds["learn"] or expected(model, "learn+apply", known, None)
        return {
            "model": model,
            "available": missing is None,
            "why_not": missing,
            "slots": total,
            "free": free,
            "queued": state.queued.get(model, 0),
            "wait_seconds": state.wait_of_new,
            "seconds_per_job": seconds if any(seconds.values()) else None,
        }

    def end_revoked(self) -> None:
        """End the streams of those whose token was revoked, or has expired, since they began."""
        if held := self.hub.holders():
            self.hub.end(held - users.valid(self.store.db))

    def why_not(self, model: str) -> str | None:
        """Return why a model cannot be used here; None if it can."""
        try:
            model_folder(model)
            return None
        except ModelMissing as error:
            return str(error.problem.message)

    def limit(self, user: User, name: str) -> int:
        """Return a user's own limit, or else the server's."""
        own = {"queued": user.queued_limit, "stored_bytes": user.stored_limit}.get(name)
        return int(getattr(self.config.limits, name)) if own is None else own

    def count_upload(self, user: User) -> None:
        """Refuse more uploads a minute than a user may begin."""
        times = self._uploads.setdefault(user.id, deque())
        while times and times[0] < time.monotonic() - 60:
            times.popleft()
        if len(times) >= self.config.limits.uploads_a_minute:
            raise refuse(429, "too_many_uploads", "Too many files are sent at once.", "", 10)
        times.append(time.monotonic())


def service_of(request: Request) -> Service:
    """Return the server that a request was sent to."""
    found: Service = request.app.state.service
    return found


def user_of(request: Request) -> User:
    """Return who sent a request; the guard has made sure that it is somebody."""
    found: User = request.scope["mti_user"]
    return found


def holder_of(request: Request) -> bytes:
    """Return the hash of the token with which a request was sent."""
    found: bytes = request.scope["mti_token"]
    return found


def address_of(request: Request) -> str:
    """Return where a request came from, for the log."""
    return request.client.host if request.client else ""
