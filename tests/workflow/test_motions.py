"""A motion in a library can be applied like one that a job has learned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mti_addon.client.library import change
from mti_addon.wire.edit import MotionEdit, MotionPart
from mti_addon.wire.library import About, Motion, read_library, read_motion, save_embedding
from mti_addon.workflow.motions import find_motion, motion_of_library
from tests.wire.examples import ROOT
from tests.wire.library.examples import finished_job, saved


class NoJobs:
    rows: tuple[()] = ()


def test_a_motion_in_a_library_is_known_by_its_model(tmp_path: Path) -> None:
    own, motion = tmp_path / "own", saved(tmp_path, "Wave", About(kind="face"))
    both = save_embedding(finished_job(tmp_path, "x", model="svd"), own, motion.folder)
    assert motion_of_library(motion, "svd") is None
    for model in ("draft", "svd"):
        known = motion_of_library(both, model)
        assert known is not None and known.name == "Wave"
        assert known.label == f"Wave ({model}, {motion.preset.id[:6]})"
        assert (known.file,) == both.embedding_files(model) and known.file.is_file()
        assert known.settings.model == model and known.capture == motion.preset.capture
    renamed = motion_of_library(change(own, motion.folder, name="Hello"), "draft")
    before = motion_of_library(motion, "draft")
    assert renamed is not None and before is not None
    assert renamed.label.endswith(before.label[before.label.rfind("(") :])


def test_an_edit_is_more_than_a_file(tmp_path: Path) -> None:
    preset = saved(tmp_path, "Wave").preset
    files = preset.embeddings["draft"].files * 2
    blend = replace(
        preset,
        edit=MotionEdit(mode="blend", parts=(MotionPart(), MotionPart())),
        parents=("1" * 32, "2" * 32),
        embeddings={"draft": replace(preset.embeddings["draft"], files=files)},
    )
    slow = replace(preset, edit=MotionEdit(parts=(MotionPart(speed=0.5),)), parents=("1" * 32,))
    for edited in (blend, slow):
        assert motion_of_library(Motion(tmp_path / "own" / "wave", edited), "draft") is None


def test_the_shipped_motions_are_found_by_their_folders() -> None:
    """Scenes of older versions name them so."""
    presets = ROOT / "presets"
    for motion in read_library(presets)[0]:
        for model in motion.preset.embeddings:
            label = f"Anything ({model}, {motion.folder.name})"
            known = find_motion(label, NoJobs(), presets)  # type: ignore[arg-type]
            assert known is not None and known.name == read_motion(motion.folder).preset.name
