"""What a job has learned is kept once, whoever sees its end, and whenever one of them dies."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mti_addon.wire.job import JobFolder
from mti_addon.wire.library import About, read_library
from mti_addon.workflow.keeping import Keep, fulfil, read_keep, save_now, write_keep
from tests.wire.examples import ROOT
from tests.wire.library.examples import finished_job, saved

CODE = """
import sys
from pathlib import Path
from mti_addon.wire.job import JobFolder
from mti_addon.workflow.keeping import fulfil
print("ready", flush=True)
sys.stdin.readline()
fulfil(JobFolder(Path(sys.argv[1])), Path(sys.argv[2]))
"""


def program(job: JobFolder, own: Path) -> subprocess.Popen[str]:
    """Another Blender that is about to keep what a job has learned."""
    found = subprocess.Popen(
        [sys.executable, "-c", CODE, str(job.path), str(own)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert found.stdout is not None and found.stdout.readline() == "ready\n"
    return found


def go(started: subprocess.Popen[str]) -> None:
    assert started.stdin is not None
    started.stdin.write("\n")
    started.stdin.flush()


def names(own: Path) -> list[str]:
    found, problems = read_library(own)
    assert problems == {}
    return [motion.preset.name for motion in found]


def test_a_new_motion_is_kept_as_its_note_says(tmp_path: Path) -> None:
    job, own = finished_job(tmp_path, "wave"), tmp_path / "own"
    assert fulfil(job, own) is None, "nobody has asked for it"
    write_keep(job, Keep(about=About("face", ("arm",), "Ada", "CC0-1.0", "", "Hello")))
    motion = fulfil(job, own)
    assert motion is not None and motion.preset.name == "Hello" and motion.preset.kind == "face"
    assert fulfil(job, own) is None and names(own) == ["Hello"]
    keep = read_keep(job.path)
    assert keep is not None and Path(keep.saved) == motion.folder


def test_what_is_saved_by_hand_is_noted(tmp_path: Path) -> None:
    job, own = finished_job(tmp_path, "wave"), tmp_path / "own"
    motion = save_now(job, own, About(name="Mine"))
    keep = read_keep(job.path)
    assert keep is not None and keep.saved == str(motion.folder) and fulfil(job, own) is None


def test_another_engine_s_is_added_to_the_motion_or_to_its_copy(tmp_path: Path) -> None:
    own, studio = tmp_path / "own", tmp_path / "studio"
    motion = saved(tmp_path, "Wave")
    shutil.move(str(own), str(studio))
    keep = Keep(folder=str(studio / "wave"), motion=motion.preset.id)
    for model in ("svd", "svd-xt"):
        job = finished_job(tmp_path / model, "Wave", model=model)  # type: ignore[arg-type]
        write_keep(job, keep)
        assert fulfil(job, own) is not None
    (copy,) = read_library(own)[0]
    assert set(copy.preset.embeddings) == {"draft", "svd", "svd-xt"}
    assert set(read_library(studio)[0][0].preset.embeddings) == {"draft"}


def test_two_programs_keep_it_once(tmp_path: Path) -> None:
    for number in range(4):
        job, own = finished_job(tmp_path / f"{number}", "wave"), tmp_path / f"own{number}"
        write_keep(job, Keep(about=About(name="Hello")))
        both = [program(job, own) for _ in range(2)]
        for each in both:
            go(each)
        assert [each.wait(30) for each in both] == [0, 0]
        for each in both:
            each.communicate()
        assert names(own) == ["Hello"]


@pytest.mark.parametrize("again", [False, True])
def test_a_program_that_is_killed_loses_nothing_and_keeps_nothing_twice(
    tmp_path: Path, again: bool
) -> None:
    chance = random.Random(5)
    for number in range(6):
        root, own = tmp_path / f"{number}", tmp_path / f"own{number}"
        if again:
            motion = saved(root, "wave")
            own = root / "own"
            keep = Keep(folder=str(motion.folder), motion=motion.preset.id)
            job = finished_job(root / "svd", "wave", model="svd")
        else:
            job, keep = finished_job(root, "wave"), Keep(about=About(name="wave"))
        write_keep(job, keep)
        victim = program(job, own)
        go(victim)
        time.sleep(chance.uniform(0.0, 0.06))
        victim.kill()
        victim.communicate()
        fulfil(job, own)
        assert names(own) == ["wave"]
        (kept,) = read_library(own)[0]
        assert set(kept.preset.embeddings) == ({"draft", "svd"} if again else {"draft"})
