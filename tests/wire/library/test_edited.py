"""An edit of motions is a motion: it has its parents' files, their ids, and the numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mti_addon.wire.edit import AS_LEARNED, MotionEdit, MotionPart
from mti_addon.wire.errors import BadRequest
from mti_addon.wire.library import About, Motion, export_to, import_motion, read_motion
from mti_addon.wire.library.changing import set_embedding
from mti_addon.wire.library.edited import ParentInLibrary, save_edited
from mti_addon.wire.library.preset import embedding_name, verify_preset
from mti_addon.wire.request import POSES, CaptureInfo
from tests.backend.cli import motions
from tests.wire.library.examples import finished_job, poses, save_motion, saved, tokens

HALF = MotionEdit(parts=(MotionPart(strength=0.5, reverse=True),))
CHAIN = MotionEdit("chain", 0.3, (MotionPart(weight=0.6), MotionPart(speed=2.0, weight=0.4)))
CAPTURE = CaptureInfo(24.0, 1, 96, (640, 360), False)


@pytest.fixture
def two(tmp_path: Path) -> list[Motion]:
    return [motions.add(tmp_path / "own", name, i + 1) for i, name in enumerate(("Wave", "Nod"))]


def save(root: Path, parents: list[Motion], edit: MotionEdit, name: str = "Edit", **looks: bytes):
    found = [ParentInLibrary(parent) for parent in parents]
    return save_edited(root, found, edit, About(name=name), CAPTURE, looks)


def test_it_has_the_numbers_the_parents_and_their_files(two: list[Motion], tmp_path: Path) -> None:
    before = [(m.folder / "preset.json").read_bytes() for m in two]
    motion, is_new = save(tmp_path / "own", two, CHAIN, "Both")
    preset = read_motion(motion.folder).preset
    assert is_new and preset == motion.preset and preset.name == "Both" and preset.is_edited
    assert (preset.edit, preset.capture) == (CHAIN, CAPTURE)
    assert preset.parents == tuple(parent.preset.id for parent in two)
    assert preset.fps == pytest.approx(14 / 4)
    files = [path.read_bytes() for path in motion.embedding_files("draft")]
    assert files == [parent.embedding_files("draft")[0].read_bytes() for parent in two]
    assert preset.embeddings["draft"].quality.reconstruction is None, "that was not measured"
    verify_preset(motion.folder, preset)
    assert [(m.folder / "preset.json").read_bytes() for m in two] == before


def test_it_is_sent_and_received_as_any_other(two: list[Motion], tmp_path: Path) -> None:
    motion, _ = save(tmp_path / "own", two[:1], HALF, "Half", **{POSES: poses()})
    export_to(motion, tmp_path / "half.motion")
    again, is_new = import_motion(tmp_path / "other", tmp_path / "half.motion")
    assert is_new and again.preset == motion.preset and again.preset.has_poses


def test_the_same_edit_is_kept_once(two: list[Motion], tmp_path: Path) -> None:
    first, _ = save(tmp_path / "own", two, CHAIN)
    again, is_new = save(tmp_path / "own", two, CHAIN, "Another name")
    assert not is_new and again == first
    other, is_new = save(tmp_path / "own", two[::-1], CHAIN)
    assert is_new and other.preset.id != first.preset.id


def test_what_its_parents_have_learned_since_is_added(tmp_path: Path) -> None:
    own, wave = tmp_path / "own", saved(tmp_path, "Wave")
    motion, _ = save(own, [wave], HALF)
    (old,) = motion.preset.embeddings["draft"].files
    data = tokens(value=9.0)
    learned = replace(wave.preset.embeddings["draft"], files=(embedding_name("draft", data),))
    parent = set_embedding(own, wave.folder, "draft", learned, data)
    again, is_new = save(own, [parent], HALF)
    assert not is_new and again.folder == motion.folder and again.preset.id == motion.preset.id
    assert again.embedding_files("draft")[0].read_bytes() == data
    assert not (again.folder / old).exists()
    verify_preset(again.folder, read_motion(again.folder).preset)


def test_an_edit_of_an_edit_names_the_motions_that_were_learned(
    two: list[Motion], tmp_path: Path
) -> None:
    half, _ = save(tmp_path / "own", two[:1], HALF)
    both, _ = save(tmp_path / "own", [half, two[1]], CHAIN)
    assert both.preset.parents == tuple(parent.preset.id for parent in two)
    assert len(both.embedding_files("draft")) == 2


def test_only_engines_that_have_learned_all_parents_are_kept(
    two: list[Motion], tmp_path: Path
) -> None:
    svd = save_motion(finished_job(tmp_path, "Far", model="svd"), tmp_path / "own", About())
    with pytest.raises(BadRequest, match="No engine has learned all of Wave, Far") as caught:
        save(tmp_path / "own", [two[0], svd], CHAIN)
    assert caught.value.hint
    alone, _ = save(tmp_path / "own", [svd], HALF)
    assert set(alone.preset.embeddings) == {"svd"}


def test_tokens_of_two_drafts_are_not_combined(two: list[Motion], tmp_path: Path) -> None:
    learned = two[1].preset.embeddings["draft"]
    other = replace(two[1].preset, embeddings={"draft": replace(learned, model="cd34")})
    with pytest.raises(BadRequest, match="No engine"):
        save(tmp_path / "own", [two[0], Motion(two[1].folder, other)], CHAIN)


def test_no_edit_is_no_motion(two: list[Motion], tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="Nothing is changed"):
        save(tmp_path / "own", two[:1], AS_LEARNED)
    with pytest.raises(BadRequest, match="parts"):
        save(tmp_path / "own", two[:1], replace(CHAIN, parts=CHAIN.parts[:1]))
