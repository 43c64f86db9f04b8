"""Look at a job again and again, on a timer, without ever waiting; wire and stdlib only."""

from __future__ import annotations

import os
import time
from dataclasses import replace

from ..wire.errors import MtiError
from ..wire.events import EventReader, Failed
from ..wire.job import JobFolder, file_age
from ..wire.owner import LOST_SECONDS, STALE_SECONDS, Liveness, Owner, is_alive, read_owner
from .launch import reap
from .state import FINAL, JobState, Phase, fold

BUDGET_SECONDS = 0.001
"""A look stops reading after this, and goes on at the next one."""
_CHUNK_EVENTS = 16


class Follower:
    """Follows one job folder; can be made at any time, also long after the job has ended."""

    def __init__(self, job: JobFolder) -> None:
        self.job = job
        self._reader = EventReader(job.events_file)
        self._told = JobState()
        self._broken: Failed | None = None
        self.caught_up = False
        """The last look has read all that there was; before, the state is one of the past."""

    def poll(self) -> JobState:
        """Read what is new and say how the job stands; about 1 ms at most, and never raises."""
        self.caught_up = self._read()
        if self._broken is not None:
            return replace(self._told, phase="failed", error=self._broken)
        if not self.caught_up:
            return self._told
        phase = self._phase()
        silent = phase in ("dead", "cancelled", "paused") and self._told.phase not in FINAL
        if silent:
            # It may have said its last word between the two looks.
            self.caught_up = self._read()
            if not self.caught_up:
                return self._told
            phase = self._phase()
        return replace(self._told, phase=phase) if phase != self._told.phase else self._told

    def _read(self) -> bool:
        """Fold new events, within the budget; True if there was nothing more."""
        deadline = time.perf_counter() + BUDGET_SECONDS
        while self._broken is None:
            try:
                events = self._reader.read_new(max_events=_CHUNK_EVENTS)
            except MtiError as error:
                self._broken = Failed.of(error)
                return True
            except OSError:
                return True
            if not events:
                return True
            for _, when, event in events:
                self._told = fold(self._told, event, when)
            if time.perf_counter() > deadline:
                return False
        return True

    def _phase(self) -> Phase:
        """How it stands; a cancel that was only meant to pause is told from others."""
        phase = self._standing()
        return "paused" if phase == "cancelled" and self.job.pause_asked() else phase

    def _standing(self) -> Phase:
        """What the events tell, corrected by whether anybody is there to tell more."""
        told = self._told.phase
        if told == "done":
            return told
        reap()
        owner, launched = read_owner(self.job.owner_file), read_owner(self.job.launched_file)
        spoken = told in FINAL and (owner is None or self._spoke_last(owner))
        if owner is not None and not spoken:
            judged = self._judge(owner)
            if judged is not None:
                return judged
        if launched is not None and (owner is None or launched.epoch > owner.epoch):
            return "queued" if self._comes_up(launched) else self._given_up()
        if os.path.exists(self.job.waiting_file):
            return "waiting"
        if spoken:
            return told
        return self._given_up() if owner is not None or self.job.cancel_asked() else "waiting"

    def _spoke_last(self, owner: Owner) -> bool:
        """The final event is this runner's, not one of a runner before it.

        A runner that fails at once has not told its epoch; then its owner.json is older than what
        it said.
        """
        if self._told.epoch == owner.epoch:
            return True
        try:
            return self.job.owner_file.stat().st_mtime <= self._told.changed
        except OSError:
            return True

    def _comes_up(self, launched: Owner) -> bool:
        """A runner that was started has not come up yet, and may."""
        liveness = is_alive(launched, None)
        if liveness is Liveness.ELSEWHERE:
            age = file_age(self.job.launched_file)
            return age is not None and age <= LOST_SECONDS
        return liveness is not Liveness.DEAD

    def _judge(self, owner: Owner) -> Phase | None:
        """running or stuck; None if this runner works no more (its heartbeat goes when it does)."""
        age = self.job.heartbeat_age()
        if age is None:
            return None
        match is_alive(owner, age):
            case Liveness.ALIVE:
                return "running"
            case Liveness.STALE:
                return "stuck"
            case Liveness.ELSEWHERE if age <= STALE_SECONDS:
                return "running"
            case Liveness.ELSEWHERE:
                # a cancel that it had seen would have ended it by now
                return None if self.job.cancel_asked() else "stuck"
            case Liveness.DEAD:
                return None

    def _given_up(self) -> Phase:
        """Nobody works on it: that is what a cancel asked for, or else a death."""
        return "cancelled" if self.job.cancel_asked() else "dead"
