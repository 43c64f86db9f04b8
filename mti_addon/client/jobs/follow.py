"""Poll a job on a timer without ever blocking; wire and stdlib only."""

from __future__ import annotations

import os
import time
from dataclasses import replace

from ...wire.errors import MtiError
from ...wire.events import EventReader, Failed
from ...wire.job import JobFolder, file_age
from ...wire.owner import LOST_SECONDS, STALE_SECONDS, Liveness, Owner, is_alive, read_owner
from .launch import reap
from .state import FINAL, JobState, Phase, fold

BUDGET_SECONDS = 0.001
"""Time limit of one poll; the next one continues."""
_CHUNK_EVENTS = 16


class Follower:
    """Follows one job folder; can be created at any time, even long after the job has ended."""

    def __init__(self, job: JobFolder) -> None:
        self.job = job
        self._reader = EventReader(job.events_file)
        self._told = JobState()
        self._broken: Failed | None = None
        self.caught_up = False
        """Whether the last poll read everything; until then, the state is outdated."""

    def poll(self) -> JobState:
        """Read new events and return the job's state; takes about 1 ms, and never raises."""
        self.caught_up = self._read()
        if self._broken is not None:
            return replace(self._told, phase="failed", error=self._broken)
        if not self.caught_up:
            return self._told
        phase = self._phase()
        silent = phase in ("dead", "cancelled", "paused") and self._told.phase not in FINAL
        if silent:
            # The final event may have been written between the two reads.
            self.caught_up = self._read()
            if not self.caught_up:
                return self._told
            phase = self._phase()
        return replace(self._told, phase=phase) if phase != self._told.phase else self._told

    def catch_up(self) -> JobState:
        """Poll until there are no more events to read; not for a timer, since it may take long."""
        state = self.poll()
        while not self.caught_up:
            state = self.poll()
        return state

    def _read(self) -> bool:
        """Fold new events within the time limit; return whether there are no more."""
        deadline = time.perf_counter() + BUDGET_SECONDS
        while self._broken is None:
            try:
                events = self._reader.read_new(max_events=_CHUNK_EVENTS)
            except MtiError as error:
                self._broken = Failed.of(error)
                return True
            except OSError:
                return True
            for _, when, event in events:
                self._told = fold(self._told, event, when)
            if self._reader.at_end:
                return True
            if time.perf_counter() > deadline:
                return False
        return True

    def _phase(self) -> Phase:
        """Return its phase, distinguishing a pause from a cancel."""
        phase = self._standing()
        return "paused" if phase == "cancelled" and self.job.pause_asked() else phase

    def _standing(self) -> Phase:
        """Return the phase according to the events, corrected by whether a runner is alive."""
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
        """Return whether the final event is from this runner, not an earlier one.

        A runner that fails immediately has not reported its epoch; its owner.json is then older
        than the event.
        """
        if self._told.epoch == owner.epoch:
            return True
        try:
            return self.job.owner_file.stat().st_mtime <= self._told.changed
        except OSError:
            return True

    def _comes_up(self, launched: Owner) -> bool:
        """Return whether a launched runner has not started up yet, and still may."""
        liveness = is_alive(launched, None)
        if liveness is Liveness.ELSEWHERE:
            age = file_age(self.job.launched_file)
            return age is not None and age <= LOST_SECONDS
        return liveness is not Liveness.DEAD

    def _judge(self, owner: Owner) -> Phase | None:
        """Return running or stuck; None if this runner has ended, which removes its heartbeat."""
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
                # it would have responded to a cancel by now
                return None if self.job.cancel_asked() else "stuck"
            case Liveness.DEAD:
                return None

    def _given_up(self) -> Phase:
        """Return the phase without a runner: cancelled if that was requested, otherwise dead."""
        return "cancelled" if self.job.cancel_asked() else "dead"
