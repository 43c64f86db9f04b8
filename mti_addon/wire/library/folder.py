"""A library: a folder with one sub-folder per motion; stdlib only.

Hidden sub-folders are not motions: unfinished writes (files.new_folder) and the trash. Several
programs may use one library at once; a motion appears, changes and disappears as a whole.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadRequest, MtiError, UnreadableInput
from ..problem import Problem
from ..settings import ModelName
from .motion_file import export_motion, read_motion_file
from .preset import (
    MAX_PRESET_BYTES,
    PRESET_FILE,
    Preset,
    parse_preset,
    read_preset,
    write_preset,
)

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)")
"""Names that Windows reserves for devices."""
_ATTEMPTS = 20


@dataclass(frozen=True)
class Motion:
    """A preset and its folder."""

    folder: Path
    preset: Preset

    def path(self, name: str) -> Path | None:
        """The path of one of its files; None if it has no such file."""
        return self.folder / name if name in self.preset.files else None

    def embedding_files(self, model: ModelName) -> tuple[Path, ...]:
        """Return the files of what a model has learned, one per part of the edit; or ()."""
        embedding = self.preset.embeddings.get(model)
        return tuple(self.folder / name for name in embedding.files) if embedding else ()


def motion_folders(root: Path) -> list[Path]:
    """The folders of a library that contain a preset.json, in order; none if there is no library.

    Raises UnreadableInput if the library cannot be read.
    """
    try:
        folders = sorted(path for path in root.iterdir() if not path.name.startswith("."))
        return [path for path in folders if (path / PRESET_FILE).is_file()]
    except FileNotFoundError:
        return []
    except OSError as error:
        what = "The library {path} cannot be read ({reason})."
        hint = "Check that its disk is connected, or choose another folder in the preferences."
        values = {"path": str(root), "reason": error.strerror or str(error)}
        raise UnreadableInput(Problem("library_unreadable", what, hint, values)) from error


def read_library(root: Path) -> tuple[list[Motion], dict[Path, MtiError]]:
    """All motions of a library by name, and the folders that could not be read, with the reason."""
    found: list[Motion] = []
    problems: dict[Path, MtiError] = {}
    for folder in motion_folders(root):
        try:
            found.append(Motion(folder, read_preset(folder)))
        except MtiError as error:
            if (folder / PRESET_FILE).is_file():  # else it was deleted at this very moment
                problems[folder] = error
    return sorted(found, key=lambda motion: motion.preset.name.casefold()), problems


def read_motion(folder: Path) -> Motion:
    """Read a motion's preset.json. Raises BadRequest, NewerProtocol."""
    return Motion(folder, read_preset(folder))


def find_motions(root: Path, motion: str) -> list[Motion]:
    """Return the motions of a library with this id; unreadable ones are left out.

    Raises UnreadableInput if the library cannot be read.
    """
    found = []
    for folder in motion_folders(root):
        with contextlib.suppress(OSError, MtiError):
            with open(folder / PRESET_FILE, "rb") as stream:
                data = stream.read(MAX_PRESET_BYTES + 1)
            # parsing takes a hundred times as long as reading; an older preset has no id
            if motion.encode("ascii") in data or b'"id"' not in data:
                preset = parse_preset(data)
                if preset.id == motion:
                    found.append(Motion(folder, preset))
    return found


def add_motion(root: Path, preset: Preset, contents: Mapping[str, bytes | Path]) -> Motion:
    """Add a motion to a library, whole or not at all, in a folder named after it.

    `contents` holds every file besides preset.json. Raises BadRequest, UnreadableInput, DiskFull,
    NotWritable.
    """
    for _ in range(_ATTEMPTS):
        place = free_place(root, preset.name)
        try:
            return Motion(place, write_preset(place, preset, contents))
        except BadRequest:
            if not place.exists():  # else another program has just taken the name
                raise
    raise BadRequest(f"There is no free name for {preset.name} in {root}.")


def import_motion(root: Path, path: Path) -> tuple[Motion, bool]:
    """Add the motion of a .motion file; returns it, and False if the library had it already.

    Raises UnreadableInput, BadRequest, BadEmbedding, NewerProtocol, DiskFull, NotWritable.
    """
    preset, contents = read_motion_file(path)
    for motion in find_motions(root, preset.id):
        if motion.preset.files == preset.files:
            return motion, False
    return add_motion(root, preset, contents), True


def export_to(motion: Motion, target: Path) -> None:
    """Write a motion as one .motion file. Raises UnreadableInput, DiskFull, NotWritable."""
    export_motion(motion.folder, motion.preset, target)


def free_place(root: Path, name: str) -> Path:
    """Return a folder name for a motion of this name that is not taken."""
    letters = unicodedata.normalize("NFKD", name)  # ä is a and two dots
    slug = re.sub(r"[^a-z0-9]+", "-", re.sub(r"[\u0300-\u036f]", "", letters).casefold())
    slug = slug.strip("-")[:40].strip("-")
    if not slug or _RESERVED.fullmatch(slug):
        slug = f"motion-{slug}".rstrip("-")
    candidates = [slug, *(f"{slug}-{i}" for i in range(2, 1000))]
    return next(
        (root / each for each in candidates if not os.path.lexists(root / each)),
        root / f"{slug}-{secrets.token_hex(4)}",
    )
