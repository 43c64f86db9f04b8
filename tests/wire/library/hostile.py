"""Files that somebody might send instead of a motion."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mti_addon.wire import codec
from mti_addon.wire.library import Motion
from mti_addon.wire.library.preset import content_id, embedding_name

Entry = tuple[Any, bytes]
"""A name or a zipfile.ZipInfo, and the data."""
PRESET = "preset.json"


def contents(motion: Motion) -> dict[str, bytes]:
    """Every file of a motion, by name; preset.json first."""
    names = [PRESET, *motion.preset.files]
    return {name: (motion.folder / name).read_bytes() for name in names}


def zipped(entries: list[Entry], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of these entries, whatever they are."""
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", compression) as archive:
        warnings.simplefilter("ignore")  # names that occur twice
        for name, data in entries:
            info = name
            if isinstance(name, str):
                info = zipfile.ZipInfo("x")
                info.filename, info.compress_type = name, compression
            archive.writestr(info, data)
    return stream.getvalue()


def with_files(motion: Motion, more: Mapping[str, bytes | None]) -> list[Entry]:
    """The entries of a motion with other files (None: without), which its preset names with their
    right sums and its right id."""
    files: dict[str, Any] = {**contents(motion), **more}
    files = {name: data for name, data in files.items() if data is not None}
    del files[PRESET]
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    preset = codec.to_dict(motion.preset) | {"files": sums, "id": content_id(sums)}
    return [(PRESET, json.dumps(preset).encode()), *files.items()]


def with_embedding(motion: Motion, data: bytes) -> list[Entry]:
    """The entries of a motion whose draft has learned something else."""
    (old,), new = motion.preset.embeddings["draft"].files, embedding_name("draft", data)
    entries = dict(with_files(motion, {old: None, new: data}))
    preset = json.loads(entries[PRESET])
    preset["embeddings"]["draft"]["files"] = [new]
    return [*({**entries, PRESET: json.dumps(preset).encode()}).items()]


def with_preset(motion: Motion, **changes: Any) -> list[Entry]:
    """The entries of a motion with other fields in its preset."""
    preset = json.dumps(codec.to_dict(motion.preset) | changes).encode()
    return [*({**contents(motion), PRESET: preset}).items()]


def link(name: str, target: str) -> Entry:
    """A symbolic link."""
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, target.encode()


def patched(data: bytes, change: Callable[[dict[str, Any]], None], name: str) -> bytes:
    """A zip file whose list of entries says something else of `name`.

    change: gets and changes the fields of its central header.
    """
    fields = (
        "signature made needs flags method time date crc packed size name extra comment disk "
        "inside outside offset"
    ).split()
    header, found = struct.Struct("<4s6H3L5H2L"), bytearray(data)
    at = data.index(b"PK\x01\x02")
    while data[at : at + 4] == b"PK\x01\x02":
        values = dict(zip(fields, header.unpack_from(data, at), strict=True))
        if data[at + 46 : at + 46 + values["name"]] == name.encode():
            change(values)
            header.pack_into(found, at, *values.values())
        at += 46 + values["name"] + values["extra"] + values["comment"]
    return bytes(found)


def encrypted(motion: Motion) -> bytes:
    """A zip file that says that its preset is encrypted."""

    def change(values: dict[str, Any]) -> None:
        values["flags"] |= 1

    return patched(zipped([*contents(motion).items()]), change, PRESET)


def many(count: int, said: int | None = None) -> bytes:
    """A zip file of many empty entries, which says that it has `said`."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for i in range(count):
            archive.writestr(f"reference/{i:05d}.png", b"")
    data = bytearray(stream.getvalue())
    if said is not None:
        end = data.rindex(b"PK\x05\x06")
        struct.pack_into("<HH", data, end + 8, said, said)
    return bytes(data)


def large_file_format(motion: Motion) -> bytes:
    """A zip file with the end of one of 64-bit sizes, whose list zipfile would read instead."""
    data = zipped([*contents(motion).items()])
    end = data[-22:]
    (offset,) = struct.unpack_from("<L", end, 16)
    (size,) = struct.unpack_from("<L", end, 12)
    far = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 9, 9, size, offset)
    return data[:-22] + far + struct.pack("<4sLQL", b"PK\x06\x07", 0, len(data) - 22, 1) + end


def hostile_names() -> list[str]:
    """Names that no motion has."""
    return [
        "../evil.png", "reference/../../evil.png", "/etc/passwd", "//server/share/x.png",
        "C:/Windows/x.png", "C:\\Windows\\x.png", "reference\\0001.png", "..\\evil.png",
        "CON", "NUL", "reference/CON.png", "reference/nul", "aux.json", "com1.png",
        "preset.json/", "preset.json ", "preset.json.", "Preset.json", "PRESET.JSON",
        "reference/0001.png/", "reference/0001.PNG", "reference/00001.png", "reference/0001.png:x",
        "reference/\u0660\u0660\u0660\u0661.png", "embeddings/draft-00000000.safetensors\n",
        "embeddings/sora-00000000.safetensors", "thumbnail.png\0.exe", ".trash/x", "preview.gif",
        "thumbnail\u202egnp.exe", "\u202egnp.liambuht", "\u05d0\u05d1.png", "run.py", "a" * 200, "",
    ]  # fmt: skip


def written(place: Path, data: bytes) -> Path:
    """The file, as it was received."""
    place.write_bytes(data)
    return place
