"""The motion file: written atomically, and checked before anything of it is used."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from mti_addon.wire import codec
from mti_addon.wire.errors import BadEmbedding
from mti_backend.method.motion_inversion import motion as module
from mti_backend.method.motion_inversion.motion import FORMAT, Header, Layer, Motion
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding

FRAMES, PLACES, WIDTH = 3, 6, 8
NAME = "down_blocks.0.temp_attentions.0.transformer_blocks.0.attn1"


def motion(values: bool = True, noise: bool = True) -> Motion:
    g = torch.Generator().manual_seed(0)
    z = torch.randn(1, FRAMES, 4, 2, 3, generator=g) if noise else None
    header = Header(
        method="motion-inversion", engine="zeroscope", model="0123456789abcdef",
        layers=(Layer(NAME, WIDTH, PLACES),), frames=FRAMES, width=24, height=16, view="object",
        values=values, noise=(1, FRAMES, 4, 2, 3) if noise else (), about={"name": "wave"},
    )  # fmt: skip
    qk = {NAME: torch.randn(1, FRAMES, WIDTH, generator=g)}
    v = {NAME: torch.randn(PLACES, FRAMES, WIDTH, generator=g)}
    return Motion(header, qk, v if values else {}, z)


def write(path: Path, header: Any = None, change: Any = None) -> Path:
    """A file of the motion above with changes: to its header, to its arrays (None removes one)."""
    made = motion()
    arrays: dict[str, Tensor | None] = {
        f"{NAME}.qk": made.qk[NAME],
        f"{NAME}.v": made.v[NAME],
        "inverted_noise": made.inverted_noise,
    }
    arrays |= change or {}
    halves = {
        k: t.half() if t.dtype == torch.float32 else t for k, t in arrays.items() if t is not None
    }
    described = codec.to_dict(made.header) | (header or {})
    save_file(halves, path, {FORMAT: json.dumps(described)})
    return path


@pytest.mark.parametrize("values", [True, False])
@pytest.mark.parametrize("noise", [True, False])
def test_round_trip(tmp_path: Path, values: bool, noise: bool) -> None:
    path = tmp_path / "motion.safetensors"
    made = motion(values, noise)
    made.save(path)
    read = Motion.load(path)
    assert read.header == made.header and set(read.v) == set(made.v)
    assert torch.equal(read.qk[NAME], made.qk[NAME].half())
    if values:
        assert torch.equal(read.v[NAME], made.v[NAME].half())
    assert (read.inverted_noise is None) == (not noise)
    first = path.read_bytes()
    made.save(path)
    assert path.read_bytes() == first
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kept", [0, 7, 100, -1])
def test_cut_short(tmp_path: Path, kept: int) -> None:
    path = write(tmp_path / "motion.safetensors")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(BadEmbedding, match="damaged or truncated"):
        Motion.load(path)


def test_as_it_should_be(tmp_path: Path) -> None:
    assert Motion.load(write(tmp_path / "motion.safetensors")).header == motion().header


ARRAYS = {
    "not a number": {f"{NAME}.v": torch.full((PLACES, FRAMES, WIDTH), float("nan"))},
    "infinite": {f"{NAME}.qk": torch.full((1, FRAMES, WIDTH), float("inf"))},
    "too large": {f"{NAME}.qk": torch.full((1, FRAMES, WIDTH), 2e4)},
    "another shape": {f"{NAME}.qk": torch.zeros(1, FRAMES, WIDTH - 1)},
    "one more frame": {f"{NAME}.v": torch.zeros(PLACES, FRAMES + 1, WIDTH)},
    "another type": {f"{NAME}.qk": torch.zeros(1, FRAMES, WIDTH, dtype=torch.float64)},
    "integers": {f"{NAME}.qk": torch.zeros(1, FRAMES, WIDTH, dtype=torch.int16)},
    "one too many": {"extra": torch.zeros(1)},
    "one missing": {f"{NAME}.v": None},
    "noise missing": {"inverted_noise": None},
}


@pytest.mark.parametrize("change", ARRAYS.values(), ids=ARRAYS)
def test_wrong_arrays(tmp_path: Path, change: dict[str, Tensor | None]) -> None:
    with pytest.raises(BadEmbedding, match="invalid name, shape or value"):
        Motion.load(write(tmp_path / "motion.safetensors", change=change))


_LAYER = {"name": NAME, "width": WIDTH, "places": PLACES}
HEADERS: dict[str, Any] = {
    "another method": {"method": "textual-inversion"},
    "no fingerprint": {"model": "x" * 16},
    "frames as text": {"frames": "3"},
    "frames as a boolean": {"frames": True},
    "no size": {"width": 0},
    "an unknown view": {"view": "both"},
    "an unknown field": {"more": 1},
    "a path as a layer": {"layers": [_LAYER | {"name": "../../x"}]},
    "a huge layer": {"layers": [_LAYER | {"places": 10**9}]},
    "about a number": {"about": {"name": 1}},
}


@pytest.mark.parametrize("change", HEADERS.values(), ids=HEADERS)
def test_wrong_headers(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(BadEmbedding, match="no readable description"):
        Motion.load(write(tmp_path / "motion.safetensors", header=change))


SHAPES: dict[str, Any] = {
    "no layer": {"layers": []},
    "a layer twice": {"layers": [_LAYER, _LAYER]},
    "noise of two numbers": {"noise": [1, 2]},
    "noise of nothing": {"noise": [1, FRAMES, 4, 0, 3]},
    "more than is allowed": {"layers": [_LAYER | {"places": 1 << 20, "width": 8192}]},
}


@pytest.mark.parametrize("change", SHAPES.values(), ids=SHAPES)
def test_headers_that_no_arrays_can_fit(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(BadEmbedding, match="invalid name, shape or value"):
        Motion.load(write(tmp_path / "motion.safetensors", header=change))


def test_no_array_is_read_before_everything_else_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(path: Path) -> None:
        with pytest.raises(BadEmbedding):
            Motion.load(path)

    original: Callable[..., Any] = module.safe_open
    read: list[str] = []

    class Watched:
        """The file, which notes what is read of it."""

        def __init__(self, path: Path, framework: str) -> None:
            self.file = original(path, framework)

        def __enter__(self) -> Watched:
            self.inner = self.file.__enter__()
            return self

        def __exit__(self, *args: object) -> None:
            self.file.__exit__(*args)

        def __getattr__(self, name: str) -> Any:
            if name == "get_tensor":
                read.append(name)
            return getattr(self.inner, name)

    monkeypatch.setattr(module, "safe_open", Watched)
    path = tmp_path / "motion.safetensors"
    for header in (*HEADERS.values(), *SHAPES.values()):
        load(write(path, header=header))
    load(write(path, change=ARRAYS["another shape"]))
    load(write(path, change=ARRAYS["one too many"]))
    assert read == []
    Motion.load(write(path))
    assert len(read) == 3


def test_too_large_is_not_even_opened(tmp_path: Path) -> None:
    path = tmp_path / "motion.safetensors"
    with path.open("wb") as stream:
        stream.truncate(module.MAX_BYTES * 2)
    with pytest.raises(BadEmbedding, match="too large"):
        Motion.load(path)


def test_what_could_not_be_read_is_not_written(tmp_path: Path) -> None:
    made = motion()
    made.v[NAME][0, 0, 0] = float("nan")  # type: ignore[index]
    with pytest.raises(BadEmbedding):
        made.save(tmp_path / "motion.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_the_methods_do_not_take_each_other_s_files(tmp_path: Path) -> None:
    path = tmp_path / "motion.safetensors"
    motion().save(path)
    with pytest.raises(BadEmbedding, match="does not contain a motion"):
        MotionEmbedding.load(path)
    MotionEmbedding(torch.zeros(4, 5, 8), torch.zeros(5, 8), {"model": "abc"}).save(path)
    with pytest.raises(BadEmbedding, match="does not contain a motion"):
        Motion.load(path)
