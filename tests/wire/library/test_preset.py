from __future__ import annotations

import dataclasses
import hashlib
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mti_addon.wire.edit import AS_LEARNED, MotionEdit, MotionPart
from mti_addon.wire.errors import BadRequest, DiskFull, NewerProtocol, UnreadableInput
from mti_addon.wire.library.preset import (
    PRESET_VERSION,
    Embedding,
    Preset,
    Quality,
    content_id,
    embedding_name,
    parse_preset,
    read_embedding,
    read_preset,
    to_bytes,
    update_preset,
    verify_preset,
    write_preset,
)
from mti_addon.wire.request import CaptureInfo
from mti_addon.wire.settings import Settings
from tests.wire import strategies
from tests.wire.library.examples import DRAFT, WEBP, png, poses, tokens

EMBEDDING = Embedding(
    files=(embedding_name("draft", tokens()),),
    model="ab12",
    settings=DRAFT,
    quality=Quality(0.7, None, 0.1),
    learned="2025-01-31T12:00:00+00:00",
    created_with="0.2.0",
)
PRESET = Preset(
    version=PRESET_VERSION,
    id="",
    name="Wave",
    kind="body",
    tags=("arm", "greeting"),
    author="Ada",
    license="CC0-1.0",
    notes="First line.\nSecond line.",
    num_frames=DRAFT.num_frames,
    fps=7.0,
    capture=CaptureInfo(24.0, 1, 48, (640, 480), True),
    created="2025-01-31T12:00:00+00:00",
    created_with="0.2.0",
    embeddings={"draft": EMBEDDING},
    edit=AS_LEARNED,
    parents=(),
    files={},
)
GOLDEN = Path(__file__).parents[2] / "golden"
TOKENS = EMBEDDING.files[0]
CONTENTS: dict[str, bytes | Path] = {
    TOKENS: tokens(),
    "poses.json": poses(),
    "preview.webp": WEBP,
    **{f"reference/{i + 1:04d}.png": png(color=i) for i in range(DRAFT.num_frames)},
}


def rewrite(folder: Path, **changes: Any) -> None:
    value = json.loads((folder / "preset.json").read_text())
    (folder / "preset.json").write_text(json.dumps({**value, **changes}))


def test_a_preset_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = write_preset(tmp_path / "shelf" / "wave", PRESET, CONTENTS)
    assert set(written.files) == set(CONTENTS)
    assert read_preset(tmp_path / "shelf" / "wave") == written
    verify_preset(tmp_path / "shelf" / "wave", written)
    paths = (path for path in (tmp_path / "shelf" / "wave").rglob("*") if path.is_file())
    names = {path.relative_to(tmp_path / "shelf" / "wave").as_posix() for path in paths}
    assert names == {*CONTENTS, "preset.json"}
    assert written.references == tuple(name for name in CONTENTS if name.startswith("reference/"))
    assert read_embedding(tmp_path / "shelf" / "wave", written, "draft") == (tokens(),)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "preset.name is ''"),
        ({"kind": "robot"}, "preset.kind is 'robot'"),
        ({"num_frames": 1}, "preset.num_frames is 1"),
        ({"num_frames": 13}, "preset.files must have reference images 1 to 13, or none"),
        ({"fps": 0}, "preset.fps is 0"),
        ({"tags": "arm"}, "preset.tags must be a list"),
        ({"tags": ["ok", ""]}, "preset.tags.1 is ''"),
        ({"created": "yesterday"}, "preset.created is 'yesterday'"),
        ({"files": {}}, "preset.files lacks 'embeddings/draft-"),
        ({"embeddings": {"sora": {}}}, "a name in preset.embeddings is 'sora'"),
        ({"embeddings": {}}, "preset.files must not contain 'embeddings/draft-"),
        ({"id": "0" * 32}, "preset.id is not that of its files"),
        ({"parents": ["0" * 32, "1" * 32]}, "preset.parents must have one id"),
        ({"license": None}, "preset.license must be a text"),
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
    value = json.loads((GOLDEN / "preset_2.json").read_text())
    old = value["settings"]["inversion"]
    for name in ("precision", "learning_rate_decay", "start"):
        del old[name]
    (tmp_path / "preset.json").write_text(json.dumps(value))
    with pytest.raises(BadRequest, match="is missing"):  # a preset of version 2 must be complete
        read_preset(tmp_path)
    del old["augmentation"]["variants"]
    (tmp_path / "preset.json").write_text(json.dumps(value | {"version": 1}))
    inversion = read_preset(tmp_path).embeddings["draft"].settings.inversion
    assert (inversion.precision, inversion.augmentation.variants) == ("float32", 0)
    assert inversion.learning_rate_decay == "none"


