"""The reader without torch accepts exactly what the backend's own class writes."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save

from mti_addon.wire.errors import BadEmbedding
from mti_addon.wire.library.tensors import WIDTHS, check_tokens
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding
from tests.wire import strategies
from tests.wire.library.examples import tokens

META = {"model": "ab12", "engine": "draft", "name": "Wave \U0001f44b", "loss": "0.1"}


def learned(frames: int, count: int, width: int, seed: int = 0) -> MotionEmbedding:
    g = torch.Generator().manual_seed(seed)
    frame_tokens = torch.randn(frames, count, width, generator=g)
    return MotionEmbedding(frame_tokens, frame_tokens.mean(0), META)


def split(data: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack_from("<Q", data)
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def joined(header: Any, raw: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + raw


@pytest.mark.parametrize(
    ("frames", "count", "width"),
    [(14, 2, 64), (14, 5, 1024), (25, 5, 1024), (25, 15, 1024), (1, 1, 1), (2, 64, 64)],
)
def test_what_the_backend_writes_is_accepted(
    tmp_path: Path, frames: int, count: int, width: int
) -> None:
    learned(frames, count, width).save(tmp_path / "motion.safetensors")
    found = check_tokens((tmp_path / "motion.safetensors").read_bytes(), "motion")
    assert (found.frames, found.tokens, found.width) == (frames, count, width)
    assert found.meta == META


def test_a_file_of_the_first_format_is_accepted(tmp_path: Path) -> None:
    """As version 0.1.0 wrote it."""
    motion = learned(14, 2, 64)
    tensors = {"clip_tokens": motion.video_tokens, "frame_tokens": motion.frame_tokens}
    data = save(tensors, {"mti-motion-1": json.dumps(META, sort_keys=True)})
    assert check_tokens(data, "motion").meta == META
    (tmp_path / "motion").write_bytes(data)
    assert torch.equal(MotionEmbedding.load(tmp_path / "motion").video_tokens, motion.video_tokens)


def test_the_test_files_are_the_backends(tmp_path: Path) -> None:
    (tmp_path / "motion").write_bytes(tokens())
    motion = MotionEmbedding.load(tmp_path / "motion")
    assert motion.num_frames == 14 and motion.frame_tokens.shape[-1] == WIDTHS["draft"]


def wrong_files() -> dict[str, bytes]:
    header, raw = split(tokens())
    frame, video = header["frame_tokens"], header["video_tokens"]

    def changed(**changes: Any) -> bytes:
        return joined({**header, **changes}, raw)

    doubled = json.dumps(header).replace('"video_tokens"', '"frame_tokens"').encode()
    return {
        "empty": b"",
        "short": b"\0" * 7,
        "header is longer than the file": struct.pack("<Q", 10**6) + b"{}",
        "huge header": struct.pack("<Q", 2**63) + b"{}",
        "no JSON": joined(b"{", raw),
        "deep JSON": joined(b"[" * 100_000, raw),
        "a list": joined([1], raw),
        "truncated": tokens()[:-4],
        "more behind": tokens() + b"\0" * 4,
        "twice": joined(doubled, raw),
        "no metadata": joined({"frame_tokens": frame, "video_tokens": video}, raw),
        "metadata is a list": changed(__metadata__=[]),
        "more metadata": changed(__metadata__={**header["__metadata__"], "pt": "1"}),
        "another format": changed(__metadata__={"mti-motion-3": "{}"}),
        "names of the other format": changed(__metadata__={"mti-motion-1": "{}"}),
        "nameless": changed(__metadata__={"mti-motion-2": "{"}),
        "meta is no text": changed(__metadata__={"mti-motion-2": 3}),
        "meta of numbers": changed(__metadata__={"mti-motion-2": '{"loss": 1}'}),
        "deep meta": changed(__metadata__={"mti-motion-2": "[" * 100_000}),
        "one tensor more": changed(other=video),
        "one tensor less": joined({k: v for k, v in header.items() if k != "video_tokens"}, raw),
        "halves": changed(frame_tokens={**frame, "dtype": "F16"}),
        "no entry": changed(frame_tokens=[14, 2, 64]),
        "odd entry": changed(frame_tokens={**frame, "strides": [1]}),
        "flat": changed(frame_tokens={**frame, "shape": [28, 64]}),
        "empty tensor": changed(frame_tokens={**frame, "shape": [0, 2, 64]}),
        "true frames": changed(frame_tokens={**frame, "shape": [True, 2, 64]}),
        "negative": changed(frame_tokens={**frame, "shape": [-14, -2, 64]}),
        "huge": changed(frame_tokens={**frame, "shape": [2**40, 2, 64]}),
        "others": changed(video_tokens={**video, "shape": [4, 32]}),
        "overlapping": changed(video_tokens={**video, "data_offsets": [0, 512]}),
        "behind the end": changed(video_tokens={**video, "data_offsets": [7168 + 4, 7680 + 4]}),
        "before the start": changed(frame_tokens={**frame, "data_offsets": [-4, 7164]}),
        "offsets of fractions": changed(frame_tokens={**frame, "data_offsets": [0.0, 7168]}),
        "one offset": changed(frame_tokens={**frame, "data_offsets": [0]}),
        "NaN": tokens(value=float("nan")),
        "infinity": tokens(value=float("inf")),
        "negative infinity": tokens(value=float("-inf")),
        "too large": tokens(value=1e4),
        "9 MiB": b"\0" * (9 * 2**20),
    }


@pytest.mark.parametrize("name", wrong_files())
def test_anything_else_is_refused_with_one_sentence(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadEmbedding) as caught:
        check_tokens(wrong_files()[name], "motion.safetensors")
    assert "motion.safetensors" in caught.value.message and caught.value.hint
    assert caught.value.message.endswith(".") and "\n" not in caught.value.message


def test_one_bad_number_among_many_is_found() -> None:
    for at in (0, 1000, 1919):
        data = bytearray(tokens())
        start = len(data) - 4 * 1920
        data[start + 4 * at : start + 4 * at + 4] = struct.pack("<f", float("nan"))
        with pytest.raises(BadEmbedding, match="invalid shape or value"):
            check_tokens(bytes(data), "motion")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.data())
def test_what_is_accepted_is_accepted_by_the_backend_too(tmp_path: Path, data: Any) -> None:
    """A file is changed anywhere: the strict reader may refuse more, but never less."""
    good = tokens(frames=2, width=4)
    at = data.draw(st.integers(0, len(good) - 1))
    changed = good[:at] + data.draw(st.binary(min_size=1, max_size=8)) + good[at:][1:]
    try:
        found = check_tokens(changed, "motion")
    except BadEmbedding:
        return
    (tmp_path / "motion").write_bytes(changed)
    motion = MotionEmbedding.load(tmp_path / "motion")
    assert tuple(motion.frame_tokens.shape) == (found.frames, found.tokens, found.width)
    assert motion.meta == found.meta


@given(st.binary(max_size=400) | strategies.JSON.map(lambda v: joined(v, b"\0" * 8)))
def test_any_bytes_are_tokens_or_a_sentence(data: bytes) -> None:
    with pytest.raises(BadEmbedding):
        check_tokens(data, "motion")
