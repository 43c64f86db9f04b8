"""A person's words find one motion, or it is told why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from mti_addon.wire.errors import BadRequest, MtiError, UnreadableInput
from mti_addon.wire.library import export_to
from mti_backend.cli.motions import all_motions, find, library_problem
from mti_backend.cli.places import shipped_library
from tests.backend.cli import motions


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return tmp_path / "other"


def test_by_name_id_folder_and_file(own: Path, tmp_path: Path) -> None:
    wave = motions.add(own, "Big Wave", 1)
    motions.add(own, "Nod", 2)
    file = tmp_path / "sent.motion"
    export_to(wave, file)
    for text in ("Big Wave", "big wave", "big-wave", wave.preset.id, wave.preset.id[:6].upper()):
        found = find(text, [own])
        assert found.place == wave.folder, text
        assert found.preset == wave.preset and not found.shipped
    for path in (wave.folder, file):
        found = find(str(path), [])
        assert found.place == path and found.preset == wave.preset
        assert found.embedding("draft") == (wave.embedding_files("draft")[0].read_bytes(),)
        assert found.size > 5000
    with pytest.raises(KeyError):
        find("nod", [own]).embedding("svd")


def test_the_own_library_comes_before_another(own: Path, other: Path) -> None:
    motions.add(other, "Wave", 1)
    mine = motions.add(own, "Wave", 2)
    assert find("wave", [own, other]).place == mine.folder
    assert find("wave", [other, own]).place.parent == other
    assert len(all_motions([own, other, own])[0]) == 2


def test_names_that_several_have(own: Path) -> None:
    first, second = motions.add(own, "Wave", 1), motions.add(own, "wave", 2)
    assert {first.folder.name, second.folder.name} == {"wave", "wave-2"}
    assert find("wave", [own]).place == first.folder, "no two folders have the same name"
    with pytest.raises(BadRequest, match="may be any of 2 motions: wave, wave-2"):
        find("WAVE", [own])


def test_what_is_not_there_is_told_with_what_is_like_it(own: Path) -> None:
    motions.add(own, "Wave")
    with pytest.raises(BadRequest, match="there is Wave") as caught:
        find("wabe", [own])
    assert "mti_backend list" in caught.value.hint
    with pytest.raises(BadRequest, match="There is no motion 'xyz' in the library.$"):
        find("xyz", [own])
    with pytest.raises(BadRequest, match="There is no motion 'abcd'"):
        find("abcd", [own])
    with pytest.raises(UnreadableInput, match="gone.motion"):
        find("gone.motion", [own])


def test_a_damaged_folder_is_told_when_it_is_asked_for(own: Path) -> None:
    wave = motions.add(own, "Wave")
    (wave.folder / "preset.json").write_text("{")
    found, problems = all_motions([own])
    assert found == [] and list(problems) == [wave.folder]
    with pytest.raises(MtiError, match="valid JSON"):
        find("wave", [own])


def test_a_damaged_embedding_is_not_used(own: Path) -> None:
    wave = motions.add(own, "Wave")
    file = wave.embedding_files("draft")[0]
    file.write_bytes(file.read_bytes()[:-1] + b"\1")
    with pytest.raises(UnreadableInput):
        find("wave", [own]).embedding("draft")


def test_the_shipped_ones_are_marked(own: Path) -> None:
    found, problems = all_motions([shipped_library(), own])
    assert found and all(motion.shipped for motion in found) and not problems


def test_a_library_that_is_not_there(own: Path) -> None:
    assert all_motions([own]) == ([], {})
    problem = library_problem(own)
    assert problem is not None and str(own) in str(problem)
    own.mkdir()
    assert library_problem(own) is None
