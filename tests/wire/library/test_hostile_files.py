"""Whatever is received instead of a motion ends in one clear sentence, and writes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mti_addon.wire.errors import BadRequest, MtiError, UnreadableInput
from mti_addon.wire.library import PRESET_VERSION, Motion, import_motion
from mti_addon.wire.library.motion_file import read_motion_file
from mti_addon.wire.library.preset import verify_preset
from tests.wire.examples import ROOT
from tests.wire.library.examples import png, poses, saved, tokens
from tests.wire.library.hostile import (
    Entry,
    contents,
    encrypted,
    hostile_names,
    large_file_format,
    link,
    many,
    patched,
    with_embedding,
    with_files,
    with_preset,
    written,
    zipped,
)


@pytest.fixture(scope="module")
def motion(tmp_path_factory: pytest.TempPathFactory) -> Motion:
    return saved(tmp_path_factory.mktemp("sender"), "Wave")


def refused(file: Path, root: Path) -> MtiError:
    """Import a file; nothing is written, and the error has one clear sentence."""
    with pytest.raises(BadRequest) as caught:
        import_motion(root / "library", file)
    assert not (root / "library").exists() and not (root / "evil.png").exists()
    message = caught.value.message
    assert message.isprintable() and len(message) < 400 and message.endswith(".")
    str(caught.value.problem).encode("utf-8")
    return caught.value


@pytest.mark.parametrize("name", hostile_names())
def test_a_name_that_no_motion_has(motion: Motion, tmp_path: Path, name: str) -> None:
    entries = [*contents(motion).items(), (name, b"evil")]
    error = refused(written(tmp_path / "Wave.motion", zipped(entries)), tmp_path)
    assert error.problem.code in ("motion_file_odd_name", "not_a_motion_file")
    assert type(error) is UnreadableInput and error.hint


def test_a_name_that_is_not_utf_8(motion: Motion, tmp_path: Path) -> None:
    data = zipped([*contents(motion).items(), ("thumb\u00e4il.png", b"evil")])
    data = data.replace("thumb\u00e4il".encode(), b"thumb\xff\xfeil")
    assert refused(written(tmp_path / "Wave.motion", data), tmp_path).problem.code == (
        "not_a_motion_file"
    )
    shown = refused(written(tmp_path / "a\u202emotion.txt", b"no"), tmp_path).message
    assert "a?motion.txt" in shown
    name = os.fsdecode(b"wave\xff.motion")
    assert "wave?.motion" in refused(written(tmp_path / name, b"no"), tmp_path).message


def archives(motion: Motion) -> dict[str, tuple[str, bytes]]:
    """What is wrong: the problem's code, and the file."""
    good, plain = contents(motion), zipped([*contents(motion).items()], zipfile.ZIP_STORED)
    bare = {name: data for name, data in good.items() if name != "preview.webp"}
    first = next(name for name in good if name.startswith("embeddings/"))

    def method(number: int) -> bytes:
        def change(values: dict[str, Any]) -> None:
            values["method"] = number

        return patched(plain, change, "preset.json")

    def size(name: str, number: int) -> bytes:
        def change(values: dict[str, Any]) -> None:
            values["size"] = values["packed"] = number

        return patched(plain, change, name)

    bombs: list[Entry] = [(f"reference/{i:04d}.png", b"\0" * 2**24) for i in range(1, 18)]
    broken = zipped([*good.items()])
    data = broken.index(b"PK\x01\x02") // 2
    return {
        "empty": ("not_a_motion_file", b""),
        "text": ("not_a_motion_file", b"Hello!" * 100),
        "only an end": ("not_a_motion_file", b"PK\x05\x06" + b"\0" * 18),
        "truncated": ("not_a_motion_file", plain[:-1]),
        "half": ("not_a_motion_file", plain[: len(plain) // 2]),
        "a comment": ("not_a_motion_file", plain[:-2] + b"\x04\0PK\x05\x06"),
        "64-bit sizes": ("not_a_motion_file", large_file_format(motion)),
        "no preset": ("not_a_motion_file", zipped([*good.items()][1:])),
        "damaged": ("not_a_motion_file", broken[:data] + b"\xff" * 40 + broken[data + 40 :]),
        "in a folder": (
            "motion_file_odd_name", zipped([(f"wave/{k}", v) for k, v in good.items()])
        ),
        "macOS": (
            "motion_file_odd_name", zipped([*good.items(), ("__MACOSX/._preset.json", b"")])
        ),
        "twice": ("motion_file_twice", zipped([*good.items(), (first, good[first])])),
        "preset twice": (
            "motion_file_twice", zipped([*good.items(), ("preset.json", good["preset.json"])])
        ),
        "a link": (
            "motion_file_odd_name",
            zipped([*bare.items(), link("preview.webp", "/etc/passwd")]),
        ),
        "encrypted": ("motion_file_encrypted", encrypted(motion)),
        "lzma": ("motion_file_compression", zipped([*good.items()], zipfile.ZIP_LZMA)),
        "bzip2": ("motion_file_compression", zipped([*good.items()], zipfile.ZIP_BZIP2)),
        "unknown method": ("motion_file_compression", method(99)),
        "one large file": (
            "motion_file_part_too_large", zipped([*bare.items(), ("preview.webp", b"\0" * 2**23)])
        ),
        "huge preset": (
            "motion_file_part_too_large",
            zipped([("preset.json", good["preset.json"] + b" " * 2**17)]),
        ),
        "4 GiB, as it says": ("motion_file_part_too_large", size("preset.json", 2**32 - 2)),
        "bomb": ("motion_file_bomb", zipped([("preset.json", good["preset.json"]), *bombs])),
        "offset": ("not_a_motion_file", shifted(plain)),
        "overlapping": ("not_a_motion_file", overlapping(plain)),
    }  # fmt: skip


def overlapping(data: bytes) -> bytes:
    """Two entries of the same bytes, as in a bomb that has a thousand of them."""
    offsets: dict[str, int] = {}

    def note(values: dict[str, Any]) -> None:
        offsets["first"] = values["offset"]

    def change(values: dict[str, Any]) -> None:
        values["offset"] = offsets["first"]

    return patched(patched(data, note, "reference/0001.png"), change, "reference/0002.png")


def shifted(data: bytes) -> bytes:
    """An entry that begins somewhere else."""

    def change(values: dict[str, Any]) -> None:
        values["offset"] = 2**31

    return patched(data, change, "preset.json")


ARCHIVES = [
    "empty", "text", "only an end", "truncated", "half", "a comment", "64-bit sizes", "no preset",
    "damaged", "in a folder", "macOS", "twice", "preset twice", "a link", "encrypted", "lzma",
    "bzip2", "unknown method", "one large file", "huge preset", "4 GiB, as it says", "bomb",
    "offset", "overlapping",
]  # fmt: skip


@pytest.fixture(scope="module")
def all_archives(motion: Motion) -> dict[str, tuple[str, bytes]]:
    found = archives(motion)
    assert list(found) == ARCHIVES
    return found


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_hostile_archive(
    all_archives: dict[str, tuple[str, bytes]], tmp_path: Path, name: str
) -> None:
    code, data = all_archives[name]
    error = refused(written(tmp_path / "Wave.motion", data), tmp_path)
    assert error.problem.code == code and "Wave.motion" in error.message and error.hint


def test_a_bomb_that_lies_about_its_size_is_not_unpacked(motion: Motion, tmp_path: Path) -> None:
    """No more is unpacked than the list of entries says, and then its checksum is wrong."""
    entries = with_files(motion, {"thumbnail.png": b"\0" * 2**20})
    data = zipped(entries)

    def change(values: dict[str, Any]) -> None:
        values["size"] = 1000

    lying = patched(data, change, "thumbnail.png")
    error = refused(written(tmp_path / "Wave.motion", lying), tmp_path)
    assert error.problem.code == "not_a_motion_file"


IN_LITTLE_MEMORY = """
import resource, sys
from pathlib import Path
from mti_addon.wire.library import import_motion
resource.setrlimit(resource.RLIMIT_AS, (300 * 2**20, 300 * 2**20))
try:
    import_motion(Path(sys.argv[1]) / "library", Path(sys.argv[1]) / "bomb.motion")
except Exception as error:
    print(error.problem.code)
"""


@pytest.mark.parametrize("lies", [False, True])
def test_a_bomb_fills_neither_memory_nor_disk(motion: Motion, tmp_path: Path, lies: bool) -> None:
    """512 MiB of zeros, half a MiB when packed, are received by a process that may have 300 MiB;
    the list of entries says so, or that they are 1000 bytes."""

    def change(values: dict[str, Any]) -> None:
        values["size"] = 1000

    bomb = zipped([*({**contents(motion), "poses.json": b"\0" * 2**29}).items()])
    assert len(bomb) < 2**20
    written(tmp_path / "bomb.motion", patched(bomb, change, "poses.json") if lies else bomb)
    command = [sys.executable, "-c", IN_LITTLE_MEMORY, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    code = "not_a_motion_file" if lies else "motion_file_part_too_large"
    assert done.stdout == f"{code}\n" and [p.name for p in tmp_path.iterdir()] == ["bomb.motion"]


@pytest.mark.parametrize("said", [None, 2])
def test_very_many_entries_are_refused_without_reading_them(
    tmp_path: Path, said: int | None
) -> None:
    """Also if the file says that there are only a few."""
    file = written(tmp_path / "Wave.motion", many(50_000, said))
    start = time.process_time()
    error = refused(file, tmp_path)
    assert error.problem.code == "motion_file_too_many"
    assert time.process_time() - start < 0.05  # zipfile alone takes 0.2 s


def test_entries_without_names_are_refused(tmp_path: Path) -> None:
    """As many as the list of entries has room for."""
    stream = zipped([(f"{i:x}", b"") for i in range(300)])
    error = refused(written(tmp_path / "Wave.motion", stream), tmp_path)
    assert error.problem.code == "motion_file_too_many"


def test_a_file_larger_than_a_motion_can_be(tmp_path: Path) -> None:
    with open(tmp_path / "Wave.motion", "wb") as stream:
        stream.truncate(300 * 2**20)
    assert refused(tmp_path / "Wave.motion", tmp_path).problem.code == "motion_file_too_large"


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder.motion").mkdir()
    os.mkfifo(tmp_path / "pipe.motion")
    for name in ("folder.motion", "pipe.motion", "missing.motion", "a" * 300):
        assert refused(tmp_path / name, tmp_path).problem.code == "motion_file_unreadable"


def presets(motion: Motion) -> dict[str, tuple[str, list[Entry]]]:
    """What is wrong inside a sound archive: the problem's code, and the entries."""
    good = contents(motion)
    (file,) = motion.preset.embeddings["draft"].files
    deep = b'{"version":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    wide = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff" * 6
    return {
        "not JSON": ("bad_request", [*(good | {"preset.json": b"{"}).items()]),
        "deep JSON": ("bad_request", [*(good | {"preset.json": deep}).items()]),
        "newer": ("motion_of_newer_version", with_preset(motion, version=PRESET_VERSION + 1)),
        "unknown field": ("bad_request", with_preset(motion, price=5)),
        "other id": ("bad_request", with_preset(motion, id="0" * 32)),
        "invisible name": ("bad_request", with_preset(motion, name="\u202e\u200b")),
        "line break in the name": ("bad_request", with_preset(motion, name="a\nb")),
        "fewer files": ("motion_files_differ", [*good.items()][:-1]),
        "more files": ("motion_files_differ", [*good.items(), ("reference.webp", b"")]),
        "changed file": (
            "motion_part_changed", [*(good | {"thumbnail.png": png(color=99)}).items()]
        ),
        "not named by its sum": ("bad_request", with_files(motion, {file: tokens(value=0.25)})),
        "60,000 pixels": (
            "motion_image_bad", with_files(motion, {"thumbnail.png": png(60_000, 60_000)})
        ),
        "60,000 pixels high": (
            "motion_image_bad", with_files(motion, {"reference/0003.png": png(1, 60_000)})
        ),
        "no image": ("motion_image_bad", with_files(motion, {"reference/0001.png": b"MZ" * 50})),
        "a zip in a zip": (
            "motion_image_bad",
            with_files(motion, {"thumbnail.png": zipped([("a", b"\0" * 2**24)])}),
        ),
        "1025 x 1024 pixels": (
            "motion_image_too_large", with_files(motion, {"reference/0001.png": png(1025, 1024)})
        ),
        "a large thumbnail": (
            "motion_image_too_large", with_files(motion, {"thumbnail.png": png(4096, 4096)})
        ),
        "many pixels together": ("motion_images_too_large", many_pixels(motion)),
        "more pixels than promised": (
            "motion_image_damaged",
            with_files(motion, {"reference/0002.png": png(16, 8, rows=b"\0" * 2**26)}),
        ),
        "fewer pixels than promised": (
            "motion_image_damaged", with_files(motion, {"reference/0002.png": png(16, 8, rows=b"")})
        ),
        "no end": (
            "motion_image_damaged", with_files(motion, {"reference/0002.png": png(500, 9)[:-30]})
        ),
        "16 bits": (
            "motion_image_damaged", with_files(motion, {"reference/0002.png": png(depth=16)})
        ),
        "no pixels": ("motion_image_bad", with_files(motion, {"thumbnail.png": png(0, 8)})),
        "no animation": ("motion_image_bad", with_files(motion, {"preview.webp": b"GIF89a"})),
        "huge animation": ("motion_image_bad", with_files(motion, {"preview.webp": wide})),
        "poses of another length": (
            "poses_damaged", with_files(motion, {"poses.json": poses(frames=13)})
        ),
        "poses with NaN": (
            "bad_request", with_files(motion, {"poses.json": poses().replace(b"1.5", b"NaN")})
        ),
        "NaN": ("motion_misshapen", with_embedding(motion, tokens(value=float("nan")))),
        "infinity": ("motion_misshapen", with_embedding(motion, tokens(value=float("inf")))),
        "of another model": ("tokens_of_other_model", with_embedding(motion, tokens(width=1024))),
        "of another length": ("tokens_of_other_model", with_embedding(motion, tokens(frames=25))),
        "more tokens": ("tokens_of_other_model", with_embedding(motion, tokens(count=5))),
        "no tensor": ("motion_damaged", with_embedding(motion, b"x" * 500)),
    }  # fmt: skip


def many_pixels(motion: Motion) -> list[Entry]:
    """33 images, each as large as one may be."""
    images = {f"reference/{i:04d}.png": png(1024, 1024, i) for i in range(1, 34)}
    entries = dict(with_files(motion, {"poses.json": None, **images}))
    preset = json.loads(entries["preset.json"]) | {"num_frames": 33}
    return [*(entries | {"preset.json": json.dumps(preset).encode()}).items()]


PRESETS = [
    "not JSON", "deep JSON", "newer", "unknown field", "other id", "invisible name",
    "line break in the name", "fewer files", "more files", "changed file", "not named by its sum",
    "60,000 pixels", "60,000 pixels high", "no image", "a zip in a zip", "1025 x 1024 pixels",
    "a large thumbnail", "many pixels together", "more pixels than promised",
    "fewer pixels than promised", "no end", "16 bits", "no pixels",
    "no animation", "huge animation", "poses of another length", "poses with NaN", "NaN",
    "infinity", "of another model", "of another length", "more tokens", "no tensor",
]  # fmt: skip


def test_a_bomb_in_an_image_fills_no_memory(motion: Motion, tmp_path: Path) -> None:
    """512 MiB of zeros in one of 16 x 8 pixels, received by a process that may have 300 MiB."""
    bomb = png(16, 8, rows=b"\0" * 2**29)
    assert len(bomb) < 2**20
    entries = with_files(motion, {"reference/0001.png": bomb})
    written(tmp_path / "bomb.motion", zipped(entries))
    command = [sys.executable, "-c", IN_LITTLE_MEMORY, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "motion_image_damaged\n"
    assert [p.name for p in tmp_path.iterdir()] == ["bomb.motion"]


@pytest.fixture(scope="module")
def all_presets(motion: Motion) -> dict[str, tuple[str, list[Entry]]]:
    found = presets(motion)
    assert list(found) == PRESETS
    return found


@pytest.mark.parametrize("name", PRESETS)
def test_a_hostile_motion_in_a_sound_archive(
    all_presets: dict[str, tuple[str, list[Entry]]], tmp_path: Path, name: str
) -> None:
    code, entries = all_presets[name]
    error = refused(written(tmp_path / "Wave.motion", zipped(entries)), tmp_path)
    assert error.problem.code == code


def test_the_examples_are_only_wrong_where_they_should_be(motion: Motion, tmp_path: Path) -> None:
    """The same ways of packing, with nothing wrong, are received."""
    same = tokens(value=0.25)
    for i, entries in enumerate([
        [*contents(motion).items()], with_files(motion, {"thumbnail.png": png(40, 30)}),
        with_embedding(motion, same), with_preset(motion, name="Hello"),
    ]):  # fmt: skip
        file = written(tmp_path / f"{i}.motion", patched(zipped(entries), lambda _: None, "x"))
        again, is_new = import_motion(tmp_path / "library", file)
        verify_preset(again.folder, again.preset)
        assert is_new == (i != 3)  # a name makes no other motion


def test_names_and_tags_are_shown_as_they_are_written(motion: Motion, tmp_path: Path) -> None:
    """What turns the direction of writing, or cannot be seen, is left out."""
    entries = with_preset(
        motion, name="Wave\u202eexe.png", tags=["a\u200brm", "\ufeff"], author="A\u2066da\x85",
        notes="One\u2028Two\nThree \U0001f469\u200d\U0001f680 \u05d0\u05d1",
    )  # fmt: skip
    file = written(tmp_path / "Wave.motion", zipped(entries))
    preset = import_motion(tmp_path / "library", file)[0].preset
    assert (preset.name, preset.tags, preset.author) == ("Waveexe.png", ("arm",), "Ada")
    assert preset.notes == "OneTwo\nThree \U0001f469\u200d\U0001f680 \u05d0\u05d1"
    assert preset.id == motion.preset.id


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.data())
def test_a_file_changed_anywhere_is_the_motion_or_a_sentence(
    motion: Motion, tmp_path: Path, data: Any
) -> None:
    sound = zipped([*contents(motion).items()])
    end = len(sound) - 1500  # the list of entries is where most goes wrong
    at = data.draw(st.integers(0, len(sound) - 1) | st.integers(end, len(sound) - 1))
    changed = (
        sound[:at]
        + data.draw(st.binary(max_size=6))
        + sound[at + data.draw(st.sampled_from([0, 1, 6])) :]
    )
    file = written(tmp_path / "Wave.motion", changed)
    try:
        preset, files = read_motion_file(file)
    except BadRequest as error:
        assert error.message.isprintable()
        return
    good = contents(motion)
    del good["preset.json"]
    assert files == good and preset.files == motion.preset.files


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_refused_with_a_sentence(tmp_path: Path, data: bytes, ends: bool) -> None:
    tail = b"PK\x05\x06" + data[:16].ljust(16, b"\0") + b"\0\0" if ends else b""
    refused(written(tmp_path / "Wave.motion", data + tail), tmp_path)
