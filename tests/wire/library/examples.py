"""Motions for the tests of the library."""

from __future__ import annotations

import hashlib
import json
import math
import struct
import zlib
from pathlib import Path
from typing import Any

from mti_addon.wire.edit import AS_LEARNED
from mti_addon.wire.events import Done, encode
from mti_addon.wire.job import JobFolder, create_job, manifest_of
from mti_addon.wire.library import (
    PRESET_VERSION,
    About,
    Embedding,
    Motion,
    Preset,
    Quality,
    save_motion,
)
from mti_addon.wire.library.preset import PRESET_FILE, content_id, embedding_name, to_bytes
from mti_addon.wire.library.tensors import WIDTHS
from mti_addon.wire.request import POSES, CaptureInfo, reference_name
from mti_addon.wire.settings import ModelName, Settings
from tests.wire.examples import ROOT, make_inputs, make_request

DRAFT = Settings.for_model("draft")
WEBP = (ROOT / "presets" / "wave" / "preview.webp").read_bytes()


def tokens(
    frames: int = DRAFT.num_frames,
    width: int = WIDTHS["draft"],
    value: float = 0.5,
    count: int = DRAFT.inversion.tokens_per_frame,
) -> bytes:
    """A small embedding's file, as the backend writes it."""
    shapes = {"frame_tokens": [frames, count, width], "video_tokens": [count, width]}
    header: dict[str, Any] = {"__metadata__": {"mti-motion-2": json.dumps({"model": "ab12"})}}
    at = 0
    for name, shape in shapes.items():
        size = 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + struct.pack("<f", value) * (at // 4)


def png(
    width: int = 16, height: int = 8, color: int = 0, rows: bytes | None = None, depth: int = 8
) -> bytes:
    """A gray image; a large one is not really that large. `rows`: other pixels than it should."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        sum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + sum

    if rows is None:
        rows = b"" if width * height > 10**6 else (b"\0" + bytes([color]) * width) * height
    head = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    return start + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def poses_value(frames: int = DRAFT.num_frames, shift: float = 0.0) -> dict[str, Any]:
    """Poses of one limb and a head, as JSON values."""
    unit = [[float(i == j) for i in range(4)] for j in range(4)]
    still = [[0.5, 0.0, 1.0], [0.0, 0.25, 1.5]]
    return {
        "joints": [[[shift, 0.0, 0.1 * frame], *still] for frame in range(frames)],
        "limbs": [[0, 1], [2, 2]],
        "parts": ["torso", "head"],
        "radii": [0.1, 0.2],
        "world_to_clip": [unit] * frames,
        "fps": 7.0,
        "size": [128, 128],
        "parents": [-1, 0, 1],
    }  # fmt: skip


def poses(frames: int = DRAFT.num_frames, shift: float = 0.0) -> bytes:
    """poses.json; another `shift` is another motion."""
    return json.dumps(poses_value(frames, shift)).encode()


def finished_job(
    root: Path,
    name: str,
    preview: bool = True,
    model: ModelName = "draft",
    value: float = 0.5,
    shift: float = 0.0,
) -> JobFolder:
    """A job that has learned a motion: its files are real ones."""
    settings = Settings.for_model(model)
    frames, count = settings.num_frames, settings.inversion.tokens_per_frame
    request = make_request("learn", name=name, settings=settings, reference_frames=frames)
    images = {each: png(color=i) for i, each in enumerate(make_inputs(request))}
    job = create_job(root / "spool", request, {**images, POSES: poses(frames, shift)})
    job.output_dir.mkdir()
    job.output_motion.write_bytes(tokens(frames, WIDTHS[model], value, count))
    if preview:
        job.preview_file.write_bytes(WEBP)
    job.manifest_file.write_text(manifest_of(job.output_dir).to_json())
    done = Done({"reconstruction": 0.75, "loss": 0.125, "motion_gain": None})
    job.events_file.write_text(encode(done, 1, 1.0) + "\n")
    return job


def saved(root: Path, name: str, about: About | None = None, shift: float = 0.0) -> Motion:
    """A motion in the library `root / "own"`; another `shift` is another motion."""
    job = finished_job(root, name, shift=shift)
    return save_motion(job, root / "own", about or About())


def listed(root: Path, folder: str, number: int = 0, **changes: Any) -> Path:
    """A motion of which only preset.json is written, without waiting for the disk: thousands take
    a second. Another `number` is another motion."""
    data = tokens()
    file = embedding_name("draft", data)
    sums = {
        file: hashlib.sha256(data).hexdigest(),
        POSES: hashlib.sha256(b"%d" % number).hexdigest(),
        **{reference_name(i + 1): "0" * 64 for i in range(DRAFT.num_frames)},
    }
    when = f"2025-01-31T12:{number // 60 % 60:02d}:{number % 60:02d}+00:00"
    embedding = Embedding((file,), "ab12", DRAFT, Quality(0.7, None, 0.1), when, "0.2.0")
    fields: dict[str, Any] = {
        "version": PRESET_VERSION, "name": folder, "kind": "body", "tags": (), "author": "",
        "license": "", "notes": "", "num_frames": DRAFT.num_frames, "fps": 7.0,
        "capture": CaptureInfo(24.0, 1, 48, (640, 480), True), "created": when,
        "created_with": "0.2.0", "embeddings": {"draft": embedding}, "edit": AS_LEARNED,
        "parents": (), "files": sums, "id": content_id(sums),
    }  # fmt: skip
    preset = Preset(**(fields | changes))
    preset.check()
    place = root / folder
    place.mkdir(parents=True, exist_ok=True)
    temp = place / ".tmp-listed"
    temp.write_bytes(to_bytes(preset))
    temp.replace(place / PRESET_FILE)
    return place
