from __future__ import annotations

from pathlib import Path

import pytest

from mti_addon.client.library.index import Library, Motion, save_motion
from mti_addon.wire.errors import UnreadableInput
from mti_addon.wire.job import JobFolder, manifest_of
from mti_addon.wire.preset import verify_preset
from tests.wire.examples import make_job


def finished_job(root: Path, name: str, preview: bool = True) -> JobFolder:
    job = make_job(root / "spool", name=name)
    job.output_dir.mkdir()
    job.output_motion.write_bytes(b"motion of " + name.encode())
    if preview:
        job.preview_file.write_bytes(b"preview")
    job.manifest_file.write_text(manifest_of(job.output_dir).to_json())
    return job


def save(root: Path, name: str, folder: str = "own", tags: tuple[str, ...] = ()) -> Motion:
    return save_motion(finished_job(root, name), root / folder, tags, "CC0-1.0")


def names(motions: list[Motion]) -> list[str]:
    return [motion.preset.name for motion in motions]


def test_a_learned_motion_comes_onto_the_shelf(tmp_path: Path) -> None:
    motion = save(tmp_path, "Big Wave!", tags=("arm",))
    assert motion.folder == tmp_path / "own" / "big-wave"
    assert motion.motion_file.read_bytes() == b"motion of Big Wave!"
    assert motion.preview_file == motion.folder / "preview.webp"
    preset = motion.preset
    assert (preset.model, preset.num_frames, preset.tags) == ("draft", 14, ("arm",))
    assert preset.fps == 7.0  # 14 images for 48 frames at 24 frames per second
    verify_preset(motion.folder, motion.preset)
    assert Library([tmp_path / "own"]).motions() == [motion]


def test_a_motion_without_a_picture(tmp_path: Path) -> None:
    job = finished_job(tmp_path, "wave", preview=False)
    assert save_motion(job, tmp_path / "own").preview_file is None


@pytest.mark.parametrize(
    ("name", "folder"),
    [("wave", "wave"), ("  ", "motion"), ("漢字", "motion"), ("CON", "motion-con"), ("../x", "x")],
)
def test_names_become_folders_that_every_system_allows(
    tmp_path: Path, name: str, folder: str
) -> None:
    assert save(tmp_path, name).folder == tmp_path / "own" / folder


def test_two_motions_may_have_one_name(tmp_path: Path) -> None:
    folders = [save(tmp_path, "wave").folder.name for _ in range(3)]
    assert folders == ["wave", "wave-2", "wave-3"]
    assert names(Library([tmp_path / "own"]).motions()) == ["wave"] * 3


def test_a_job_without_a_motion_is_refused(tmp_path: Path) -> None:
    job = make_job(tmp_path / "spool")
    with pytest.raises(UnreadableInput):
        save_motion(job, tmp_path / "own")
    job.output_dir.mkdir()
    job.manifest_file.write_text(manifest_of(job.output_dir).to_json())
    with pytest.raises(UnreadableInput, match="not learned a motion"):
        save_motion(job, tmp_path / "own")
    damaged = finished_job(tmp_path, "wave")
    damaged.output_motion.write_bytes(b"?")
    with pytest.raises(UnreadableInput):
        save_motion(damaged, tmp_path / "own")
    assert not (tmp_path / "own").exists()


def test_a_damaged_preset_is_a_problem_and_hides_no_other(tmp_path: Path) -> None:
    save(tmp_path, "wave")
    bad = save(tmp_path, "bad")
    (bad.folder / "preset.json").write_text("{")
    (tmp_path / "own" / ".tmp-half").mkdir()
    (tmp_path / "own" / ".tmp-half" / "preset.json").write_text("{")
    library = Library([tmp_path / "own"])
    assert names(library.motions()) == ["wave"]
    assert list(library.problems) == [bad.folder]
