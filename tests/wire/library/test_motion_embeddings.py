"""The file of a motion of Motion Inversion: what is read, and that anything else is refused."""

from __future__ import annotations

import dataclasses
import random
import struct
from pathlib import Path

import pytest
from safetensors.numpy import load

from mti_addon.wire import codec
from mti_addon.wire.errors import BadEmbedding, MtiError, UnreadableInput
from mti_addon.wire.job import JobFolder, create_job, manifest_of
from mti_addon.wire.library import (
    About,
    Motion,
    export_to,
    import_motion,
    motion_embeddings,
    read_motion,
    save_motion,
)
from mti_addon.wire.library.motion_embeddings import MAX_BYTES, check_motion
from mti_addon.wire.library.preset import MAX_EMBEDDING_BYTES, embedding_name, largest
from mti_addon.wire.settings import MODELS_OF, ModelName
from tests.wire.examples import make_inputs, make_request
from tests.wire.library.embeddings_file import LAYERS, file, header
from tests.wire.library.examples import png

KEY = f"{LAYERS[0].name}.qk"


def entry(shape: list[int], begin: int, end: int, dtype: str = "F16") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def test_what_a_file_says_is_read() -> None:
    data = file()
    assert set(load(data)) == set(header().shapes())  # it is a safetensors file
    assert check_motion(data, "motion") == header()
    camera = dataclasses.replace(header(), values=False, noise=())
    assert check_motion(file(camera), "motion") == camera


@pytest.mark.parametrize("value", [0.0, -0.5, 9992.0, -9992.0, 8192.0])
def test_numbers_up_to_the_limit_are_read(value: float) -> None:
    check_motion(file(value=value), "motion")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 1e4, -1e4, 65504.0])
def test_other_numbers_are_refused_wherever_they_are(value: float) -> None:
    with pytest.raises(BadEmbedding):
        check_motion(file(value=value), "motion")
    good = bytearray(file())
    for place in (len(good) - 2, len(good) - 2 * 100):
        data = bytearray(good)
        data[place : place + 2] = struct.pack("<e", value)
        with pytest.raises(BadEmbedding, match="invalid name, shape or value"):
            check_motion(bytes(data), "motion")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "motion_damaged"),
        (file()[:-1], "motion_arrays_misshapen"),
        (file() + b"\0\0", "motion_arrays_misshapen"),
        (file(**{KEY: None}), "motion_arrays_misshapen"),
        (file(more=entry([1], 0, 2)), "motion_arrays_misshapen"),
        (file(**{KEY: entry([1, 16, 8], 0, 256, "F32")}), "motion_arrays_misshapen"),
        (file(**{KEY: entry([1, 16, 9], 0, 256)}), "motion_arrays_misshapen"),
        (file(**{KEY: entry([1, 16, 8], 2, 258)}), "motion_arrays_misshapen"),
        (file(**{KEY: {"dtype": "F16"}}), "motion_arrays_misshapen"),
        (file(**{KEY: 3}), "motion_arrays_misshapen"),
        (file(__metadata__=None), "file_without_motion"),
        (file(__metadata__={"mti-motion-2": "{}"}), "file_without_motion"),
        (file(__metadata__={motion_embeddings.FORMAT: "{}"}), "motion_nameless"),
        (file(header(layers=())), "motion_arrays_misshapen"),
        (file(header(layers=(LAYERS[0], LAYERS[0]))), "motion_arrays_misshapen"),
        (file(header(noise=(1, 2, 3))), "motion_arrays_misshapen"),
    ],
)
def test_what_is_no_such_file_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(BadEmbedding) as caught:
        check_motion(data, "motion.safetensors")
    assert caught.value.problem.code == code


def test_a_changed_byte_anywhere_is_a_motion_or_a_sentence() -> None:
    good, rng = file(), random.Random(0)
    for _ in range(2000):
        data = bytearray(good)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        try:
            check_motion(bytes(data), "motion")
        except MtiError:
            continue


def test_each_method_has_its_own_limit() -> None:
    for model in MODELS_OF["motion-textual-inversion"]:
        assert largest(embedding_name(model, b"")) == MAX_EMBEDDING_BYTES == 8 * 2**20
    for model in MODELS_OF["motion-inversion"]:
        assert largest(embedding_name(model, b"")) == MAX_BYTES == 256 * 2**20
    assert largest("embeddings/sora-01234567.safetensors") == 0
    with pytest.raises(BadEmbedding) as caught:
        check_motion(bytes(MAX_BYTES + 1), "motion")
    assert caught.value.problem.code == "motion_too_large"


def finished(root: Path, model: ModelName, data: bytes) -> JobFolder:
    """A job that has learned a motion."""
    frames = header(model).frames
    request = make_request("learn", model, name="walk", reference_frames=frames)
    images = {name: png(color=i) for i, name in enumerate(make_inputs(request))}
    job = create_job(root / "spool", request, images)
    job.output_dir.mkdir()
    job.output_motion.write_bytes(data)
    job.manifest_file.write_text(manifest_of(job.output_dir).to_json())
    return job


@pytest.mark.parametrize("model", MODELS_OF["motion-inversion"])
def test_a_motion_is_kept_sent_and_received(tmp_path: Path, model: ModelName) -> None:
    job = finished(tmp_path, model, file(header(model)))
    saved = save_motion(job, tmp_path / "own", About(kind="camera"))
    learned = saved.preset.embeddings[model]
    assert learned.settings == job.request().settings and learned.model == header().model
    assert learned.settings.words.caption == "a man waves"
    assert read_motion(saved.folder) == saved
    export_to(saved, tmp_path / "walk.motion")
    received, new = import_motion(tmp_path / "other", tmp_path / "walk.motion")
    assert new and received.preset == saved.preset
    (path,) = received.embedding_files(model)
    assert path.read_bytes() == file(header(model))


def test_a_motion_of_another_size_than_its_settings_is_not_sent(tmp_path: Path) -> None:
    other = header("animatediff", width=256)
    job = finished(tmp_path, "animatediff", file(other))
    saved: Motion = save_motion(job, tmp_path / "own", About())
    with pytest.raises(UnreadableInput) as caught:
        export_to(saved, tmp_path / "walk.motion")
    assert caught.value.problem.code == "embeddings_of_other_model"
    assert "256 x 512 px" in caught.value.message


def test_the_header_is_one_json_entry() -> None:
    assert codec.from_dict(type(header()), codec.to_dict(header())) == header()
