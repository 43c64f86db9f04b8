"""The reconcile loop: compares what should run with what runs, and puts it right.

Every step is safe to repeat, and the server may be killed between any two. What is true is in the
store and in the jobs' folders; the executor only holds handles.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from mti_addon.wire import files
from mti_addon.wire.errors import DiskFull, MtiError, UnreadableInput
from mti_addon.wire.job import JobFolder
from mti_addon.wire.problem import Problem
from mti_addon.wire.queue import is_worked_on

from ..files import folders
from ..files.places import Places
from ..store import events, jobs
from ..store import results as kept
from ..store.database import Store, now
from ..store.jobs import Job
from .ending import Ending, end_from_result
from .executor import Executor, Handle, Resources, RunState
from .queue import order
from .tail import News, read_news

LOOK_SECONDS = 0.05
"""How often the events of running jobs are read; an artist sees them at most this much later."""
POLL_SECONDS = 0.5
CANCEL_SECONDS = 10.0
RELEASE_SECONDS = 10.0
"""How long a runner may take to let go of a job whose last event it has written."""
DISK_SECONDS = 30.0

log = logging.getLogger(__name__)


class Reconciler:
    """Starts jobs, follows them, and ends them. Runs in a thread of its own."""

    def __init__(
        self, store: Store, places: Places, executor: Executor, notify: Callable[[str], None]
    ) -> None:
        """`notify` is told, in this thread, about each job that has changed."""
        self._store, self._places = store, places
        self._executor, self._notify = executor, notify
        self._ending = Ending(store, places, notify)
        self._wake, self._stop = threading.Event(), threading.Event()
        self._polled = 0.0
        self._finals: dict[tuple[str, int], float] = {}
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
            self._wake.wait(LOOK_SECONDS if busy else POLL_SECONDS)
            self._wake.clear()

    def tick(self) -> bool:
        """Do everything once; return whether any job is running."""
        db = self._store.db
        running = jobs.running(db)
        for job in running:
            if job.handle is None:  # the server died between leasing and starting
                self._start(job, job.epoch)
        due = time.monotonic() - self._polled >= POLL_SECONDS
        if due:
            self._tidy()
        states = self._poll(running) if due else {}
        for job in running:
            if job.handle is not None:
                self._guarded(job, states.get(job.id))
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

    def _poll(self, running: list[Job]) -> dict[str, RunState]:
        handles = [Handle.from_json(job.handle) for job in running if job.handle]
        self._polled = time.monotonic()
        return {handle.job: state for handle, state in self._executor.poll(handles).items()}

    def _guarded(self, job: Job, state: RunState | None) -> None:
        """One job's trouble must not keep the others from going on."""
        try:
            self._follow(job, state)
        except (MtiError, OSError) as error:
            log.warning("job %s: %s", job.id, error)

    def _follow(self, job: Job, state: RunState | None) -> None:
        assert job.handle is not None
        handle = Handle.from_json(job.handle)
        if job.cancel:
            self._executor.cancel(handle, CANCEL_SECONDS)
        path = folders.find(self._places, job.id)
        if path is None or path.name != f"{job.id}.{job.epoch}":
            news = News(job.offset, job.runner_seq, [])
            if state in (RunState.ENDED, RunState.LOST):
                self._ending.lost(job, news, path)
            return
        folder = JobFolder(path)
        news = read_news(folder.events_file, job.offset, job.runner_seq)
        if news.offset != job.offset:
            self._take_in(job, news)
        if news.is_broken:
            self._executor.cancel(handle, 0.0)
        if news.final is not None:
            if self._has_let_go(job, folder, handle):
                self._ending.ended(job, news, folder)
                self._finals.pop((job.id, job.epoch), None)
        elif state in (RunState.ENDED, RunState.LOST):
            again = read_news(folder.events_file, news.offset, news.seq)
            if again.final is None and not again.lines:  # it may have written before it ended
                self._ending.lost(job, news, path)

    def _take_in(self, job: Job, news: News) -> None:
        taken = self._store.write(
            events.take_in,
            *(job.id, job.epoch, news.lines, news.offset, news.seq),
            *(news.progress, news.seconds_left),
        )
        if taken:
            self._notify(job.id)

    def _has_let_go(self, job: Job, folder: JobFolder, handle: Handle) -> bool:
        """Return whether the runner has left a job that it says has ended; it is made to."""
        if not is_worked_on(folder):
            return True
        since = self._finals.setdefault((job.id, job.epoch), time.monotonic())
        if time.monotonic() - since > RELEASE_SECONDS:
            self._executor.cancel(handle, 0.0)
        return False

    def _dispatch(self) -> None:
        """Start what is next, as long as there are places."""
        db = self._store.db
        unfinished = jobs.unfinished(db)
        running = [job for job in unfinished if job.state == "running"]
        queued = [job for job in unfinished if job.state == "queued" and not job.cancel]
        if not queued:
            return
        free = sum(free for free, _ in self._executor.capacity().values())
        at_work = {job.work for job in running}
        for job in order(queued, running, jobs.last_started(db), now()):
            if job.work in at_work or self._give_result(job) or job.not_before > now():
                continue  # the same work is being done: its result will do for this job as well
            if free <= 0:
                continue
            epoch = self._store.write(jobs.lease, job.id, job.user)
            if epoch is not None:
                free -= 1
                at_work.add(job.work)
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
        except DiskFull as error:
            log.warning("job %s waits: %s", job.id, error)
            later = now() + DISK_SECONDS
            self._store.write(jobs.requeue, job.id, epoch, later, job.stalled)
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
