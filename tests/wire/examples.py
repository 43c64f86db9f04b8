"""Requests, jobs and random values for the tests of wire and client."""

from __future__ import annotations

import dataclasses
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from mti_addon.wire.codec import Constraint, Range
from mti_addon.wire.job import JobFolder, create_job
from mti_addon.wire.owner import Owner
from mti_addon.wire.request import PROTOCOL, CaptureInfo, Request, Task
from mti_addon.wire.settings import ModelName, Settings

ROOT = Path(__file__).parents[2]


def make_request(task: Task = "learn+apply", model: ModelName = "draft", **changes: Any) -> Request:
    """A valid request for a model, without its inputs."""
    settings = Settings.for_model(model)
    words = settings.motion_inversion
    if words is not None:
        words = dataclasses.replace(words, caption="a man waves", prompts=("a fox in snow",))
        settings = dataclasses.replace(settings, motion_inversion=words)
    request = Request(
        protocol=PROTOCOL,
        job=uuid.uuid4().hex,
        task=task,
        name="wave",
        settings=settings,
        inputs={},
        reference_frames=0 if task == "apply" else settings.num_frames,
        references=0 if task == "apply" else 1,
        targets=0 if task == "learn" or words is not None else 1,
        capture=CaptureInfo(24.0, 1, 48, (640, 480), True),
    )
    return dataclasses.replace(request, **changes)


def make_inputs(request: Request) -> dict[str, bytes | Path]:
    """Bytes, which are not images, for every input of the request's task."""
    return {name: f"bytes of {name}".encode() for name in request.input_names()}


def make_job(root: Path, task: Task = "learn+apply", **changes: Any) -> JobFolder:
    """A complete job folder in `root`."""
    request = make_request(task, **changes)
    return create_job(root, request, make_inputs(request))


def with_inputs(request: Request) -> Request:
    """The request as stored in a folder: with a sha256 for each input."""
    names = request.input_names()
    return dataclasses.replace(request, inputs={name: "a" * 64 for name in names})


def limit_of(cls: type, name: str) -> Range | Constraint | None:
    """The Range or Constraint of a field."""
    hint = get_type_hints(cls, include_extras=True)[name]
    found = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((each for each in found if isinstance(each, Range | Constraint)), None)


def elsewhere(owner: Owner, host: str = "farm-7") -> Owner:
    """The same process on another machine."""
    return dataclasses.replace(owner, host=host, machine="0" * 16, boot_id="another")


def child(code: str, *arguments: str) -> subprocess.Popen[str]:
    """A Python process that runs `code` with the repository importable; stdin and stdout are
    pipes."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> None:
    """Kill a child process with SIGKILL, and close its pipes."""
    process.kill()
    process.communicate()


def kill_often(code: str, argument: Path, enough: Callable[[], bool], kills: int = 12) -> None:
    """Run `code`, which prints "ready" and works forever, and SIGKILL it at random moments.

    At least `kills` times, and until `enough()`, which is also called after every kill.
    """
    rng = random.Random(0)
    for count in range(1, 200):
        process = child(code, str(argument))
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        time.sleep(rng.uniform(0.0, 0.06) * (1 + count / kills))
        end(process)
        if enough() and count >= kills:
            return
    raise AssertionError("it never got anything done")
