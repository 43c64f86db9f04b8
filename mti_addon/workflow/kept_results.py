"""Kept results: a folder for each, next to the .blend file, with its recipe.

Strips never show files of a job, so that jobs can be deleted, and a project moved as a whole.
Imports no bpy.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..motion import Fitted, encode_png, picture_of_each_frame, unpadded
from ..motion.drawing.png import png_size
from ..wire import JobFolder, MtiError, codec, files
from ..wire.contents import NOTE_BYTES, read_inside, read_verified
from ..wire.errors import BadRequest, NotWritable
from ..wire.problem import Problem
from ..wire.request import Request, motion_name
from .frame_files import frames_in
from .job_list import Row
from .job_origin import ORIGIN_FILE, read_origin
from .progress import steps
from .provenance import (
    LONGEST_WHOLE,
    WHOLE_FILE,
    Recipe,
    read_note,
    read_parents,
    read_recipe,
    recipe_of,
)
from .words import of_prompt

FOLDER = "motion"
NO_IMAGES = Problem(
    "job_has_no_images", "This job has no images to show.", "Wait until it is done."
)
"""Next to the .blend file."""
RECIPE_FILE = "recipe.json"
ADDED_FILE = "added.json"
"""In a job's folder: the takes that were kept. Only read by the add-on."""
_SPREAD = re.compile(r"over_(\d+)_frames")
MOST = 9999
MOST_COPIED = 64 * 2**20
"""Bytes of a motion or target that is copied beside a result."""
Decode = Callable[[bytes], np.ndarray[Any, np.dtype[np.uint8]]]


@dataclass(frozen=True)
class Result:
    """A kept result: its folder, its image names in order, and its recipe."""

    folder: Path
    names: tuple[str, ...]
    recipe: Recipe


@dataclass(frozen=True)
class TakeInfo:
    """One take of a finished job."""

    number: int
    """From 1; best match first."""
    seed: int
    folder: Path
    sheet: Path | None
    """Contact sheet of some of its images, if there is one."""
    prompt: str = ""
    """What it shows, if the motion was played in words."""


def takes_of(row: Row) -> list[TakeInfo]:
    """Return the takes of a finished job from its last event; empty for any other job."""
    request = row.request
    if request is None or not request.applies or row.state.phase != "done":
        return []
    listed = (row.state.result or {}).get("takes")
    listed = listed if isinstance(listed, list) and listed else [{}]
    found = []
    for index, each in enumerate(listed):
        each = each if isinstance(each, dict) else {}
        seed = each.get("seed", request.settings.seed)
        sheet = _inside(row.folder, each.get("sheet"))
        folder = _inside(row.folder, each.get("frames_dir")) or row.folder.frames_dir
        prompt = _prompt(request, each.get("target"))
        found.append(TakeInfo(index + 1, seed, folder, sheet, prompt))
    return found


def _prompt(request: Request, number: object) -> str:
    """Return the prompt of this number, from 1; empty if there is none."""
    words = request.settings.motion_inversion
    if words is None or not isinstance(number, int) or not 0 < number <= len(words.prompts):
        return ""
    return words.prompts[number - 1]


def _inside(job: JobFolder, name: object) -> Path | None:
    """Resolve a path of an event, relative to the job; None if it is outside the job's output."""
    if not isinstance(name, str) or not re.fullmatch(r"output(/[A-Za-z0-9_-][\w.-]*)+", name):
        return None
    return job.path / name


