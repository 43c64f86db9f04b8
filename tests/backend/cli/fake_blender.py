"""A program that the command line takes for Blender. It captures two actions without bpy: one that
moves, and one at which it crashes or says that nothing moves."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import uuid
from pathlib import Path

from PIL import Image

from mti_addon.wire.capture_folder import ActionCapture, CaptureFolder, CapturePlan
from mti_addon.wire.errors import BadRequest
from mti_addon.wire.events import Failed
from mti_addon.wire.job import create_job
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import PROTOCOL, CaptureInfo, Request, reference_name
from mti_backend.cli.pictures import png
from tests.backend.cli.footage import square

ROOT = Path(__file__).parents[3]
ACTIONS = ("Crash", "Walk", "Still")
STILL = Problem("images_all_the_same", "All images are the same: nothing moves in them.")


def program(path: Path, version: str = "Blender 5.0.1", how: str = "") -> Path:
    """Write such a program; `how` it behaves: "crash_at_once", "hang"."""
    path.write_text(
        f'#!/bin/sh\nif [ "$1" = --version ]; then echo noise; echo "{version}"; exit; fi\n'
        f'HOW={how} exec "{sys.executable}" "{__file__}" "$@"\n'
    )
    path.chmod(0o755)
    return path


def main() -> None:
    """Do what `capture_actions.py` does."""
    print("Read blend: noise on stdout", flush=True)
    print("noise on stderr", file=sys.stderr, flush=True)
    folder, how = CaptureFolder(Path(sys.argv[-1])), os.environ["HOW"]
    seen = {"arguments": sys.argv[1:], "user": os.environ["BLENDER_USER_RESOURCES"]}
    seen |= {"pid": os.getpid(), "path": os.environ["PYTHONPATH"]}
    Path(os.environ["MTI_SEEN"]).write_text(json.dumps(seen))
    if how == "crash_at_once":
        os.kill(os.getpid(), signal.SIGKILL)
    folder.write_plan(CapturePlan(ACTIONS, ("A notice.",)))
    for number, name in enumerate(ACTIONS):
        if folder.action(number) is not None:
            continue
        if how == "hang":
            time.sleep(600)
        if name == "Crash":
            os.kill(os.getpid(), signal.SIGKILL)
        folder.write_action(number, _captured(folder, name))


def _captured(folder: CaptureFolder, name: str) -> ActionCapture:
    if name == "Still":
        return ActionCapture(failed=Failed.of(BadRequest(STILL)))
    settings = folder.task().settings
    count = settings.num_frames
    request = Request(
        protocol=PROTOCOL,
        job=uuid.uuid4().hex,
        task="learn",
        name=name,
        settings=settings,
        inputs={},
        reference_frames=count,
        references=1,
        targets=0,
        capture=CaptureInfo(24.0, 1, 48, (640, 360), folder.task().flip_safe),
    )
    inputs = {reference_name(i + 1): png(Image.fromarray(p)) for i, p in enumerate(square(count))}
    return ActionCapture(create_job(folder.path, request, inputs).path.name, ("It is small.",))


if __name__ == "__main__":
    main()
