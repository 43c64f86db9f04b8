"""Captured images on disk, kept until a job copies them. Imports no bpy.

A scene only stores its capture's ID, so undo, Revert and New File do no harm: each ID is a folder
that is written as a whole and never changed.
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
from .progress import steps

CAPTURE_FILE = "capture.json"
POSES_FILE = "poses.json"
OLDER_POSES_FILE = "take.json"
"""Name before 0.2.0."""
KEPT = 32
"""Number of captures to keep besides the newest; older ones are deleted. Jobs have copies of
what they need."""
GAP = 2
"""Gap between images of the contact sheet, in pixels at 64 x 64 pixels per image."""


@dataclass(frozen=True)
class CaptureFile:
    """Contents of capture.json."""

    model: Annotated[str, Constraint(r".{1,64}", "Model that the images were drawn for.")]
    frames: Annotated[int, Range(1, 128, "pictures", "Number of images.")]
    size: tuple[
        Annotated[int, Range(16, 4096, "px", "Width of the images.")],
        Annotated[int, Range(16, 4096, "px", "Height of the images.")],
    ]
    source: Annotated[str, Constraint(r".{0,64}", "Display name of what was captured.")]
    notes: tuple[Annotated[str, Constraint(r".{1,500}", "A warning and its remedy.")], ...]
    info: CaptureInfo


@dataclass(frozen=True)
class Capture:
    """A capture loaded from disk."""

    path: Path
    about: CaptureFile

    @property
    def settings(self) -> Settings:
        """Return the default settings of the captured model and size. Raises BadRequest."""
        return Settings.for_model(self.about.model).sized(*self.about.size)

    def pictures(self) -> list[Path]:
        """Return the image files, in order."""
        return [self.path / f"{i + 1:04d}.png" for i in range(self.about.frames)]

    @property
    def poses_files(self) -> tuple[Path, ...]:
        """Return candidate paths of the poses, which only a keyed figure has."""
        return tuple(self.path / name for name in (POSES_FILE, OLDER_POSES_FILE))

    @property
    def can_vary(self) -> bool:
        """Return whether variations of it can be drawn."""
        return any(path.is_file() for path in self.poses_files)

    def poses(self) -> PoseSequence:
        """Load the poses that were drawn. Raises UnreadableInput."""
        try:
            found = next((path for path in self.poses_files if path.is_file()), self.path)
            return PoseSequence.from_json(found.read_bytes())
        except (OSError, ValueError) as error:
            raise UnreadableInput(
                Problem(
                    "capture_damaged",
                    "The capture is damaged, so variations of it cannot be drawn.",
                    "Capture it again.",
                )
            ) from error

    @property
    def sheet(self) -> Path:
        """Return the file with all images, row by row."""
        return self.path / "sheet.png"


def one_line(text: str, longest: int) -> str:
    """Fit a text into capture.json: names in Blender may be long and have line breaks."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)[:longest]


def save_capture(
    root: Path, pictures: NDArray[np.uint8], about: CaptureFile, poses: PoseSequence | None = None
) -> str:
    """Write images (F, H, W, 3) atomically and return the new ID.

    With the poses they were drawn from, variations can be drawn later. Raises BadRequest if the
    capture could not be read back, NotWritable, DiskFull.
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
    """Return the capture of this ID; None if there is none, or it is incomplete."""
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
    """Arrange the images in a roughly square grid, scaled down if they are large."""
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
