"""The lists of jobs and results: everything can be reached, this file first, nothing moves."""

from __future__ import annotations

import shutil
from dataclasses import replace
from types import SimpleNamespace

import bpy
import pytest

from tests.blender.queue.following import ended, learn, strips_of, wait
from tests.blender.test_panels import Layout, _context, _drawn

pytestmark = pytest.mark.once


class Window:
    """What the window manager holds now: opening a file frees what it held before."""

    def __getattr__(self, name):
        return getattr(bpy.context.window_manager.mti, name)

    def __setattr__(self, name, value):
        setattr(bpy.context.window_manager.mti, name, value)


@pytest.fixture
def window(captured):
    found = Window()
    found.all_files, found.job_search, found.result_search = False, "", ""
    yield found
    found.all_files, found.job_search, found.result_search = False, "", ""


@pytest.fixture
def many(captured, polling, ext, window):
    """many(n): as many cancelled jobs of this file, the newest first: 'wave n' ... 'wave 1'."""

    def make(count):
        learn(polling, captured, "slow")
        row = wait(polling, lambda row: row.state.step >= 1)
        bpy.ops.mti.cancel(job=row.request.job)
        row = wait(polling, ended)
        jobs = []
        for number in range(count, 0, -1):
            name = f"{number:032x}"
            folder = ext("wire").JobFolder(row.folder.path.with_name(name))
            request = replace(row.request, job=name, name=f"wave {number}")
            jobs.append(replace(row, folder=folder, request=request))
        polling.jobs.rows = tuple(jobs)
        ext("blender.common.lists").fill()
        return jobs

    return make


def listed(lines, kind="MTI_UL_jobs"):
    """The lines of a list, without what stands at the ends of its rows."""
    start = next(i for i, line in enumerate(lines) if line.startswith(f"({kind}"))
    return [line for line in lines[start + 1 :] if line.startswith(("wave", "slow"))]


def test_every_job_can_be_reached(many, window, polling, ext):
    many(40)
    lines = _drawn()
    assert listed(lines)[:40] == [f"wave {number}" for number in range(40, 0, -1)]
    listed_jobs = ext("blender.jobs.list")
    for index, number in ((39, 1), (0, 40)):
        window.job = index
        assert listed_jobs.chosen_job(window).request.name == f"wave {number}"
        lines = _drawn()
        assert "[mti.resume]" in lines and "[mti.remove_job]" in lines


def test_the_list_is_always_as_high(many, window, polling):
    """So that nothing below it moves under the mouse when a job comes or goes."""
    high = {line for line in _drawn() if line.startswith("(MTI_UL")}
    many(20)
    assert {line for line in _drawn() if line.startswith("(MTI_UL")} == high


def test_what_can_be_done_with_a_job_stands_before_what_may_grow(captured, polling, window):
    learn(polling, captured, "slow")
    wait(polling, lambda row: row.state.step >= 3)
    lines = _drawn()
    details = lines[lines.index("This file: 1") :]
    assert [line for line in details if line.startswith("[")] == ["[mti.pause]", "[mti.cancel]"]
    assert details.index("[mti.cancel]") < 4 < len(details)
    bpy.ops.mti.cancel(job=polling.jobs.rows[0].request.job)
    wait(polling, ended)


def test_searching(many, window):
    many(30)
    window.job_search = "WAVE 2"
    found = [f"wave {number}" for number in range(30, 0, -1) if "2" in str(number)]
    assert listed(_drawn())[: len(found) + 1] == [*found, "wave 30"]  # and the one that is chosen


def test_the_chosen_job_stays_chosen_and_a_new_one_is_chosen(many, window, polling, ext):
    jobs, lists, chosen_job = (
        many(10),
        ext("blender.common.lists"),
        ext("blender.jobs.list").chosen_job,
    )
    window.job = 4
    polling.jobs.rows = tuple(jobs[:2] + jobs[3:])
    lists.fill()
    assert (window.job, chosen_job(window).request.name) == (3, "wave 6")
    polling.jobs.rows = tuple(jobs)
    lists.fill()
    assert chosen_job(window).request.name == "wave 6"
    polling.jobs.rows = tuple(jobs[:3] + jobs[5:])  # it is deleted itself
    lists.fill()
    assert chosen_job(window) is not None
    polling.jobs.rows = tuple(jobs[5:])
    lists.fill()
    polling.jobs.rows = tuple(jobs[4:])  # now this one is new
    lists.fill()
    assert chosen_job(window).request.name == "wave 6"


