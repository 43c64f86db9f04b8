"""A motion in a library can be applied like one that a job has learned."""

from __future__ import annotations

from pathlib import Path

from mti_addon.client.library import Library, change, duplicate
from mti_addon.wire.library import About, read_library, save_embedding
from mti_addon.workflow.motions import Labels, known_in, label_of, motion_of_library
from tests.wire.examples import ROOT
from tests.wire.library.examples import finished_job, saved


def looked_at(own: Path | None, shipped: Path | None = None) -> Library:
    library = Library(own, shipped=shipped)
    library.refresh()
    return library


def test_a_motion_in_a_library_is_known_by_its_model(tmp_path: Path) -> None:
    own, motion = tmp_path / "own", saved(tmp_path, "Wave", About(kind="face"))
    both = save_embedding(finished_job(tmp_path, "x", model="svd"), own, motion.folder)
    assert motion_of_library(motion, "svd") is None
    assert known_in(motion.folder, "svd-xt") is None and known_in(tmp_path, "svd") is None
    for model in ("draft", "svd"):
        known = motion_of_library(both, model)
        assert known == known_in(motion.folder, model)
        assert known is not None and known.name == "Wave" and known.id == motion.preset.id
        assert known.label == f"Wave ({motion.preset.id[:8]})"
        assert known.files == both.embedding_files(model) and known.files[0].is_file()
        assert known.settings.model == model and known.capture == motion.preset.capture


def test_a_motion_is_found_by_its_label_after_it_was_renamed(tmp_path: Path) -> None:
    own, motion = tmp_path / "own", saved(tmp_path, "Wave")
    other = saved(tmp_path, "Jump (twice)", shift=1.0)
    library = looked_at(own)
    labels, before = Labels(library), label_of(library.entries()[1])
    found = labels.find(before)
    assert found is not None and found.folder == motion.folder
    change(own, motion.folder, name="Hello")
    library.notice(motion.folder)
    found = labels.find(before)
    assert found is not None and found.name == "Hello"
    jump = labels.find(f"Jump (twice) ({other.preset.id[:8]})")
    assert jump is not None and jump.folder == other.folder
    assert labels.find("Wave") is None and labels.find("") is None


def test_a_copy_is_not_taken_for_its_original(tmp_path: Path) -> None:
    """They have the same id; their names tell which is meant."""
    own, motion = tmp_path / "own", saved(tmp_path, "Wave")
    copy = duplicate(own, motion.folder, "Wave.001")
    library = looked_at(own)
    labels = Labels(library)
    for each in (motion, copy):
        entry = library.at(each.folder)
        assert entry is not None and labels.find(label_of(entry)) == entry


def test_the_shipped_motions_are_found_by_their_folders() -> None:
    """Scenes of older versions name them so."""
    presets = ROOT / "presets"
    labels = Labels(looked_at(None, presets))
    for motion in read_library(presets)[0]:
        found = labels.find(f"Anything (draft, {motion.folder.name})")
        assert found is not None and found.folder == motion.folder
