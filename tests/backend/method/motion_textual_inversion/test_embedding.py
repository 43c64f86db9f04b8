"""The motion file: written atomically, validated on reading."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from mti_addon.wire.errors import BadEmbedding, WrongModel
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding


def motion() -> MotionEmbedding:
    g = torch.Generator().manual_seed(0)
    return MotionEmbedding(
        torch.randn(4, 5, 32, generator=g),
        torch.randn(5, 32, generator=g),
        {"model": "abc", "name": "wave", "engine": "draft"},
    )


def test_round_trip(tmp_path: Path):
    path = tmp_path / "motion.safetensors"
    motion().save(path)
    read = MotionEmbedding.load(path)
    assert torch.equal(read.frame_tokens, motion().frame_tokens) and torch.equal(
        read.video_tokens, motion().video_tokens
    )
    assert read.meta == motion().meta
    first = path.read_bytes()
    motion().save(path)
    assert path.read_bytes() == first  # equal motions give equal files


def test_a_file_of_the_first_format_is_read(tmp_path: Path):
    path = tmp_path / "motion.safetensors"
    tensors = {"frame_tokens": motion().frame_tokens, "clip_tokens": motion().video_tokens}
    save_file(tensors, path, {"mti-motion-1": '{"name": "wave"}'})
    read = MotionEmbedding.load(path)
    assert torch.equal(read.video_tokens, motion().video_tokens) and read.meta == {"name": "wave"}
    # each format has its own name for these tokens
    save_file(tensors, path, {"mti-motion-2": "{}"})
    with pytest.raises(BadEmbedding, match="does not contain a motion"):
        MotionEmbedding.load(path)


@pytest.mark.parametrize("kept", [0, 7, 100, -1])
def test_cut_short(tmp_path: Path, kept: int):
    path = tmp_path / "motion.safetensors"
    motion().save(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(BadEmbedding, match="damaged or truncated"):
        MotionEmbedding.load(path)


@pytest.mark.parametrize(
    "change",
    [
        {"frame_tokens": torch.full((4, 5, 32), float("nan"))},
        {"frame_tokens": torch.full((4, 5, 32), 1e6)},
        {"frame_tokens": torch.zeros(4, 5, 31)},
        {"frame_tokens": torch.zeros(0, 5, 32)},
        {"video_tokens": torch.zeros(32)},
        {"video_tokens": torch.zeros(5, 32, dtype=torch.float16)},
        {"extra": torch.zeros(1)},
    ],
)
def test_wrong_contents(tmp_path: Path, change: dict[str, torch.Tensor]):
    path = tmp_path / "motion.safetensors"
    save_file(
        {"frame_tokens": motion().frame_tokens, "video_tokens": motion().video_tokens} | change,
        path,
        {"mti-motion-2": "{}"},
    )
    with pytest.raises(BadEmbedding):
        MotionEmbedding.load(path)


def test_too_large_is_not_even_read(tmp_path: Path):
    path = tmp_path / "motion.safetensors"
    path.write_bytes(b"\0" * (9 * 2**20))
    with pytest.raises(BadEmbedding, match="too large"):
        MotionEmbedding.load(path)


def test_of_another_model():
    motion().check_model("abc", 4, 32)
    for identity, frames, width in (("abd", 4, 32), ("abc", 14, 32), ("abc", 4, 1024)):
        with pytest.raises(WrongModel, match="wave.*different model"):
            motion().check_model(identity, frames, width)
