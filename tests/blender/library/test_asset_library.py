"""The asset library: built by a process of its own, kept up to date, and never in the way.

What is written is tested here in the process of the tests, which is a background Blender, too.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.blender.library.shelving import add_figure, level, save


@pytest.fixture
def assets(shelf, tmp_path):
    """Where the asset library is built."""
    return tmp_path / "assets"


@pytest.fixture
def build(ext, shelf, assets, tmp_path):
    """build() -> what the process says that it has done."""
    module = ext("blender.library.assets.build_assets")
    task = ext("client.setup.folder").SetupTaskFolder(tmp_path / "task")
    process = ext("client.setup.child").TaskProcess(task)
    task.path.mkdir()
    spec = module.BuildSpec(str(assets), str(shelf), str(tmp_path / "presets"))

    def build():
        actions = bpy.data.actions[:]
        try:
            return module.build(spec, process)
        finally:
            assert bpy.data.actions[:] == actions

    build.log = task.job.log_file
    return build


@pytest.fixture
def builder(ext, shelf):
    """builder() -> the module after all that its timer would have done, with real processes."""
    module, motions = ext("blender.library.assets.asset_library"), ext("blender.library.motions")

    def work(seconds=120.0):
        motions.library().refresh()
        module.start()
        until = time.monotonic() + seconds
        while (pause := module.tick()) is not None:
            assert time.monotonic() < until
            time.sleep(min(pause, 0.2))
        return module

    yield work
    module.stop()


@pytest.fixture
def saved(shelf, ext, scene):
    """saved(name, ...) -> a motion of a new figure, saved; the open file is a new one."""

    def saved(name, figure="STICK", starter="WAVE", **about):
        bpy.ops.wm.read_homefile(use_factory_startup=True)
        level(bpy.context.scene)
        add_figure(figure, starter)
        motion = save(ext, shelf, name, **about)
        bpy.ops.wm.read_homefile(use_factory_startup=True)
        return motion

    return saved


def named(folder):
    """The files of motions by their folders' names."""
    return {path.name.split(".")[0]: path for path in folder.glob("[a-z]*.motion.blend")}


def registered():
    return {each.name: each for each in bpy.context.preferences.filepaths.asset_libraries}


def loaded(path):
    """The only asset of a file, appended to an empty file."""
    for action in bpy.data.actions[:]:
        bpy.data.actions.remove(action)
    with bpy.data.libraries.load(str(path), assets_only=True) as (there, here):
        here.actions = there.actions
    [action] = here.actions
    return action


def times(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("*.blend")}


def test_every_motion_with_poses_is_an_asset(saved, builder, assets, ext):
    wave = saved("Wave", tags=("arm", "hello"), author="Ada", license="CC0-1.0", notes="Waves.")
    saved("Trot", "QUADRUPED", "TROT", kind="animal")
    changed = bpy.data.is_dirty
    assert builder().problem() is None
    assert not bpy.data.actions and bpy.data.is_dirty == changed
    files = named(assets)
    assert sorted(files) == ["trot", "wave"]
    action = loaded(files["wave"])
    about = action.asset_data
    assert (action.name, about.description, about.author) == ("Wave", "Waves.", "Ada")
    assert about.license == "CC0-1.0" and set(about.tags.keys()) == {"body", "arm", "hello"}
    assert about["mti_motion"] == wave.preset.id
    assert (action.frame_start, action.frame_end) == (1, 48)
    catalogs = ext("workflow.asset_files").CATALOG_IDS
    assert about.catalog_id == catalogs["body"]
    assert loaded(files["trot"]).asset_data.catalog_id == catalogs["animal"]
    lines = (assets / "blender_assets.cats.txt").read_text().splitlines()
    assert f"{catalogs['body']}:Motions/Body:Motions-Body" in lines
    assert Path(registered()["Motions"].path) == assets
    assert registered()["Motions"].import_method == "APPEND"
    # what disabling the extension does: no dead entry is left
    ext("blender.library.assets.asset_library").forget()
    assert "Motions" not in registered()


