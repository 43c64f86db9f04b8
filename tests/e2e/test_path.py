"""The complete path without errors: learn and apply, apply again, rerun, stay idle."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mti_addon.wire.events import Done, Preview, Progress, Resumed, Started
from mti_addon.wire.job import JobFolder
from tests.e2e import jobs
from tests.tiny import FRAMES, SIZE


def test_a_job_is_done(finished: JobFolder) -> None:
    events = jobs.told(finished)
    assert finished.verify_output() == (
        *(f"frames/{n:04d}.png" for n in range(1, FRAMES + 1)),
        "motion.safetensors",
        "preview.webp",
        "sheets/01.png",
    )
    [started] = [event for event in events if isinstance(event, Started)]
    assert (started.model, started.device, started.epoch) == ("svd", "cpu", 1)
    assert {"python", "torch", "diffusers"} <= set(started.versions)
    done = events[-1]
    assert isinstance(done, Done)
    assert done.result["frames"] == FRAMES
    assert done.result["size"] == [SIZE, SIZE]
    assert done.result["fps"] == FRAMES / 2.0  # 48 frames at 24 per second are two seconds
    assert done.result["iterations"] == 40
    assert done.result["loss"] > 0
    assert Preview("output/preview.webp") in events
    assert not any((finished.path / name).exists() for name in ("reserve", "heartbeat"))
    assert not list(finished.path.glob(".*"))


def test_every_stage_tells_its_progress(finished: JobFolder) -> None:
    progress = [event for event in jobs.told(finished) if isinstance(event, Progress)]
    assert list(dict.fromkeys(event.stage for event in progress)) == [
        "load",
        "encode",
        "learn",
        "save",
        "apply",
        "decode",
    ]
    learn = [event for event in progress if event.stage == "learn"]
    assert [event.step for event in learn] == sorted(event.step for event in learn)
    assert set(range(4, 41, 4)) <= {event.step for event in learn}
    assert all(event.total == 40 for event in learn)
    assert all(event.loss is not None and event.seconds_left is not None for event in learn[1:])


def test_a_finished_job_is_left_alone(finished: JobFolder, models: Path) -> None:
    before = finished.events_file.read_bytes()
    assert jobs.run(finished, models).returncode == 0
    assert finished.events_file.read_bytes() == before


def test_a_target_of_odd_size_with_alpha_is_moved(
    finished: JobFolder, staying: jobs.StayingRunner
) -> None:
    inputs = {
        "motion.safetensors": finished.output_motion,
        "target.png": jobs.target(41, 77, channels=4),
    }
    job = jobs.new_job(staying.spool, "apply", inputs)
    staying.done(job)
    for number in range(1, FRAMES + 1):
        with Image.open(job.frames_dir / f"{number:04d}.png") as picture:
            assert (picture.mode, picture.size) == ("RGB", (SIZE, SIZE))
            assert np.asarray(picture).std() > 0
    assert not job.output_motion.exists()


def test_one_motion_is_learned_from_three_references(staying: jobs.StayingRunner) -> None:
    """All three matter: replacing the third one changes the motion."""
    settings = {"references": 3, "iterations": 6}
    three = jobs.new_job(staying.spool, "learn+apply", **settings)
    again = jobs.new_job(staying.spool, "learn", **settings)
    black = jobs.png(np.zeros((SIZE, SIZE, 3), np.uint8))
    blacks = dict.fromkeys(jobs.reference(3), black)
    other = jobs.new_job(staying.spool, "learn", blacks, **settings)
    results = [staying.done(job) for job in (three, again, other)]
    assert results[0]["frames"] == FRAMES
    assert len(list(three.frames_dir.iterdir())) == FRAMES
    assert jobs.same_motion(three, again)
    assert not jobs.same_motion(three, other)


def test_a_job_of_protocol_1_is_done(staying: jobs.StayingRunner) -> None:
    """In the format from before several references were supported."""
    job = jobs.new_job(staying.spool, "learn", iterations=2)
    request = json.loads(job.request_file.read_text())
    inversion = request["settings"]["inversion"]
    del (
        request["references"],
        request["targets"],
        inversion["precision"],
        inversion["learning_rate_decay"],
    )
    del inversion["augmentation"]["variants"]
    job.request_file.write_text(json.dumps(request | {"protocol": 1}))
    staying.done(job)
    assert job.verify_output() == ("motion.safetensors",)


def test_output_that_was_damaged_is_made_again_from_the_checkpoint(
    finished: JobFolder, staying: jobs.StayingRunner
) -> None:
    job = JobFolder(shutil.copytree(finished.path, staying.spool / finished.path.name))
    job.output_motion.write_bytes(b"nonsense")
    staying.done(job)
    assert jobs.same_motion(job, finished)
    events = jobs.told(job)
    first, second = [event.epoch for event in events if isinstance(event, Started)]
    assert first < second
    assert Resumed(40) in events


@pytest.mark.parametrize("command", ["--help", "run --help"])
def test_help_needs_no_torch(command: str) -> None:
    code = "import sys; from mti_backend.__main__ import main\ntry: main(sys.argv[1:])\n"
    code += "except SystemExit: assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code, *command.split()], cwd=jobs.ROOT, check=True)
