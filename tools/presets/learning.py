"""Learns captured motions with the real backend, one job after another; resumable.

Imports the add-on's workflow, and starts `python -m mti_backend run`.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from mti_addon.motion import encode_png
from mti_addon.wire import JobFolder, Settings, codec, events
from mti_addon.wire.queue import jobs_in
from mti_addon.workflow.captures import Capture
from mti_addon.workflow.job_requests import LearnOptions, create_learn_job, framed

from .catalog import ROOT, Wanted
from .held_out import held_out

VARIATIONS = 8
"""Number of drawings to learn from, if the draft does not know the poses."""


def options_of(wanted: Wanted) -> LearnOptions:
    """Return the learning options: those of the panel, but with variations."""
    return LearnOptions(
        name=wanted.name,
        iterations=wanted.iterations,
        seed=0,
        flip_safe=False,
        variations=VARIATIONS,
        framing=wanted.framing,
    )


def settings_of(wanted: Wanted, capture: Capture) -> Settings:
    """Return the settings that a motion is learned with."""
    settings = framed(capture.settings, wanted.framing)
    iterations = wanted.iterations or settings.inversion.iterations
    inversion = replace(settings.inversion, iterations=iterations, token_init="poses")
    return replace(settings, inversion=inversion)


def job_of(
    wanted: Wanted, capture: Capture, model: str, root: Path, fresh: bool = False
) -> JobFolder:
    """Return the job that learns a motion, in `root`; a new one if none has the same content.

    The content is what was captured, the options, and the identity of the model. `fresh`: write a
    new one anyway.
    """
    digest = hashlib.sha256()
    for path in sorted(capture.path.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    settings = codec.dumps(codec.to_dict(capture.settings))
    digest.update(f"{options_of(wanted)} {settings} {model}".encode())
    folder = root / f"{wanted.slug}-{digest.hexdigest()[:12]}"
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    if jobs := jobs_in(folder):
        return jobs[0]
    target = encode_png(held_out(capture.poses())[0].answer[0])
    return create_learn_job(folder, capture, options_of(wanted), target)


def is_done(job: JobFolder) -> bool:
    """Return whether a job has ended well."""
    return isinstance(job.finished(), events.Done)


def learn(job: JobFolder) -> None:
    """Run a job to its end, from its last checkpoint. Raises SystemExit if it fails."""
    command = [sys.executable, "-m", "mti_backend", "run", str(job.path)]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise SystemExit(f"presets: {job.request().name} failed; see {job.log_file}")
