"""Which engines the studio has, and how soon; pure, wire and stdlib only.

Based on the server's last answer (status.json); asks nobody.
"""

from __future__ import annotations

from typing import Any

from ...wire.durations import clock
from ...wire.problem import Problem
from ...wire.remote.messages import Me, RemoteEngine
from ..setup.engines import LABELS, Condition, EngineState
from .studio import Status

_MOST_SECONDS = 100 * 3600.0


def studio_engine(name: str, status: Status | None, now: float | None = None) -> EngineState:
    """Return the state of an engine at the studio; `now` in Unix seconds, default the present.

    An engine of a studio that does not answer is not missing: its job is sent when it does.
    """
    return EngineState(name, *_judged(name, status, now))


def studio_seconds(name: str, status: Status | None, learns: bool, applies: bool) -> float | None:
    """Return how long a usual job takes at the studio, in seconds, without waiting; or None."""
    engine = _engine(name, status.me if status else None)
    costs = engine.seconds_per_job if engine else None
    if costs is None:
        return None
    parts = [costs.learn] * learns + [costs.apply] * applies
    known = [part for part in parts if part is not None]
    return sum(known) if known and len(known) == len(parts) else None


def _engine(name: str, me: Me | None) -> RemoteEngine | None:
    return next((each for each in me.engines if each.model == name), None) if me else None


def _judged(name: str, status: Status | None, now: float | None) -> tuple[Condition, Problem]:
    if status is None or not status.is_fresh(now):
        what = "The studio has not been asked lately. Jobs are sent to it as soon as it answers."
        return "unknown", Problem("studio_not_asked", what)
    if status.me is None:
        what = "No connection to the studio. Jobs are sent to it as soon as it answers."
        return "unknown", Problem("studio_no_connection", what)
    engine = _engine(name, status.me)
    if engine is None or not engine.available:
        reason = (engine.why_not or "")[:200] if engine else ""
        values: dict[str, Any] = {"engine": LABELS[name], "reason": reason}
        if reason:
            what = "{engine} cannot be used at the studio: {reason}"
            return "not_installed", Problem("studio_engine_unusable", what, values=values)
        what = "The studio does not have {engine}."
        return "not_installed", Problem("studio_engine_missing", what, values=values)
    return "ready", _ready(engine)


def _ready(engine: RemoteEngine) -> Problem:
    values: dict[str, Any] = {"count": engine.queued}
    if engine.free and not engine.queued:
        return Problem("studio_engine_free", "Ready at the studio: starts at once.")
    if engine.wait_seconds is None:
        what = "Ready at the studio. Jobs waiting there: {count}."
        return Problem("studio_engine_queue", what, values=values)
    what = "Ready at the studio. Jobs waiting there: {count}; starts in about {wait}."
    values["wait"] = clock(min(engine.wait_seconds, _MOST_SECONDS))
    return Problem("studio_engine_wait", what, values=values)
