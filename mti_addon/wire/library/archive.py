"""A zip file from elsewhere, read as a hostile one; stdlib only.

zipfile does the reading. Before it opens the file, and before it unpacks an entry, everything that
could make it slow, large, or write somewhere else is checked. docs/preset.md lists it.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from ..errors import UnreadableInput
from ..problem import Problem
from .preset import EMBEDDINGS, largest
from .texts import AGAIN, shown

MAX_BYTES = 256 * 2**20
"""Of the file, and of what it contains when it is unpacked."""
MAX_ENTRIES = 256
_MAX_DIRECTORY = MAX_ENTRIES * 256
"""Bytes of the list of entries: with a name and times, each takes less than 256."""
_FOLDERS = ("reference/", f"{EMBEDDINGS}/")
_END = struct.Struct("<4s4H2LH")
"""End of a zip file: signature, disks, entries, size and place of the list, length of a comment."""
_LARGE = b"PK\x06\x07"
"""Stands before the end of a zip file with 64-bit sizes."""
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OverflowError,
)  # fmt: skip
"""What zipfile raises for a damaged file."""


class Archive:
    """An open .motion file, whose list of entries has been checked.

    `sizes` has the size of each entry when it is unpacked, as the file says.
    """

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        """Raises UnreadableInput."""
        self._name = shown(path.name)
        self._left = MAX_BYTES
        try:
            self._check_end(stream)
            self._zip = zipfile.ZipFile(stream)
            self._entries = self._checked(self._zip.infolist())
        except _BROKEN as error:
            raise self._damaged() from error

    @property
    def names(self) -> set[str]:
        """Return the names of its files."""
        return set(self._entries)

    def read(self, name: str) -> bytes:
        """Unpack one file; no more than a file of this name can have. Raises UnreadableInput."""
        if name not in self._entries:
            raise self._damaged()
        most = min(largest(name), self._left)
        try:
            with self._zip.open(self._entries[name]) as stream:
                data = stream.read(most + 1)
        except _BROKEN as error:
            raise self._damaged() from error
        if len(data) > most:
            raise self._too_large(name)
        self._left -= len(data)
        return data

    def _check_end(self, stream: BinaryIO) -> None:
        """Check the number of entries, since zipfile would read each of them.

        The end must be where zipfile looks for it first, or it would read another one.
        """
        size = stream.seek(0, os.SEEK_END)
        if size > MAX_BYTES:
            what = "{file} is larger than {most} MiB, and no motion is."
            raise UnreadableInput(
                Problem(
                    "motion_file_too_large", what, AGAIN, self._values({"most": MAX_BYTES >> 20})
                )
            )
        start = max(0, size - _END.size - 20)
        stream.seek(start)
        tail = stream.read(_END.size + 20)
        if len(tail) < _END.size:
            raise self._damaged()
        signature, *_, entries, directory, _, comment = _END.unpack(tail[-_END.size :])
        if signature != b"PK\x05\x06" or comment or tail[: -_END.size][:4] == _LARGE:
            raise self._damaged()
        if entries > MAX_ENTRIES or directory > _MAX_DIRECTORY:
            what = "{file} contains more files than a motion has."
            raise UnreadableInput(Problem("motion_file_too_many", what, AGAIN, self._values({})))

    def _checked(self, infos: list[zipfile.ZipInfo]) -> Mapping[str, zipfile.ZipInfo]:
        found: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            name = info.orig_filename  # as it is in the file; zipfile changes the other one
            if name in _FOLDERS:
                continue
            if name in found:
                what = "{file} contains {name} twice."
                raise UnreadableInput(
                    Problem("motion_file_twice", what, AGAIN, self._values({"name": shown(name)}))
                )
            self._check_entry(info, name)
            found[name] = info
        if sum(info.file_size for info in found.values()) > MAX_BYTES:
            what = "{file} contains more than {most} MiB, and no motion does."
            raise UnreadableInput(
                Problem("motion_file_bomb", what, AGAIN, self._values({"most": MAX_BYTES >> 20}))
            )
        return found

    def _check_entry(self, info: zipfile.ZipInfo, name: str) -> None:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if not largest(name) or kind not in (0, stat.S_IFREG):
            what = "{file} contains {name}, which no motion has."
            raise UnreadableInput(
                Problem("motion_file_odd_name", what, AGAIN, self._values({"name": shown(name)}))
            )
        if info.flag_bits & 1:
            what = "{file} is protected with a password."
            raise UnreadableInput(Problem("motion_file_encrypted", what, AGAIN, self._values({})))
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            what = "{name} in {file} is compressed in a way that motions are not."
            raise UnreadableInput(
                Problem("motion_file_compression", what, AGAIN, self._values({"name": name}))
            )
        if info.file_size > largest(name):
            raise self._too_large(name)

    def _too_large(self, name: str) -> UnreadableInput:
        what = "{name} in {file} is larger than it can be."
        return UnreadableInput(
            Problem("motion_file_part_too_large", what, AGAIN, self._values({"name": name}))
        )

    def _damaged(self) -> UnreadableInput:
        what = "{file} is not a motion, or is damaged."
        return UnreadableInput(Problem("not_a_motion_file", what, AGAIN, self._values({})))

    def _values(self, more: Mapping[str, str | int]) -> dict[str, str | int]:
        return {"file": self._name, **more}
