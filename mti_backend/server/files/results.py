"""Results that several jobs share: kept as links to the first job's files, given to the others.

A motion's file contains its artist's name for it, and all settings of their job. Whoever else gets
it gets their own in it, so that nothing of the first job shows.
"""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

from mti_addon.wire import files
from mti_addon.wire.job import JobFolder, manifest_of
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
        motion = temp / folder.output_motion.name
        if motion.is_file():
            data = renamed(motion.read_bytes(), request)
            motion.unlink()
            files.write_synced(motion, data)
        manifest = temp / folder.manifest_file.name
        manifest.unlink()
        files.write_synced(manifest, manifest_of(temp).to_json().encode())


def renamed(data: bytes, request: Request) -> bytes:
    """Return a motion's file with a request's name and settings in its metadata, where it has any.

    Raises BadEmbedding.
    """
    check_tokens(data, "motion.safetensors")
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    metadata = header["__metadata__"]
    kind = next(each for each in FORMATS if each in metadata)
    meta = json.loads(metadata[kind])
    settings = json.dumps(request.settings.to_dict(), sort_keys=True)
    own = {"name": request.name, "settings": settings}
    own = {name: value for name, value in own.items() if name in meta}
    if not own:
        return data
    metadata[kind] = json.dumps(meta | own, sort_keys=True)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # safetensors aligns the tensors
    return struct.pack("<Q", len(text)) + text + data[8 + length :]
