"""What a motion looks like, read in small steps, from files that may be hostile."""

from __future__ import annotations

import json
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest

from mti_addon.motion import encode_png
from mti_addon.wire.edit import AS_LEARNED
from mti_addon.wire.request import CaptureInfo, reference_name
from mti_addon.wire.settings import Settings
from mti_addon.workflow.edit_preview import Pictures, finished
from mti_addon.workflow.motions import KnownMotion
from mti_addon.workflow.sketch_sources import sketching
from tests.motion.figures import squat, wave
from tests.wire.library.examples import png

STEP = 0.05
"""Seconds; a redraw of Blender every 4 ms is the aim, and this machine may be busy."""


def known(folder: Path) -> KnownMotion:
    file = folder / "embeddings" / "draft-00000000.safetensors"
    capture = CaptureInfo(24.0, 1, 14, (640, 480), True)
    return KnownMotion("Wave (01)", "Wave", (file,), Settings.for_model("draft"), capture, id="01")


def with_images(folder: Path, data: bytes, count: int = 3) -> KnownMotion:
    (folder / "reference").mkdir()
    for i in range(count):
        (folder / reference_name(i + 1)).write_bytes(data)
    return known(folder)


def sketched(motion: KnownMotion) -> Pictures | None:
    return finished(sketching([motion], AS_LEARNED))


def slowest(motion: KnownMotion) -> float:
    """Processor time of the longest step, in seconds."""
    longest, start = 0.0, time.process_time()
    for _ in sketching([motion], AS_LEARNED):
        now = time.process_time()
        longest, start = max(longest, now - start), now
    return longest


def test_images_larger_than_a_motion_s_are_not_decoded(tmp_path: Path) -> None:
    """4096 x 4096, all of it there: decoding one would take 0.2 s."""
    rows = zlib.compress((b"\0" + b"\0" * 4096) * 4096)
    head = struct.pack(">IIBBBBB", 4096, 4096, 8, 0, 0, 0, 0)
    body = b"".join(_chunk(k, d) for k, d in [(b"IHDR", head), (b"IDAT", rows), (b"IEND", b"")])
    motion = with_images(tmp_path, b"\x89PNG\r\n\x1a\n" + body)
    start = time.process_time()
    assert sketched(motion) is None and time.process_time() - start < STEP


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("kind", [0, 4])
def test_the_largest_images_are_decoded_in_small_steps(tmp_path: Path, kind: int) -> None:
    """1024 x 1024 with the filter that takes longest, for which all of an image takes 0.2 s."""
    motion = with_images(tmp_path, filtered(1024, kind), 2)
    assert slowest(motion) < STEP
    found = sketched(motion)
    assert found is not None and found.shape == (14, 96, 96, 3)


def filtered(side: int, kind: int) -> bytes:
    """An image of which every row has one filter."""
    plain = encode_png(np.zeros((side, side, 3), np.uint8))
    rows = np.ones((side, 1 + 3 * side), np.uint8)
    rows[:, 0] = kind
    data = zlib.compress(rows.tobytes())
    start, end = plain.index(b"IDAT") - 4, plain.index(b"IEND") - 4
    return plain[:start] + _chunk(b"IDAT", data) + plain[end:]


def test_poses_are_drawn_one_image_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "poses.json").write_text(wave().to_json())
    motion = known(tmp_path)
    assert len(list(sketching([motion], AS_LEARNED))) >= 14 and slowest(motion) < STEP


def test_very_many_limbs_are_not_drawn(tmp_path: Path) -> None:
    """4096 of them took 13 s."""
    values = json.loads(wave().to_json())
    values["limbs"], values["parts"] = [[0, 1]] * 4096, ["torso"] * 4096
    values["radii"] = [0.1] * 4096
    (tmp_path / "poses.json").write_text(json.dumps(values))
    motion = with_images(tmp_path, png(16, 8, color=7))
    start = time.process_time()
    found = sketched(motion)
    assert time.process_time() - start < 1 and found is not None and (found == 7).all()
    assert found.shape == (14, 48, 96, 3)


def test_a_motion_whose_files_have_changed_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "poses.json").write_text(wave().to_json())
    before = sketched(known(tmp_path))
    again = sketched(known(tmp_path))
    (tmp_path / "poses.json").write_text(squat().to_json())
    after = sketched(known(tmp_path))
    assert before is not None and again is not None and after is not None
    assert (before == again).all() and (before != after).any()
