"""Motion Inversion as jobs of real processes: what they leave, and that no death loses any."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from mti_addon.client.jobs import job_control
from mti_addon.wire.events import Cancelled, Done, Preview, Progress, Resumed, Started
from mti_addon.wire.job import JobFolder
from mti_addon.wire.library import About, save_motion
from mti_addon.wire.settings import ModelName
from mti_backend.method.motion_inversion.motion import Motion
from tests.e2e import jobs, words
from tests.e2e.test_crash import damage_newest_checkpoint, kill, learned, seed
from tests.tiny_text_to_video import make_tiny_text_to_video

ENGINES: tuple[ModelName, ...] = ("animatediff", "zeroscope")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with both engines, tiny."""
    folder = tmp_path_factory.mktemp("models")
    for engine in ENGINES:
        make_tiny_text_to_video(engine, folder / engine)
    return folder


@pytest.fixture(
    scope="module",
    params=["animatediff", pytest.param("zeroscope", marks=pytest.mark.slow)],
)
def finished(
    request: pytest.FixtureRequest, models: Path, tmp_path_factory: pytest.TempPathFactory
) -> JobFolder:
    """A job that has learned and applied successfully. Do not modify it."""
    job = words.new_job(tmp_path_factory.mktemp("spool"), model=request.param)
    done = jobs.run(job, models)
    assert done.returncode == 0, job.log_file.read_text()
    assert (done.stdout, done.stderr) == ("", "")
    return job


def test_what_a_job_leaves(finished: JobFolder) -> None:
    events = jobs.told(finished)
    stages = dict.fromkeys(event.stage for event in events if isinstance(event, Progress))
    assert list(stages) == ["load", "encode", "learn", "save", "apply", "decode"]
    assert isinstance(events[-1], Done) and Preview("output/preview.webp") in events
    assert [e.model for e in events if isinstance(e, Started)] == [
        finished.request().settings.model
    ]
    early = [f"early/{step:04d}.safetensors" for step in (4, 12)]
    frames = [f"frames/{i + 1:04d}.png" for i in range(words.FRAMES)]
    kept = ("motion.safetensors", "preview.webp", "sheets/01.png")
    assert set(finished.verify_output()) == {*early, *frames, *kept}
    result = events[-1].result
    assert result["early"] == [
        {"iterations": 4, "motion": "output/early/0004.safetensors"},
        {"iterations": 12, "motion": "output/early/0012.safetensors"},
    ]
    assert result["iterations"] == 24 and result["size"] == [words.SIZE, words.SIZE]
    left = [e.seconds_left for e in events if isinstance(e, Progress) and e.stage == "learn"]
    assert left[-1] is not None and left[-1] >= 0


def test_a_motion_says_what_it_is(finished: JobFolder) -> None:
    settings = finished.request().settings
    motions = [finished.output_motion, *sorted(finished.early_dir.iterdir())]
    for path, iterations in zip(motions, ("24", "4", "12"), strict=True):
        header = Motion.load(path).header
        assert (header.method, header.engine) == ("motion-inversion", settings.model)
        assert (header.frames, header.width, header.height) == (words.FRAMES, *settings.size)
        assert header.about["iterations"] == iterations
        assert header.about["caption"] == "a man waves" and header.about["name"] == "to the right"
        assert {layer.name.split(".")[0] for layer in header.layers} == {"down_blocks", "up_blocks"}
    assert float(Motion.load(finished.output_motion).header.about["loss"]) > 0


def test_what_was_learned_can_be_kept_in_the_library(finished: JobFolder, tmp_path: Path) -> None:
    motion = save_motion(finished, tmp_path / "library", About(kind="object"))
    model = finished.request().settings.model
    embedding = motion.preset.embeddings[model]
    assert embedding.model == Motion.load(finished.output_motion).header.model
    assert embedding.settings == finished.request().settings
    (file,) = motion.embedding_files(model)
    assert words.same(file, finished.output_motion)


def test_applied_later_it_is_the_same_clip(
    finished: JobFolder, models: Path, tmp_path: Path
) -> None:
    engine = finished.request().settings.model
    again, still, camera = (
        words.new_job(
            tmp_path, "apply", {"motion.safetensors": finished.output_motion}, model=engine,
            playing=playing,
        )
        for playing in (
            words.PLAYING,
            words.PlayingSettings(num_inference_steps=3, strength=0.0),
            words.PlayingSettings(num_inference_steps=3, view="camera"),
        )
    )  # fmt: skip
    for job in (again, still, camera):
        assert jobs.run(job, models).returncode == 0, job.log_file.read_text()

    def clip(job: JobFolder) -> list[bytes]:
        return [path.read_bytes() for path in sorted(job.frames_dir.iterdir())]

    assert clip(again) == clip(finished)
    assert len({tuple(clip(job)) for job in (again, still, camera)}) == 3
    assert "motion.safetensors" not in again.verify_output()


def test_killed_at_random_moments_it_is_the_same_bit_for_bit(
    finished: JobFolder, models: Path, tmp_path: Path
) -> None:
    chosen = seed()
    print(f"MTI_KILL_SEED={chosen}")
    moments = random.Random(chosen)
    job = words.new_job(tmp_path, model=finished.request().settings.model)
    for step in sorted(moments.randrange(1, 22) for _ in range(3)):
        pid = jobs.start(job, models)
        jobs.wait_for(lambda: learned(job) >= step or job.finished() is not None)  # noqa: B023
        time.sleep(moments.uniform(0.0, 0.2))
        kill(job, pid)
    damage_newest_checkpoint(job)
    assert jobs.run(job, models).returncode == 0, job.log_file.read_text()
    events = jobs.told(job)
    assert sum(isinstance(event, Resumed) for event in events) >= 1
    names = job.verify_output()
    assert set(names) == set(finished.verify_output())
    for name in names:
        mine, his = job.output_dir / name, finished.output_dir / name
        if name.endswith(".safetensors"):
            assert words.same(mine, his), name
        else:
            assert mine.read_bytes() == his.read_bytes(), name
    assert len(list(job.checkpoint_dir.glob("*.safetensors"))) == 2


def test_cancelled_and_resumed_it_is_the_same(
    finished: JobFolder, models: Path, tmp_path: Path
) -> None:
    job = words.new_job(tmp_path, model=finished.request().settings.model)
    jobs.start(job, models)
    jobs.wait_for(lambda: learned(job) >= 3, what="some learning")
    job.ask_cancel()
    cancelled = jobs.wait_until_finished(job)
    assert isinstance(cancelled, Cancelled), "it was too fast to be cancelled"
    job_control.requeue(job)
    jobs.start(job, models)
    jobs.wait_for(lambda: isinstance(job.finished(), Done), what="the end")
    assert Resumed(cancelled.step) in jobs.told(job)
    assert words.same(job.output_motion, finished.output_motion)