@pytest.mark.parametrize("version", [2, 3])
def test_a_golden_preset_of_an_older_version_is_read(tmp_path: Path, version: int) -> None:
    (tmp_path / "preset.json").write_bytes((GOLDEN / f"preset_{version}.json").read_bytes())
    preset = read_preset(tmp_path)
    assert (preset.version, preset.name, preset.num_frames) == (PRESET_VERSION, "Wave", 14)
    assert (preset.kind, preset.edit, preset.parents) == ("body", AS_LEARNED, ())
    embedding = preset.embeddings["draft"]
    assert embedding.files == ("motion.safetensors",)
    assert embedding.settings.inversion.token_init == "image_embeddings"
    assert preset.capture.seconds == 14 / preset.fps
    preset.check()


@pytest.mark.parametrize("data", [None, b"", b"[]", b" " * 70_000])
def test_what_is_no_preset_is_refused(tmp_path: Path, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / "preset.json").write_bytes(data)
    with pytest.raises(BadRequest):
        read_preset(tmp_path)


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    preset = write_preset(tmp_path / "wave", PRESET, CONTENTS)
    (tmp_path / "wave" / TOKENS).write_bytes(tokens(value=0.4))
    with pytest.raises(UnreadableInput, match=TOKENS):
        verify_preset(tmp_path / "wave", preset)
    with pytest.raises(UnreadableInput, match=TOKENS):
        read_embedding(tmp_path / "wave", preset, "draft")


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
        write_preset(tmp_path / "wave", PRESET, {TOKENS: tokens()})
    verify_preset(tmp_path / "wave", read_preset(tmp_path / "wave"))


def test_a_full_disk_leaves_no_preset(small_disk: Path) -> None:
    with pytest.raises(DiskFull):
        write_preset(small_disk / "wave", PRESET, {**CONTENTS, "preview.webp": b"x" * 400_000})
    assert list(small_disk.iterdir()) == []


def test_a_motion_keeps_its_id_when_it_is_renamed_or_learned_again(tmp_path: Path) -> None:
    """Its poses identify it; without them, its images; without those, what was learned."""
    first = write_preset(tmp_path / "a", PRESET, CONTENTS)
    renamed = dataclasses.replace(first, name="Hello", tags=(), notes="")
    update_preset(tmp_path / "a", renamed)
    assert read_preset(tmp_path / "a") == renamed and renamed.id == first.id
    again = tokens(value=0.25)
    learned = dataclasses.replace(EMBEDDING, files=(embedding_name("draft", again),))
    others = {name: data for name, data in CONTENTS.items() if name != TOKENS}
    contents = {**others, learned.files[0]: again}
    embeddings: dict[Any, Embedding] = {"draft": learned}
    second = write_preset(
        tmp_path / "b", dataclasses.replace(PRESET, embeddings=embeddings), contents
    )
    assert second.id == first.id
    ids = {first.id}
    for left_out in ("poses.json", "reference/"):
        others = {name: data for name, data in others.items() if not name.startswith(left_out)}
        folder = tmp_path / left_out.strip("/")
        ids.add(write_preset(folder, PRESET, {**others, TOKENS: tokens()}).id)
    assert len(ids) == 3


