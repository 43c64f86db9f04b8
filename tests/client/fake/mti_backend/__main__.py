"""A runner without a model: it obeys docs/job.md, and misbehaves as MTI_FAKE asks.

finish (default)   all events up to done, at once
slow               learns for ever, honours `cancel`
short              learns for about two seconds
silent             has the lock, and says nothing
crash              ends before it has the lock
fail               ends with failed/out_of_memory
fail_early         ends with failed/bad_request before it has said `started`
garbage            writes what is no event
die                kills itself after a checkpoint
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

from mti_addon.wire.errors import Busy
from mti_addon.wire.events import (
    Cancelled,
    Done,
    Event,
    Failed,
    Progress,
    Resumed,
    Started,
    encode,
    good_prefix,
)
from mti_addon.wire.files import append_line, write_atomic
from mti_addon.wire.job import JobFolder, manifest_of
from mti_addon.wire.owner import JobLock

TOTAL = 20


def main(command: str, folder: str, *rest: str) -> int:
    """`run JOB`, as the real one."""
    assert command == "run" and (not rest or rest[0] == "--idle-timeout")
    mode = os.environ.get("MTI_FAKE", "finish")
    print("environment:", sorted(key for key in os.environ if key.startswith("PYTHON")))
    print("stdin:", sys.stdin.read() == "", "session:", os.getsid(0) == os.getpid())
    if mode == "crash":
        print("ImportError: no module named torch", file=sys.stderr)
        return 1
    job = JobFolder(Path(folder))
    try:
        with JobLock(job) as lock:
            return Fake(job, lock.epoch, mode).run()
    except Busy:
        return Busy.exit_code


class Fake:
    """One run."""

    def __init__(self, job: JobFolder, epoch: int, mode: str) -> None:
        self.job, self.epoch, self.mode = job, epoch, mode
        size, self.seq = good_prefix(job.events_file)
        with contextlib.suppress(FileNotFoundError):
            os.truncate(job.events_file, size)

    def tell(self, event: Event) -> None:
        """Append one event."""
        self.seq += 1
        append_line(self.job.events_file, encode(event, self.seq, time.time()), durable=True)

    def run(self) -> int:
        """The story; returns the exit code."""
        if self.mode == "silent":
            time.sleep(120)
        if self.mode == "fail_early":
            self.tell(Failed("bad_request", "name is ''.", "Give it a name."))
            return 2
        if isinstance(self.job.finished(), Done) and self.job.output_motion.is_file():
            return 0
        self.tell(Started("draft", "cpu", self.epoch, {"python": sys.version.split()[0]}))
        if self.mode == "garbage":
            append_line(self.job.events_file, "Segmentation fault (core dumped)")
            time.sleep(120)
        if self.mode == "fail":
            self.tell(Failed("out_of_memory", "The clip does not fit.", ""))
            return 75
        return self.learn()

    def learn(self) -> int:
        """Iterations, of which `checkpoint/step` remembers how many are done."""
        first = self.saved()
        if first:
            self.tell(Resumed(first))
        total = 10**6 if self.mode == "slow" else TOTAL
        for step in range(first + 1, total + 1):
            if self.job.cancel_asked():
                self.tell(Cancelled(step - 1))
                return 3
            if step % 5 == 0:
                self.job.checkpoint_dir.mkdir(exist_ok=True)
                write_atomic(self.job.checkpoint_dir / "step", str(step).encode())
            self.tell(Progress("learn", step, total, 1.0 / step, 0.1 * (total - step)))
            if self.mode == "die" and step == 12:
                os.kill(os.getpid(), signal.SIGKILL)
            if self.mode in ("slow", "short"):
                self.job.heartbeat_file.touch()
                time.sleep(0.05 if self.mode == "slow" else 0.1)
        return self.finish()

    def saved(self) -> int:
        """Iterations that a runner before this one has saved."""
        try:
            return int((self.job.checkpoint_dir / "step").read_text())
        except FileNotFoundError:
            return 0

    def finish(self) -> int:
        """An output, and the last word."""
        self.job.frames_dir.mkdir(parents=True, exist_ok=True)
        (self.job.frames_dir / "0001.png").write_bytes(b"frame")
        self.job.output_motion.write_bytes(b"motion")
        self.job.preview_file.write_bytes(b"preview")
        self.job.manifest_file.write_text(manifest_of(self.job.output_dir).to_json())
        self.tell(Done({"frames": 1, "motion": "output/motion.safetensors"}))
        return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