def export_take(row: Row, number: int, root: Path, decode: Decode) -> Result:
    """Copy a take of a job to its own folder in `root`, or return the existing copy.

    Padding is cropped; `decode` reads PNG files for that. Raises BadRequest (no such take),
    UnreadableInput (damaged), DiskFull, NotWritable; nothing is left behind then.
    """
    takes = takes_of(row)
    if not 1 <= number <= len(takes):
        raise BadRequest(NO_IMAGES)
    assert row.request is not None  # checked by takes_of()
    pictures = _take_pictures(row.folder, takes[number - 1])
    take, note = takes[number - 1], read_note(row.folder.path)
    request = replace(row.request, settings=of_prompt(row.request.settings, take.prompt))
    recipe = recipe_of(request, number, take.seed, note, read_parents(row.folder.path))
    known = _kept_before(root, recipe)
    if known is not None:
        _note_added(row.folder, number)
        return known
    about = note.fitted if note else None
    contents = {name: _picture(data, about, decode) for name, data in steps(list(pictures.items()))}
    contents |= _ingredients_of(row)
    contents[RECIPE_FILE] = (recipe.to_json() + "\n").encode("utf-8")
    place = _written(root, row.request.name, contents)
    _note_added(row.folder, number)
    return Result(place, tuple(pictures), recipe)


def _written(root: Path, name: str, contents: Mapping[str, bytes]) -> Path:
    """Create a result folder with these files."""
    while True:
        place = free_place(root, name)
        try:
            with _explained(root), files.new_folder(place) as folder:
                for each, data in contents.items():
                    files.write_synced(folder / each, data)
            return place
        except BadRequest:
            if not place.exists():  # otherwise another Blender has created it meanwhile
                raise


def _take_pictures(job: JobFolder, take: TakeInfo) -> dict[str, bytes]:
    """Return the images of a take by name, in order. Raises UnreadableInput.

    Only images listed in the job's manifest are used; a job from elsewhere may contain other files.
    """
    entries, found = job.manifest(), {}
    folder = take.folder.relative_to(job.output_dir).as_posix()
    for name in sorted(entries):
        place, _, picture = name.rpartition("/")
        if place == folder and re.fullmatch(r"\d{4,}\.png", picture):
            found[picture] = read_verified(job.path, "output/" + name, entries[name])
    if not found:
        what = "This job has no images to show."
        raise BadRequest(Problem("job_lost_its_images", what, "Resume it to create them again."))
    return found


def _ingredients_of(row: Row) -> dict[str, bytes]:
    """Return the target and the motions of a job by their names in a result.

    Files changed since they were written are omitted, and so are large motions, of which every
    result would have a copy; the images do not need them.
    """
    assert row.request is not None  # checked by takes_of()
    job, found = row.folder, {}
    told = {"inputs/" + name: value for name, value in row.request.inputs.items()}
    with suppress(MtiError):
        told |= {"output/" + name: value for name, value in job.manifest().items()}
    for path in (job.target_file, *motions_of(row)):
        name = path.relative_to(job.path).as_posix()
        with suppress(MtiError, KeyError, OSError):
            if path.stat().st_size > MOST_COPIED:
                continue
            found[path.name] = read_verified(job.path, name, told[name])
    return found | _own_notes(job)


def _own_notes(job: JobFolder) -> dict[str, bytes]:
    """Return the add-on's own files next to a request, which does not list them.

    For a job from elsewhere, this only includes what the add-on could have written.
    """
    found = {}
    if origin := read_origin(job.path):
        found[ORIGIN_FILE] = codec.dumps(codec.to_dict(origin)).encode("utf-8")
    with suppress(MtiError, ValueError):
        whole = read_inside(job.path, WHOLE_FILE)
        if max(png_size(whole)) <= LONGEST_WHOLE:
            found[WHOLE_FILE] = whole
    return found


def added_takes(job: JobFolder) -> set[int]:
    """Return the numbers of a job's takes that were kept, for any file."""
    with suppress(MtiError):
        found = codec.loads(read_inside(job.path, ADDED_FILE, NOTE_BYTES), ADDED_FILE)
        return (
            {each for each in found if isinstance(each, int)} if isinstance(found, list) else set()
        )
    return set()


def _note_added(job: JobFolder, number: int) -> None:
    """Record a kept take. If the job is read-only the take is kept anyway, and cleanup skips it."""
    takes = added_takes(job)
    if number not in takes:
        with suppress(OSError, MtiError):
            text = codec.dumps(sorted(takes | {number}))
            files.write_atomic(job.path / ADDED_FILE, text.encode("utf-8"))


