"""The relay of one job: sends it, follows it, fetches its results; wire and stdlib only.

It may be killed between any two instructions. What it has to know afterwards is in the job's
folder, and everything that it asks of the server may be asked twice.
"""

from __future__ import annotations

import platform
import random
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from ....wire import codec, events
from ....wire.errors import Busy, Cancelled, MtiError, StudioError, WireError, error_from_code
from ....wire.job import JobFolder
from ....wire.problem import Problem
from ....wire.remote.note import RemoteNote, write_remote
from ....wire.remote.relayed import last_server_seq
from ....wire.request import PROTOCOL
from .api import Api, is_missing
from .connection import Unreachable
from .download import download_output
from .follow import EventStream
from .journal import Journal
from .live_pictures import TIMEOUT_SECONDS, LivePictures
from .pulse import Pulse
from .upload import upload_inputs

T = TypeVar("T")
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""Seconds between two attempts to reach the server."""
FINAL_STATES = ("failed", "cancelled")
MOST_ENDS = 3
"""How often the server may end the events of a job without its last one."""


class Relay:
    """One run of the relay on one job, whose lock is held."""

    def __init__(
        self, job: JobFolder, note: RemoteNote, api: Api, journal: Journal, pulse: Pulse
    ) -> None:
        self.job, self.note, self.api = job, note, api
        self.journal, self.pulse = journal, pulse
        self.request = job.request()
        self.learned = 0
        """Learning iterations that are done, as far as the server has told."""
        self.last: tuple[int, events.Event] | None = None
        """The server's final event, which is not appended yet."""
        self.pictures = LivePictures(job, Api(api.connection.another(TIMEOUT_SECONDS)))
        self.seen = max(note.after, last_server_seq(job, note.since))
        """The server's number of the last event that is in the folder, or does not count."""
        self._longest = 0
        """The last place that the job had in the queue."""
        self._place: tuple[int, float | None] = (0, None)

    def run(self) -> int:
        """Carry the job out; return the exit code. Raises MtiError; Cancelled if asked to stop."""
        versions = {"python": platform.python_version()}
        self.journal.append(
            events.Started(self.request.settings.model, "", self.journal.epoch, versions)
        )
        if self.note.again:
            self.persevere(self._again)
        if not self.note.job:
            self.persevere(self._submit)
        self.persevere(self._follow)
        assert self.last is not None
        if isinstance(self.last[1], events.Done):
            self.persevere(self.fetch)
        return self.finish(*self.last)

    def persevere(self, action: Callable[[], T]) -> T:
        """Repeat an action until the server has answered, for as long as it takes.

        Raises Cancelled, and whatever else the action raises.
        """
        wait, failures = FIRST_WAIT, 0
        while True:
            self.check()
            before = self.journal.seq
            try:
                result = action()
                self.journal.connection(True)
                return result
            except Unreachable as error:
                self.check()
                if self.journal.seq != before:
                    wait, failures = FIRST_WAIT, 0  # it got further than the last time
                failures += 1
                if failures > 1 and not error.busy:
                    self.journal.connection(False)
                # not all relays of a studio at the same moment
                self.pulse.sleep(max(error.wait, wait) * random.uniform(0.75, 1.25))
                wait = min(2 * wait, LONGEST_WAIT)

    def check(self) -> None:
        """Raise Cancelled if the relay should stop."""
        if self.pulse.lost:
            raise Busy("Another process has taken this job over.")
        if self.pulse.stopped:
            raise Cancelled("The job was cancelled.")

    def _again(self) -> None:
        """Have the server go on with a job that was resumed here, once."""
        if self.note.job:
            try:
                job = self.api.job(self.note.job)
                if job.state in FINAL_STATES:
                    # even if it ended there while nobody listened: that is over, too
                    self.seen = max(self.seen, job.seq)
                    self._write(after=self.seen)
                    self.api.resume(self.note.job)
                elif job.state == "done" and job.seq <= self.seen:
                    # its results were damaged here
                    self.seen = job.seq - 1
                    self._write(since=self.journal.seq, after=self.seen)
            except StudioError as error:
                if not is_missing(error):
                    raise
                attempt = self.note.attempt + 1
                self._write(job="", attempt=attempt, since=self.journal.seq, after=0)
                self.seen = 0
        self._write(again=False)

    def _submit(self) -> None:
        """Send the inputs, then the request; the server takes both only once."""
        self._contact()
        me = self.api.me()
        if me.protocol < PROTOCOL:
            raise _older_server(me.protocol)
        upload_inputs(self.api, self.job, self.request.inputs, self._tell("upload"))
        key = self.note.key(self.job)
        job = self.api.submit(key, codec.to_dict(self.request), self.request.inputs)
        self._write(job=job.id)
        if job.state == "queued":
            self._queued(job.position, job.wait_seconds)

    def _follow(self) -> None:
        """Append the server's events until its last one."""
        stream = EventStream(self.api, self.note.job, self.told, self._queued, self._contact)
        ends = 0
        while not stream.follow(self.seen):
            self.check()
            ends += 1
            if ends > MOST_ENDS and self.api.job(self.note.job).state in ("done", *FINAL_STATES):
                raise _without_end()
            self.pulse.sleep(FIRST_WAIT)

    def told(self, seq: int, line: str) -> bool:
        """Append an event of the server; return whether it is its last, which `_finish` appends."""
        if seq <= self.seen:
            return False
        self.seen = seq
        try:
            _, _, event = events.decode(line)
        except WireError:
            return False  # of a newer server
        match event:
            case events.Done() | events.Failed() | events.Cancelled():
                self.last = seq, event
                return True
            case events.Connection():
                return False
            case events.Preview(file=file):
                fetched = self._live_picture(file, seq)
                if fetched is None:
                    return False
                event = replace(event, file=fetched)
            case events.Started():
                event = replace(event, epoch=self.journal.epoch)
            case events.Progress(stage="learn", step=step):
                self.learned = step
        self.journal.append(event, seq)
        return False

    def _live_picture(self, file: str, seq: int) -> str | None:
        """Fetch a picture of what was learned so far; the other previews are among the results."""
        return self.pictures.fetch(self.note.job, seq) if file.startswith("live/") else None

    def finish(self, seq: int, event: events.Event) -> int:
        """Append the server's last event; return the exit code."""
        assert isinstance(event, events.Done | events.Failed | events.Cancelled)
        self.journal.end(event, seq)
        if isinstance(event, events.Failed):
            return error_from_code(event.code, event.said).exit_code
        return 0 if isinstance(event, events.Done) else Cancelled.exit_code

    def fetch(self) -> None:
        """Fetch the results of a job that is done."""
        download_output(self.api, self.job, self.note.job, self._tell("download"))

    def _tell(self, stage: str) -> Callable[[int, int], None]:
        def tell(done: int, total: int) -> None:
            self._contact()
            most = max(1, total // 1000)
            step = most if done >= total else min(done // 1000, most)
            self.journal.progress(events.Progress(stage, step, most))  # type: ignore[arg-type]

        return tell

    def _queued(self, position: int | None, seconds: float | None) -> None:
        self._contact()
        if position is None:
            return
        self._longest = max(self._longest, position, 1)
        place = position, seconds
        if place != self._place:
            self._place = place
            step = self._longest - max(1, position)
            self.journal.append(events.Progress("queue", step, self._longest, None, seconds))

    def _contact(self) -> None:
        self.journal.connection(True)

    def _write(self, **changes: object) -> None:
        self.note = replace(self.note, **changes)  # type: ignore[arg-type]
        write_remote(self.job, self.note)


def _older_server(protocol: int) -> MtiError:
    return StudioError(
        Problem(
            "studio_older",
            "The studio's server speaks protocol {spoken}, and this version {needed}.",
            "Ask the studio's administrator to update the server.",
            {"spoken": protocol, "needed": PROTOCOL},
        )
    )


def _without_end() -> StudioError:
    return StudioError(
        Problem(
            "studio_without_end",
            "The studio's server has ended this job without saying how.",
            "Resume the job; if it happens again, ask the studio's administrator.",
        )
    )