def test_the_picture_is_the_thumbnail(saved, build, assets, ext):
    wave = saved("Wave")
    build()
    action = loaded(named(assets)["wave"])
    width, height = action.preview.image_size
    pixels = np.array(action.preview.image_pixels_float[:]).reshape(height, width, 4)
    shown = np.rint(255 * pixels[::-1, :, :3]).astype(int)
    wanted = ext("motion").decode_png((wave.folder / "thumbnail.png").read_bytes())
    assert np.array_equal(shown, wanted)


def test_its_keys_move_a_starter_figure(saved, build, assets, ext):
    """Assigned by hand, as any action: the bones are found by their names."""
    saved("Wave")
    build()
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    figure = add_figure("STICK", "NONE")
    action = loaded(named(assets)["wave"])
    data = figure.animation_data_create()
    data.action = action
    data.action_slot = data.action_suitable_slots[0]
    heights = []
    for frame in (1, 30):
        bpy.context.scene.frame_set(frame)
        heights.append(figure.pose.bones["hand.R"].tail.z)
    assert heights[0] < 0.8 and heights[1] > 1.4


def test_an_object_and_a_camera(shelf, build, assets, ext, scene):
    """A camera's lens moves by a slot of its own."""
    level(scene)
    cube = scene.objects["Cube"]
    bpy.context.view_layer.objects.active = cube
    for frame, z in ((1, 0), (24, 2)):
        cube.location.z = z
        cube.keyframe_insert("location", index=2, frame=frame)
    scene.mti.source = "OBJECT"
    save(ext, shelf, "Lift", kind="object")
    bpy.data.objects.remove(cube)
    for frame, lens in ((1, 30), (24, 60)):
        scene.camera.data.lens = lens
        scene.camera.data.keyframe_insert("lens", frame=frame)
    scene.mti.source = "CAMERA"
    save(ext, shelf, "Zoom", kind="camera")
    build()
    channels = ext("blender.scene.animation").channels
    for name, expected in (("lift", {"OBJECT": {"location"}}), ("zoom", {"CAMERA": {"lens"}})):
        action = loaded(named(assets)[name])
        moving = {
            slot.target_id_type: {c.data_path for c in channels(action, slot)
                                  if len(c.keyframe_points) > 1}
            for slot in action.slots
        }  # fmt: skip
        assert {kind: paths for kind, paths in moving.items() if paths} == expected


def test_only_what_has_changed_is_written_again(saved, build, assets, ext):
    wave, trot = saved("Wave"), saved("Trot", "QUADRUPED", "TROT", kind="animal")
    assert build() == {"written": 2, "removed": 0, "failed": 0}
    before = times(assets)
    assert build() == {"written": 0, "removed": 0, "failed": 0}
    assert times(assets) == before
    preset = replace(wave.preset, name="Hello", tags=("new",))
    ext("wire.library.preset").update_preset(wave.folder, preset)
    assert build()["written"] == 1
    changed = {name for name, time in times(assets).items() if before.get(name) != time}
    assert [name.split(".")[0] for name in changed] == ["wave"]
    action = loaded(assets / changed.pop())
    assert action.name == "Hello" and "new" in action.asset_data.tags.keys()
    ext("wire.files").remove_folder(trot.folder)
    assert build() == {"written": 0, "removed": 1, "failed": 0}
    assert list(named(assets)) == ["wave"]


def test_the_motions_of_a_disk_that_is_away_stay(saved, build, assets, shelf):
    saved("Wave")
    build()
    shelf.rename(shelf.with_name("away"))
    shelf.write_text("a file, where the library was")
    assert build()["removed"] == 0 and list(named(assets)) == ["wave"]


def _truncate(path):
    path.write_bytes(path.read_bytes()[:5000])


def _overwrite(path):
    path.write_bytes(b"x" * path.stat().st_size)


def _rot(path):
    """Other bytes, of the same size and time, as on a bad disk."""
    about, data = path.stat(), bytearray(path.read_bytes())
    data[1000] ^= 0xFF
    path.write_bytes(data)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


@pytest.mark.parametrize("damage", [_truncate, _overwrite, _rot, os.remove])
def test_a_damaged_file_is_written_again(saved, build, assets, damage):
    saved("Wave")
    build()
    path = named(assets)["wave"]
    damage(path)
    assert build() == {"written": 1, "removed": 0, "failed": 0}
    assert loaded(path).name == "Wave"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', "null"])
