"""What is changed of a motion is on disk at once, and Blender's undo takes it back."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import bpy
import pytest

from mti_addon.client.library import list_trash
from mti_addon.wire.library import read_motion
from tests.blender.test_panels import Layout, _drawn


def folder_of(entry):
    return str(entry.folder)


@pytest.fixture
def undoable(entry):
    """Blender's undo, as it is after a file was opened."""
    bpy.ops.ed.undo_push(message="before")
    yield
    bpy.ops.wm.read_homefile(use_factory_startup=True)


def test_a_motion_is_renamed_and_its_scene_stays_with_it(entry, scene, ext):
    wave = entry("Wave")
    bpy.ops.mti.pick_motion(folder=folder_of(wave))
    assert bpy.ops.mti.rename_motion(folder=folder_of(wave), name="  Hello   there ") == {
        "FINISHED"
    }
    assert read_motion(wave.folder).preset.name == "Hello there"
    assert entry("Wave") is None and entry("Hello there").folder == wave.folder
    assert scene.mti.motion.startswith("Hello there (")
    assert ext("blender.apply.current").current_motion(scene).name == "Hello there"
    with pytest.raises(RuntimeError, match="needs a name"):
        bpy.ops.mti.rename_motion(folder=folder_of(wave), name=" ")
    with pytest.raises(RuntimeError, match="longer than 64"):
        bpy.ops.mti.rename_motion(folder=folder_of(wave), name="x" * 65)
    assert entry("Hello there") is not None
    assert bpy.ops.mti.rename_motion(name="ü" * 64) == {"FINISHED"}, "the chosen one"
    assert entry("ü" * 64) is not None


def test_details_are_changed_and_what_is_left_alone_stays(entry):
    wave = entry("Wave")
    bpy.ops.mti.change_motion(
        folder=folder_of(wave),
        name="Wave",
        kind="face",
        tags=" arm ,, Big hello, ARM",
        author="Ada",
        license="CC0-1.0",
        notes="To the left.",
    )
    after = entry("Wave")
    assert (after.kind, after.tags, after.author) == ("face", ("arm", "Big hello"), "Ada")
    assert (after.license, after.notes, after.id) == ("CC0-1.0", "To the left.", wave.id)


def test_undo_and_redo_follow_a_rename(entry, undoable):
    wave = entry("Wave")
    bpy.ops.mti.rename_motion("EXEC_DEFAULT", True, folder=folder_of(wave), name="Hello")
    bpy.ops.ed.undo()
    assert entry("Hello") is None and read_motion(wave.folder).preset.name == "Wave"
    bpy.ops.ed.redo()
    assert entry("Wave") is None and read_motion(wave.folder).preset.name == "Hello"


def test_a_deleted_motion_is_in_the_trash_and_comes_back(entry, own, motions, ext):
    wave = entry("Wave")
    before = {path.name: path.read_bytes() for path in wave.folder.rglob("*") if path.is_file()}
    bpy.ops.mti.pick_motion(folder=folder_of(wave))
    assert bpy.ops.mti.delete_motion() == {"FINISHED"}
    assert entry("Wave") is None and not wave.folder.exists()
    assert [each.name for each in list_trash(own)] == ["Wave"]
    lines = _drawn()
    assert "Deleted Wave" in lines and "[mti.restore_motion]" in lines
    assert bpy.ops.mti.restore_motion() == {"FINISHED"}
    after = {path.name: path.read_bytes() for path in wave.folder.rglob("*") if path.is_file()}
    assert after == before and entry("Wave") is not None and list_trash(own) == []
    assert "[mti.restore_motion]" not in _drawn()
    assert ext("blender.library.shown").chosen(bpy.context.scene).name == "Wave", "still chosen"
    assert bpy.ops.mti.restore_motion() == {"CANCELLED"}


def test_undo_and_redo_follow_a_deletion(entry, own, undoable):
    wave = entry("Wave")
    bpy.ops.mti.delete_motion("EXEC_DEFAULT", True, folder=folder_of(wave))
    bpy.ops.ed.undo()
    assert entry("Wave").folder == wave.folder and list_trash(own) == []
    bpy.ops.ed.redo()
    assert entry("Wave") is None and [each.name for each in list_trash(own)] == ["Wave"]
    bpy.ops.ed.undo()
    assert entry("Wave") is not None


def test_what_was_undone_elsewhere_is_only_reported(entry, own, undoable, ext):
    """Another program has emptied the trash meanwhile."""
    bpy.ops.mti.delete_motion("EXEC_DEFAULT", True, folder=folder_of(entry("Wave")))
    shutil.rmtree(own / ".trash")
    bpy.ops.ed.undo()
    assert "no longer in the trash" in ext("blender.common.panels").last_error.message
    assert entry("Wave") is None
    ext("blender.common.panels").remember_error(None)


def test_a_file_that_was_opened_undoes_nothing_of_another(entry, own, undoable, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.mti.delete_motion("EXEC_DEFAULT", True, folder=folder_of(entry("Wave")))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.ed.undo_push(message="opened")
    assert entry("Wave") is None and len(list_trash(own)) == 1


def test_the_trash_is_listed_and_any_of_it_restored(entry, own):
    for name in ("Wave", "Nod"):
        bpy.ops.mti.delete_motion(folder=folder_of(entry(name)))
    trash = bpy.types.MTI_OT_show_trash
    layout = Layout()
    found = list_trash(own)
    trash.draw(SimpleNamespace(layout=layout, found=found), bpy.context)
    assert {"Nod", "Wave"} <= set(layout.lines)
    assert layout.lines.count("[mti.restore_motion]") == 2
    wave = next(each for each in found if each.name == "Wave")
    assert bpy.ops.mti.restore_motion(place=str(wave.place)) == {"FINISHED"}
    assert entry("Wave") is not None and entry("Nod") is None
    with pytest.raises(RuntimeError, match="no longer in the trash"):
        bpy.ops.mti.restore_motion(place=str(wave.place))


def test_clean_up_empties_the_trash_only_if_asked(entry, own, polling, ext):
    bpy.ops.mti.delete_motion(folder=folder_of(entry("Wave")))
    heap = ext("blender.jobs.cleanup").inventory(polling.jobs)["trash"]
    assert len(heap.unused) == 1 and heap.bytes > 1000
    bpy.ops.mti.clean_up()
    assert len(list_trash(own)) == 1
    bpy.ops.mti.clean_up(trash=True)
    assert list_trash(own) == [] and entry("Nod") is not None


def test_a_copy_has_a_name_of_its_own(entry, scene, ext):
    bpy.ops.mti.duplicate_motion(folder=folder_of(entry("Wave")))
    bpy.ops.mti.duplicate_motion(folder=folder_of(entry("Wave")))
    assert entry("Wave.001").id == entry("Wave.002").id == entry("Wave").id
    assert ext("blender.library.shown").chosen(scene).name == "Wave.002"
    bpy.ops.mti.rename_motion(folder=folder_of(entry("Wave.002")), name="Other")
    assert ext("blender.library.shown").chosen(scene).name == "Other"


def test_a_motion_that_another_program_deletes_is_reported(entry):
    wave = entry("Wave")
    shutil.rmtree(wave.folder)
    for operator in (bpy.ops.mti.delete_motion, bpy.ops.mti.duplicate_motion):
        with pytest.raises(RuntimeError, match="no longer in the library"):
            operator(folder=folder_of(wave))
    with pytest.raises(RuntimeError, match="no longer in the library"):
        bpy.ops.mti.duplicate_motion(folder=str(wave.folder.with_name("other")))
