from __future__ import annotations

import dataclasses
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mti_addon.wire.errors import BadRequest, DiskFull, NewerProtocol, UnreadableInput
from mti_addon.wire.preset import (
    PRESET_VERSION,
    Preset,
    read_preset,
    verify_preset,
    write_preset,
)
from mti_addon.wire.settings import Settings
from tests.wire import strategies

PRESET = Preset(
    version=PRESET_VERSION,
    name="Wave",
    model="draft",
    num_frames=Settings.for_model("draft").num_frames,
    fps=7.0,
    tags=("arm", "greeting"),
    created="2025-01-31T12:00:00+00:00",
    settings=Settings.for_model("draft"),
    files={},
    licence="CC0-1.0",
)
GOLDEN = Path(__file__).parents[1] / "golden"
CONTENTS: dict[str, bytes | Path] = {"motion.safetensors": b"motion", "preview.webp": b"preview"}


def rewrite(folder: Path, **changes: Any) -> None:
    value = json.loads((folder / "preset.json").read_text())
    (folder / "preset.json").write_text(json.dumps({**value, **changes}))


def test_a_preset_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = write_preset(tmp_path / "shelf" / "wave", PRESET, CONTENTS)
    assert set(written.files) == set(CONTENTS)
    assert read_preset(tmp_path / "shelf" / "wave") == written
    verify_preset(tmp_path / "shelf" / "wave", written)
    names = sorted(path.name for path in (tmp_path / "shelf").rglob("*"))
    assert names == ["motion.safetensors", "preset.json", "preview.webp", "wave"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "preset.name is ''"),
        ({"model": "sora"}, "preset.model is 'sora'"),
        ({"model": "svd"}, "preset.model and preset.num_frames must match its settings"),
        ({"num_frames": 15}, "preset.model and preset.num_frames"),
        ({"fps": 0}, "preset.fps is 0"),
        ({"tags": "arm"}, "preset.tags must be a list"),
        ({"tags": ["ok", ""]}, "preset.tags.1 is ''"),
        ({"created": "yesterday"}, "preset.created is 'yesterday'"),
        ({"files": {}}, "preset.files lacks 'motion.safetensors'"),
        ({"files": {"../../x": "0" * 64}}, "preset.files must not contain '../../x'"),
        ({"licence": None}, "preset.licence must be a text"),
        ({"price": 5}, "preset.price is unknown"),
        ({"version": 0}, "preset.version is 0"),
    ],
)
def test_a_bad_preset_is_refused_by_its_field(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    write_preset(tmp_path / "wave", PRESET, CONTENTS)
    rewrite(tmp_path / "wave", **changes)
    with pytest.raises(BadRequest) as caught:
        read_preset(tmp_path / "wave")
    assert caught.value.message.startswith(message)


def test_a_newer_preset_is_seen_before_anything_else(tmp_path: Path) -> None:
    newer = {"version": PRESET_VERSION + 1, "colour": "blue"}
    (tmp_path / "preset.json").write_text(json.dumps(newer))
    with pytest.raises(NewerProtocol):
        read_preset(tmp_path)


def test_a_preset_of_version_1_is_read_as_it_was_meant(tmp_path: Path) -> None:
    """Version 1 had no variants, precision or decay."""
    inversion = PRESET.settings.inversion
    meant = dataclasses.replace(
        inversion,
        precision="float32",
        augmentation=dataclasses.replace(inversion.augmentation, variants=0),
    )
    sampling = dataclasses.replace(PRESET.settings.sampling, framing="whole")
    settings = dataclasses.replace(PRESET.settings, inversion=meant, sampling=sampling)
    written = write_preset(
        tmp_path / "wave", dataclasses.replace(PRESET, settings=settings), CONTENTS
    )
    old = settings.to_dict()
    for name in ("precision", "learning_rate_decay", "token_init"):
        del old["inversion"][name]
    rewrite(tmp_path / "wave", settings=old)
    with pytest.raises(BadRequest, match="is missing"):  # a preset of version 2 must be complete
        read_preset(tmp_path / "wave")
    del old["inversion"]["augmentation"]["variants"], old["sampling"]["framing"]
    rewrite(tmp_path / "wave", settings=old, version=1)
    assert read_preset(tmp_path / "wave") == written


def test_the_golden_preset_of_version_2_is_read_in_today_s_words(tmp_path: Path) -> None:
    (tmp_path / "preset.json").write_bytes((GOLDEN / "preset_2.json").read_bytes())
    preset = read_preset(tmp_path)
    assert (preset.version, preset.name, preset.num_frames) == (PRESET_VERSION, "Wave", 14)
    settings = preset.settings
    assert (settings.num_frames, settings.sampling.framing) == (14, "whole")
    assert settings.inversion.token_init == "image_embeddings"
    sampling = settings.sampling
    scales = sampling.min_guidance_scale, sampling.max_guidance_scale
    assert (sampling.num_inference_steps, scales, sampling.decode_chunk_size) == (4, (1, 1), 0)
    preset.check()


@pytest.mark.parametrize("data", [None, b"", b"[]", b" " * 70_000])
def test_what_is_no_preset_is_refused(tmp_path: Path, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / "preset.json").write_bytes(data)
    with pytest.raises(BadRequest):
        read_preset(tmp_path)


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    preset = write_preset(tmp_path / "wave", PRESET, CONTENTS)
    (tmp_path / "wave" / "motion.safetensors").write_bytes(b"m0tion")
    with pytest.raises(UnreadableInput, match="motion.safetensors"):
        verify_preset(tmp_path / "wave", preset)


def test_nothing_is_left_of_a_preset_that_cannot_be_written(tmp_path: Path) -> None:
    bad = dataclasses.replace(PRESET, fps=-1.0)
    missing = {**CONTENTS, "preview.webp": tmp_path / "nowhere"}
    evil = {**CONTENTS, "../evil": b""}
    for preset, contents in ((bad, CONTENTS), (PRESET, missing), (PRESET, evil), (PRESET, {})):
        with pytest.raises(BadRequest):
            write_preset(tmp_path / "wave", preset, contents)
    assert list(tmp_path.iterdir()) == []


def test_a_preset_is_not_written_over_another(tmp_path: Path) -> None:
    write_preset(tmp_path / "wave", PRESET, CONTENTS)
    with pytest.raises(BadRequest, match="already exists"):
        write_preset(tmp_path / "wave", PRESET, {"motion.safetensors": b"other"})
    verify_preset(tmp_path / "wave", read_preset(tmp_path / "wave"))


def test_a_full_disk_leaves_no_preset(small_disk: Path) -> None:
    with pytest.raises(DiskFull):
        write_preset(small_disk / "wave", PRESET, {"motion.safetensors": b"x" * 400_000})
    assert list(small_disk.iterdir()) == []


NAMES = st.from_regex(r"[^\x00-\x1f\x7f]{1,64}", fullmatch=True).filter(str.isprintable)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(NAMES, st.lists(NAMES.map(lambda n: n[:32]), max_size=3), strategies.settings())
def test_any_preset_is_read_as_it_was_written(
    tmp_path: Path, name: str, tags: list[str], learned_with: Settings
) -> None:
    preset = dataclasses.replace(
        PRESET, name=name, tags=tuple(tags), settings=learned_with,
        model=learned_with.model, num_frames=learned_with.num_frames,
    )  # fmt: skip
    folder = tmp_path / uuid.uuid4().hex
    written = write_preset(folder, preset, CONTENTS)
    assert read_preset(folder) == written and written.name == name


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300) | strategies.JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_preset_or_a_sentence(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "preset.json").write_bytes(data)
    with pytest.raises((BadRequest, NewerProtocol)):
        read_preset(tmp_path)
