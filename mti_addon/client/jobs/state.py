"""A job's state, folded from its events; pure, no I/O; wire and stdlib only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from ...wire.events import (
    Cancelled,
    Connection,
    Done,
    Event,
    Failed,
    Notice,
    Planned,
    Preview,
    Progress,
    Resumed,
    Started,
)
from ...wire.problem import Problem

Phase = Literal[
    "waiting", "queued", "running", "done", "failed", "cancelled", "paused", "dead", "stuck"
]
FINAL: tuple[Phase, ...] = ("done", "failed", "cancelled")
MAX_LOSSES = 200
MAX_NOTICES = 4
"""The last ones are kept: a model may fall back several times."""


@dataclass(frozen=True)
class JobState:
    """One job as displayed.

    phase: waiting (in the queue), queued (its runner is starting), running, done, failed,
    cancelled, paused (cancelled, to be resumed later), dead (its runner died; it can be resumed) or
    stuck (its runner is alive, but has made no progress for a while).
    """

    phase: Phase = "queued"
    model: str = ""
    device: str = ""
    epoch: int = 0
    """Epoch of the runner that reported last."""
    stage: str = ""
    step: int = 0
    total: int = 0
    loss: float | None = None
    losses: tuple[float, ...] = ()
    """At most MAX_LOSSES, evenly thinned over the whole learning; for a curve."""
    loss_steps: tuple[int, ...] = ()
    """The learning iteration of each of `losses`."""
    loss_stride: int = 1
    """One in this many reported losses is kept."""
    loss_count: int = 0
    seconds_left: float | None = None
    notices: tuple[Problem, ...] = ()
    """Its planned GPU usage, none on a CPU, and how it is carried out; without a remedy."""
    preview: str = ""
    """Relative to the job folder."""
    error: Failed | None = None
    """Why it failed."""
    result: dict[str, Any] | None = None
    online: bool = True
    """False while the relay of a remote job has no connection to the studio."""
    changed: float = 0.0
    """Unix time of the last event."""

    @property
    def fraction(self) -> float:
        """Return the completed fraction of the current stage, 0 to 1."""
        return min(1.0, self.step / self.total) if self.total else 0.0


def fold(state: JobState, event: Event, time: float = 0.0) -> JobState:
    """Return the state after one more event; `time` is the event's own, in Unix seconds."""
    state = replace(state, changed=max(time, state.changed))
    match event:
        case Started():
            return _started(state, event)
        case Planned(seconds=seconds):
            state = replace(state, phase="running", seconds_left=seconds)
            return _with_notice(state, event)
        case Notice():
            return _with_notice(replace(state, phase="running"), event)
        case Progress():
            return _progressed(state, event)
        case Resumed(step=step):
            keep = sum(1 for each in state.loss_steps if each <= step)
            return replace(
                state, step=step, losses=state.losses[:keep], loss_steps=state.loss_steps[:keep]
            )
        case Preview(file=file):
            return replace(state, preview=file)
        case Connection(online=online):
            return replace(state, phase="running", online=online)
        case Done(result=result):
            return replace(state, phase="done", result=result, seconds_left=0.0, online=True)
        case Failed():
            return replace(state, phase="failed", error=event, seconds_left=None)
        case Cancelled(step=step):
            return replace(state, phase="cancelled", step=step, seconds_left=None)


def _started(state: JobState, event: Started) -> JobState:
    return replace(
        state,
        phase="running",
        model=event.model,
        device=event.device,
        epoch=event.epoch,
        stage="",
        step=0,
        total=0,
        loss=None,
        seconds_left=None,
        notices=(),
        online=True,
        error=None,
        result=None,
    )


def _with_notice(state: JobState, event: Planned | Notice) -> JobState:
    return replace(state, notices=(*state.notices, event.said)[-MAX_NOTICES:])


def _progressed(state: JobState, event: Progress) -> JobState:
    state = replace(
        state,
        phase="running",
        stage=event.stage,
        step=event.step,
        total=event.total,
        seconds_left=event.seconds_left,
    )
    return state if event.loss is None else _with_loss(state, event.step, event.loss)


def _with_loss(state: JobState, step: int, loss: float) -> JobState:
    losses, steps, stride = state.losses, state.loss_steps, state.loss_stride
    if state.loss_count % stride == 0:
        losses, steps = (*losses, loss), (*steps, step)
    if len(losses) > MAX_LOSSES:
        losses, steps, stride = losses[::2], steps[::2], stride * 2
    return replace(
        state,
        loss=loss,
        losses=losses,
        loss_steps=steps,
        loss_stride=stride,
        loss_count=state.loss_count + 1,
    )