def test_a_damaged_state_only_costs_time(saved, build, assets, text):
    saved("Wave")
    build()
    (assets / ".state.json").write_text(text)
    assert build()["written"] == 1
    assert len(json.loads((assets / ".state.json").read_text())) == 1


def test_poses_that_cannot_be_keyed_are_skipped(saved, build, assets, ext, shelf):
    """And not tried again, before they change."""
    wave = saved("Wave")
    contents = {name: wave.folder / name for name in wave.preset.files}
    poses = json.loads((wave.folder / "poses.json").read_text()) | {"parents": []}
    contents["poses.json"] = json.dumps(poses).encode()
    odd = ext("wire.library").add_motion(shelf, replace(wave.preset, name="Odd"), contents)
    assert build() == {"written": 1, "removed": 0, "failed": 1}
    assert list(named(assets)) == ["wave"]
    told = f"{odd.folder}: The captured poses are not those of an armature"
    assert told in build.log.read_text()
    assert build() == {"written": 0, "removed": 0, "failed": 0}


def test_the_animators_own_files_stay(saved, build, assets, ext):
    """Blender saves new assets into any library, and changes its catalogs."""
    saved("Wave")
    build()
    own = assets / "Saved" / "pose.asset.blend"
    own.parent.mkdir()
    own.write_bytes(b"mine")
    catalogs = assets / "blender_assets.cats.txt"
    mine = "12345678-0000-0000-0000-000000000000:Mine:Mine"
    catalogs.write_text(catalogs.read_text() + mine + "\n")
    saved("Nod", starter="NOD")
    build()
    assert mine in catalogs.read_text() and catalogs.read_text().count(":Motions/Body:") == 1
    ext("workflow.asset_files").remove_all(assets)
    assert own.read_bytes() == b"mine" and mine in catalogs.read_text() and not named(assets)
    own.unlink()
    own.parent.rmdir()
    ext("workflow.asset_files").remove_all(assets)
    assert not assets.exists()


@contextmanager
def mounted(folder, *options):
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can mount")
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(saved, build, assets, ext):
    """Blender 4.5 itself reports nothing, and leaves part of a file."""
    for name, starter in (("A", "WAVE"), ("B", "NOD"), ("C", "BOW")):
        saved(name, starter=starter)
    with mounted(assets, "-o", "size=160k"):
        with pytest.raises(ext("wire.errors").DiskFull):
            build()
        assert len(named(assets)) < 3 and not list(assets.glob(".tmp-*"))
        for path in named(assets).values():
            assert loaded(path)
    assert build()["written"] == 3


def test_what_a_killed_process_has_left_is_removed(saved, build, assets):
    saved("Wave")
    assets.mkdir()
    (assets / ".tmp-0123456789ab-wave.0123456789ab.motion.blend").write_bytes(b"half")
    (assets / "gone.0123456789ab.motion.blend").write_bytes(b"half")
    assert build() == {"written": 1, "removed": 1, "failed": 0}
    assert not list(assets.glob(".tmp-*")) and list(named(assets)) == ["wave"]


@pytest.mark.once
def test_a_folder_that_cannot_be_written(saved, builder, assets):
    saved("Wave")
    with mounted(assets, "-o", "ro"):
        problem = builder().problem()
    assert problem.code == "cannot_be_written" and str(assets) in problem.message
    assert builder().problem() is None and len(named(assets)) == 1


@pytest.mark.once
def test_a_tick_is_short_and_it_is_switched_off_and_on(saved, builder, assets, prefs, ext):
    saved("Wave")
    module = builder()
    ext("blender.library.motions").library().refresh()
    module.start()
    took = []
    for _ in range(20):
        began = time.perf_counter()
        module.tick()
        took.append(time.perf_counter() - began)
    assert sorted(took)[10] < 0.02
    prefs.use_asset_library = False
    try:
        builder()
        assert not assets.exists() and "Motions" not in registered()
    finally:
        prefs.use_asset_library = True
    builder()
    assert len(named(assets)) == 1 and "Motions" in registered()


