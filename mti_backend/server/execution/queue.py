"""The order in which queued jobs are started, and how long each has to wait. No I/O."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

from ..store.jobs import Job

PATIENCE_SECONDS = 1800.0
"""A job that learns and has waited for so long is no longer overtaken by those that apply."""

T = TypeVar("T")
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


@dataclass(frozen=True)
class Waits:
    """What the queue's estimate says. new: seconds until a job would start that somebody without
    any sends now; None without experience."""

    places: dict[str, Place]
    new: float | None


def waits(
    ordered: Sequence[Job],
    running: Sequence[Job],
    durations: Durations,
    slots: int,
    now: float,
    most: int | None = None,
) -> Waits:
    """Return the place of each queued job, given in their order, and when a new one would start.

    The estimate plays the queue through: whenever a slot is free, the first job goes there whose
    user has fewer than `most` at work. A job whose work another one is doing takes no slot, and
    ends with it. The estimate ends where all slots have jobs whose end is not known.
    """
    play = _Play(running, durations, slots, now, most)
    play.through(ordered)
    found = {
        job.id: Place(position, play.seconds.get(job.id))
        for position, job in enumerate(ordered, start=1)
    }
    return Waits(found, play.new)


@dataclass
class _Busy:
    """A slot: when it is free (infinity: unknown), whose job it has, and which work."""

    end: float
    user: str
    work: str


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
        self._busy = [_Busy(_left(job, durations, now), job.user, job.work) for job in running]
        self._time = 0.0
        self.seconds: dict[str, float] = {}
        """Until each queued job starts, as far as that is known."""
        self.new: float | None = None
        """Until a slot is free that no queued job takes."""

    def through(self, ordered: Sequence[Job]) -> None:
        """Play until all jobs have started, and a slot is free for a new one."""
        waiting = list(ordered)
        while waiting or self.new is None:
            job = self._next(waiting)
            if job is not None:
                waiting.remove(job)
                self.seconds[job.id] = self._time
                end = self._time + expected(job.model, job.task, self._durations, math.inf)
                self._busy.append(_Busy(end, job.user, job.work))
                continue
            if len(self._busy) < self._slots and self.new is None:
                self.new = self._time
                continue
            first = min(self._busy, key=lambda each: each.end, default=None)
            if first is None or first.end == math.inf:
                return
            waiting = self._end(first, waiting)

    def _next(self, waiting: Sequence[Job]) -> Job | None:
        if len(self._busy) >= self._slots:
            return None
        users, works = Counter(each.user for each in self._busy), {each.work for each in self._busy}
        for job in waiting:
            if job.work not in works and may_start(job, users, self._most):
                return job
        return None

    def _end(self, busy: _Busy, waiting: Sequence[Job]) -> list[Job]:
        """Free a slot; return who still waits: not those whose work has been done in it."""
        self._busy.remove(busy)
        self._time = max(self._time, busy.end)
        for job in waiting:
            if job.work == busy.work:
                self.seconds[job.id] = self._time
        return [job for job in waiting if job.work != busy.work]


def expected(model: str, task: str, durations: Durations, unknown: T) -> float | T:
    """Return how long such a job takes in seconds; `unknown` without experience."""
    known = durations.get((model, task))
    return median(known) if known else unknown


def _is_long(job: Job, now: float) -> bool:
    return job.task != "apply" and now - job.created < PATIENCE_SECONDS


def _left(job: Job, durations: Durations, now: float) -> float:
    """Seconds until a running job ends; infinity if unknown."""
    if job.seconds_left is not None:
        return job.seconds_left
    whole = expected(job.model, job.task, durations, math.inf)
    return max(0.0, whole - (now - (job.started or now)))
