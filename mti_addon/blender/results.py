"""Where results are kept: a folder for each, beside the .blend file, with what made it.

Nothing that a strip shows lies in a job: a job can be deleted, and a project moved as a whole.
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
from ..motion.png import png_size
from ..wire import JobFolder, MtiError, codec, files
from ..wire.contents import NOTE_BYTES, read_inside, read_verified
from ..wire.errors import BadRequest, NotWritable
from ..wire.problem import Problem
from ..wire.request import MOTION, TARGET
from .jobs import Row
from .origin import ORIGIN_FILE, read_origin
from .recipe import LONGEST_WHOLE, WHOLE_FILE, Recipe, read_note, read_recipe, recipe_of
from .steps import steps

FOLDER = "motion"
NO_IMAGES = Problem(
    "job_has_no_images", "This job has no images to show.", "Wait until it is done."
)
"""Beside the .blend file."""
RECIPE_FILE = "recipe.json"
ADDED_FILE = "added.json"
"""In a job's folder: which of its takes somebody has kept. Only the add-on reads it."""
_SPREAD = re.compile(r"over_(\d+)_frames")
MOST = 9999
Decode = Callable[[bytes], np.ndarray[Any, np.dtype[np.uint8]]]


@dataclass(frozen=True)
class Result:
    """A result that is kept: its folder, its pictures' names in order, and its recipe."""

    folder: Path
    names: tuple[str, ...]
    recipe: Recipe


@dataclass(frozen=True)
class TakeInfo:
    """One take of a job that is done."""

    number: int
    """From 1; the likeliest first."""
    seed: int
    folder: Path
    sheet: Path | None
    """Some of its pictures in one, if there is such a file."""


def takes_of(row: Row) -> list[TakeInfo]:
    """The takes of a job that is done, as its last event tells them; empty for any other."""
    request = row.request
    if request is None or not request.applies or row.state.phase != "done":
        return []
    listed = (row.state.result or {}).get("takes")
    listed = listed if isinstance(listed, list) and listed else [{}]
    found = []
    for index, each in enumerate(listed):
        each = each if isinstance(each, dict) else {}
        seed = each.get("seed", request.settings.sampling.seed)
        sheet = _inside(row.folder, each.get("sheet"))
        folder = _inside(row.folder, each.get("frames_dir")) or row.folder.frames_dir
        found.append(TakeInfo(index + 1, seed, folder, sheet))
    return found


def _inside(job: JobFolder, name: object) -> Path | None:
    """A path that an event names, relative to the job; None if it leads out of its output."""
    if not isinstance(name, str) or not re.fullmatch(r"output(/[A-Za-z0-9_-][\w.-]*)+", name):
        return None
    return job.path / name


def export_take(row: Row, number: int, root: Path, decode: Decode) -> Result:
    """Copy a take of a job to a folder of its own in `root`; the one that is there, if it is.

    Padding is cut away; `decode` reads PNG files for that. Raises BadRequest (there is no such
    take), UnreadableInput (damaged), DiskFull, NotWritable; then nothing is left behind.
    """
    takes = takes_of(row)
    if not 1 <= number <= len(takes):
        raise BadRequest(NO_IMAGES)
    assert row.request is not None  # takes_of() has seen it
    pictures = _take_pictures(row.folder, takes[number - 1])
    take, note = takes[number - 1], read_note(row.folder.path)
    recipe = recipe_of(row.request, number, take.seed, note)
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
    """A new folder of a result with these files."""
    while True:
        place = free_place(root, name)
        try:
            with _explained(root), files.new_folder(place) as folder:
                for each, data in contents.items():
                    files.write_synced(folder / each, data)
            return place
        except BadRequest:
            if not place.exists():  # else another Blender has taken it meanwhile
                raise


def _take_pictures(job: JobFolder, take: TakeInfo) -> dict[str, bytes]:
    """The pictures of a take by name, in order: those that the job vouches for, and no other files,
    which may lie there in a job that came from elsewhere. UnreadableInput."""
    entries, found = job.manifest(), {}
    folder = take.folder.relative_to(job.output_dir).as_posix()
    for name in sorted(entries):
        place, _, picture = name.rpartition("/")
        if place == folder and re.fullmatch(r"\d{4,}\.png", picture):
            found[picture] = read_verified(job.path, "output/" + name, entries[name])
    if not found:
        what = "This job has no images to show."
        raise BadRequest(Problem("job_lost_its_images", what, "Resume it to make them again."))
    return found


def _ingredients_of(row: Row) -> dict[str, bytes]:
    """The target and the motion of a job, by their names in a result; without what is not as it was
    when it was written, which the pictures do not need."""
    assert row.request is not None  # takes_of() has seen it
    job, found = row.folder, {}
    told = {"inputs/" + name: value for name, value in row.request.inputs.items()}
    with suppress(MtiError):
        told |= {"output/" + name: value for name, value in job.manifest().items()}
    for path in (job.target_file, motion_of(row)):
        name = path.relative_to(job.path).as_posix()
        with suppress(MtiError, KeyError):
            found[path.name] = read_verified(job.path, name, told[name])
    return found | _own_notes(job)


