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


def places(
    ordered: Sequence[Job], running: Sequence[Job], durations: Durations, slots: int, now: float
) -> dict[str, Place]:
    """Return the place of each queued job, given in their order.

    The estimate plays the queue through: each job goes to the slot that is free first.
    """
    free_at = sorted(_left(job, durations, now) for job in running)[: max(slots, 0)]
    free = [0.0] * (slots - len(free_at)) + free_at
    known = slots > 0 and all(t >= 0 for t in free)
    found = {}
    for position, job in enumerate(ordered, start=1):
        seconds: float | None = None
        if known:
            free.sort()
            seconds = free[0]
            each = expected(job.model, job.task, durations)
            if each is None:
                known = False
            else:
                free[0] += each
        found[job.id] = Place(position, seconds)
    return found


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
