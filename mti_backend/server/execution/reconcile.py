"""The reconcile loop: compares what should run with what runs, and puts it right.

Every step is safe to repeat, and the server may be killed between any two. What is true is in the
store and in the jobs' folders; the executor only holds handles.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable

from mti_addon.wire import files
from mti_addon.wire.errors import Busy, DiskFull, MtiError, UnreadableInput
from mti_addon.wire.problem import Problem

from ..files import folders
from ..files.places import Places
from ..store import jobs
from ..store import results as kept
from ..store.database import Store, now
from ..store.jobs import Job
from .ending import Ending, end_from_result
from .executor import Executor, Resources
from .follow import Follower
from .queue import may_start, order

LOOK_SECONDS = 0.05
"""How often the events of running jobs are read; an artist sees them at most this much later."""
POLL_SECONDS = 0.5
WAIT_SECONDS = 10.0
"""Before a job is started again for which there was no space, or no engine."""

log = logging.getLogger(__name__)


class Reconciler:
    """Starts jobs, follows them, and ends them. Runs in a thread of its own."""

    def __init__(
        self,
        store: Store,
        places: Places,
        executor: Executor,
        notify: Callable[[str], None],
        most_running: int | None = None,
    ) -> None:
        """`notify` is told, in this thread, about each job that has changed. `most_running`: jobs
        of one user that are at work at a time; None: any number."""
        self._store, self._places = store, places
        self._executor, self._notify, self._most_running = executor, notify, most_running
        self._ending = Ending(store, places, notify)
        self._wake, self._stop = threading.Event(), threading.Event()
        self._follower = Follower(store, places, executor, self._ending, notify)
        self._polled = 0.0
        self._woken = True
        self._thread = threading.Thread(target=self._run, name="reconcile", daemon=True)

    def start(self) -> None:
        """Begin, with whatever an earlier server has left."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking; the runners go on."""
        self._stop.set()
        self._wake.set()
        self._thread.join()

    def wake(self) -> None:
        """Look at the queue at once: something in it has changed."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                busy = self.tick()
            except Exception:  # the loop is the server's heart: report, and try again
                log.exception("the reconcile loop failed")
                busy = True
            self._woken = self._wake.wait(LOOK_SECONDS if busy else POLL_SECONDS) or self._woken
            self._wake.clear()

    def tick(self) -> bool:
        """Do everything once; return whether any job is running."""
        running = jobs.running(self._store.db)
        for job in running:
            if job.handle is None:  # the server died between leasing and starting
                self._start(job, job.epoch)
        due = time.monotonic() - self._polled >= POLL_SECONDS
        if due:
            self._tidy()
        changed = self._follower.follow(running, due)
        if due:
            self._polled = time.monotonic()
        if due or changed or self._woken:
            self._woken = False
            self._dispatch()
        return bool(running)

    def _tidy(self) -> None:
        """Clear the spool of folders that no attempt uses: an earlier server died over them."""
        for name, epoch, path in folders.at_work(self._places):
            job = jobs.get(self._store.db, name)
            if job is None:
                files.remove_folder(path)
            elif job.is_final:
                folders.settle(self._places, name)
            elif job.state == "queued" or job.epoch != epoch:
                folders.park(self._places, name, epoch)

    def _dispatch(self) -> None:
        """Start what is next, as long as there are places."""
        db = self._store.db
        unfinished = jobs.unfinished(db)
        running = [job for job in unfinished if job.state == "running"]
        queued = [job for job in unfinished if job.state == "queued" and not job.cancel]
        if not queued:
            return
        free = sum(free for free, _ in self._executor.capacity().values())
        done, at_work = kept.known(db), {job.work for job in running}
        of_user = Counter(job.user for job in running)
        for job in order(queued, running, jobs.last_started(db), now()):
            if job.work in done and self._give_result(job):
                continue
            if free <= 0 or job.not_before > now() or job.work in at_work:
                continue  # the same work is being done: its result will do for this job as well
            if not may_start(job, of_user, self._most_running):
                continue
            epoch = self._store.write(jobs.lease, job.id, job.user)
            if epoch is not None:
                free -= 1
                at_work.add(job.work)
                of_user[job.user] += 1
                self._start(job, epoch)
                self._notify(job.id)

    def _start(self, job: Job, epoch: int) -> None:
        db = self._store.db
        try:
            request, inputs = jobs.request_of(db, job.id), jobs.inputs_of(db, job.id)
            folder = folders.prepare(self._places, job.id, epoch, request, inputs)
            handle = self._executor.submit(job.id, epoch, folder.path, Resources(job.model))
            self._store.write(jobs.set_handle, job.id, epoch, handle.to_json())
        except FileNotFoundError:
            what = "A file of this job is no longer on the server."
            gone = UnreadableInput(Problem("server_blob_gone", what, "Send the job again."))
            self._ending.failed(job, epoch, gone)
        except (DiskFull, Busy) as error:  # not the job's fault, so it does not count
            log.warning("job %s waits: %s", job.id, error)
            later = now() + WAIT_SECONDS
            self._store.write(jobs.requeue, job.id, epoch, later, job.stalled)
            folders.park(self._places, job.id, epoch)
        except MtiError as error:
            log.warning("job %s cannot be started: %s", job.id, error)
            self._ending.not_started(job, epoch, error)

    def _give_result(self, job: Job) -> bool:
        """End a job whose work has already been done for another one."""
        found = kept.find(self._store.db, job.work)
        if found is None:
            return False
        place = self._places.results / job.work
        try:
            end_from_result(self._store, self._places, job, found, place)
        except (OSError, MtiError) as error:
            log.warning("result %s is not used: %s", job.work, error)
            self._store.write(kept.forget, job.work)
            return False
        self._notify(job.id)
        return True
