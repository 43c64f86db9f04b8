"""The motions that the command line knows: those of the libraries, and .motion files. Imports the
standard library and wire only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from mti_addon.wire.contents import read_verified
from mti_addon.wire.errors import BadRequest, MtiError, UnreadableInput
from mti_addon.wire.files import size_of
from mti_addon.wire.library import Preset, read_library, read_preset
from mti_addon.wire.library.motion_file import SUFFIX, read_motion_file
from mti_addon.wire.library.preset import PRESET_FILE
from mti_addon.wire.problem import Problem
from mti_addon.wire.settings import ModelName

from .places import shipped_library

_ID = re.compile(r"[0-9a-f]{4,32}")
_SHOWN = 3
_SEE_ALL = "See all of them with: python -m mti_backend list"


@dataclass(frozen=True)
class Found:
    """A motion, and where it lies: a folder, or a .motion file, whose `contents` are in memory."""

    preset: Preset
    place: Path
    contents: Mapping[str, bytes] | None = None

    @property
    def shipped(self) -> bool:
        """True if it came with the extension."""
        return self.place.parent == shipped_library()

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return size_of(self.place) if self.contents is None else self.place.stat().st_size

    def embedding(self, model: ModelName) -> tuple[bytes, ...]:
        """The files of what a model has learned, one per part of the motion's edit.

        Raises KeyError if it has not learned it, UnreadableInput."""
        return tuple(self._read(name) for name in self.preset.embeddings[model].files)

    def _read(self, name: str) -> bytes:
        if self.contents is not None:
            return self.contents[name]
        return read_verified(self.place, name, self.preset.files[name])


def all_motions(libraries: Sequence[Path]) -> tuple[list[Found], dict[Path, MtiError]]:
    """The motions of all libraries, by name, and the folders that cannot be read, with the reason.

    Raises UnreadableInput if a library cannot be read at all."""
    found: list[Found] = []
    problems: dict[Path, MtiError] = {}
    for root in dict.fromkeys(libraries):
        motions, unreadable = read_library(root)
        found += [Found(motion.preset, motion.folder) for motion in motions]
        problems |= unreadable
    return sorted(found, key=lambda each: each.preset.name.casefold()), problems


def find(text: str, libraries: Sequence[Path]) -> Found:
    """The motion that a person means by a name, an id or the first four or more digits of it, a
    folder, or a .motion file. A name in an earlier library comes before the same in a later one.

    Raises BadRequest if there is none, or more than one; what reading it raises."""
    path = Path(text)
    if path.suffix == SUFFIX:
        preset, contents = read_motion_file(path)
        return Found(preset, path, contents)
    if (path / PRESET_FILE).is_file():
        return Found(read_preset(path), path.resolve())
    seen: list[Found] = []
    for root in dict.fromkeys(libraries):
        motions, problems = all_motions([root])
        if matching := _matching(text, motions):
            return _only(text, matching)
        if root / text in problems:
            raise problems[root / text]
        seen += motions
    raise BadRequest(_not_found(text, seen))


def _matching(text: str, motions: list[Found]) -> list[Found]:
    """Those with this name or folder; or else those whose id begins like this."""
    name = text.casefold()
    named = [m for m in motions if m.preset.name.casefold() == name or m.place.name == text]
    if named or not _ID.fullmatch(name):
        return named
    return [motion for motion in motions if motion.preset.id.startswith(name)]


def _only(text: str, matching: list[Found]) -> Found:
    if len(matching) == 1:
        return matching[0]
    if exact := [motion for motion in matching if motion.place.name == text]:
        return exact[0]  # two folders cannot have one name
    folders = ", ".join(motion.place.name for motion in matching[:_SHOWN])
    what = "{text} may be any of {count} motions: {folders}."
    values = {"text": text, "count": len(matching), "folders": folders}
    raise BadRequest(Problem("motion_ambiguous", what, "Use the name of its folder.", values))


def _not_found(text: str, seen: list[Found]) -> Problem:
    names = {motion.preset.name.casefold(): motion.preset.name for motion in seen}
    close = [names[each] for each in get_close_matches(text.casefold(), names, _SHOWN)]
    if not close:
        what = "There is no motion {text!r} in the library."
        return Problem("motion_not_found", what, _SEE_ALL, {"text": text})
    what = "There is no motion {text!r} in the library; there is {close}."
    return Problem(
        "motion_not_found_but", what, _SEE_ALL, {"text": text, "close": ", ".join(close)}
    )


def library_problem(root: Path) -> MtiError | None:
    """What is wrong with a folder that the user has chosen as a library to read; None if
    nothing."""
    if root.is_dir():
        return None
    what, hint = "There is no library in {path}.", "Choose a folder that exists with --library."
    return UnreadableInput(Problem("library_missing", what, hint, {"path": str(root)}))