def motions_of(row: Row) -> tuple[Path, ...]:
    """Return the motion file that a job has learned, or those that it was given."""
    request, job = row.request, row.folder
    if request is not None and request.learns:
        return (job.output_motion,)
    count = len(request.edit.parts) if request is not None else 1
    return tuple(job.inputs / motion_name(number + 1) for number in range(count))


def read_result(folder: Path) -> Result | None:
    """Return the result in a folder, or None."""
    try:
        recipe = read_recipe(read_inside(folder, RECIPE_FILE, NOTE_BYTES).decode("utf-8"))
    except (MtiError, UnicodeError):
        return None
    if recipe is None:
        return None
    return Result(folder, tuple(path.name for path in frames_in(folder)), recipe)


def results_in(root: Path) -> list[Result]:
    """Return all results in a results folder, except those being written or deleted."""
    with suppress(OSError):
        folders = [path for path in sorted(root.iterdir()) if path.name[0] != "." and path.is_dir()]
        found = [read_result(path) for path in folders]
        return [result for result in found if result is not None]
    return []


def free_place(root: Path, name: str) -> Path:
    """Return an unused folder for a motion of this name: NAME_01, NAME_02 ..."""
    slug = re.sub(r"[^\w-]+", "_", name).strip("_.")[:40] or "motion"
    places = (root / f"{slug}_{number:02d}" for number in range(1, MOST))
    place = next((each for each in places if not each.exists()), None)
    if place is None:
        what, hint = (
            "{folder} is full of results of {name}.",
            "Clean it up, or choose another folder.",
        )
        raise BadRequest(Problem("results_folder_full", what, hint, {"folder": root, "name": name}))
    return place


def spread(result: Result, length: int) -> Path:
    """Return a subfolder of the result with an image per frame, for `length` frames.

    For players that show one image per frame. The images are links, where the file system supports
    them. They are numbered from 1; 0 is what Blender shows before the first. Raises DiskFull,
    NotWritable; nothing is left behind then.
    """
    place = result.folder / f"over_{length}_frames"
    if place.is_dir():
        return place
    with _explained(result.folder.parent), files.new_folder(place) as folder:
        for frame, index in enumerate([0, *picture_of_each_frame(len(result.names), length)]):
            picture, shown = result.folder / result.names[index], folder / f"{frame:04d}.png"
            try:
                os.link(picture, shown)
            except OSError:  # on another file system
                shutil.copyfile(picture, shown)
    return place


def result_folder(folder: Path) -> Path:
    """Return the folder of the result whose images, original or spread, are in `folder`."""
    return folder.parent if _SPREAD.fullmatch(folder.name) else folder


def copy_result(result: Result, root: Path) -> Result:
    """Copy a result into another results folder, including its spread subfolders.

    Raises DiskFull, NotWritable.
    """
    place = free_place(root, result.recipe.name)
    with _explained(root), files.new_folder(place) as folder:
        for path in result.folder.iterdir():
            if path.is_file():
                shutil.copyfile(path, folder / path.name)
        for path in result.folder.iterdir():
            if found := _SPREAD.fullmatch(path.name):
                spread(replace(result, folder=folder), int(found[1]))
    return Result(place, result.names, result.recipe)


def _kept_before(root: Path, recipe: Recipe) -> Result | None:
    """Return this very take if it was kept, and is complete."""
    for result in results_in(root):
        same = (result.recipe.job, result.recipe.take) == (recipe.job, recipe.take)
        if same and len(result.names) == recipe.settings.images:
            return result
    return None


def _picture(data: bytes, about: Fitted | None, decode: Decode) -> bytes:
    if about is None or not about.padded:
        return data
    return encode_png(unpadded(decode(data), about))


class _explained:
    """Report write errors on the results folder, not on a file in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, NotWritable) or (
            isinstance(error, OSError) and not isinstance(error, MtiError)
        ):
            raise NotWritable(
                Problem(
                    "results_folder_not_writable",
                    "The results folder {folder} is not writable.",
                    "Choose another results folder in the panel, or allow writing to this one.",
                    {"folder": self.root},
                )
            ) from error
