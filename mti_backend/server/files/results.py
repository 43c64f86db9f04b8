"""Results that several jobs share: kept as links to the first job's files, given to the others.

A motion's file contains its artist's name for it, and all settings of their job. Whoever else gets
it gets their own in it, so that nothing of the first job shows.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
from pathlib import Path
from typing import Any

from mti_addon.wire import files
from mti_addon.wire.job import JobFolder, manifest_of
from mti_addon.wire.library.motion_embeddings import FORMAT, MAX_HEADER, check_header
from mti_addon.wire.library.tensors import FORMATS, check_tokens
from mti_addon.wire.request import Request

from .folders import link_or_copy


def keep(output: Path, place: Path) -> None:
    """Keep a job's output as the result `place`, in place of one that the store does not know.

    Raises DiskFull, NotWritable.
    """
    files.remove_folder(place)
    with files.new_folder(place) as temp:
        shutil.copytree(output, temp / "output", copy_function=link_or_copy)


def give(place: Path, folder: JobFolder, request: Request) -> None:
    """Write a kept result as the output of another job with the same work.

    Raises BadEmbedding or FileNotFoundError if it is damaged, DiskFull.
    """
    if folder.output_dir.exists():
        files.remove_folder(folder.output_dir)
    with files.new_folder(folder.output_dir) as temp:
        shutil.copytree(place / "output", temp, copy_function=link_or_copy, dirs_exist_ok=True)
        for motion in temp.rglob("*.safetensors"):  # those of fewer iterations, too
            _rename(motion, request)
        manifest = temp / folder.manifest_file.name
        manifest.unlink()
        files.write_synced(manifest, manifest_of(temp).to_json().encode())


def _rename(motion: Path, request: Request) -> None:
    """Replace a motion's file, which others may share, by the request's own. Raises BadEmbedding,
    DiskFull."""
    if request.settings.method == "motion-inversion":
        _rename_words(motion, request)
        return
    data = renamed(motion.read_bytes(), request)
    motion.unlink()
    files.write_synced(motion, data)


def renamed(data: bytes, request: Request) -> bytes:
    """Return a motion's file with a request's name and settings in its metadata, where it has any.

    Raises BadEmbedding.
    """
    check_tokens(data, "motion.safetensors")
    header, start = _header(data)
    metadata = header["__metadata__"]
    kind = next(each for each in FORMATS if each in metadata)
    meta = json.loads(metadata[kind])
    settings = json.dumps(request.settings.to_dict(), sort_keys=True)
    own = {"name": request.name, "settings": settings}
    metadata[kind] = json.dumps(meta | {k: v for k, v in own.items() if k in meta}, sort_keys=True)
    return _with_length(header) + data[start:]


def _rename_words(motion: Path, request: Request) -> None:
    """Do the same with a motion of the second method, which is not read whole: it has 100 MB."""
    temp = motion.with_name(f"{files.TEMP_PREFIX}{motion.name}")
    with open(motion, "rb") as source, files.translating_os_errors(temp):
        beginning = source.read(8 + MAX_HEADER)
        check_header(beginning, motion.stat().st_size, motion.name)
        header, start = _header(beginning)
        value = json.loads(header["__metadata__"][FORMAT])
        value["about"] = value.get("about", {}) | {"name": request.name}
        header["__metadata__"][FORMAT] = json.dumps(value, sort_keys=True)
        source.seek(start)
        with open(temp, "xb") as target:
            target.write(_with_length(header))
            shutil.copyfileobj(source, target, 2**20)
            target.flush()
            os.fsync(target.fileno())
    os.replace(temp, motion)


def _header(data: bytes) -> tuple[dict[str, Any], int]:
    """A checked file's header, and where its arrays begin."""
    (length,) = struct.unpack_from("<Q", data)
    return json.loads(data[8 : 8 + length]), 8 + length


def _with_length(header: dict[str, Any]) -> bytes:
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # safetensors aligns the tensors
    return struct.pack("<Q", len(text)) + text
