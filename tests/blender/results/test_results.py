"""Results: takes, where the pictures go, in what shape, and the recipe that they carry."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from tests.blender.conftest import ROOT
from tests.blender.queue.following import ended, learn, strips_of, wait


@pytest.fixture
def saved(captured, tmp_path):
    """The captured scene in a saved .blend file."""
    bpy.ops.wm.save_as_mainfile(
        filepath=str(tmp_path / "shot" / "shot.blend"), check_existing=False
    )
    yield bpy.context.scene


@pytest.fixture(autouse=True)
def _shot(tmp_path):
    (tmp_path / "shot").mkdir()


@pytest.fixture(scope="module")
def finished_jobs(tmp_path_factory):
    """Where the jobs folder of `result` is kept from the first test that needs it, by whether the
    engine has one size."""
    folder = tmp_path_factory.mktemp("finished")
    return {True: folder / "one_size", False: folder / "any_size"}


@pytest.fixture
def result(saved, polling, prefs, finished_jobs, request):
    """A job that has learned and applied, with three takes."""
    kept = finished_jobs["one_size" in request.fixturenames]
    saved.mti.also_apply, saved.mti.takes, saved.mti.seed = True, 3, 40
    if kept.is_dir():
        saved.mti.name = "wave"
        shutil.copytree(kept, prefs.jobs_folder)
        return wait(polling, ended)
    learn(polling, saved)
    row = wait(polling, ended)
    shutil.copytree(prefs.jobs_folder, kept)
    return row


def colour(ext, path):
    return ext("motion").decode_png(path.read_bytes())[0, 0].tolist()


def test_the_picked_take_becomes_the_strip(saved, result, ext, tmp_path):
    takes = ext("workflow.kept_results").takes_of(result)
    assert [(take.number, take.seed) for take in takes] == [(1, 40), (2, 41), (3, 42)]
    assert all(take.sheet.is_file() for take in takes)
    bpy.ops.mti.import_result(job=result.request.job, take=2)
    (strip,) = strips_of(saved)
    assert strip.directory == "//motion/wave_01/"
    pictures = tmp_path / "shot" / "motion" / "wave_01"
    assert colour(ext, pictures / "0001.png") == [180, 100, 20]
    assert (strip["mti_take"], strip["mti_seed"], strip["mti_motion"]) == (2, "41", "wave")
    recipe = ext("workflow.provenance").read_recipe(strip["mti_recipe"])
    assert (recipe.job, recipe.take, recipe.seed) == (result.request.job, 2, 41)
    assert recipe.settings == result.request.settings and recipe.target.kind == "RENDER"
    assert json.loads((pictures / "recipe.json").read_text()) == json.loads(strip["mti_recipe"])
    with pytest.raises(RuntimeError, match="no images"):
        bpy.ops.mti.import_result(job=result.request.job, take=4)


def test_a_result_of_a_removed_experiment_is_shown_but_not_made_again(saved, result, tmp_path):
    """Its request is of protocol 2, and switches on what there is no more."""
    bpy.ops.mti.import_result(job=result.request.job, take=1)
    golden = json.loads((ROOT / "tests/golden/request_2.json").read_text())
    golden["job"] = result.request.job
    result.folder.request_file.write_text(json.dumps(golden))
    with pytest.raises(RuntimeError, match="settings.inversion.sigmas is 'stratified'"):
        bpy.ops.mti.redo(seed=5, takes=1)
    assert bpy.ops.mti.import_result(job=result.request.job, take=2) == {"FINISHED"}


def test_in_betweens_make_the_strip_smoother_and_no_longer(saved, polling, ext):
    saved.mti.also_apply, saved.mti.in_between = True, 2
    learn(polling, saved)
    row = wait(polling, ended)
    assert row.request.settings.sampling.in_between == 2
    bpy.ops.mti.import_result(job=row.request.job)
    (strip,) = strips_of(saved)
    shown = [element.filename for element in strip.elements]
    assert len(set(shown)) == 14 + 2 * 13 and len(shown) == 48
    saved.mti.in_between = 0
    assert bpy.ops.mti.redo(job=row.request.job, seed=5, takes=1) == {"FINISHED"}
    assert saved.mti.in_between == 2
    again = wait(polling, lambda row: row.request.task == "apply" and ended(row))
    assert again.request.settings.sampling.in_between == 2
    bpy.ops.mti.import_result(job=row.request.job)
    assert len(ext("workflow.kept_results").results_in(Path(bpy.path.abspath("//motion")))) == 1


def test_the_same_take_is_kept_once(saved, result, tmp_path):
    for take in (1, 1, 3):
        bpy.ops.mti.import_result(job=result.request.job, take=take)
    folders = sorted(path.name for path in (tmp_path / "shot" / "motion").iterdir())
    assert folders == ["wave_01", "wave_02"]
    assert [s.directory for s in strips_of(saved)].count("//motion/wave_01/") == 2


def test_two_blenders_add_to_one_folder_at_once(saved, result, ext, tmp_path, monkeypatch):
    """Both take the next free name; the other is done first."""
    results, here = ext("workflow.kept_results"), tmp_path / "shot" / "motion"
    free_place, given = results.free_place, []

    def slow(root, name):
        place = free_place(root, name)
        if not given:
            place.mkdir(parents=True)
            (place / "theirs").touch()
        given.append(place.name)
        return place

    monkeypatch.setattr(results, "free_place", slow)
    bpy.ops.mti.import_result(job=result.request.job)
    assert given == ["wave_01", "wave_02"]
    assert [p.name for p in (here / "wave_01").iterdir()] == ["theirs"]
    assert (here / "wave_02" / "0014.png").is_file() and len(list(here.iterdir())) == 2


def test_one_folder_that_cannot_be_read_does_not_hide_the_others(saved, result, ext, tmp_path):
    bpy.ops.mti.import_result(job=result.request.job)
    here = tmp_path / "shot" / "motion"
    (here / "wave_00").mkdir()
    (here / "wave_00" / "recipe.json").mkdir()
    (here / ".tmp-123-wave_02").mkdir()
    (here / ".tmp-123-wave_02" / "recipe.json").write_bytes(
        (here / "wave_01" / "recipe.json").read_bytes()
    )
    found = ext("workflow.kept_results").results_in(here)
    assert [each.folder.name for each in found] == ["wave_01"]


def test_a_project_can_be_moved_and_its_jobs_deleted(saved, result, ext, tmp_path):
    bpy.ops.mti.import_result(job=result.request.job)
    bpy.ops.mti.remove_job(job=result.request.job)
    bpy.ops.wm.save_mainfile()
    (tmp_path / "shot").rename(tmp_path / "moved")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "moved" / "shot.blend"))
    (strip,) = strips_of(bpy.context.scene)
    first = bpy.path.abspath(strip.directory) + strip.elements[0].filename
    assert colour(ext, tmp_path / "moved" / "motion" / "wave_01" / "0001.png") == [200, 100, 20]
    assert first == str(tmp_path / "moved" / "motion" / "wave_01" / "0001.png")


def test_an_unsaved_file_keeps_its_results_and_collects_them_later(
    captured, polling, ext, tmp_path
):
    captured.mti.also_apply = True
    learn(polling, captured)
    row = wait(polling, ended)
    bpy.ops.mti.import_result(job=row.request.job)
    (strip,) = strips_of(captured)
    place = ext("blender.common.folders").unsaved_root()
    assert str(strip.directory).startswith(place.as_posix()) and place.is_dir()
    assert not bpy.ops.mti.collect_results.poll()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot" / "late.blend"))
    relocate = ext("blender.results.relocate")
    assert len(relocate.scattered()) == 1
    captured.mti.result_as = "EMPTY"
    captured.mti.result_folder = str(place)  # as if it had been added before the file was saved
    bpy.ops.mti.import_result(job=row.request.job)
    captured.mti.result_folder, empty = "", bpy.context.object
    assert len(relocate.scattered()) == 2
    assert bpy.ops.mti.collect_results() == {"FINISHED"}
    assert strip.directory == "//motion/wave_01/" and relocate.scattered() == []
    assert (tmp_path / "shot" / "motion" / "wave_01" / "0014.png").is_file()
    assert empty.data.filepath == "//motion/wave_01/over_48_frames/0001.png"
    assert len(list((tmp_path / "shot/motion/wave_01/over_48_frames").iterdir())) == 49
    collected = tmp_path / "shot/motion/wave_01"
    assert os.path.samefile(collected / "over_48_frames/0048.png", collected / "0014.png")


def test_a_read_only_project_is_said_and_nothing_is_left(saved, result, ext, tmp_path):
    (tmp_path / "shot" / "motion").write_text("a file where the folder should be")
    with pytest.raises(RuntimeError, match="Choose another results folder"):
        bpy.ops.mti.import_result(job=result.request.job)
    assert strips_of(saved) == []
    assert sorted(p.name for p in (tmp_path / "shot").iterdir()) == ["motion", "shot.blend"]
    saved.mti.result_folder = str(tmp_path / "elsewhere")
    bpy.ops.mti.import_result(job=result.request.job)
    (strip,) = strips_of(saved)
    assert strip.directory == "//../elsewhere/wave_01/"


def test_strips_that_are_there_stay(saved, result, ext, tmp_path):
    strips = saved.sequence_editor_create().strips
    picture = tmp_path / "mine.png"
    picture.write_bytes(ext("motion").encode_png(np.zeros((8, 8, 3), np.uint8)))
    for channel in (1, 2):
        strips.new_image(name=f"mine {channel}", filepath=str(picture), channel=channel,
                         frame_start=1)  # fmt: skip
    bpy.ops.mti.import_result(job=result.request.job)
    made = strips_of(saved)
    assert len(made) == 3 and [s.channel for s in made if s.name.startswith("mine")] == [1, 2]
    assert next(s for s in made if s.name == "wave").channel == 3


@pytest.mark.parametrize(("rate", "frames"), [(7.0, 48), (14.0, 24), (24.0, 14)])
def test_a_speed_of_ones_own(saved, result, ext, rate, frames):
    saved.mti.result_speed, saved.mti.result_fps = "CHOSEN", rate
    bpy.ops.mti.import_result(job=result.request.job)
    (made,) = strips_of(saved)
    strip = ext("blender.sequencer.strip")
    assert strip.strip_end(made) - strip.strip_start(made) == frames


def test_an_empty_has_a_picture_for_each_frame(saved, result, ext, tmp_path):
    saved.mti.result_as = "EMPTY"
    saved.frame_set(11)
    saved.cursor.location = (1, 2, 3)
    bpy.ops.mti.import_result(job=result.request.job)
    empty, folder = bpy.context.object, tmp_path / "shot/motion/wave_01"
    assert empty.name == "wave" and tuple(empty.location) == (
        1,
        2,
        3.5625,
    )  # a wide shot stands on the cursor
    assert ext("workflow.provenance").read_recipe(empty["mti_recipe"]).job == result.request.job
    image = empty.data
    assert (image.source, image.filepath) == (
        "SEQUENCE",
        "//motion/wave_01/over_48_frames/0001.png",
    )
    for frame in (5, 11, 30, 58, 70):
        saved.frame_set(frame)
        user = empty.evaluated_get(bpy.context.evaluated_depsgraph_get()).image_user
        shown = Path(bpy.path.abspath(image.filepath_from_user(image_user=user)))
        index = min(max(frame - 11, 0), 47) * 14 // 48
        assert shown.read_bytes() == (folder / f"{index + 1:04d}.png").read_bytes(), frame
    # its pictures are the result's own, take no space, and are not thrown away
    size_of = ext("wire.files").size_of
    assert os.path.samefile(folder / "over_48_frames/0048.png", folder / "0014.png")
    assert size_of(folder / "over_48_frames") < size_of(folder)
    heaps = ext("blender.jobs.cleanup").inventory(ext("blender.queue.polling").jobs)
    assert folder not in heaps["results"].unused and heaps["results"].kept == 1


def test_links_are_copies_where_there_are_none(saved, result, ext, tmp_path, monkeypatch):
    def refuse(*_paths):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    saved.mti.result_as = "EMPTY"
    bpy.ops.mti.import_result(job=result.request.job)
    folder = tmp_path / "shot/motion/wave_01"
    assert len(list((folder / "over_48_frames").iterdir())) == 49
    assert not os.path.samefile(folder / "over_48_frames/0048.png", folder / "0014.png")


def test_a_plane_plays_by_keys(saved, result, ext):
    saved.mti.result_as = "PLANE"
    saved.frame_set(11)
    saved.cursor.location = (1, 2, 3)
    bpy.ops.mti.import_result(job=result.request.job)
    thing = bpy.context.object
    assert thing.name == "wave" and tuple(thing.location) == (1, 2, 3.5625)
    assert ext("workflow.provenance").read_recipe(thing["mti_recipe"]).job == result.request.job
    node = next(n for n in thing.active_material.node_tree.nodes if n.type == "TEX_IMAGE")
    image, user = node.image, node.image_user
    assert (image.source, image.filepath) == ("SEQUENCE", "//motion/wave_01/0001.png")
    shown = []
    for frame in range(11, 11 + 48):
        saved.frame_set(frame)
        shown.append(user.frame_offset)
    assert shown == [k * 14 // 48 for k in range(48)]
    assert strips_of(saved) == []


def test_files_only(saved, result, tmp_path):
    saved.mti.result_as = "FILES"
    objects = len(bpy.data.objects)
    bpy.ops.mti.import_result(job=result.request.job)
    assert (tmp_path / "shot" / "motion" / "wave_01" / "0014.png").is_file()
    assert strips_of(saved) == [] and len(bpy.data.objects) == objects


def test_padding_is_cut_away_and_cropping_said(one_size, saved, polling, ext, tmp_path):
    motion = ext("motion")
    picture = tmp_path / "wide.png"
    picture.write_bytes(motion.encode_png(np.full((90, 160, 3), 77, np.uint8)))
    mti = saved.mti
    mti.target, mti.target_image, mti.fit, mti.also_apply = "IMAGE", str(picture), "PAD", True
    learn(polling, saved)
    row = wait(polling, ended)
    sent = motion.decode_png(row.folder.target_file.read_bytes())
    assert sent.shape == (160, 160, 3)
    assert ext("blender.apply.preview").about(mti.target_shown)[1] == "160 x 90 pixels, padded"
    bpy.ops.mti.import_result(job=row.request.job)
    for whole in (row.folder.path / "target_whole.png",
                  tmp_path / "shot/motion/wave_01/target_whole.png"):  # fmt: skip
        assert (motion.decode_png(whole.read_bytes()) == 77).all()
    back = motion.decode_png((tmp_path / "shot/motion/wave_01/0001.png").read_bytes())
    assert back.shape == (36, 64, 3)  # 16:9 of the engine's 64 pixels
    mti.result_as = "PLANE"
    bpy.ops.mti.import_result(job=row.request.job)
    assert tuple(bpy.context.object.dimensions) == pytest.approx((2, 1.125, 0))
    mti.result_as = "STRIP"
    mti.fit = "CROP"
    bpy.ops.mti.apply()
    row = wait(polling, lambda row: row.request.task == "apply" and ended(row))
    assert motion.decode_png(row.folder.target_file.read_bytes()).shape == (90, 90, 3)
    assert ext("workflow.provenance").read_note(row.folder.path).kept == pytest.approx(90 / 160)
    bpy.ops.mti.import_result(job=row.request.job)
    assert motion.decode_png((tmp_path / "shot/motion/wave_02/0001.png").read_bytes()).shape == (
        64, 64, 3,
    )  # fmt: skip


def test_redo_with_another_seed_from_the_strip(saved, result, polling, ext):
    bpy.ops.mti.import_result(job=result.request.job, take=2)
    mti = saved.mti
    mti.seed, mti.takes, mti.motion = 0, 1, ""
    assert bpy.ops.mti.redo(seed=99, takes=4) == {"FINISHED"}
    row = wait(polling, lambda row: row.request.task == "apply" and ended(row))
    request = row.request
    assert (request.settings.sampling.seed, request.settings.sampling.takes) == (99, 4)
    assert row.folder.target_file.read_bytes() == result.folder.target_file.read_bytes()
    assert row.folder.motion_file.read_bytes() == b"a motion"
    assert (mti.seed, mti.takes) == (99, 4) and mti.motion.startswith("wave (draft")
    assert ext("workflow.provenance").read_note(row.folder.path).kind == "RENDER"


def test_redo_after_the_job_has_gone_uses_what_lies_beside_the_pictures(
    saved, result, polling, tmp_path
):
    bpy.ops.mti.import_result(job=result.request.job)
    target = result.folder.target_file.read_bytes()
    bpy.ops.mti.remove_job(job=result.request.job)
    assert bpy.ops.mti.redo(seed=5) == {"FINISHED"}
    row = wait(polling, ended)
    assert row.folder.target_file.read_bytes() == target
    (tmp_path / "shot" / "motion" / "wave_01" / "target.png").unlink()
    bpy.ops.mti.remove_job(job=row.request.job)
    with pytest.raises(RuntimeError, match="no longer exists"):
        bpy.ops.mti.redo(seed=6)


@pytest.mark.parametrize("kind", ["STRIP", "EMPTY", "PLANE"])
@pytest.mark.parametrize("collected", [False, True])
def test_every_kind_of_result_can_be_redone_without_its_job(
    saved, result, polling, kind, collected, tmp_path
):
    """What it was made of lies in its folder, wherever the scene shows the images from."""
    saved.mti.result_as = kind
    saved.mti.result_folder = "" if collected else str(tmp_path / "elsewhere")
    bpy.ops.mti.import_result(job=result.request.job)
    target = result.folder.target_file.read_bytes()
    bpy.ops.mti.remove_job(job=result.request.job)
    assert polling.jobs.rows == ()
    assert bpy.ops.mti.redo(seed=5) == {"FINISHED"}
    row = wait(polling, ended)
    assert row.folder.target_file.read_bytes() == target
    assert row.folder.motion_file.read_bytes() == b"a motion"


def test_the_dialog_outlives_the_job_it_was_opened_on(saved, result, polling, ext):
    """Deleted by another Blender while the dialog is open: it is drawn again, and says so."""

    from tests.blender.test_panels import Layout

    redo, layout = ext("blender.results.redo").MTI_OT_redo, Layout()
    dialog = SimpleNamespace(
        layout=layout, job=result.request.job, folder="", bl_rna=bpy.ops.mti.redo.get_rna_type()
    )
    dialog._recipe = lambda context: redo._recipe(dialog, context)
    redo.draw(dialog, bpy.context)
    assert "Motion: wave" in layout.lines
    bpy.ops.mti.remove_job(job=result.request.job)
    del layout.lines[:]
    redo.draw(dialog, bpy.context)
    assert " ".join(layout.lines) == "This job has no result to redo. Choose another one."


def test_redo_without_a_result_says_what_to_click(saved, polling):
    with pytest.raises(RuntimeError, match="Select one"):
        bpy.ops.mti.redo()


@pytest.mark.once
def test_clean_up_deletes_only_what_is_unused(saved, result, polling, ext, tmp_path):
    cleanup = ext("blender.jobs.cleanup")
    for take in (1, 2):
        bpy.ops.mti.import_result(job=result.request.job, take=take)
    strip = strips_of(saved)[-1]
    strip.id_data.sequence_editor.strips.remove(strip)
    saved.mti.takes = 1
    bpy.ops.mti.apply()
    applied = wait(polling, lambda row: row.request.task == "apply" and ended(row))
    learn(polling, saved, "fail")
    failed = wait(polling, lambda row: row.state.phase == "failed")
    learn(polling, saved, "slow")
    wait(polling, lambda row: row.state.step >= 1)
    running = polling.jobs.rows[0]
    assert bpy.ops.mti.capture() == {"FINISHED"}
    bpy.ops.mti.import_result(job=applied.request.job)
    heaps = cleanup.inventory(polling.jobs)
    assert {path.name for path in heaps["jobs"].unused} == {applied.request.job}
    assert {path.name for path in heaps["unfinished"].unused} == {failed.request.job}
    assert heaps["jobs"].kept == 3 and heaps["jobs"].bytes > 1000
    here = tmp_path / "shot" / "motion"  # other tests may have left some in the user folder
    assert [path for path in heaps["results"].unused if path.parent == here] == [here / "wave_02"]
    assert heaps["captures"].unused and saved.mti.capture not in {
        path.name for path in heaps["captures"].unused
    }
    bpy.ops.mti.clean_up(results=True, captures=True, unfinished=True)
    assert result.folder.path.is_dir() and running.folder.path.is_dir()
    assert not applied.folder.path.exists() and not failed.folder.path.exists()
    assert sorted(p.name for p in (tmp_path / "shot" / "motion").iterdir()) == [
        "wave_01",
        "wave_03",
    ]
    assert ext("blender.sketch.current").current_capture(saved) is not None
    bpy.ops.mti.cancel(job=running.request.job)
    wait(polling, ended)


def test_of_a_job_from_elsewhere_only_what_it_vouches_for_is_copied(
    one_size, saved, result, ext, tmp_path
):
    """It may hold links to files of this machine, and pictures that nobody has checked."""
    job, motion = result.folder, ext("motion")
    secret = tmp_path / "secret.png"
    secret.write_bytes(motion.encode_png(np.zeros((8, 8, 3), np.uint8)))
    (job.frames_dir / "0015.png").symlink_to(secret)
    (job.frames_dir / "0016.png").write_bytes(secret.read_bytes())
    (job.frames_dir / "extra.png").write_bytes(secret.read_bytes())
    target = job.target_file.read_bytes()
    job.target_file.unlink()
    job.target_file.symlink_to(secret)
    motion_file = job.output_motion.read_bytes()
    bpy.ops.mti.import_result(job=result.request.job)
    here = tmp_path / "shot" / "motion"
    frames = [f"{i:04d}.png" for i in range(1, 15)]
    assert sorted(p.name for p in (here / "wave_01").iterdir()) == [
        *frames, "motion.safetensors", "origin.json", "recipe.json", "target_whole.png",
    ]  # fmt: skip
    job.target_file.unlink()
    job.target_file.write_bytes(target)
    bpy.ops.mti.import_result(job=result.request.job, take=2)
    assert (here / "wave_02/target.png").read_bytes() == target
    assert (here / "wave_02/motion.safetensors").read_bytes() == motion_file
    job.output_motion.write_bytes(b"changed")
    bpy.ops.mti.import_result(job=result.request.job, take=3)
    assert not (here / "wave_03/motion.safetensors").exists()


def _link(path, tmp_path):
    path.symlink_to(tmp_path / "secret")


def _pipe(path, _tmp_path):
    os.mkfifo(path)  # reading it would never end


def _huge(path, _tmp_path):
    with open(path, "wb") as file:
        file.truncate(2**33)


def _other(path, _tmp_path):
    path.write_bytes(b"something else")


@pytest.mark.once
@pytest.mark.parametrize("name", ["target_whole.png", "origin.json"])
@pytest.mark.parametrize("lay", [_link, _pipe, _huge, _other])
def test_notes_of_a_job_from_elsewhere_are_copied_only_if_they_may_be_ours(
    one_size, saved, result, ext, tmp_path, name, lay
):
    (tmp_path / "secret").write_bytes((result.folder.path / name).read_bytes())
    (result.folder.path / name).unlink()
    lay(result.folder.path / name, tmp_path)
    assert bpy.ops.mti.import_result(job=result.request.job) == {"FINISHED"}
    assert not (tmp_path / "shot/motion/wave_01" / name).exists()


def test_a_picture_larger_than_any_of_ours_is_not_copied(one_size, saved, result, ext, tmp_path):
    import struct

    whole = result.folder.path / "target_whole.png"
    data = whole.read_bytes()
    whole.write_bytes(data[:16] + struct.pack(">II", 60000, 60000) + data[24:])
    bpy.ops.mti.import_result(job=result.request.job)
    assert not (tmp_path / "shot/motion/wave_01/target_whole.png").exists()


@pytest.mark.once
@pytest.mark.parametrize("lay", [_link, _pipe, _huge])
@pytest.mark.parametrize("name", ["added.json", "title.json", "target.json", "origin.json"])
def test_no_note_of_a_job_from_elsewhere_is_waited_for(saved, result, polling, tmp_path, name, lay):
    path = result.folder.path / name
    (tmp_path / "secret").write_bytes(path.read_bytes() if path.exists() else b"[]")
    path.unlink(missing_ok=True)
    lay(path, tmp_path)
    polling.start()
    polling.poll()
    assert polling.jobs.rows[0].request.name == "wave"
    assert bpy.ops.mti.import_result(job=result.request.job) == {"FINISHED"}


@pytest.mark.once
@pytest.mark.parametrize("lay", [_link, _pipe, _huge])
def test_redo_sends_no_file_that_is_not_the_job_s(saved, result, tmp_path, lay):
    target = result.folder.target_file
    (tmp_path / "secret").write_bytes(target.read_bytes())
    target.unlink()
    lay(target, tmp_path)
    with pytest.raises(RuntimeError, match="no longer exists"):
        bpy.ops.mti.redo(job=result.request.job)


@pytest.mark.once
@pytest.mark.parametrize("spoiled", ["changed", "a link", "gone", "no manifest"])
def test_a_damaged_picture_is_said_and_nothing_is_kept(saved, result, ext, tmp_path, spoiled):
    picture = result.folder.frames_dir / "0003.png"
    data = picture.read_bytes()
    picture.unlink()
    if spoiled == "changed":
        picture.write_bytes(data[:-1])
    elif spoiled == "a link":
        (tmp_path / "copy.png").write_bytes(data)
        picture.symlink_to(tmp_path / "copy.png")
    elif spoiled == "no manifest":
        result.folder.manifest_file.unlink()
    with pytest.raises(RuntimeError, match="output/"):
        bpy.ops.mti.import_result(job=result.request.job)
    assert not list((tmp_path / "shot").glob("motion/*")) and strips_of(saved) == []


def test_undo_and_redo_of_a_strip_lose_no_picture(saved, result, tmp_path):
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.mti.import_result(job=result.request.job)
    bpy.ops.ed.undo_push(message="after")
    assert bpy.ops.ed.undo() == {"FINISHED"}
    assert (tmp_path / "shot" / "motion" / "wave_01" / "0014.png").is_file()
    bpy.ops.ed.redo()
    (strip,) = strips_of(bpy.context.scene)
    assert strip["mti_job"] == result.request.job
