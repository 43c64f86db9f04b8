"""Motions are learned from videos and applied to pictures by real processes, without Blender."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from mti_addon.wire.events import EventReader, Progress, Resumed
from mti_addon.wire.job import JobFolder
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding
from tests.backend.cli.footage import square, video
from tests.e2e import jobs

ITERATIONS = "12"


def environment(place: Path) -> dict[str, str]:
    """A library, and unfinished jobs, of its own."""
    own = {"MTI_LIBRARY": str(place / "library"), "MTI_WORK": str(place / "work")}
    return {**os.environ, **own, "MTI_DEVICE": "cpu"}


def start(place: Path, *arguments: str | Path) -> subprocess.Popen[str]:
    place.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "mti_backend", *map(str, arguments)],
        cwd=jobs.ROOT,
        env=environment(place),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def call(place: Path, *arguments: str | Path, code: int = 0) -> Any:
    """Run a command to its end; returns its JSON."""
    process = start(place, *arguments, "--json")
    out, err = process.communicate(timeout=300)
    assert process.returncode == code, err
    return json.loads(out)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("place")


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a broken video, one in which nothing moves, and a good one."""
    folder = tmp_path_factory.mktemp("videos")
    good = video(folder / "to_the_right.mp4", square(30))
    (folder / "a broken.mp4").write_bytes(good.read_bytes()[:700])
    video(folder / "b still.mp4", np.repeat(square(1), 20, axis=0))
    return folder


@pytest.fixture(scope="module")
def movie(videos: Path) -> Path:
    return videos / "to_the_right.mp4"


def learning(source: Path) -> list[str]:
    more = ["--iterations", ITERATIONS, "--tags", "square", "--kind", "object"]
    return ["learn", str(source), *more]


@pytest.fixture(scope="module")
def outcomes(place: Path, videos: Path) -> list[dict[str, Any]]:
    """What `learn` has told of the folder's videos."""
    told: dict[str, Any] = call(place, *learning(videos), code=2)
    assert told["exit_code"] == 2
    motions: list[dict[str, Any]] = told["motions"]
    return motions


@pytest.fixture(scope="module")
def learned(outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    return outcomes[-1]


def test_a_folder_of_videos_goes_on_after_those_that_fail(
    place: Path, videos: Path, outcomes: list[dict[str, Any]]
) -> None:
    assert [Path(each["source"]) for each in outcomes] == sorted(videos.iterdir())
    assert [each["status"] for each in outcomes] == ["failed", "failed", "learned"]
    problems = [each["error"] and each["error"]["problem"] for each in outcomes]
    assert problems == ["video_unreadable", "images_all_the_same", None]
    again = call(place, *learning(videos), code=2)["motions"]
    assert [each["status"] for each in again] == ["failed", "failed", "known"]
    assert again[-1]["folder"] == outcomes[-1]["folder"]


def tokens(motion: dict[str, Any]) -> MotionEmbedding:
    (file,) = Path(motion["folder"], "embeddings").iterdir()
    return MotionEmbedding.load(file)


def test_a_learned_motion_is_in_the_library_with_its_pictures(
    place: Path, learned: dict[str, Any]
) -> None:
    folder = Path(learned["folder"])
    assert folder == place / "library" / "to-the-right"
    assert learned["name"] == "to the right"
    assert learned["quality"]["loss"] > 0 and learned["quality"]["reconstruction"] is not None
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"preview.webp", "thumbnail.png", "reference/0001.png", "reference/0014.png"} < names
    (listed,) = (each for each in call(place, "list") if not each["shipped"])
    assert listed["id"] == learned["id"] and listed["tags"] == ["square"]
    assert listed["kind"] == "object" and listed["engines"] == ["draft"]
    assert list((place / "work").iterdir()) == [], "what is done is removed"


@pytest.mark.slow
def test_stopped_and_killed_it_continues_and_the_motion_is_the_same_bit_for_bit(
    movie: Path, learned: dict[str, Any], tmp_path: Path
) -> None:
    place = tmp_path / "other"
    process = start(place, *learning(movie), "--json")
    at_iteration(place, 1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "The same command continues from here." in err and "Traceback" not in err
    assert json.loads(out)["error"]["code"] == "cancelled"

    process = start(place, *learning(movie))
    at_iteration(place, 6)
    process.kill()
    process.communicate()

    (job,) = (place / "work").iterdir()
    resumed = [event for event in events(JobFolder(job)) if isinstance(event, Resumed)]
    (motion,) = call(place, *learning(movie))["motions"]
    assert len(resumed) == 1 and motion["status"] == "learned"
    ours, theirs = tokens(motion), tokens(learned)
    assert torch.equal(ours.frame_tokens, theirs.frame_tokens)
    assert torch.equal(ours.video_tokens, theirs.video_tokens)
    assert motion["id"] == learned["id"] and ours.meta == theirs.meta
    assert list((place / "work").iterdir()) == []


def events(job: JobFolder) -> list[Any]:
    return [event for _, _, event in EventReader(job.events_file).read_new()]


def at_iteration(place: Path, least: int) -> None:
    """Wait until so many iterations of the only job are safe."""

    def there() -> bool:
        found = list((place / "work").glob("[0-9a-f]*")) if (place / "work").is_dir() else []
        steps = [
            event.step
            for job in found
            for event in events(JobFolder(job))
            if isinstance(event, Progress) and event.stage == "learn"
        ]
        return max(steps, default=0) >= least

    jobs.wait_for(there, what=f"iteration {least}")


def test_a_motion_is_applied_to_two_pictures(
    place: Path, learned: dict[str, Any], tmp_path: Path
) -> None:
    for name, size in (("a.jpg", (96, 128)), ("b.png", (160, 96))):
        picture = square(1, *size)[0]
        Image.fromarray(picture).save(tmp_path / name)
    pictures = [tmp_path / "a.jpg", tmp_path / "b.png"]
    told = call(
        place, "apply", learned["id"][:8], *pictures, "--out", tmp_path / "out",
        "--takes", "2", "--video", tmp_path / "clip.mp4", "--in-between", "1",
    )  # fmt: skip
    assert (told["engine"], told["exit_code"]) == ("draft", 0)
    results = told["results"]
    assert [(Path(r["image"]).name, r["take"]) for r in results] == [
        ("a.jpg", 1), ("a.jpg", 2), ("b.png", 1), ("b.png", 2),
    ]  # fmt: skip
    for result, size in zip(results, [(96, 128)] * 2 + [(160, 96)] * 2, strict=True):
        names = sorted(path.name for path in Path(result["folder"]).iterdir())
        assert names == [*(f"{n:04d}.png" for n in range(1, 28)), "preview.webp"]
        first = np.asarray(Image.open(Path(result["folder"]) / "0001.png"))
        assert first.shape[1::-1] == size
        assert Path(result["video"]).stat().st_size > 1000
    assert list((place / "work").iterdir()) == []
    again = call(place, "apply", "to the right", pictures[0], "--out", tmp_path / "out", code=2)
    assert again["error"]["problem"] == "result_exists"