@pytest.mark.once
def test_another_library_of_that_name_is_left_alone(saved, builder, assets, tmp_path):
    libraries = bpy.context.preferences.filepaths.asset_libraries
    theirs = libraries.new(name="Motions", directory=str(tmp_path))
    try:
        saved("Wave")
        builder()
        paths = {name: Path(each.path) for name, each in registered().items()}
        assert paths["Motions"] == tmp_path and paths["Motions.001"] == assets
    finally:
        libraries.remove(theirs)


@pytest.fixture
def started(ext, shelf):
    """started() -> the process that builds the library, just started."""
    module, motions = ext("blender.library.assets.asset_library"), ext("blender.library.motions")

    def started():
        motions.library().refresh()
        module.start()
        while module.task().state().phase != "running":
            assert module.tick() is not None
        return ext("wire.owner").read_owner(module.task().job.launched_file).pid

    return started


@pytest.mark.once
@pytest.mark.parametrize("moment", [".tmp-*", "[a-z]*.blend"])
def test_a_killed_process_is_started_again_and_leaves_nothing(
    saved, started, builder, assets, ext, moment
):
    for name, starter in (("A", "WAVE"), ("B", "NOD"), ("C", "BOW"), ("D", "KICK")):
        saved(name, starter=starter)
    pid, until = started(), time.monotonic() + 60
    while not list(assets.glob(moment)):
        assert time.monotonic() < until
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
    task = ext("blender.library.assets.asset_library").task()
    while task.running():
        time.sleep(0.05)
    assert len(named(assets)) < 4
    for path in named(assets).values():
        assert loaded(path)
    builder()
    assert len(named(assets)) == 4 and not list(assets.glob(".tmp-*"))


@pytest.mark.once
def test_a_process_that_does_not_start_or_dies_is_told(saved, builder, ext, monkeypatch):
    saved("Wave")
    module = ext("blender.library.assets.asset_library")
    monkeypatch.setattr(module, "EXPRESSION", "import os; os._exit(9)")
    assert builder().problem().code == "assets_interrupted"
    monkeypatch.setattr(module, "_command", lambda: ["/nowhere/blender"])
    problem = builder().problem()
    assert problem.code == "assets_not_started" and "No such file" in problem.message


@pytest.mark.once
def test_two_blenders_at_once(saved, started, builder, assets, ext):
    """One process works, the other finds it at work or everything done."""
    for name, starter in (("A", "WAVE"), ("B", "NOD"), ("C", "BOW")):
        saved(name, starter=starter)
    started()
    module = ext("blender.library.assets.asset_library")
    command = [*module._command(), str(module.task().path.resolve())]
    second = subprocess.run(command, env=module._environment(), capture_output=True, check=False)
    assert second.returncode in (0, ext("wire.errors").Busy.exit_code), second.stderr
    builder()
    assert len(named(assets)) == 3 and module.task().state().phase == "done"
    lock = ext("wire.owner").JobLock(module.task().job)
    with lock:
        second = subprocess.run(command, env=module._environment(), check=False)
        assert second.returncode == ext("wire.errors").Busy.exit_code


def test_in_the_asset_browser_only_motions_are_ours(ext, scene, enabled):
    """Double click and menu leave other assets to Blender."""
    metadata = ext("blender.library.assets.metadata")
    action = bpy.data.actions.new("Pose")
    action.asset_mark()

    class Asset:
        metadata = action.asset_data

    assert metadata.motion_of(Asset) == "" and metadata.motion_of(None) == ""
    action.asset_data["mti_motion"] = "abc"
    assert metadata.motion_of(Asset) == "abc"
    action.asset_data["mti_motion"] = 5
    assert metadata.motion_of(Asset) == ""
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    area.ui_type = "ASSETS"
    with bpy.context.temp_override(window=window, area=area):
        assert not bpy.ops.mti.pose_asset.poll() and not bpy.ops.mti.use_asset.poll()
    with pytest.raises(RuntimeError, match="Choose a motion of the library in the Asset Browser"):
        bpy.ops.mti.pose_asset()
    assert bpy.types.MTI_AST_motions.bl_activate_operator == "MTI_OT_pose_asset"
