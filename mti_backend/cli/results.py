"""Writes what a job has generated into folders of the user's. Imports numpy and PIL.

A folder appears as a whole. One that exists is replaced only if that was asked for, and if it holds
nothing but an earlier result.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mti_addon.wire.errors import BadRequest, UnreadableInput
from mti_addon.wire.events import Done
from mti_addon.wire.files import (
    TEMP_PREFIX,
    new_folder,
    remove_folder,
    replace,
    translating_os_errors,
)
from mti_addon.wire.job import JobFolder
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import Request

from .. import frames
from .footage.ffmpeg import write
from .running import Jobs

PREVIEW = "preview.webp"
VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".gif")
_H264 = ["-c:v", "libx264", "-crf", "16"]
_WEBM = ["-c:v", "libvpx-vp9", "-crf", "20", "-b:v", "0"]
_OURS = re.compile(r"\d{4,}\.png|preview\.webp")
_ANOTHER = "Choose another place, or add --overwrite."


@dataclass(frozen=True)
class Result:
    """One generated clip: of which image or prompt, from 0; its seed, score and folder; the video
    or None."""

    image: int
    take: int
    seed: int
    score: float | None
    folder: Path
    frames: int
    fps: float
    video: Path | None

    def to_json(self, kind: str, source: str) -> dict[str, Any]:
        """The result for a program; `kind` of its source: image or prompt."""
        return {
            kind: source,
            "take": self.take,
            "seed": self.seed,
            "score": self.score,
            "folder": str(self.folder),
            "frames": self.frames,
            "fps": self.fps,
            "preview": str(self.folder / PREVIEW),
            "video": str(self.video) if self.video else None,
        }


@dataclass(frozen=True)
class Places:
    """Where the results of several images go."""

    out: Path
    names: tuple[str, ...]
    """Of the folder of each image, distinct."""
    takes: int
    video: Path | None
    overwrite: bool

    @classmethod
    def of(
        cls, images: Sequence[Path], out: Path, takes: int, video: Path | None, overwrite: bool
    ) -> Places:
        """Name the folders after the images. Raises BadRequest for what must not be written, before
        anything is computed."""
        names: list[str] = []
        for image in images:
            base = re.sub(r"[^\w .()+-]", "_", image.stem).strip(" .") or "image"
            same = sum(1 for name in names if name == base or re.fullmatch(
                re.escape(base) + r"-\d+", name))  # fmt: skip
            names.append(f"{base}-{same + 1}" if same else base)
        places = cls(out.absolute(), tuple(names), takes, video and video.absolute(), overwrite)
        places._check()
        return places

    def folder(self, image: int, take: int) -> Path:
        """Folder of a take, from 1; the first is the best."""
        name = self.names[image]
        return self.out / (name if take == 1 else f"{name}-take-{take}")

    def video_file(self, image: int, take: int) -> Path | None:
        """The video of a take; with several clips, their folders' names are added to its own."""
        if self.video is None or len(self.names) * self.takes == 1:
            return self.video
        name = self.folder(image, take).name
        return self.video.with_name(f"{self.video.stem}-{name}{self.video.suffix}")

    def _check(self) -> None:
        if self.video is not None and self.video.suffix.lower() not in VIDEO_SUFFIXES:
            what = "{name} is no kind of video that can be written."
            hint = "Use one of: {endings}."
            values = {"name": self.video.name, "endings": ", ".join(VIDEO_SUFFIXES)}
            raise BadRequest(Problem("video_kind_unknown", what, hint, values))
        for image in range(len(self.names)):
            for take in range(1, self.takes + 1):
                _check_free(self.folder(image, take), self.overwrite)
                video = self.video_file(image, take)
                if video is not None and video.exists() and not self.overwrite:
                    raise _exists(video)


def generated(
    jobs: Jobs, request: Request, inputs: dict[str, bytes], places: Places, first: int
) -> list[Result]:
    """Run a job that applies a motion, write what it generates, and remove it; `first` as in
    `save_results`. Raises MtiError."""
    job = jobs.run(request, inputs, request.name)
    done = job.finished()
    if not isinstance(done, Done):
        raise BadRequest(f"{job.path} is not done.")
    results = save_results(job, done.result, places, first)
    jobs.remove(job)
    return results


