"""Drawing reads no file: what panels and buttons know of files is looked at on the timer."""

from __future__ import annotations

import os
import shutil
import sys
from types import SimpleNamespace

import bpy
import pytest

from tests.blender.queue.following import ended, learn, wait
from tests.blender.test_panels import Layout, _drawn
from tests.wire.library.examples import listed, saved

pytestmark = pytest.mark.once

touched: list[tuple[str, str]] | None = None
"""Files that Python looked at while it is a list: (how, which)."""
AUDITED = ("open", "os.listdir", "os.scandir")
CALLS = ("stat", "lstat", "access", "readlink", "getxattr")


def _audit(event, arguments):
    if touched is not None and event in AUDITED and not str(arguments[0]).endswith(".pyc"):
        touched.append((event, str(arguments[0])))


sys.addaudithook(_audit)


@pytest.fixture
def on_timer(ext, monkeypatch):
    """As in a window: the timer answers. Gives what the timer does."""
    file_cache = ext("blender.common.file_cache")
    monkeypatch.setattr(file_cache, "ON_TIMER", True)
    file_cache._answers.clear()
    yield file_cache._tick
    file_cache._answers.clear()
    bpy.app.timers.unregister(file_cache._tick)


@pytest.fixture
def counting(monkeypatch):
    """counting(draw): the files that were touched meanwhile."""
    for name in CALLS:
        if hasattr(os, name):
            real = getattr(os, name)

            def counted(path, *rest, name=name, real=real, **named):
                if touched is not None:
                    touched.append((name, str(path)))
                return real(path, *rest, **named)

            monkeypatch.setattr(os, name, counted)
    for name in ("isfile", "isdir"):  # written in C on some systems, which calls no os.stat
        real = getattr(os.path, name)

        def looked(path, name=name, real=real):
            if touched is not None:
                touched.append((name, str(path)))
            return real(path)

        monkeypatch.setattr(os.path, name, looked)

    def count(draw):
        global touched
        touched = []
        try:
            draw()
            return touched
        finally:
            touched = None

    return count


def draw_all(prefs):
    """Both panels with every source, target and place, the menu and the preferences' page, and
    whether their buttons may be pressed."""
    mti = bpy.context.scene.mti
    for name in ("source", "target", "result_as"):
        was = getattr(mti, name)
        for item in mti.bl_rna.properties[name].enum_items:
            setattr(mti, name, item.identifier)
            _drawn("MTI_PT_view3d")
            for operator in dir(bpy.ops.mti):
                getattr(bpy.ops.mti, operator).poll()
        setattr(mti, name, was)
    _drawn("MTI_PT_sequencer")
    for menu in ("MTI_MT_motion", "MTI_MT_library", "MTI_MT_library_motion"):
        getattr(bpy.types, menu).draw(SimpleNamespace(layout=Layout()), bpy.context)
    bpy.types.MTI_PT_library_filter.draw(SimpleNamespace(layout=Layout()), bpy.context)
    names = ("jobs_folder", "library_folder", "engine", "size", "bl_rna")
    values = {name: getattr(prefs, name) for name in names}
    type(prefs).draw(SimpleNamespace(layout=Layout(), **values), bpy.context)


def fill_library(root):
    """Real motions and many of which only the preset is there."""
    for number, name in enumerate(("Wave", "Nod")):
        saved(root, name, shift=float(number))
    for number in range(58):
        listed(root / "own", f"motion {number}", number)
    (root / "own" / "motion 7" / "preset.json").write_text("{")
    return root / "own"


@pytest.fixture
def everything(captured, polling, prefs, ext, tmp_path):
    """Jobs in several phases, results in the scene, a target that is shown, a movie's images; a
    library of 60 motions, one chosen three times in a row, one unreadable, and one deleted."""
    own = fill_library(tmp_path)
    motions = ext("blender.library.motions")
    motions.library().refresh()
    bpy.ops.mti.delete_motion(folder=str(own / "nod"))
    captured.mti.motion = ext("workflow.motions").label_of(motions.library().at(own / "wave"))
    captured.mti.edit_combine, captured.mti.edit_second = "chain", captured.mti.motion
    bpy.ops.mti.add_to_chain()
    captured.mti.edit_further[0].motion = captured.mti.motion
    png = ext("workflow.captures").load_capture(
        ext("blender.common.addon").captures_folder(), captured.mti.capture
    ).pictures()[0]  # fmt: skip
    for number in range(3):
        shutil.copy(png, tmp_path / f"{number:04d}.png")
    captured.mti.file = captured.mti.target_image = str(tmp_path / "0001.png")
    captured.mti.also_apply, captured.mti.takes = True, 2
    learn(polling, captured)
    row = wait(polling, ended)
    for kind in ("STRIP", "EMPTY", "PLANE"):
        captured.mti.result_as = kind
        bpy.ops.mti.import_result(job=row.request.job)
    learn(polling, captured, "fail")
    wait(polling, ended)
    bpy.ops.mti.show_target()
    learn(polling, captured, "slow")
    learn(polling, captured, "wave")
    yield captured
    for row in polling.jobs.rows:
        if row.active:
            bpy.ops.mti.cancel(job=row.request.job)
    wait(polling, lambda _row: not any(row.active for row in polling.jobs.rows))


