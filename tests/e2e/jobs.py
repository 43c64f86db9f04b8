"""Helpers for e2e tests: small jobs, real runner processes, and their events."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from PIL import Image

from mti_addon.client.jobs.follow import Follower
from mti_addon.client.jobs.launch import launch
from mti_addon.wire.events import Done, Event, EventReader, FinalEvent
from mti_addon.wire.job import JobFolder, create_job
from mti_addon.wire.owner import read_owner
from mti_addon.wire.queue import enqueue
from mti_addon.wire.request import PROTOCOL, CaptureInfo, Request, Task, reference_name
from mti_addon.wire.settings import InversionSettings, SamplingSettings, Settings
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding
from tests.tiny import FRAMES, SIZE

ROOT = Path(__file__).parents[2]
TASKS_OF_LEARNING = ("learn", "learn+apply")


def settings(iterations: int = 40, sampling_steps: int = 3, batch: int = 1) -> Settings:
    """Settings for the tiny model."""
    return Settings(
        model="svd",
        num_frames=FRAMES,
        width=SIZE,
        height=SIZE,
        inversion=InversionSettings(
            tokens_per_frame=2, iterations=iterations, batch_size=batch, checkpoint_every=4
        ),
        sampling=SamplingSettings(
            num_inference_steps=sampling_steps, max_guidance_scale=1.0, noise_aug_strength=0.0
        ),
    )


def png(picture: np.ndarray) -> bytes:
    """PNG bytes of uint8 (H, W, 3) or (H, W, 4)."""
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "PNG")
    return data.getvalue()


def reference(number: int = 1) -> dict[str, bytes | Path]:
    """A square that moves to the right; the number selects its position and look."""
    pictures = np.full((FRAMES, SIZE, SIZE, 3), 230, np.uint8)
    top = 8 + 3 * (number - 1)
    for index, picture in enumerate(pictures):
        picture[top : top + 12, 4 + 5 * index : 14 + 5 * index] = (200, 40, 40 * number)
    return {
        reference_name(index + 1, number): png(picture) for index, picture in enumerate(pictures)
    }


def target(width: int = SIZE, height: int = SIZE, channels: int = 3) -> bytes:
    """An image of this size."""
    noise = np.random.default_rng(7).integers(0, 256, (height, width, channels), dtype=np.uint8)
    return png(noise)


def new_job(
    root: Path,
    task: Task = "learn+apply",
    inputs: Mapping[str, bytes | Path] = {},
    references: int = 1,
    **of: int,
) -> JobFolder:
    """A job for the tiny model; `inputs` add to or replace the default ones, `of` is for
    settings."""
    files: dict[str, bytes | Path] = {}
    for number in range(references if task in TASKS_OF_LEARNING else 0):
        files |= reference(number + 1)
    if task != "learn":
        files["target.png"] = target()
    request = Request(
        protocol=PROTOCOL,
        job=uuid.uuid4().hex,
        task=task,
        name="to the right",
        settings=settings(**of),
        inputs={},
        reference_frames=FRAMES if task in TASKS_OF_LEARNING else 0,
        references=references if task in TASKS_OF_LEARNING else 0,
        targets=0 if task == "learn" else 1,
        capture=CaptureInfo(24.0, 1, 48, (320, 320), False),
    )
    return create_job(root, request, {**files, **inputs})


def environment(models: Path) -> dict[str, str]:
    return {"MTI_MODELS_DIR": str(models), "MTI_DEVICE": "cpu"}


def run(job: JobFolder, models: Path, *python: str) -> subprocess.CompletedProcess[str]:
    """Run a job in the foreground, as in a terminal; `python` are interpreter options."""
    return subprocess.run(
        [sys.executable, *python, "-m", "mti_backend", "run", str(job.path)],
        cwd=ROOT,
        env={**os.environ, **environment(models)},
        capture_output=True,
        text=True,
        timeout=300,
    )


def start(job: JobFolder, models: Path) -> int:
    """Start a runner as Blender does; returns its process ID."""
    return launch(sys.executable, ROOT, job, environment(models))


class StayingRunner:
    """One real runner that keeps its model and does the jobs of a folder, one after the other.

    Starting a process takes it as long as a dozen of these small jobs; so tests of what a job
    leaves behind share this one, and those of how a process starts, ends or dies have their own.
    """

    def __init__(self, spool: Path, models: Path) -> None:
        self.spool, self._models = spool, models
        self._pid: int | None = None

    def begin(self, job: JobFolder) -> None:
        """Give it a job of its folder, without waiting for it."""
        enqueue(job)
        if self._pid is None:
            variables = environment(self._models)
            self._pid = launch(sys.executable, ROOT, job, variables, idle_timeout=600.0)

    def finish(self, job: JobFolder) -> FinalEvent:
        """Have it do a job of its folder; returns the last event."""
        self.begin(job)
        # its heartbeat is there before it stops waiting
        wait_for(lambda: not job.waiting_file.exists(), what="its turn")
        final = wait_until_finished(job)
        owner = read_owner(job.owner_file)
        assert owner is not None and owner.pid == self._pid, "it was done by another process"
        return final

    def done(self, job: JobFolder) -> dict[str, Any]:
        """The same for a job that must succeed; returns its result."""
        final = self.finish(job)
        assert isinstance(final, Done), job.log_file.read_text()
        return final.result

    def end(self) -> None:
        """It waits for jobs that nobody will bring."""
        if self._pid is not None:
            psutil.Process(self._pid).kill()


def told(job: JobFolder) -> list[Event]:
    """All events; also checks that they are readable and consecutively numbered."""
    numbered = EventReader(job.events_file).read_new()
    assert [seq for seq, _, _ in numbered] == list(range(1, len(numbered) + 1))
    return [event for _, _, event in numbered]


def wait_for(condition: Callable[[], bool], seconds: float = 180.0, what: str = "") -> float:
    """Wait for the condition; returns the seconds it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.01)
    return time.monotonic() - began


def wait_until_finished(job: JobFolder) -> FinalEvent:
    """Wait until the job's runner has exited; returns the last event."""
    wait_for(lambda: job.finished() is not None and not job.heartbeat_file.exists(), what="its end")
    final = job.finished()
    assert final is not None
    return final


def phase_of(job: JobFolder) -> str:
    """The job's phase as the add-on sees it after reading everything; one poll may not suffice."""
    return Follower(job).catch_up().phase


def same_motion(one: JobFolder, other: JobFolder) -> bool:
    """Whether both learned the same, bit for bit. (Files differ: safetensors reorders its
    header.)"""
    a, b = (MotionEmbedding.load(job.output_motion) for job in (one, other))
    tokens = torch.equal(a.frame_tokens, b.frame_tokens) and torch.equal(
        a.video_tokens, b.video_tokens
    )
    return tokens and a.meta == b.meta