def save_results(job: JobFolder, done: dict[str, Any], places: Places, first: int) -> list[Result]:
    """Copy the clips of a finished job, whose result is `done` and whose first target is image
    `first`. Raises BadRequest, UnreadableInput, DiskFull, NotWritable."""
    job.verify_output()
    results: list[Result] = []
    count: dict[int, int] = {}
    for told in done["takes"]:
        image = first + int(told["target"]) - 1
        take = count[image] = count.get(image, 0) + 1
        clip = _read(job, str(told["frames_dir"]), int(done["frames"]))
        folder, video = places.folder(image, take), places.video_file(image, take)
        _write_folder(folder, clip, float(done["fps"]), places.overwrite)
        if video is not None:
            _write_video(video, clip, float(done["fps"]))
        results.append(
            Result(
                image, take, int(told["seed"]), told["score"], folder, len(clip),
                float(done["fps"]), video,
            )
        )  # fmt: skip
    return results


def _read(job: JobFolder, folder: str, count: int) -> frames.Pictures:
    paths = [job.path / folder / frames.frame_name(number + 1) for number in range(count)]
    return np.stack([frames.read_picture(path, None) for path in paths])


def _write_folder(folder: Path, clip: frames.Pictures, fps: float, overwrite: bool) -> None:
    _check_free(folder, overwrite)
    if folder.exists():
        remove_folder(folder)
    with new_folder(folder) as temp:
        frames.write_frames(temp, clip)
        frames.write_preview(temp / PREVIEW, clip, fps)


def _write_video(path: Path, clip: frames.Pictures, fps: float) -> None:
    temp = path.with_name(f"{TEMP_PREFIX}{secrets.token_hex(6)}-{path.name}")
    with translating_os_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            if path.suffix.lower() == ".gif":
                _write_gif(temp, clip, fps)
            else:
                _write_movie(temp, clip, fps, path.name)
            replace(temp, path)
        finally:
            temp.unlink(missing_ok=True)


def _write_gif(path: Path, clip: frames.Pictures, fps: float) -> None:
    first, *others = (Image.fromarray(picture) for picture in clip)
    milliseconds = max(20, round(1000 / fps))  # shown slower by browsers if less
    first.save(path, save_all=True, append_images=others, duration=milliseconds, loop=0)


def _write_movie(path: Path, clip: frames.Pictures, fps: float, name: str) -> None:
    height, width = clip.shape[1] // 2 * 2, clip.shape[2] // 2 * 2  # most players need even sides
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", f"{fps!r}"]
    codec = _WEBM if path.suffix.lower() == ".webm" else _H264
    pictures = (np.ascontiguousarray(each[:height, :width]).tobytes() for each in clip)
    arguments = [*raw, "-i", "-", *codec, "-pix_fmt", "yuv420p", "-y", str(path)]
    if not write(arguments, pictures) or not path.is_file():
        raise _not_written(name)


def _not_written(name: str) -> UnreadableInput:
    what = "The video {name} could not be written."
    hint = "Check that there is space left, or use another ending, such as .gif."
    return UnreadableInput(Problem("video_not_written", what, hint, {"name": name}))


def _check_free(folder: Path, overwrite: bool) -> None:
    """Raise BadRequest unless a result may be written there."""
    if not folder.exists():
        return
    if not overwrite:
        raise _exists(folder)
    if not folder.is_dir() or not all(_OURS.fullmatch(path.name) for path in folder.iterdir()):
        what = "{path} contains more than an earlier result, so it is not replaced."
        raise BadRequest(
            Problem("result_not_ours", what, "Choose another place.", {"path": str(folder)})
        )


def _exists(path: Path) -> BadRequest:
    what = "{path} already exists."
    return BadRequest(Problem("result_exists", what, _ANOTHER, {"path": str(path)}))
