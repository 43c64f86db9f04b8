"""Captured pictures on disk, until a job takes a copy. Imports no bpy.

A scene remembers its capture by id only, so that undo, Revert and New File can do no harm: each id
is a folder that is written whole and never changed.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ..motion import PoseSequence, encode_png
from ..wire import CaptureInfo, Settings, codec, files
from ..wire.codec import Constraint, Range
from ..wire.errors import BadRequest, UnreadableInput
from ..wire.problem import Problem
from .steps import steps

CAPTURE_FILE = "capture.json"
POSES_FILE = "poses.json"
OLDER_POSES_FILE = "take.json"
"""Before 0.2.0."""
KEPT = 32
"""Captures kept besides the newest; older ones go. Jobs have copies of what they need."""
GAP = 2
"""Pixels between the pictures of the sheet, at 64 x 64 pixels a picture."""


@dataclass(frozen=True)
class CaptureFile:
    """capture.json."""

    model: Annotated[str, Constraint(r".{1,64}", "The model that the images were drawn for.")]
    frames: Annotated[int, Range(1, 128, "pictures", "How many.")]
    size: tuple[
        Annotated[int, Range(16, 4096, "px", "Width of the images.")],
        Annotated[int, Range(16, 4096, "px", "Height of the images.")],
    ]
    source: Annotated[str, Constraint(r".{0,64}", "Name of what was captured, for people.")]
    notes: tuple[Annotated[str, Constraint(r".{1,500}", "A warning, and what to do.")], ...]
    info: CaptureInfo


@dataclass(frozen=True)
class Capture:
    """A capture that was read back."""

    path: Path
    about: CaptureFile

    @property
    def settings(self) -> Settings:
        """The defaults of the model, at the size, that it was captured for. BadRequest."""
        return Settings.for_model(self.about.model).sized(*self.about.size)

    def pictures(self) -> list[Path]:
        """The pictures' files, in order."""
        return [self.path / f"{i + 1:04d}.png" for i in range(self.about.frames)]

    @property
    def poses_files(self) -> tuple[Path, ...]:
        """Where what was drawn may be, for drawing it in other ways; only for a keyed figure."""
        return tuple(self.path / name for name in (POSES_FILE, OLDER_POSES_FILE))

    @property
    def can_vary(self) -> bool:
        """It can be drawn in other ways."""
        return any(path.is_file() for path in self.poses_files)

    def poses(self) -> PoseSequence:
        """What was drawn. UnreadableInput."""
        try:
            found = next((path for path in self.poses_files if path.is_file()), self.path)
            return PoseSequence.from_json(found.read_bytes())
        except (OSError, ValueError) as error:
            raise UnreadableInput(
                Problem(
                    "capture_damaged",
                    "The capture is damaged: it cannot be drawn in other ways.",
                    "Capture it again.",
                )
            ) from error

    @property
    def sheet(self) -> Path:
        """All pictures in one file, row by row."""
        return self.path / "sheet.png"


def one_line(text: str, longest: int) -> str:
    """A text as capture.json can hold it: names in Blender may have line breaks, and be long."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)[:longest]


def save_capture(
    root: Path, pictures: NDArray[np.uint8], about: CaptureFile, poses: PoseSequence | None = None
) -> str:
    """Write pictures (F, H, W, 3) whole or not at all, and give the new id.

    With the poses that they were drawn from, they can be drawn in other ways later. Raises
    BadRequest for what could not be read back, NotWritable, DiskFull.
    """
    codec.check(about, "capture")
    name = uuid.uuid4().hex
    with files.new_folder(root / name) as folder:
        for i, picture in enumerate(steps(list(pictures))):
            files.write_synced(folder / f"{i + 1:04d}.png", encode_png(picture))
        files.write_synced(folder / "sheet.png", encode_png(_sheet(pictures)))
        if poses is not None:
            files.write_synced(folder / POSES_FILE, poses.to_json().encode("utf-8"))
        text = codec.dumps(codec.to_dict(about), indent=2) + "\n"
        files.write_synced(folder / CAPTURE_FILE, text.encode("utf-8"))
    files.keep_newest(root, KEPT, name)
    files.sweep(root)
    return name


def load_capture(root: Path, name: str) -> Capture | None:
    """The capture of this id; None if there is none, or it is not whole."""
    if not name.isalnum():
        return None
    folder = root / name
    try:
        value = codec.loads((folder / CAPTURE_FILE).read_bytes(), CAPTURE_FILE)
        capture = Capture(folder, codec.from_dict(CaptureFile, value, "capture"))
    except (OSError, BadRequest):
        return None
    return capture if all(path.is_file() for path in capture.pictures()) else None


def _sheet(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A table of the pictures, as square as it can be, made smaller where they are large."""
    step = max(1, pictures.shape[1] // 128)
    small = pictures[:, ::step, ::step]
    count, height, width = small.shape[:3]
    columns = min(range(1, count + 1), key=lambda c: max(c * width, -(-count // c) * height))
    rows = -(-count // columns)
    gap = max(1, GAP * height // 64)
    sheet = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, 3), 24, np.uint8)
    for i, picture in enumerate(small):
        top = gap + i // columns * (height + gap)
        left = gap + i % columns * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet
