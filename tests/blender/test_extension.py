"""The extension as Blender sees it: enabled, drawn, disabled, without a trace."""

from __future__ import annotations

import sys
from pathlib import Path

import addon_utils
import bpy
import pytest

OPERATORS = {
    "browse_studio",
    "forget_studio",
    "pair_studio",
    "publish_motion",
    "take_motion",
    "test_studio",
    "add_stick_figure",
    "save_edit",
    "add_camera",
    "capture",
    "learn",
    "apply",
    "cancel",
    "pause",
    "resume",
    "start_now",
    "import_result",
    "add_kept",
    "use_motion",
    "apply_this",
    "play_this",
    "add_prompt",
    "remove_prompt",
    "step_back",
    "drop_target",
    "remove_job",
    "rename_job",
    "open_log",
    "play_result",
    "show_target",
    "redo",
    "reset_edit",
    "add_to_chain",
    "remove_from_chain",
    "move_in_chain",
    "collect_results",
    "clean_up",
    "dismiss",
    # of the library
    "pick_motion",
    "find_motion",
    "favorite_motion",
    "clear_library_search",
    "rename_motion",
    "change_motion",
    "duplicate_motion",
    "delete_motion",
    "restore_motion",
    "show_trash",
    "import_motion",
    "export_motion",
    "show_motion_folder",
    "refresh_library",
    "library_problems",
    "save_to_library",
    "learn_motion",
    "learn_all_motions",
    "learn_actions",
    "learn_movies",
    "stop_queueing",
    "edit_motion",
    "pose_motion",
    "pose_asset",
    "drag_motion",
    "drag_asset",
    "use_asset",
    # of the preferences' page
    "setup_backend",
    "check_backend",
    "self_test",
    "cancel_task",
    "task_log",
    "copy_command",
    "download_model",
    "move_models",
    "delete_model",
}


def _registered() -> set[str]:
    operators = {name for name in dir(bpy.ops.mti) if not name.startswith("_")}
    types = (bpy.types.Panel, bpy.types.Operator, bpy.types.PropertyGroup, bpy.types.UIList)
    classes = [cls for base in types for cls in base.__subclasses__()]
    ours = {
        cls.__name__ for cls in classes if cls.__name__.startswith("MTI_") and cls.is_registered
    }
    return operators | ours


def test_operators_panels_and_settings_are_there(enabled):
    assert {name for name in dir(bpy.ops.mti)} == OPERATORS
    for name in ("MTI_PT_view3d", "MTI_PT_sequencer"):
        panel = getattr(bpy.types, name)
        assert (panel.bl_category, panel.bl_region_type) == ("Motion", "UI")
    assert {bpy.types.MTI_PT_view3d.bl_space_type, bpy.types.MTI_PT_sequencer.bl_space_type} == {
        "VIEW_3D",
        "SEQUENCE_EDITOR",
    }
    mti = bpy.context.scene.mti
    mti.property_unset("name")  # an earlier test may have named a motion
    assert mti.name == "Motion"


def test_user_folder_is_the_extensions_own_and_outside_of_its_code(ext, staged):
    addon = ext("blender.common.addon")
    assert addon.ADDON_ID == "bl_ext.mti_dev.mti"
    assert Path(addon.EXTENSION_ROOT) == staged
    assert staged not in addon.jobs_folder().parents
    assert addon.jobs_folder().parts[-3:] == ("mti_dev", "mti", "jobs")


def test_disabling_leaves_nothing_behind_and_enabling_brings_it_back(enabled, ext):
    polling = ext("blender.queue.polling")
    before = _registered()
    path = list(sys.path)
    assert bpy.app.timers.is_registered(polling.poll) or polling.poll() is None
    polling.start()
    assert bpy.app.timers.is_registered(polling.poll)
    for _ in range(2):
        addon_utils.disable(enabled, default_set=True)
        assert not bpy.app.timers.is_registered(polling.poll)
        assert not hasattr(bpy.types.Scene, "mti")
        assert not hasattr(bpy.types, "MTI_PT_view3d")
        assert enabled not in bpy.context.preferences.addons
        assert not _registered() & OPERATORS
        for menu in (
            *("VIEW3D_MT_object", "SEQUENCER_MT_strip", "VIEW3D_MT_armature_add"),
            *("TOPBAR_MT_file_import", "TOPBAR_MT_file_export"),
        ):
            appended = getattr(getattr(bpy.types, menu).draw, "_draw_funcs", [])
            assert not [each for each in appended if enabled in each.__module__]
        addon_utils.enable(enabled, default_set=True)
        assert _registered() == before
    assert sys.path == path


def test_settings_survive_saving_and_loading(scene, tmp_path):
    scene.mti.name, scene.mti.iterations, scene.mti.source = "Jump", 77, "CAMERA"
    file = str(tmp_path / "a.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file)
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    assert bpy.context.scene.mti.name == "Motion"
    bpy.ops.wm.open_mainfile(filepath=file)
    mti = bpy.context.scene.mti
    assert (mti.name, mti.iterations, mti.source) == ("Jump", 77, "CAMERA")


@pytest.mark.once
@pytest.mark.parametrize("word", ["threading", "multiprocessing", "sys.path", "stdout=PIPE"])
def test_no_threads_no_pipes_no_paths(word):
    root = Path(__file__).resolve().parents[2] / "mti_addon"
    folders = ("blender", "client", "motion", "wire", "workflow")
    sources = [path for name in folders for path in (root / name).rglob("*.py")]
    # these run in processes of their own (tests/test_architecture.py)
    sources = [path for path in sources if path.parent != root / "client" / "remote" / "relay"]
    assert len(sources) > 20
    assert [path.name for path in sources if word in path.read_text(encoding="utf-8")] == []
