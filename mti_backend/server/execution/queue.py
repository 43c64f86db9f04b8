"""The order in which queued jobs are started, and how long each has to wait. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from ..store.jobs import Job

PATIENCE_SECONDS = 1800.0
"""A job that learns and has waited for so long is no longer overtaken by those that apply."""

Durations = Mapping[tuple[str, str], Sequence[float]]
"""Seconds of the last jobs, by (model, task)."""


@dataclass(frozen=True)
class Place:
    """Where a queued job stands. position: from 1; seconds: None without experience."""

    position: int
    wait_seconds: float | None


def order(
    queued: Sequence[Job],
    running: Sequence[Job],
    last_started: Mapping[str, float],
    now: float,
) -> list[Job]:
    """Return the queued jobs in the order in which they are started.

    Applying a motion takes a minute and learning an hour, so what applies goes first. Within that,
    users take turns: whoever has the fewest jobs ahead of this one, running or queued, is next,
    then whoever has waited longest for a turn.
    """
    by_user: dict[tuple[bool, str], list[Job]] = {}
    for job in sorted(queued, key=lambda each: (each.created, each.id)):
        by_user.setdefault((_is_long(job, now), job.user), []).append(job)
    at_work = Counter(job.user for job in running)
    keyed = []
    for (is_long, user), jobs in by_user.items():
        for turn, job in enumerate(jobs, start=at_work[user]):
            keyed.append(((is_long, turn, last_started.get(user, 0.0), job.created, job.id), job))
    return [job for _, job in sorted(keyed, key=lambda each: each[0])]


def may_start(job: Job, at_work: Mapping[str, int], most: int | None) -> bool:
    """Return whether one more job of this user may be at work: `most` at a time, None: any."""
    return most is None or at_work.get(job.user, 0) < most


def places(
    ordered: Sequence[Job],
    running: Sequence[Job],
    durations: Durations,
    slots: int,
    now: float,
    most: int | None = None,
) -> dict[str, Place]:
    """Return the place of each queued job, given in their order.

    The estimate plays the queue through: whenever a slot is free, the first job goes there whose
    user has fewer than `most` at work. It ends with the first job whose end is not known.
    """
    play = _Play(running, durations, slots, now, most)
    seconds = play.through(ordered)
    return {
        job.id: Place(position, seconds.get(job.id))
        for position, job in enumerate(ordered, start=1)
    }


class _Play:
    """The queue as it goes on from now, if all jobs take as long as others like them."""

    def __init__(
        self,
        running: Sequence[Job],
        durations: Durations,
        slots: int,
        now: float,
        most: int | None,
    ) -> None:
        self._durations, self._slots, self._most = durations, slots, most
        self._at_work = [(_left(job, durations, now), job.user) for job in running]
        self._known = slots > 0 and all(end >= 0 for end, _ in self._at_work)

    def through(self, ordered: Sequence[Job]) -> dict[str, float]:
        """Return in how many seconds each job starts, as far as that is known."""
        found: dict[str, float] = {}
        waiting, time = list(ordered), 0.0
        while waiting and self._known:
            job = self._next(waiting)
            if job is None:
                if not self._at_work:
                    break
                time = max(time, self._end_of_first())
                continue
            waiting.remove(job)
            found[job.id] = time
            self._start(job, time)
        return found

    def _next(self, waiting: Sequence[Job]) -> Job | None:
        if len(self._at_work) >= self._slots:
            return None
        counts = Counter(user for _, user in self._at_work)
        return next((job for job in waiting if may_start(job, counts, self._most)), None)

    def _start(self, job: Job, time: float) -> None:
        seconds = expected(job.model, job.task, self._durations)
        if seconds is None:
            self._known = False
        else:
            self._at_work.append((time + seconds, job.user))

    def _end_of_first(self) -> float:
        first = min(self._at_work)
        self._at_work.remove(first)
        return first[0]


def expected(model: str, task: str, durations: Durations) -> float | None:
    """Return how long such a job takes in seconds; None without experience."""
    known = durations.get((model, task))
    return median(known) if known else None


def _is_long(job: Job, now: float) -> bool:
    return job.task != "apply" and now - job.created < PATIENCE_SECONDS


def _left(job: Job, durations: Durations, now: float) -> float:
    """Seconds until a running job ends; -1 if unknown."""
    if job.seconds_left is not None:
        return job.seconds_left
    whole = expected(job.model, job.task, durations)
    if whole is None:
        return -1.0
    return max(0.0, whole - (now - (job.started or now)))
