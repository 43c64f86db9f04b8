"""Motions are learned from videos and played in what prompts describe by real processes, without
Blender. The text-to-video model is tiny."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.backend.cli.footage import square, video
from tests.e2e import jobs
from tests.tiny_text_to_video import make_tiny_text_to_video

SIZE = ("--size", "32x32", "--frames", "4")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a models folder, a library, and a video."""
    root = tmp_path_factory.mktemp("place")
    for name in ("animatediff", "draft-by-words"):
        make_tiny_text_to_video("animatediff", root / "models" / name, levels=3)
    video(root / "walk.mp4", square(12))
    return root


def start(place: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    own = {"MTI_LIBRARY": str(place / "library"), "MTI_WORK": str(place / "work")}
    own |= {
        "MTI_DEVICE": "cpu",
        "MTI_MODELS_DIR": str(place / "models"),
        "PYTHONPATH": str(jobs.ROOT),
    }
    return subprocess.run(
        [sys.executable, "-m", "mti_backend", *map(str, arguments)],
        cwd=place, env={**os.environ, **own}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def call(place: Path, *arguments: str | Path, code: int = 0) -> Any:
    """Run a command to its end; returns its JSON."""
    done = start(place, *arguments, "--json")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def learned(place: Path) -> dict[str, Any]:
    """A motion, learned and played at once; of a few iterations."""
    given = ("--caption", "a square moves", "--prompt", "a fox", "--steps", "2", "--out", "at-once")
    told: dict[str, Any] = call(
        place, "learn", "walk.mp4", "--method", "motion-inversion", "--iterations", "3",
        "--kind", "object", *SIZE, *given,
    )  # fmt: skip
    return told


def test_a_motion_is_learned_and_played(place: Path, learned: dict[str, Any]) -> None:
    (motion,) = learned["motions"]
    assert (motion["status"], motion["engine"], motion["name"]) == (
        "learned",
        "animatediff",
        "walk",
    )
    assert (Path(motion["folder"]) / "preview.webp").is_file()
    (result,) = learned["results"]
    assert result["prompt"] == "a fox" and result["frames"] == 4
    folder = place / "at-once" / "a fox"
    assert Path(result["folder"]) == folder
    with Image.open(folder / "0004.png") as picture:
        assert picture.size == (32, 32)
    assert not any((place / "work").iterdir())


def test_it_is_not_learned_again(place: Path, learned: dict[str, Any]) -> None:
    given = ("--engine", "animatediff", "--iterations", "3", "--caption", "a square moves", *SIZE)
    again = call(place, "learn", "walk.mp4", *given)
    assert again["motions"][0]["status"] == "known"
    assert again["motions"][0]["id"] == learned["motions"][0]["id"]


def test_it_is_played_in_several_prompts(place: Path, learned: dict[str, Any]) -> None:
    told = call(
        place, "apply", "walk", "--prompt", "a fox", "--prompt", "a castle in fog/rain", "--takes",
        "2", "--view", "camera", "--strength", "0.5", "--noise-prior", "0", "--steps", "2",
        "--negative-prompt", "blurry", "--guidance", "3",
    )  # fmt: skip
    assert told["engine"] == "animatediff"
    found = [(each["prompt"], each["take"], each["seed"]) for each in told["results"]]
    fog = "a castle in fog/rain"
    assert found == [("a fox", 1, 0), ("a fox", 2, 1), (fog, 1, 0), (fog, 2, 1)]
    names = {"a fox", "a fox-take-2", "a castle in fog rain", "a castle in fog rain-take-2"}
    assert {path.name for path in (place / "walk").iterdir()} == names
    clips = {tuple(p.read_bytes() for p in sorted(Path(r["folder"]).glob("*.png")))
             for r in told["results"]}  # fmt: skip
    assert len(clips) == 4


def test_list_and_show_know_it(place: Path, learned: dict[str, Any]) -> None:
    listed = call(place, "list", "--engine", "animatediff")
    assert [each["name"] for each in listed] == ["walk"]
    assert listed[0]["engines"] == ["animatediff"]
    text = start(place, "show", "walk").stdout
    assert "3 iterations, 4 frames of 32 x 32 px, caption 'a square moves'" in text
    shown = call(place, "show", "walk")["embeddings"]["animatediff"]["settings"]
    assert shown["method"] == "motion-inversion"
    assert shown["motion_inversion"]["caption"] == "a square moves"


def test_what_the_draft_does_not_know_is_noted_and_done_all_the_same(place: Path) -> None:
    video(place / "small.mp4", square(20))
    done = start(
        place, "learn", "small.mp4", "--engine", "draft-by-words", "--iterations", "2", *SIZE,
        "--caption", "a box on white paper", "--prompt", "a red fox",
        "--steps", "1", "--quiet",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first = done.stderr.splitlines()[0]
    assert first.startswith("Words that the draft does not know: fox. It knows these subjects: ")
    assert "a red fox: " in done.stdout and (place / "small" / "a red fox" / "0004.png").is_file()
    done = start(place, "apply", "small", "--prompt", "a dog", "--steps", "1", "--overwrite")
    assert done.returncode == 0 and "does not know" not in done.stderr
    done = start(place, "learn", "walk.mp4", "--prompt", "a fox", "--size", "bad")
    assert done.returncode == 2 and "does not know" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("apply", "walk", "--prompt", " "), "prompt_empty"),
        (("apply", "walk"), "nothing_to_animate"),
        (("apply", "walk", "--prompt", "a", "--reverse"), "option_of_other_method"),
        (("apply", "walk", "--prompt", "a", "--engine", "draft"), "option_of_other_method"),
        (
            ("apply", "walk", "--method", "motion-inversion", "--engine", "draft"),
            "model_of_other_method",
        ),
        (("apply", "walk", "picture.png", "--prompt", "a"), "option_of_other_method"),
        (("apply", "walk", "--prompt", "a", "--engine", "zeroscope"), "motion_not_of_engine"),
        (("apply", "wave", "--prompt", "a"), "motions_of_no_engine"),
        (("apply", "walk", "--prompt", "a " * 80), "prompt_too_long"),
        (("learn", "walk.mp4", "--engine", "draft", "--prompt", "a"), "option_of_other_method"),
        (("learn", "walk.mp4", "--prompt", "a", "--target", "b.png"), "option_of_other_method"),
        (("learn", "walk.mp4", "--engine", "zeroscope"), "model_not_installed_in_folder"),
        (
            ("learn", "walk.mp4", "--engine", "animatediff", "--frames", "33", "--size", "32x32"),
            "clip_length",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    place: Path, learned: dict[str, Any], arguments: tuple[str, ...], problem: str
) -> None:
    told = call(place, *arguments, code=2)
    assert told["error"]["problem"] == problem and told["error"]["message"]
