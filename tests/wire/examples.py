"""Requests, jobs and random values for the tests of wire and client."""

from __future__ import annotations

import dataclasses
import random
import subprocess
import sys
import time
import types
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from mti_addon.wire.codec import Constraint, Range
from mti_addon.wire.job import JobFolder, create_job
from mti_addon.wire.owner import Owner
from mti_addon.wire.request import PROTOCOL, CaptureInfo, Request, Task
from mti_addon.wire.settings import Settings

ROOT = Path(__file__).parents[2]


def make_request(task: Task = "learn+apply", **changes: Any) -> Request:
    """A good request of the draft model, without its inputs."""
    settings = Settings.for_model("draft")
    request = Request(
        protocol=PROTOCOL,
        job=uuid.uuid4().hex,
        task=task,
        name="wave",
        settings=settings,
        inputs={},
        reference_frames=0 if task == "apply" else settings.num_frames,
        references=0 if task == "apply" else 1,
        targets=0 if task == "learn" else 1,
        capture=CaptureInfo(24.0, 1, 48, (640, 480), True),
    )
    return dataclasses.replace(request, **changes)


def make_inputs(request: Request) -> dict[str, bytes | Path]:
    """Bytes, which are no pictures, for every input of the request's task."""
    return {name: f"bytes of {name}".encode() for name in request.input_names()}


def make_job(root: Path, task: Task = "learn+apply", **changes: Any) -> JobFolder:
    """A whole job folder in `root`."""
    request = make_request(task, **changes)
    return create_job(root, request, make_inputs(request))


def with_inputs(request: Request) -> Request:
    """The request as it is in a folder: with a sha256 for each input."""
    names = request.input_names()
    return dataclasses.replace(request, inputs={name: "a" * 64 for name in names})


def limit_of(cls: type, name: str) -> Range | Constraint | None:
    """The Range or Constraint of a field."""
    hint = get_type_hints(cls, include_extras=True)[name]
    found = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((each for each in found if isinstance(each, Range | Constraint)), None)


def random_value(hint: Any, rng: random.Random) -> Any:
    """A random value of a field's type, within its range, often on its edge."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        limit = args[1]
        if not isinstance(limit, Range):
            return random_value(args[0], rng)
        edge = rng.random()
        if args[0] is int:
            return (
                int(limit.low if edge < 0.2 else limit.high)
                if edge < 0.4
                else (rng.randint(int(limit.low), int(limit.high)))
            )
        return (
            float(limit.low if edge < 0.2 else limit.high)
            if edge < 0.4
            else (rng.uniform(limit.low, limit.high))
        )
    if origin is Literal:
        return rng.choice(args)
    if origin in (Union, types.UnionType):
        return None if rng.random() < 0.3 else random_value(args[0], rng)
    if dataclasses.is_dataclass(hint):
        return random_dataclass(hint, rng)
    if origin is dict:
        return (
            {random_text(rng): random_json(rng, 2) for _ in range(rng.randrange(4))}
            if (args[1] is Any)
            else {random_text(rng): random_value(args[1], rng) for _ in range(rng.randrange(4))}
        )
    return {
        bool: lambda: rng.random() < 0.5,
        int: lambda: rng.randint(-(2**40), 2**40),
        float: lambda: rng.choice([0.0, -0.0, 1e-300, rng.gauss(0, 1e3), 5e-324, 1.7e308]),
        str: lambda: random_text(rng),
    }[hint]()


def random_dataclass(cls: Any, rng: random.Random) -> Any:
    """A dataclass with every field random."""
    hints = get_type_hints(cls, include_extras=True)
    return cls(**{f.name: random_value(hints[f.name], rng) for f in dataclasses.fields(cls)})


def random_text(rng: random.Random) -> str:
    """Any characters, also those that break line-based formats."""
    letters = 'aZ0 .,"\\/\n\r\t\x00\x1f\x85\u2028\u2029é漢🕺{}[]'
    return "".join(rng.choice(letters) for _ in range(rng.randrange(12)))


def random_json(rng: random.Random, depth: int) -> Any:
    """Any JSON value."""
    kind = rng.randrange(7 if depth else 5)
    if kind == 5:
        return [random_json(rng, depth - 1) for _ in range(rng.randrange(3))]
    if kind == 6:
        return {random_text(rng): random_json(rng, depth - 1) for _ in range(rng.randrange(3))}
    values = (None, rng.random() < 0.5, rng.randint(-9, 2**60), rng.gauss(0, 1), random_text(rng))
    return values[kind]


def random_settings(rng: random.Random) -> Settings:
    """Settings that are valid: random within every range."""
    settings: Settings = random_dataclass(Settings, rng)
    width, height = (max(16, side // 8 * 8) for side in (settings.width, settings.height))
    return dataclasses.replace(settings, width=width, height=height)


def elsewhere(owner: Owner, host: str = "farm-7") -> Owner:
    """The same process of another machine."""
    return dataclasses.replace(owner, host=host, machine="0" * 16, boot_id="another")


def child(code: str, *arguments: str) -> subprocess.Popen[str]:
    """A Python process that runs `code` with the repository importable; stdin and stdout piped."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> None:
    """Kill a child of ours with SIGKILL, and close its pipes."""
    process.kill()
    process.communicate()


def kill_often(code: str, argument: Path, enough: Callable[[], bool], kills: int = 12) -> None:
    """Run `code`, which prints "ready" and works for ever, and SIGKILL it at random moments.

    At least `kills` times, and until `enough()`; it is also called after every kill.
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