def _own_notes(job: JobFolder) -> dict[str, bytes]:
    """What the add-on itself has laid beside a request, which does not name it: of a job from
    elsewhere, nothing that the add-on cannot have written."""
    found = {}
    if origin := read_origin(job.path):
        found[ORIGIN_FILE] = codec.dumps(codec.to_dict(origin)).encode("utf-8")
    with suppress(MtiError, ValueError):
        whole = read_inside(job.path, WHOLE_FILE)
        if max(png_size(whole)) <= LONGEST_WHOLE:
            found[WHOLE_FILE] = whole
    return found


def added_takes(job: JobFolder) -> set[int]:
    """Numbers of the takes of a job that somebody has kept, for whatever file."""
    with suppress(MtiError):
        found = codec.loads(read_inside(job.path, ADDED_FILE, NOTE_BYTES), ADDED_FILE)
        return (
            {each for each in found if isinstance(each, int)} if isinstance(found, list) else set()
        )
    return set()


def _note_added(job: JobFolder, number: int) -> None:
    """A job that cannot be written to is added all the same; then it stays when others go."""
    takes = added_takes(job)
    if number not in takes:
        with suppress(OSError, MtiError):
            text = codec.dumps(sorted(takes | {number}))
            files.write_atomic(job.path / ADDED_FILE, text.encode("utf-8"))


def motion_of(row: Row) -> Path:
    """The motion file that a job has learned, or was given."""
    learned = row.request is not None and row.request.learns
    return row.folder.output_motion if learned else row.folder.motion_file


def read_result(folder: Path) -> Result | None:
    """The result in a folder; None if there is none."""
    try:
        recipe = read_recipe(read_inside(folder, RECIPE_FILE, NOTE_BYTES).decode("utf-8"))
    except (MtiError, UnicodeError):
        return None
    if recipe is None:
        return None
    names: list[str] = []
    with suppress(OSError):
        names = sorted(path.name for path in folder.glob("[0-9]*.png"))
    return Result(folder, tuple(names), recipe)


def results_in(root: Path) -> list[Result]:
    """All results in a folder of results; one that is just being written, or deleted, is none."""
    with suppress(OSError):
        folders = [path for path in sorted(root.iterdir()) if path.name[0] != "." and path.is_dir()]
        found = [read_result(path) for path in folders]
        return [result for result in found if result is not None]
    return []


def ingredients(result: Path) -> tuple[Path, Path]:
    """The target and the motion that a result was made of, as its folder has them."""
    return result / TARGET, result / MOTION


def free_place(root: Path, name: str) -> Path:
    """A folder for a motion of this name that does not exist yet: NAME_01, NAME_02 ..."""
    slug = re.sub(r"[^\w-]+", "_", name).strip("_.")[:40] or "motion"
    places = (root / f"{slug}_{number:02d}" for number in range(1, MOST))
    place = next((each for each in places if not each.exists()), None)
    if place is None:
        what, hint = "{folder} is full of results of {name}.", "Clean it up, or take another."
        raise BadRequest(Problem("results_folder_full", what, hint, {"folder": root, "name": name}))
    return place


def spread(result: Result, length: int) -> Path:
    """A folder in the result's own with a picture for each of `length` frames, made if need be: for
    what can only play a picture a frame. They are links, where the disk has them.

    Numbered from 1; 0 is what Blender shows before the first. Raises DiskFull, NotWritable; then
    nothing is left behind.
    """
    place = result.folder / f"over_{length}_frames"
    if place.is_dir():
        return place
    with _explained(result.folder.parent), files.new_folder(place) as folder:
        for frame, index in enumerate([0, *picture_of_each_frame(len(result.names), length)]):
            picture, shown = result.folder / result.names[index], folder / f"{frame:04d}.png"
            try:
                os.link(picture, shown)
            except OSError:  # another kind of disk
                shutil.copyfile(picture, shown)
    return place


def result_folder(folder: Path) -> Path:
    """The folder of the result whose pictures lie in `folder`, as they are or spread."""
    return folder.parent if _SPREAD.fullmatch(folder.name) else folder


def copy_result(result: Result, root: Path) -> Result:
    """Move a result into another folder of results; a copy first, so that nothing can be lost.

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
    """This very take, if it is there whole."""
    for result in results_in(root):
        same = (result.recipe.job, result.recipe.take) == (recipe.job, recipe.take)
        if same and len(result.names) == recipe.settings.num_frames:
            return result
    return None


def _picture(data: bytes, about: Fitted | None, decode: Decode) -> bytes:
    if about is None or not about.padded:
        return data
    return encode_png(unpadded(decode(data), about))


class _explained:
    """What cannot be written here is said of the results' folder, not of a file in it."""

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
                    "The folder {folder} for results cannot be written.",
                    "Choose another folder for results in the panel, or allow writing to this one.",
                    {"folder": self.root},
                )
            ) from error
