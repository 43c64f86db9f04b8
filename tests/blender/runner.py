"""A second implementation of the runner's side of the job folder, for the add-on's tests.

It is started as the backend is (python -m mti_backend run JOB), keeps the same promises, and does
what the motion's name says: "fail ...", "die ...", "slow ...", or anything else to succeed ("poor
..." with a warning, "still ..." with pictures that are all the same). It
needs no torch: it "learns" by waiting, and "applies" by drawing pictures of one colour each.
"""

from __future__ import annotations

import os
import sys
import time

# started as a script: sys.path has PYTHONPATH, the extension's root, as it is for the backend
from mti_addon.motion import encode_png
from mti_addon.motion.png import png_size
from mti_addon.wire import JobFolder, decode, encode
from mti_addon.wire.events import Cancelled, Done, Event, Failed, Progress, Started
from mti_addon.wire.files import append_line
from mti_addon.wire.job import manifest_of
from mti_addon.wire.owner import JobLock

STEPS = 20


class Runner:
    """One run of one job."""

    def __init__(self, job: JobFolder, epoch: int) -> None:
        self.job, self.epoch = job, epoch
        self.request = job.request()
        lines = job.events_file.read_bytes().splitlines() if job.events_file.exists() else []
        self.seq = decode(lines[-1])[0] if lines else 0
        self.behaviour = self.request.name.split()[0]
        self.takes: list[dict[str, object]] = []

    def tell(self, event: Event) -> None:
        """Append one event."""
        self.seq += 1
        append_line(self.job.events_file, encode(event, self.seq, time.time()))

    def run(self) -> int:
        """Work; gives the exit code."""
        self.job.verify_inputs()
        self.tell(Started("test", "cpu", self.epoch, {}))
        for step in range(1, STEPS + 1):
            self.job.heartbeat_file.touch()
            if self.job.cancel_asked():
                self.tell(Cancelled(step))
                return 3
            time.sleep(0.5 if self.behaviour == "slow" else 0.01)
            self.tell(Progress("learn", step, STEPS, 1.0 / step, 0.1 * (STEPS - step)))
            if step == 5 and self.behaviour == "fail":
                self.tell(Failed("out_of_memory", "The model does not fit.", ""))
                return 75
            if step == 5 and self.behaviour == "die" and self.epoch == 1:
                os._exit(9)
        self.write_output()
        seconds = {"load": 1.0, "learn": 40.0, "apply": 6.0}
        warning = "It may not transfer." if self.behaviour == "poor" else ""
        self.tell(
            Done(
                {
                    "frames": self.request.settings.num_frames,
                    "takes": self.takes,
                    "seconds": seconds,
                    "iterations": self.request.settings.inversion.iterations,
                    "warning": warning,
                }
            )
        )
        return 0

    def height(self) -> int:
        """Of pictures 64 pixels wide, with the target's shape."""
        if not self.request.targets:
            return 64
        width, height = png_size(self.job.target_file.read_bytes())
        return max(1, round(64 * height / width))

    def write_output(self) -> None:
        """Pictures of one colour each, or a stand-in for a motion."""
        import numpy as np

        temp = self.job.path / ".output"
        (temp / "frames").mkdir(parents=True)
        if self.request.learns:
            (temp / "motion.safetensors").write_bytes(b"a motion")
        sampling = self.request.settings.sampling
        height = self.height()
        for take in range(sampling.takes if self.request.applies else 0):
            folder = temp / "takes" / f"{take + 1:02d}" if take else temp / "frames"
            folder.mkdir(parents=True, exist_ok=True)
            for i in range(self.request.settings.num_frames):
                blue = 20 if self.behaviour == "still" else 20 + 10 * i
                picture = np.full((height, 64, 3), (200 - 20 * take, 100, blue), np.uint8)
                (folder / f"{i + 1:04d}.png").write_bytes(encode_png(picture))
            sheet = temp / "sheets" / f"{take + 1:02d}.png"
            sheet.parent.mkdir(exist_ok=True)
            sheet.write_bytes(encode_png(picture))
            places = {"frames_dir": folder, "sheet": sheet}
            told = {name: f"output/{p.relative_to(temp).as_posix()}" for name, p in places.items()}
            self.takes.append({"target": 1, "seed": sampling.seed + take, "score": None} | told)
        (temp / "manifest.json").write_text(manifest_of(temp).to_json())
        os.replace(temp, self.job.output_dir)


if __name__ == "__main__":
    folder = JobFolder(sys.argv[sys.argv.index("run") + 1])
    with JobLock(folder) as lock:
        sys.exit(Runner(folder, lock.epoch).run())