def test_only_jobs_of_this_file_are_shown_unless_all_are_wanted(
    captured, polling, window, tmp_path
):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    learn(polling, captured, "wave of a")
    wait(polling, ended)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    lines = _drawn()
    assert listed(lines) == [] and "This file: 0, other files: 1" in lines
    assert "[mti.apply_this]" not in lines
    window.all_files = True
    assert listed(_drawn())[0] == "wave of a"
    window.all_files = False
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert listed(_drawn())[0] == "wave of a"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a_v002.blend"))  # it is the same shot
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a_v002.blend"))
    assert listed(_drawn())[0] == "wave of a"


def test_an_unsaved_file_knows_its_jobs_through_undo_and_saving(
    captured, polling, window, tmp_path
):
    bpy.ops.ed.undo_push(message="before")
    learn(polling, captured, "wave")
    wait(polling, ended)
    bpy.ops.ed.undo_push(message="after")
    bpy.ops.ed.undo()
    assert listed(_drawn())[0] == "wave"
    learn(polling, bpy.context.scene, "wave 2")
    wait(polling, ended)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "late.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "late.blend"))
    lines = listed(_drawn())
    assert {"wave", "wave 2"} <= set(lines)


def test_a_job_of_another_file_that_runs_is_shown(captured, polling, window, tmp_path):
    """It is what others wait for."""
    learn(polling, captured, "slow")
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    assert listed(_drawn())[0] == "slow"
    bpy.ops.mti.cancel(job=polling.jobs.rows[0].request.job)
    wait(polling, ended)
    assert listed(_drawn()) == []


def test_a_job_that_never_started_offers_no_log(captured, polling, window):
    learn(polling, captured, "slow")
    learn(polling, captured, "wave")
    wait(polling, lambda row: row.state.phase == "waiting")
    bpy.ops.mti.cancel(job=polling.jobs.rows[0].request.job)
    wait(polling, lambda row: row.state.phase == "cancelled")
    lines = _drawn()
    assert "Not started" in lines and "[mti.open_log]" not in lines and "[mti.resume]" in lines
    window.job = 1
    bpy.ops.mti.cancel(job=polling.jobs.rows[1].request.job)
    wait(polling, lambda _row: not any(row.active for row in polling.jobs.rows))
    lines = _drawn()
    assert "Not started" not in lines and "[mti.open_log]" in lines


def test_a_paused_job_says_how_far_it_is(captured, polling, window):
    learn(polling, captured, "slow")
    wait(polling, lambda row: row.state.step >= 4)
    bpy.ops.mti.pause(job=polling.jobs.rows[0].request.job)
    row = wait(polling, lambda row: row.state.phase == "paused")
    told = f"{row.state.step / 20:.0%}"
    lines = _drawn()
    assert told in lines and any(line.startswith(f"Paused, {told}, ") for line in lines)
    assert row.state.step >= 4


@pytest.fixture
def results(captured, polling, window, tmp_path):
    """A saved file with a job of three takes, and one of a single take."""
    (tmp_path / "shot").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot" / "shot.blend"))
    scene = bpy.context.scene
    scene.mti.also_apply, scene.mti.takes = True, 3
    learn(polling, scene, "wave")
    first = wait(polling, ended)
    scene.mti.takes = 1
    learn(polling, scene, "wave again")
    second = wait(polling, ended)
    return scene, first, second


def names(ext):
    return [
        ext("blender.results.list").result_name(each)
        for each in ext("blender.results.list").results().values()
    ]


def test_all_results_of_this_file_are_listed(results, window, ext):
    assert names(ext) == ["wave again", "wave, take 1", "wave, take 2", "wave, take 3"]
    shown = listed(_drawn(), "MTI_UL_results")
    assert shown[:4] == names(ext)
    window.result_search = "again"
    assert listed(_drawn(), "MTI_UL_results")[0] == "wave again"
    assert "wave, take 2" not in listed(_drawn(), "MTI_UL_results")[:2]
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    assert names(ext) == [] and "No results in this file yet" in _drawn()


