"""What a result was made with: kept in its job, on its strip, and beside its pictures.

Imports no bpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from ..motion import Fitted
from ..wire import CaptureInfo, JobFolder, MtiError, Request, Settings, codec, files
from ..wire.codec import Constraint, Range
from ..wire.contents import NOTE_BYTES, read_inside
from ..wire.settings import upgraded

VERSION = 2
"""Of a recipe. Version 1, of files made before 0.2.0, has settings of protocol 2."""
RECIPE_KEY = "mti_recipe"
"""The custom property of a strip, an object or an image that holds a recipe's JSON."""
JOB_KEY = "mti_job"
REDO_KEY = "mti_redone_by"
"""The custom property of a strip that holds the job which makes its result again."""
NOTE_FILE = "target.json"
"""In a job's folder: what its target was made of. Only the add-on reads it."""
WHOLE_FILE = "target_whole.png"
"""In a job's folder and a result's: the target before it was cropped, padded or made smaller; not
there where it was sent as it is."""
LONGEST_WHOLE = 4096
"""Longer sides of that, pixels."""
_SHARE = Range(0, 1, "", "")


@dataclass(frozen=True)
class TargetNote:
    """What the target picture of a job was made of."""

    kind: Annotated[str, Constraint(r"[A-Z_]{1,16}", "RENDER, IMAGE ...")]
    source: Annotated[str, Constraint(r"[^\x00]{0,1024}", "A file, a scene, a strip; for people.")]
    how: Annotated[str, Constraint(r"CROP|PAD", "How it was brought to the engine's shape.")]
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
        """The same as numbers to compute with."""
        return Fitted(self.size, self.box, self.kept)


@dataclass(frozen=True)
class Recipe:
    """Everything that is needed to make a result again, or another one like it."""

    version: Annotated[int, Range(VERSION, VERSION, "", "Of this list of fields.")]
    job: Annotated[str, Constraint(r"[0-9a-f]{32}", "The job that made it.")]
    name: Annotated[str, Constraint(r"[^\x00-\x1f\x7f]{1,64}", "The motion's name.")]
    take: Annotated[int, Range(1, 128, "", "Which of the job's takes.")]
    seed: Annotated[int, Range(0, 2**32 - 1, "", "The take's own.")]
    settings: Settings
    capture: CaptureInfo
    target: TargetNote | None = None

    @property
    def made_size(self) -> tuple[int, int]:
        """Width and height of the images as the engine made them, in pixels, or in that ratio."""
        note = self.target
        if self.settings.keeps_size and note and note.kept == 1 and not note.fitted.padded:
            return note.size
        return self.settings.size

    def to_json(self) -> str:
        """One line."""
        return codec.dumps(codec.to_dict(self))


def recipe_of(request: Request, take: int, seed: int, target: TargetNote | None) -> Recipe:
    """The recipe of one take of a job."""
    return Recipe(
        VERSION, request.job, request.name, take, seed, request.settings, request.capture, target
    )


def read_recipe(text: object) -> Recipe | None:
    """A recipe from the JSON on a strip; None for anything else."""
    if not isinstance(text, str) or not text:
        return None
    try:
        value = codec.loads(text, "The recipe")
        if isinstance(value, dict) and value.get("version") == 1:
            value |= {"version": VERSION, "settings": upgraded(value.get("settings"), 2)}
        recipe: Recipe = codec.from_dict(Recipe, value, "recipe")
    except MtiError:
        return None
    return recipe


def write_note(job: JobFolder, note: TargetNote, whole: bytes | None = None) -> None:
    """Remember what the target of a job was made of, and all of it. DiskFull, NotWritable."""
    if whole is not None:
        files.write_atomic(job.path / WHOLE_FILE, whole)
    text = codec.dumps(codec.to_dict(note), indent=2) + "\n"
    files.write_atomic(job.path / NOTE_FILE, text.encode("utf-8"))


def read_note(folder: Path) -> TargetNote | None:
    """What the target of a job was made of; None if nobody has noted it."""
    try:
        value = codec.loads(read_inside(folder, NOTE_FILE, NOTE_BYTES), NOTE_FILE)
        note: TargetNote = codec.from_dict(TargetNote, value, "target")
    except MtiError:
        return None
    return note
