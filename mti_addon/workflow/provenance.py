"""How a result was made: recorded in its job, on its strip, and next to its images.

Imports no bpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from ..motion import Fitted
from ..wire import CaptureInfo, JobFolder, MtiError, Request, Settings, codec, files
from ..wire.codec import Constraint, Range
from ..wire.edit import AS_LEARNED, MotionEdit
from ..wire.settings import upgraded
from .note_files import read_note_file, write_note_file

VERSION = 5
"""Version of the recipe format. Version 1, in files made before 0.2.0, has settings of protocol 2;
1 and 2 have no edit; 1 to 4 have no parents."""
RECIPE_KEY = "mti_recipe"
"""Custom property of a strip, object or image that holds a recipe as JSON."""
JOB_KEY = "mti_job"
REDO_KEY = "mti_redone_by"
"""Custom property of a strip that holds the job redoing its result."""
NOTE_FILE = "target.json"
"""In a job's folder: what its target was made from. Only read by the add-on."""
PARENTS_FILE = "parents.json"
"""In a job's folder: which motions of the library it applies. Only read by the add-on."""
WHOLE_FILE = "target_whole.png"
"""In the folder of a job or result: the target before it was cropped, padded or scaled down;
absent if it was sent unchanged."""
LONGEST_WHOLE = 4096
"""Maximum longer side of that image, in pixels."""
_SHARE = Range(0, 1, "", "")


@dataclass(frozen=True)
class TargetNote:
    """What a job's target image was made from."""

    kind: Annotated[str, Constraint(r"[A-Z_]{1,16}", "RENDER, IMAGE ...")]
    source: Annotated[
        str, Constraint(r"[^\x00]{0,1024}", "Display name of the file, scene or strip.")
    ]
    how: Annotated[str, Constraint(r"CROP|PAD", "How it was fitted to the engine's shape.")]
    size: tuple[
        Annotated[int, Range(1, 65536, "px", "")], Annotated[int, Range(1, 65536, "px", "")]
    ]
    box: tuple[
        Annotated[float, _SHARE],
        Annotated[float, _SHARE],
        Annotated[float, _SHARE],
        Annotated[float, _SHARE],
    ]
    kept: Annotated[float, _SHARE]

    @property
    def fitted(self) -> Fitted:
        """Return the same as numeric values."""
        return Fitted(self.size, self.box, self.kept)


_Parents = tuple[Annotated[str, Constraint(r"[0-9a-f]{32}|", "ID, or empty.")], ...]


@dataclass(frozen=True)
class ParentsNote:
    """Which motions of the library a job applies."""

    parents: Annotated[_Parents, Constraint(None, "One for each part of the edit.")] = ()


@dataclass(frozen=True)
class Target:
    """An image as it is sent (PNG), and what it was made from."""

    png: bytes
    note: TargetNote
    whole: bytes | None = None
    """The image before it was cropped, padded or scaled down (PNG); None if unchanged."""
    warnings: tuple[str, ...] = ()
    """Warnings for the animator, each part of a sentence."""


@dataclass(frozen=True)
class Recipe:
    """Everything needed to redo a result, or make a similar one."""

    version: Annotated[int, Range(VERSION, VERSION, "", "Version of the recipe format.")]
    job: Annotated[str, Constraint(r"[0-9a-f]{32}", "Job that made it.")]
    name: Annotated[str, Constraint(r"[^\x00-\x1f\x7f]{1,64}", "Name of the motion.")]
    take: Annotated[int, Range(1, 128, "", "Number of the job's take.")]
    seed: Annotated[int, Range(0, 2**32 - 1, "", "Seed of the take.")]
    settings: Settings
    capture: CaptureInfo
    edit: Annotated[MotionEdit, Constraint(None, "Changes of the motions.")] = AS_LEARNED
    target: TargetNote | None = None
    parents: Annotated[
        _Parents,
        Constraint(None, "Motion of the library for each part of the edit; empty if in none."),
    ] = ()

    @property
    def made_size(self) -> tuple[int, int]:
        """Return width and height of the images as generated, in pixels, or in that ratio."""
        note = self.target
        if self.settings.keeps_size and note and note.kept == 1 and not note.fitted.padded:
            return note.size
        return self.settings.size

    def to_json(self) -> str:
        """Serialize as one line."""
        return codec.dumps(codec.to_dict(self))


def recipe_of(
    request: Request,
    take: int,
    seed: int,
    target: TargetNote | None,
    parents: tuple[str, ...] = (),
) -> Recipe:
    """Return the recipe of one take of a job; `parents`: of `read_parents`."""
    return Recipe(
        version=VERSION,
        job=request.job,
        name=request.name,
        take=take,
        seed=seed,
        settings=request.settings,
        capture=request.capture,
        edit=request.edit,
        target=target,
        parents=parents,
    )


def prompt_of(recipe: Recipe) -> str:
    """Return what a result shows, if the motion was played in words; else nothing."""
    words = recipe.settings.motion_inversion
    return words.prompts[0] if words is not None and words.prompts else ""


def read_recipe(text: object) -> Recipe | None:
    """Parse a recipe from the JSON on a strip; None for anything else."""
    if not isinstance(text, str) or not text:
        return None
    try:
        value = codec.loads(text, "The recipe")
        if isinstance(value, dict) and value.get("version") == 1:
            value |= {"version": 2, "settings": upgraded(value.get("settings"), 2)}
        if isinstance(value, dict) and value.get("version") == 2:
            value |= {"version": 3, "edit": codec.to_dict(AS_LEARNED)}
        if isinstance(value, dict) and value.get("version") == 3:
            value |= {"version": 4, "settings": upgraded(value.get("settings"), 3)}
        if isinstance(value, dict) and value.get("version") == 4:
            value |= {"version": VERSION, "parents": []}
        recipe: Recipe = codec.from_dict(Recipe, value, "recipe")
        recipe.edit.check("recipe.edit")
    except MtiError:
        return None
    return recipe


def write_note(job: JobFolder, note: TargetNote, whole: bytes | None = None) -> None:
    """Record what a job's target was made from, and all of it. Raises DiskFull, NotWritable."""
    if whole is not None:
        files.write_atomic(job.path / WHOLE_FILE, whole)
    write_note_file(job.path, NOTE_FILE, note)


def read_note(folder: Path) -> TargetNote | None:
    """Return what a job's target was made from; None if not recorded."""
    return read_note_file(TargetNote, folder, NOTE_FILE)


def write_parents(job: JobFolder, parents: tuple[str, ...]) -> None:
    """Record which motions of the library a job applies. Raises DiskFull, NotWritable."""
    if any(parents):
        write_note_file(job.path, PARENTS_FILE, ParentsNote(parents))


def read_parents(folder: Path) -> tuple[str, ...]:
    """Return which motions of the library a job applies; () if not recorded."""
    note = read_note_file(ParentsNote, folder, PARENTS_FILE)
    return note.parents if note else ()