@pytest.mark.parametrize("engine", ["draft", "svd"])
def test_drawing_touches_no_file(everything, prefs, on_timer, counting, engine):
    prefs.engine = engine
    assert counting(lambda: draw_all(prefs))  # so it does count: what nobody has asked for yet
    assert counting(lambda: draw_all(prefs)) == []
    assert on_timer() and counting(lambda: draw_all(prefs)) == []


def test_the_dialog_of_redo_touches_no_file(everything, polling, on_timer, counting, ext):
    redo = ext("blender.results.redo").MTI_OT_redo
    done = next(row.request.job for row in polling.jobs.rows if row.state.phase == "done")
    for job in (done, ""):  # a job's, and that of what is active in the scene
        dialog = SimpleNamespace(
            layout=Layout(), job=job, folder="", bl_rna=bpy.ops.mti.redo.get_rna_type()
        )  # fmt: skip
        dialog._recipe = lambda context, dialog=dialog: redo._recipe(dialog, context)
        redo.draw(dialog, bpy.context)
        assert counting(lambda dialog=dialog: redo.draw(dialog, bpy.context)) == []


def test_a_result_that_plays_touches_no_file(
    everything, polling, on_timer, counting, ext, monkeypatch
):
    jobs, playback = ext("blender.jobs.list"), ext("blender.results.playback")
    window, rows = bpy.context.window_manager.mti, polling.jobs.rows
    done = next(row for row in rows if row.state.phase == "done")
    _drawn()
    for index in range(len(window.jobs)):
        window.job = index
        if jobs.chosen_job(window).folder == done.folder:
            break
    _drawn()  # as it stands
    assert bpy.ops.mti.play_result(job=done.request.job, take=2) == {"FINISHED"}
    began, seen = playback._playing["since"], set()
    for k in range(28):
        monkeypatch.setattr(playback.time, "monotonic", lambda k=k: began + (k + 0.5) / 7)
        assert counting(_drawn) == []
        seen.add(playback.picture(done, 2))
    assert len(seen) == 14
    assert on_timer() and counting(_drawn) == []
    playback.stop()


def test_what_has_changed_outside_is_seen_on_the_timer(captured, polling, on_timer, ext):
    redrawn = []
    ext("blender.common.file_cache").on_change(lambda: redrawn.append(True))
    captured.mti.target, captured.mti.target_image = "IMAGE", "/none/1.png"
    assert "The target image is missing" in " ".join(_drawn())
    folder = ext("blender.common.addon").captures_folder() / captured.mti.capture
    assert "14 images" in " ".join(_drawn())
    away = folder.with_name("away")
    folder.rename(away)
    assert "14 images" in " ".join(_drawn())
    assert on_timer() and redrawn == [True]
    assert "14 images" not in " ".join(_drawn())
    away.rename(folder)
    on_timer()
    assert "14 images" in " ".join(_drawn())


def test_an_operator_sees_what_it_has_done_at_once(captured, polling, prefs, on_timer, tmp_path):
    """And what the preferences say is another question, which is asked at once."""
    assert bpy.ops.mti.learn.poll()
    prefs.python = str(tmp_path / "nothing")
    assert not bpy.ops.mti.learn.poll()
    assert "Python is missing" in " ".join(_drawn())


def test_a_capture_that_has_just_gone_is_said(captured, polling, on_timer, ext):
    assert bpy.ops.mti.learn.poll()
    shutil.rmtree(ext("blender.common.addon").captures_folder() / captured.mti.capture)
    with pytest.raises(RuntimeError, match="no longer exists. Capture the motion again"):
        bpy.ops.mti.learn()


def test_the_timer_rests_when_nothing_is_drawn(captured, on_timer, ext):
    _drawn()
    assert on_timer() == ext("blender.common.file_cache").SECONDS
    assert on_timer() is None
    known = len(ext("blender.common.file_cache")._answers)
    _drawn()
    on_timer()
    assert (
        len(ext("blender.common.file_cache")._answers) <= known + 1
    )  # what is not asked for is forgotten
