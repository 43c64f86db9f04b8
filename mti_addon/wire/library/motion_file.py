"""A motion as one file, to be sent to somebody else: NAME.motion; stdlib only.

It is a zip of a preset folder. A file from elsewhere may be anything, so it is read strictly: only
names that a preset can have, no more bytes than each of them can have, and nothing is written until
all of it has been checked. docs/preset.md describes it.
"""

from __future__ import annotations

import hashlib
import io
import stat
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from .. import codec, files
from ..contents import read_verified
from ..errors import BadRequest, UnreadableInput
from ..problem import Problem
from ..request import MOTION, POSES
from ..settings import ModelName
from .preset import (
    PRESET_FILE,
    Embedding,
    Preset,
    largest,
    parse_preset,
    to_bytes,
)
from .tensors import WIDTHS, TokenFile, check_tokens

SUFFIX = ".motion"
MAX_BYTES = 256 * 2**20
MAX_ENTRIES = 256
MAX_SIDE = 4096
"""Pixels along a side of an image."""
_OLDER = {MOTION: 8 * 2**20, "reference.webp": 4 * 2**20}
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every entry, so that the same motion gives the same file."""


def export_motion(folder: Path, preset: Preset, target: Path) -> None:
    """Write a motion's folder as one file, whole or not at all.

    Raises UnreadableInput if the folder is damaged, DiskFull, NotWritable.
    """
    contents = {name: _checked(folder, name, preset) for name in preset.files}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, data in {PRESET_FILE: to_bytes(preset), **contents}.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data)
    files.write_atomic(target, stream.getvalue())


def read_motion_file(path: Path) -> tuple[Preset, dict[str, bytes]]:
    """The preset and the other files of a .motion file, all of them checked.

    Raises UnreadableInput, BadRequest, BadEmbedding, NewerProtocol, each with one sentence.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _refused("motion_file_too_large", "{file} is larger than {most} MiB.", path)
        with open(path, "rb") as stream:
            contents = _entries(stream, path)
    except OSError as error:
        what = "{file} cannot be read ({reason})."
        values = {"file": path.name, "reason": error.strerror or str(error)}
        raise UnreadableInput(Problem("motion_file_unreadable", what, "", values)) from error
    preset = parse_preset(contents.pop(PRESET_FILE))
    check_contents(preset, contents)
    return preset, contents


def check_contents(preset: Preset, contents: Mapping[str, bytes]) -> None:
    """Check a preset's files before they are used: that they are the ones it names, and each is
    what its name says. Raises UnreadableInput, BadEmbedding."""
    if set(contents) != set(preset.files):
        odd = sorted(set(contents) ^ set(preset.files))[0]
        what = "The motion does not contain the files that it names: {name}."
        raise UnreadableInput(Problem("motion_files_differ", what, "", {"name": odd}))
    for name, data in contents.items():
        if hashlib.sha256(data).hexdigest() != preset.files[name]:
            what = "{name} is not the file that it was when it was written."
            hint = "It is damaged or was changed: make it again."
            raise UnreadableInput(Problem("file_changed", what, hint, {"name": name}))
        _check_file(name, data)
    for model, embedding in preset.embeddings.items():
        for name in embedding.files:
            check_embedding(contents[name], name, model, embedding)


def check_embedding(data: bytes, name: str, model: ModelName, embedding: Embedding) -> TokenFile:
    """Check the file of what a model has learned; return what it says about itself.

    Raises BadEmbedding if it is none, UnreadableInput if another model has learned it.
    """
    found = check_tokens(data, name)
    if (found.frames, found.width) != (embedding.settings.num_frames, WIDTHS[model]):
        what = "{file} was not learned on {model}: it has {frames} frames of width {width}."
        values = {"file": name, "model": model, "frames": found.frames, "width": found.width}
        hint = "Learn the motion again on this engine."
        raise UnreadableInput(Problem("tokens_of_other_model", what, hint, values))
    return found


def _entries(stream: BinaryIO, path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(stream) as archive:
            infos = archive.infolist()
            if len(infos) > MAX_ENTRIES:
                what = "{file} contains more files than a motion has."
                raise _refused("motion_file_too_many", what, path)
            found: dict[str, bytes] = {}
            for info in infos:
                if info.orig_filename not in ("reference/", "embeddings/"):
                    if info.orig_filename in found:
                        what = "{file} contains {name} twice."
                        raise _refused("motion_file_twice", what, path, info.orig_filename)
                    found[info.orig_filename] = _entry(archive, info, path)
    except (zipfile.BadZipFile, struct.error, EOFError, RuntimeError,
            ValueError, OverflowError) as error:  # fmt: skip
        raise _refused(
            "not_a_motion_file", "{file} is not a motion, or is damaged.", path
        ) from error
    if PRESET_FILE not in found:
        raise _refused("not_a_motion_file", "{file} is not a motion, or is damaged.", path)
    return found


def _entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> bytes:
    """One file's bytes; no more is read than a file of its name can have."""
    name = info.orig_filename
    most = largest(name) or _OLDER.get(name, 0)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if not most or kind not in (0, stat.S_IFREG):
        what = "{file} contains {name}, which no motion has."
        raise _refused("motion_file_odd_name", what, path, name)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
        raise _refused("not_a_motion_file", "{file} is not a motion, or is damaged.", path)
    if info.file_size > most:
        what = "{name} in {file} is larger than it can be."
        raise _refused("motion_file_part_too_large", what, path, name)
    with archive.open(info) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        what = "{name} in {file} is larger than it can be."
        raise _refused("motion_file_part_too_large", what, path, name)
    return data


def _refused(code: str, what: str, path: Path, name: str = "") -> UnreadableInput:
    values = {"file": path.name, "name": name[:80], "most": MAX_BYTES >> 20}
    return UnreadableInput(Problem(code, what, "", values))


def _checked(folder: Path, name: str, preset: Preset) -> bytes:
    return read_verified(folder, name, preset.files[name])


def _check_file(name: str, data: bytes) -> None:
    """A picture is one, of a size that can be shown; poses are JSON."""
    if name.endswith(".png"):
        size = png_size(data)
    elif name.endswith(".webp"):
        size = webp_size(data)
    elif name == POSES:
        try:
            codec.loads(data, POSES)
        except BadRequest as error:
            raise UnreadableInput(error.problem) from error
        return
    else:
        return
    if size is None or not all(0 < side <= MAX_SIDE for side in size):
        what = "{name} is no image of at most {most} pixels a side."
        raise UnreadableInput(
            Problem("motion_image_bad", what, "", {"name": name, "most": MAX_SIDE})
        )


def png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height by a PNG file's header; None if it is none."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR" or len(data) < 33:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height by a WebP file's header; None if it is none."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    if data[12:16] == b"VP8X":
        return (
            1 + int.from_bytes(data[24:27], "little"),
            1 + int.from_bytes(data[27:30], "little"),
        )
    if data[12:16] == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return None
