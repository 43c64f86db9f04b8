"""A runner without a model, for tests of those who start a runner and follow it.

It is started as the backend is (`python -m mti_backend run JOB`), and needs the wire and nothing
else, so that it runs in every Python that the tests run in. It keeps docs/job.md, and misbehaves as
one word asks: MTI_FAKE, or else the first word of the motion's name.

finish      all events up to done, and pictures of one color each; so does any other word
still       as finish, but the pictures are all the same
poor        as finish, with a warning
real        as finish, but with a motion that can be read
bare        as finish, but at once, and with the least that can be called a result
short       learns for about two seconds
live        learns as slowly as short, with a picture of what was learned at every checkpoint
slow        learns for MTI_FAKE_STEPS (20) steps of MTI_FAKE_PAUSE (0.5) seconds; honours `cancel`
silent      has the lock, and says nothing
crash       ends before it has the lock
fail        ends with failed/out_of_memory while it learns
fail_early  ends with failed/bad_request before it has said `started`
garbage     writes what is no event
die         kills itself after a checkpoint; the next runner of the job does not
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import struct
import sys
import time
import zlib
from pathlib import Path
from typing import Any

from mti_addon.wire.errors import Busy, UnreadableInput
from mti_addon.wire.events import (
    Cancelled,
    Done,
    Event,
    Failed,
    Preview,
    Progress,
    Resumed,
    Started,
    encode,
    good_prefix,
)
from mti_addon.wire.files import append_line, new_folder, remove_folder, write_atomic
from mti_addon.wire.job import JobFolder, manifest_of
from mti_addon.wire.library.tensors import WIDTHS
from mti_addon.wire.owner import JobLock
from mti_addon.wire.request import Request

STEPS = 20
FAILS_AT, SAVES_EVERY, DIES_AT = 5, 5, 12
PAUSES = {"slow": 0.5, "short": 0.1, "live": 0.1, "bare": 0.0}
"""Seconds before another step; the others take long enough that Blender's timer sees them at work
once: a job that had ended before it was looked at first is no news."""
WIDTH = 64


def main(command: str, folder: str, *rest: str) -> int:
    """`run JOB`, as the real one; the exit code."""
    assert command == "run" and (not rest or rest[0] == "--idle-timeout")
    print("environment:", sorted(key for key in os.environ if key.startswith("PYTHON")))
    print("stdin:", sys.stdin.read() == "", "session:", os.getsid(0) == os.getpid())
    job = JobFolder(Path(folder))
    mode = os.environ.get("MTI_FAKE") or job.request().name.split()[0]
    if mode == "crash":
        print("ImportError: no module named torch", file=sys.stderr)
        return 1
    try:
        with JobLock(job) as lock:
            return Run(job, lock.epoch, mode).run()
    except Busy:
        return Busy.exit_code


class Run:
    """One run of one job."""

    def __init__(self, job: JobFolder, epoch: int, mode: str) -> None:
        self.job, self.epoch, self.mode = job, epoch, mode
        self.request = job.request()
        size, self.seq = good_prefix(job.events_file)
        with contextlib.suppress(FileNotFoundError):
            os.truncate(job.events_file, size)

    def tell(self, event: Event, last: bool = False) -> None:
        """Append one event; the last one durably."""
        self.seq += 1
        append_line(self.job.events_file, encode(event, self.seq, time.time()), durable=last)

    def run(self) -> int:
        """The story; returns the exit code."""
        if self.mode == "silent":
            time.sleep(120)
        if self.mode == "fail_early":
            self.tell(Failed("bad_request", "name is ''.", "Give it a name."), last=True)
            return 2
        if self.is_done():
            return 0
        self.job.verify_inputs()
        self.tell(Started("draft", "cpu", self.epoch, {"python": sys.version.split()[0]}))
        if self.mode == "garbage":
            append_line(self.job.events_file, "Segmentation fault (core dumped)")
            time.sleep(120)
        return self.learn()

    def is_done(self) -> bool:
        """There is nothing left to do: the job is done, and its output is whole."""
        try:
            return isinstance(self.job.finished(), Done) and bool(self.job.verify_output())
        except UnreadableInput:
            return False

    def learn(self) -> int:
        """Steps, and then the output."""
        first = self.saved()
        if first:
            self.tell(Resumed(first))
        total, pause = STEPS, PAUSES.get(self.mode, 0.01)
        if self.mode == "slow":
            total = int(os.environ.get("MTI_FAKE_STEPS", total))
            pause = float(os.environ.get("MTI_FAKE_PAUSE", pause))
        for step in range(first + 1, total + 1):
            if not self.goes_on(pause if step > first + 1 else 0.0):
                self.tell(Cancelled(step - 1), last=True)
                return 3
            if step % SAVES_EVERY == 0:
                self.job.checkpoint_dir.mkdir(exist_ok=True)
                write_atomic(self.job.checkpoint_dir / "step", str(step).encode())
            self.tell(Progress("learn", step, total, 1.0 / step, 0.1 * (total - step)))
            if self.mode == "live" and step % SAVES_EVERY == 0:
                self.show(step)
            if self.mode == "fail" and step == FAILS_AT:
                what = "clip" if self.request.applies else "model"
                self.tell(Failed("out_of_memory", f"The {what} does not fit.", ""), last=True)
                return 75
            if self.mode == "die" and step == DIES_AT and self.epoch == 1:
                os.kill(os.getpid(), signal.SIGKILL)
        self.tell(Done(self.write_output()), last=True)
        return 0

    def show(self, step: int) -> None:
        """A picture of what was learned so far, as bright as there are steps."""
        self.job.live_dir.mkdir(exist_ok=True)
        path = self.job.live_dir / f"{step:06d}.png"
        write_atomic(path, png(WIDTH, WIDTH, (10 * step, 0, 0)))
        self.tell(Preview(f"live/{path.name}"))

    def goes_on(self, pause: float) -> bool:
        """Wait so long, with a beating heart; False as soon as somebody asks to stop."""
        until = time.monotonic() + pause
        while True:
            self.job.heartbeat_file.touch()
            left = until - time.monotonic()
            if self.job.cancel_asked() or left <= 0:
                return not self.job.cancel_asked()
            time.sleep(min(left, 0.02))

    def saved(self) -> int:
        """Steps that a runner before this one has saved."""
        try:
            return int((self.job.checkpoint_dir / "step").read_text())
        except FileNotFoundError:
            return 0

    def write_output(self) -> dict[str, Any]:
        """`output/`, whole or not at all; what `done` tells of it."""
        if self.job.output_dir.exists():  # and is damaged
            remove_folder(self.job.output_dir)
        with new_folder(self.job.output_dir) as output:
            result = self.bare(output) if self.mode == "bare" else self.results(output)
            (output / self.job.manifest_file.name).write_text(manifest_of(output).to_json())
        return result

    def bare(self, output: Path) -> dict[str, Any]:
        """Bytes instead of a motion and of its picture."""
        (output / "frames").mkdir()
        for name in ("frames/0001.png", "motion.safetensors", "preview.webp"):
            (output / name).write_bytes(b"bytes")
        return {"frames": 1, "motion": "output/motion.safetensors"}

    def results(self, output: Path) -> dict[str, Any]:
        """Bytes instead of a motion, and pictures of one color each."""
        sampling, frames = self.request.settings.sampling, self.request.settings.images
        if self.request.learns:
            motion = tokens(self.request) if self.mode == "real" else b"a motion"
            (output / "motion.safetensors").write_bytes(motion)
        takes: list[dict[str, Any]] = []
        (output / "frames").mkdir()
        height = self.height() if self.request.applies else 0
        for take in range(sampling.takes if self.request.applies else 0):
            folder = output / "takes" / f"{take + 1:02d}" if take else output / "frames"
            folder.mkdir(parents=True, exist_ok=True)
            for i in range(frames):
                blue = 20 if self.mode == "still" else min(20 + 10 * i, 255)
                picture = png(WIDTH, height, (200 - 20 * take, 100, blue))
                (folder / f"{i + 1:04d}.png").write_bytes(picture)
            sheet = output / "sheets" / f"{take + 1:02d}.png"
            sheet.parent.mkdir(exist_ok=True)
            sheet.write_bytes(picture)
            places = {"frames_dir": folder, "sheet": sheet}
            told = {k: f"output/{p.relative_to(output).as_posix()}" for k, p in places.items()}
            takes.append({"target": 1, "seed": sampling.seed + take, "score": None} | told)
        return {
            "frames": frames,
            "takes": takes,
            "seconds": {"load": 1.0, "learn": 40.0, "apply": 6.0},
            "iterations": self.request.settings.inversion.iterations,
            "warning": "It may not transfer." if self.mode == "poor" else "",
        }

    def height(self) -> int:
        """Of pictures that are WIDTH wide, with the target's shape; square if it is no PNG."""
        data = self.job.target_file.read_bytes()
        if not data.startswith(b"\x89PNG"):
            return WIDTH
        width, height = struct.unpack(">II", data[16:24])
        return max(1, round(WIDTH * height / width))


def tokens(request: Request) -> bytes:
    """A motion whose numbers are all the same, another one for each job."""
    settings = request.settings
    frames, count = settings.num_frames, settings.inversion.tokens_per_frame
    shapes = {"frame_tokens": [frames, count], "video_tokens": [count]}
    header: dict[str, Any] = {"__metadata__": {"mti-motion-2": json.dumps({"model": "ab12"})}}
    end = 0
    for name, shape in shapes.items():
        begin, end = end, end + 4 * math.prod(shape) * WIDTHS[settings.model]
        whole = [*shape, WIDTHS[settings.model]]
        header[name] = {"dtype": "F32", "shape": whole, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    value = struct.pack("<f", int(request.job[:6], 16) / 2**24)
    return struct.pack("<Q", len(text)) + text + value * (end // 4)


def png(width: int, height: int, color: tuple[int, int, int]) -> bytes:
    """A picture of one color, 8-bit RGB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + crc(kind + data)

    def crc(data: bytes) -> bytes:
        return struct.pack(">I", zlib.crc32(data))

    rows = (b"\0" + bytes(color) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
