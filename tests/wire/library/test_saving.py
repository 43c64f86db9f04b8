from __future__ import annotations

from pathlib import Path

import pytest

from mti_addon.wire.errors import BadEmbedding, UnreadableInput
from mti_addon.wire.job import manifest_of
from mti_addon.wire.library import About, Motion, import_motion, read_library, save_motion
from mti_addon.wire.library.motion_file import export_motion
from mti_addon.wire.library.preset import verify_preset
from tests.wire.examples import make_job
from tests.wire.library.examples import finished_job, png, tokens


def save(root: Path, name: str, about: About | None = None) -> Motion:
    return save_motion(finished_job(root, name), root / "own", about or About())


def names(motions: list[Motion]) -> list[str]:
    return [motion.preset.name for motion in motions]


def test_a_learned_motion_comes_onto_the_shelf(tmp_path: Path) -> None:
    about = About("face", ("arm",), "Ada", "CC0-1.0", "Big.")
    motion = save(tmp_path, "Big Wave!", about)
    assert motion.folder == tmp_path / "own" / "big-wave"
    (file,) = motion.embedding_files("draft")
    assert file.read_bytes() == tokens() and motion.embedding_files("svd") == ()
    preset = motion.preset
    assert (preset.kind, preset.tags, preset.author) == ("face", ("arm",), "Ada")
    assert (preset.license, preset.notes, preset.num_frames) == ("CC0-1.0", "Big.", 14)
    assert preset.fps == 7.0  # 14 images for 48 frames at 24 frames per second
    assert preset.has_poses and len(preset.references) == 14 and not preset.is_edited
    assert motion.path("thumbnail.png") and motion.path("preview.webp")
    embedding = preset.embeddings["draft"]
    assert embedding.model == "ab12" and embedding.created_with == preset.created_with != ""
    quality = embedding.quality
    assert (quality.reconstruction, quality.motion_gain, quality.loss) == (0.75, None, 0.125)
    verify_preset(motion.folder, motion.preset)
    assert read_library(tmp_path / "own") == ([motion], {})


def test_a_motion_without_a_picture(tmp_path: Path) -> None:
    """Without a target there is no preview, and the inputs of an old job may be gone."""
    job = finished_job(tmp_path, "wave", preview=False)
    (job.inputs / "reference" / "0003.png").unlink()
    motion = save_motion(job, tmp_path / "own", About())
    assert motion.path("preview.webp") is None and motion.path("thumbnail.png") is None
    assert motion.preset.references == ()


@pytest.mark.parametrize("image", [png(1025, 1024), png(depth=16)])
def test_images_that_no_motion_may_have_are_left_out(tmp_path: Path, image: bytes) -> None:
    """So the motion can be sent to somebody else."""
    job = finished_job(tmp_path, "wave")
    (job.inputs / "reference" / "0003.png").write_bytes(image)
    motion = save_motion(job, tmp_path / "own", About())
    assert motion.preset.references == () and motion.preset.has_poses
    export_motion(motion.folder, motion.preset, tmp_path / "wave.motion")
    import_motion(tmp_path / "other", tmp_path / "wave.motion")


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("wave", "wave"),
        (" ", "motion"),
        ("漢字", "motion"),
        ("Äpfel Ñ", "apfel-n"),
        ("CON", "motion-con"),
        ("../x", "x"),
    ],
)
def test_names_become_folders_that_every_system_allows(
    tmp_path: Path, name: str, folder: str
) -> None:
    assert save(tmp_path, name).folder == tmp_path / "own" / folder


def test_two_motions_may_have_one_name(tmp_path: Path) -> None:
    folders = [save(tmp_path, "wave").folder.name for _ in range(3)]
    assert folders == ["wave", "wave-2", "wave-3"]
    assert names(read_library(tmp_path / "own")[0]) == ["wave"] * 3


def test_a_job_without_a_motion_is_refused(tmp_path: Path) -> None:
    job = make_job(tmp_path / "spool")
    with pytest.raises(UnreadableInput):
        save_motion(job, tmp_path / "own", About())
    job.output_dir.mkdir()
    job.manifest_file.write_text(manifest_of(job.output_dir).to_json())
    with pytest.raises(UnreadableInput, match="not learned a motion"):
        save_motion(job, tmp_path / "own", About())
    damaged = finished_job(tmp_path, "wave")
    damaged.output_motion.write_bytes(b"?")
    with pytest.raises(UnreadableInput):
        save_motion(damaged, tmp_path / "own", About())
    job = finished_job(tmp_path, "nan")
    job.output_motion.write_bytes(tokens(value=float("nan")))
    job.manifest_file.write_text(manifest_of(job.output_dir).to_json())
    with pytest.raises(BadEmbedding, match="invalid shape or value"):
        save_motion(job, tmp_path / "own", About())
    assert not (tmp_path / "own").exists()


def test_a_damaged_preset_is_a_problem_and_hides_no_other(tmp_path: Path) -> None:
    save(tmp_path, "wave")
    bad = save(tmp_path, "bad")
    (bad.folder / "preset.json").write_text("{")
    (tmp_path / "own" / ".tmp-half").mkdir()
    (tmp_path / "own" / ".tmp-half" / "preset.json").write_text("{")
    motions, problems = read_library(tmp_path / "own")
    assert names(motions) == ["wave"]
    assert list(problems) == [bad.folder]