def test_a_result_outlives_its_job_in_the_list(results, window, polling, ext, tmp_path):
    scene, first, second = results
    bpy.ops.mti.import_result(job=first.request.job, take=2)
    by_key = ext("blender.results.list").results()
    assert [each.added for each in by_key.values()] == [False, False, True, False]
    for row in (first, second):
        bpy.ops.mti.remove_job(job=row.request.job)
    (kept,) = ext("blender.results.list").results().values()
    assert (kept.name, kept.take, kept.added) == ("wave", 2, True)
    strip = strips_of(scene)[0]
    strip.id_data.sequence_editor.strips.remove(strip)
    (kept,) = ext("blender.results.list").results().values()
    assert not kept.added
    lines = _drawn()
    assert "[mti.add_kept]" in lines and "[mti.redo]" in lines
    assert bpy.ops.mti.add_kept(folder=kept.folder) == {"FINISHED"}
    assert strips_of(scene)[0].directory == "//motion/wave_01/"
    assert bpy.ops.mti.redo(job=kept.job, folder=kept.folder, seed=3) == {"FINISHED"}
    row = wait(polling, ended)
    assert row.request.name == "wave" and row.folder.motion_file.read_bytes() == b"a motion"
    shutil.rmtree(kept.folder)
    with pytest.raises(RuntimeError, match="no longer exists"):
        bpy.ops.mti.add_kept(folder=kept.folder)


def test_results_of_another_file_beside_it_are_not_this_files(
    results, window, polling, ext, tmp_path
):
    """Two shots in one folder share its folder 'motion'."""
    _scene, first, _second = results
    bpy.ops.mti.import_result(job=first.request.job)
    bpy.ops.mti.remove_job(job=first.request.job)
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot" / "other.blend"))
    assert names(ext) == []
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot" / "shot.blend"))
    assert names(ext) == ["wave", "wave again"]


def test_the_lists_are_filled_on_the_timer_when_they_are_drawn(captured, polling, window, ext):
    """Blender forbids to change them while drawing."""
    lists, mirror = ext("blender.common.lists"), ext("blender.jobs.list").mirror
    learn(polling, captured, "wave")
    wait(polling, ended)
    window.jobs.clear()
    mirror.look(window)
    assert bpy.app.timers.is_registered(lists._tick)
    lists._tick()
    bpy.app.timers.unregister(lists._tick)
    assert [entry.name for entry in window.jobs] == ["wave"]
    mirror.look(window)
    assert not bpy.app.timers.is_registered(lists._tick)


def narrow_row(ext, kind, index):
    """What a row of a list says in a sidebar of 160 pixels."""
    window, layout = bpy.context.window_manager.mti, Layout()
    entries = window.jobs if kind == "MTI_UL_jobs" else window.results
    cls = getattr(bpy.types, kind)
    cls.draw_item(SimpleNamespace(), _context(160), layout, window, entries[index], 0, window, "")
    return [line for line in layout.lines if line]


def test_jobs_of_one_name_do_not_look_alike_in_a_narrow_sidebar(many, polling, ext):
    jobs = many(3)
    twins = [replace(row, request=replace(row.request, name="wave again")) for row in jobs[:2]]
    twins = [replace(row, created=at) for row, at in zip(twins, (1e9, 1.1e9), strict=True)]
    polling.jobs.rows = (*twins, jobs[2])
    ext("blender.common.lists").fill()
    rows, drawing = (
        [narrow_row(ext, "MTI_UL_jobs", i) for i in range(3)],
        ext("blender.common.drawing"),
    )
    when = ext("blender.queue.rows").when
    for row, at in zip(rows, (1e9, 1.1e9), strict=False):
        name, told = row
        assert told == when(at) and "wave again".startswith(name.rstrip("…")) and len(name) > 2
        taken = sum(drawing.text_width(text, 11) for text in row) + drawing.ICON
        assert taken + drawing.BOX_EDGES <= drawing.room(_context(160))
    assert rows[0] != rows[1]
    assert rows[2][0] == "wave 1" and when(jobs[2].created) not in rows[2]


def test_results_of_one_name_do_not_look_alike_either(results, window, polling, ext):
    scene, _, second = results
    bpy.ops.mti.rename_job(job=second.request.job, name="wave")
    polling.start()
    polling.poll()
    ext("blender.common.lists").fill()
    found = list(ext("blender.results.list").results().values())
    said = [narrow_row(ext, "MTI_UL_results", i)[1] for i in range(4)]
    when = ext("blender.queue.rows").when
    expected = [
        f"{each.take}, {when(each.made)}" if each.take == 1 else str(each.take) for each in found
    ]
    assert said == expected and [each.take for each in found] == [1, 1, 2, 3]


def test_a_single_take_has_its_thumbnail(results, window, polling, ext):
    """Without a window Blender makes no icon: it is looked at which file it would be of."""
    _, _, second = results
    pictures, results_ = ext("blender.common.icons"), ext("workflow.kept_results")
    (take,) = results_.takes_of(polling.jobs.find(second.request.job))
    pictures.forget()
    assert "[mti.play_result]" in _drawn()
    assert take.sheet.is_file() and str(take.sheet) in pictures._used
    take.sheet.unlink()
    pictures.forget()
    _drawn()
    assert str(take.sheet) not in pictures._used
