"""`python -m mti_addon.client.remote.relay JOB STUDIO`: the relay of one job.

Blender starts it detached, with its own Python. It takes a job's folder and the studio's; the token
is in a file of the latter. Exit codes are those of a runner (docs/job.md, section 6).
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ....wire import files
from ....wire.errors import Busy, Cancelled, Internal, MtiError, StudioError
from ....wire.events import Cancelled as CancelledEvent
from ....wire.events import Done, Failed
from ....wire.job import JobFolder
from ....wire.owner import JobLock, Liveness, is_alive, read_owner
from ....wire.problem import Problem
from ....wire.queue import next_remote
from ....wire.remote.note import RemoteNote, read_remote, write_remote
from .. import outbox
from ..studio import StudioFolder
from .api import Api
from .connection import Connection
from .journal import Journal
from .pulse import Pulse
from .relay import Relay

LET_GO_SECONDS = 5.0
"""How long the lock of a killed relay may last, which ends with its last thread."""
STOP_SECONDS, ANSWER_SECONDS = 5.0, 2.0
"""How long the server may take to stop a job, and to answer, before the relay leaves."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="mti_addon.client.remote.relay", description=__doc__)
    parser.add_argument("job", type=Path, help="a folder with a request.json and a remote.json")
    parser.add_argument("studio", type=Path, help="the folder with the studio's credentials.json")
    options = parser.parse_args(argv)
    return run_relays(JobFolder(options.job.resolve()), StudioFolder(options.studio.resolve()))


def run_relays(job: JobFolder, folder: StudioFolder) -> int:
    """Relay a job, then those that wait beside it; return the exit code of the first.

    There are only so many relays at once, and Blender may be closed when one of them ends.
    """
    code, tried = run_relay(job, folder), {job.path.name}
    while (following := next_remote(job.path.parent)) is not None:
        if following.path.name in tried:
            break  # it could not be started
        tried.add(following.path.name)
        print(f"goes on with {following.path.name}", flush=True)
        run_relay(following, folder)
    return code


def run_relay(job: JobFolder, folder: StudioFolder) -> int:
    """Relay one job; return the exit code."""
    lock = JobLock(job)
    try:
        _acquire(lock)
        try:
            return _run(job, folder, lock)
        finally:
            lock.release()
    except MtiError as error:
        print(error.problem, file=sys.stderr)
        return error.exit_code


def _acquire(lock: JobLock) -> None:
    until = time.monotonic() + LET_GO_SECONDS
    while True:
        try:
            return lock.acquire()
        except Busy:
            owner = read_owner(lock.job.owner_file)
            dead = owner is not None and is_alive(owner, None) is Liveness.DEAD
            if not dead or time.monotonic() >= until:
                raise
        time.sleep(0.05)


def _run(job: JobFolder, folder: StudioFolder, lock: JobLock) -> int:
    finished, journal = job.finished(), Journal(job, lock)
    if isinstance(finished, Done) and _is_whole(job):
        return 0
    try:
        return _relay(job, folder, lock, journal, resumed=finished is not None)
    except Busy:
        raise
    except MtiError as error:
        print(error.problem, file=sys.stderr)
        journal.end(Failed.of(error))
        return error.exit_code
    except OSError as error:
        known = files.os_error(error, job.path)
        traceback.print_exc()
        fault = known or _fault(f"{error.strerror or error}")
        journal.end(Failed.of(fault))
        return fault.exit_code
    except Exception:
        traceback.print_exc()
        fault = _fault("")
        journal.end(Failed.of(fault))
        return fault.exit_code


def _relay(
    job: JobFolder, folder: StudioFolder, lock: JobLock, journal: Journal, resumed: bool
) -> int:
    note = _note_of(job)
    if resumed and not note.again:
        note = replace(note, again=True)
        write_remote(job, note)
    outbox.take_back(folder, note.key(job))
    credentials = folder.require_credentials()
    if credentials.pairing.address != note.studio:
        what = "This job was sent to the studio at {studio}, which is no longer paired."
        remedy = "Pair that studio again to resume the job, or start a new one."
        raise StudioError(Problem("other_studio", what, remedy, {"studio": note.studio}))
    connection = Connection(credentials)
    try:
        with Pulse(job, lock, connection.interrupt) as pulse:
            relay = Relay(job, note, Api(connection), journal, pulse)
            try:
                return relay.run()
            except Cancelled:
                connection.resume()
                return stop(relay, folder, connection)
            finally:
                relay.pictures.end()
    finally:
        connection.close()


def stop(relay: Relay, folder: StudioFolder, connection: Connection) -> int:
    """Have the server stop the job, now or when it can be reached again; return the exit code."""
    connection.timeout = ANSWER_SECONDS
    try:
        if not relay.note.job:
            # the request may have arrived although its answer did not
            outbox.put(folder, "cancel", relay.job, relay.note)
        else:
            _stop_there(relay)
    except MtiError as error:
        print(error.problem, file=sys.stderr)
        outbox.put(folder, "cancel", relay.job, relay.note)
    if relay.last is not None:
        return relay.finish(*relay.last)
    relay.journal.end(CancelledEvent(relay.learned))
    return Cancelled.exit_code


def _stop_there(relay: Relay) -> None:
    """Cancel the job on the server, and append what it still says. Raises MtiError."""
    job, until = relay.note.job, time.monotonic() + STOP_SECONDS
    relay.api.cancel(job)
    while relay.last is None and time.monotonic() < until:
        for each in relay.api.events_page(job, relay.seen, 1).events:
            if relay.told(each.seq, each.line):
                break
    if relay.last is not None and isinstance(relay.last[1], Done):
        done, relay.last = relay.last, None  # it was too late
        relay.fetch()
        relay.last = done


def _note_of(job: JobFolder) -> RemoteNote:
    note = read_remote(job)
    if note is None:
        what = "The file remote.json of this job is damaged, so it is unknown where the job runs."
        raise Internal(Problem("remote_note_unreadable", what, "Start a new job."))
    return note


def _is_whole(job: JobFolder) -> bool:
    try:
        return bool(job.verify_output())
    except MtiError:
        return False


def _fault(reason: str) -> Internal:
    what = "The connection to the studio stopped because of an internal error. {reason}"
    values = {"reason": reason}
    return Internal(Problem("relay_fault", what, "Resume the job, or report its log.", values))


if __name__ == "__main__":
    sys.exit(main())