def test_an_edited_motion_names_its_parents(tmp_path: Path) -> None:
    edit = MotionEdit(mode="blend", parts=(MotionPart(weight=0.25), MotionPart(strength=0.5)))
    other = tokens(value=0.1)
    files = (TOKENS, embedding_name("draft", other))
    both: dict[Any, Embedding] = {"draft": dataclasses.replace(EMBEDDING, files=files)}
    parents = ("1" * 32, "2" * 32)
    preset = dataclasses.replace(PRESET, embeddings=both, edit=edit, parents=parents)
    contents = {TOKENS: tokens(), files[1]: other}
    written = write_preset(tmp_path / "mix", preset, contents)
    assert written.is_edited and read_preset(tmp_path / "mix") == written
    assert written.id == content_id({}, edit, parents) != content_id({}, edit, parents[::-1])
    for bad in (
        {"parents": ()},
        {"parents": parents[:1]},
        {"edit": MotionEdit(mode="chain")},
        {"edit": MotionEdit(mode="blend", parts=(MotionPart(), MotionPart(start=0.5, end=0.5)))},
        {"embeddings": {"draft": EMBEDDING}},
    ):
        with pytest.raises(BadRequest, match=r"^preset\."):
            write_preset(tmp_path / "bad", dataclasses.replace(preset, **bad), contents)


NAMES = st.from_regex(r"[^\x00-\x1f\x7f]{1,64}", fullmatch=True).filter(str.isprintable)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(NAMES, st.lists(NAMES.map(lambda n: n[:32]), max_size=3), strategies.settings())
def test_any_preset_is_read_as_it_was_written(
    tmp_path: Path, name: str, tags: list[str], learned_with: Settings
) -> None:
    file = embedding_name(learned_with.model, tokens())
    embedding = dataclasses.replace(EMBEDDING, settings=learned_with, files=(file,))
    embeddings: dict[Any, Embedding] = {learned_with.model: embedding}
    preset = dataclasses.replace(PRESET, name=name, tags=tuple(tags), embeddings=embeddings)
    folder = tmp_path / uuid.uuid4().hex
    written = write_preset(folder, preset, {file: tokens(), "poses.json": poses()})
    assert read_preset(folder) == written and written.name == name


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300) | strategies.JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_preset_or_a_sentence(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "preset.json").write_bytes(data)
    with pytest.raises((BadRequest, NewerProtocol)):
        read_preset(tmp_path)


def places(value: Any) -> list[tuple[Any, ...]]:
    """The way to everything in a JSON value."""
    steps = value.items() if isinstance(value, dict) else enumerate(value)
    found: list[tuple[Any, ...]] = []
    for step, inner in steps:
        found.append((step,))
        if isinstance(inner, dict | list):
            found += [(step, *more) for more in places(inner)]
    return found


def examples() -> list[dict[str, Any]]:
    """A preset of each version."""
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in CONTENTS.items()}  # type: ignore[arg-type]
    newest = dataclasses.replace(PRESET, files=sums, id=content_id(sums))
    older = [json.loads((GOLDEN / f"preset_{version}.json").read_text()) for version in (2, 3)]
    return [json.loads(to_bytes(newest)), *older, older[0] | {"version": 1}]


@settings(max_examples=400)
@given(st.data())
def test_a_preset_changed_anywhere_is_a_preset_or_a_sentence(data: Any) -> None:
    """Of any version, since each is converted in its own way."""
    value = data.draw(st.sampled_from(examples()))
    *way, last = data.draw(st.sampled_from(places(value)))
    inner = value
    for step in way:
        inner = inner[step]
    if data.draw(st.booleans()):
        inner[last] = data.draw(
            strategies.JSON | st.sampled_from([2**70, -1, "\u202e", "x" * 5000])
        )
    else:
        del inner[last]
    try:
        preset = parse_preset(json.dumps(value).encode())
    except BadRequest as error:
        assert len(error.message) < 500
        return
    preset.check()
    assert parse_preset(to_bytes(preset)) == preset
