"""Results are written whole, and nothing of the user's is replaced."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mti_addon.wire.errors import BadRequest, UnreadableInput
from mti_addon.wire.job import JobFolder, manifest_of
from mti_backend import frames
from mti_backend.cli.footage.source import open_source
from mti_backend.cli.results import VIDEO_SUFFIXES, Places, save_results
from tests.backend.cli.footage import square

FPS = 7.0
FRAMES = 6


def finished(folder: Path, targets: int = 1, takes: int = 1) -> tuple[JobFolder, dict[str, Any]]:
    """The output of a job, and its result; each clip is shifted by another number of pixels."""
    job = JobFolder(folder)
    told = []
    for index in range(targets * takes):
        place = job.frames_dir if not index else job.takes_dir / f"{index + 1:02d}"
        clip = np.roll(square(FRAMES), index, axis=2)
        frames.write_frames(place, clip)
        told.append(
            {
                "target": index // takes + 1,
                "seed": 10 + index % takes,
                "score": None,
                "frames_dir": place.relative_to(folder).as_posix(),
            }
        )
    job.manifest_file.write_text(manifest_of(job.output_dir).to_json())
    return job, {"takes": told, "frames": FRAMES, "fps": FPS}


def test_each_take_of_each_image_has_a_folder(tmp_path: Path) -> None:
    job, done = finished(tmp_path / "job", targets=2, takes=2)
    images = [Path("a/x.png"), Path("b/x.jpg")]
    places = Places.of(images, tmp_path / "out", 2, None, False)
    results = save_results(job, done, places, first=0)
    names = [result.folder.name for result in results]
    assert names == ["x", "x-take-2", "x-2", "x-2-take-2"]
    assert [(r.image, r.take, r.seed) for r in results] == [
        (0, 1, 10), (0, 2, 11), (1, 1, 10), (1, 2, 11),
    ]  # fmt: skip
    for index, result in enumerate(results):
        files = sorted(path.name for path in result.folder.iterdir())
        assert files == [*(f"{n:04d}.png" for n in range(1, FRAMES + 1)), "preview.webp"]
        last = np.array(Image.open(result.folder / f"{FRAMES:04d}.png"))
        assert np.array_equal(last, np.roll(square(FRAMES)[-1], index, axis=1))
        told = result.to_json("image", str(images[result.image]))
        assert told["folder"] == str(result.folder) and told["video"] is None
    with Image.open(results[0].folder / "preview.webp") as preview:
        assert getattr(preview, "n_frames", 1) == FRAMES


@pytest.mark.parametrize("suffix", VIDEO_SUFFIXES)
def test_a_video_of_every_kind_shows_the_frames_at_their_rate(suffix: str, tmp_path: Path) -> None:
    job, done = finished(tmp_path / "job")
    file = tmp_path / "new" / f"clip{suffix}"
    places = Places.of([Path("x.png")], tmp_path / "out", 1, file, False)
    (result,) = save_results(job, done, places, first=0)
    assert result.video == file and [file] == list(file.parent.iterdir())
    opened = open_source(file)
    assert opened.fps == pytest.approx(FPS, abs=0.2)  # GIF counts in 10 ms
    assert opened.count(0, None) == FRAMES
    *_, last = opened.images(0, None, [0, FRAMES - 1])
    difference = np.abs(np.asarray(last).astype(int) - square(FRAMES)[-1])
    assert difference.mean() < 4


def test_videos_of_several_results_are_named_after_their_folders(tmp_path: Path) -> None:
    job, done = finished(tmp_path / "job", takes=2)
    places = Places.of([Path("x.png")], tmp_path / "out", 2, tmp_path / "clip.gif", False)
    results = save_results(job, done, places, first=0)
    assert [r.video and r.video.name for r in results] == ["clip-x.gif", "clip-x-take-2.gif"]


def test_nothing_is_replaced_unless_asked_for(tmp_path: Path) -> None:
    job, done = finished(tmp_path / "job")
    out = tmp_path / "out"

    def places(overwrite: bool = False, video: Path | None = None) -> Places:
        return Places.of([Path("x.png")], out, 1, video, overwrite)

    save_results(job, done, places(), first=0)
    with pytest.raises(BadRequest, match="already exists") as caught:
        places()
    assert "--overwrite" in caught.value.hint
    before = sums(out)
    save_results(job, done, places(overwrite=True), first=0)
    assert sums(out) == before
    (out / "x" / "notes.txt").write_text("mine")
    with pytest.raises(BadRequest, match="more than an earlier result"):
        places(overwrite=True)
    assert (out / "x" / "notes.txt").read_text() == "mine"
    (out / "x").rename(out / "kept")
    (tmp_path / "clip.mp4").write_text("mine")
    with pytest.raises(BadRequest, match="already exists"):
        places(video=tmp_path / "clip.mp4")
    with pytest.raises(BadRequest, match="no kind of video"):
        places(video=tmp_path / "clip.doc")


def sums(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_damaged_output_is_not_copied(tmp_path: Path) -> None:
    job, done = finished(tmp_path / "job")
    path = job.frames_dir / "0003.png"
    path.write_bytes(path.read_bytes()[:-1])
    places = Places.of([Path("x.png")], tmp_path / "out", 1, None, False)
    with pytest.raises(UnreadableInput):
        save_results(job, done, places, first=0)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["..png", "a/../b", "x\n", "CON", "ü 1"])
def test_odd_names_of_images_stay_inside(name: str, tmp_path: Path) -> None:
    places = Places.of([Path(name)], tmp_path, 1, None, False)
    folder = places.folder(0, 1)
    assert folder.parent == tmp_path and folder != tmp_path and folder.name.isprintable()
