"""A capture that is no longer what the scene shows is marked, and one that is is not."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from tests.blender.queue.following import curves_of
from tests.blender.sketch import inputs
from tests.blender.test_panels import Layout


@pytest.fixture
def changed(ext):
    """What has changed since the capture, once Blender has been told."""
    changes = ext("blender.sketch.changes")

    def ask():
        bpy.context.view_layer.update()
        return changes.changed_since_capture(bpy.context)

    return ask


def _drawn(ext):
    layout = Layout()
    ext("blender.sketch.panel").draw_sketch(bpy.context, layout)
    return " ".join(layout.lines)


def test_what_is_unchanged_is_not_marked(captured, changed, figure, ext):
    assert changed() == ""
    captured.frame_set(17)
    assert changed() == ""
    figure.select_set(False)
    captured.objects["Cube"].location.x = 3  # which is not captured
    captured.mti.name = "Other"
    captured.render.resolution_percentage = 50
    assert changed() == "" and "Changed" not in _drawn(ext)


def _move_a_key(figure):
    curve = curves_of(figure)[0]
    curve.keyframe_points[-1].co.y += 0.5
    curve.update()


def _constrain(figure):
    figure.pose.bones["head"].constraints.new("COPY_ROTATION").target = bpy.data.objects["Cube"]


def _pose(figure):
    figure.pose.bones["thigh.L"].location.x = 0.3


def _mute(figure):
    curves_of(figure)[0].mute = True


def _stash(figure):
    data = figure.animation_data
    action = data.action
    data.action = None
    data.nla_tracks.new().strips.new("wave", 30, action)


@pytest.mark.parametrize("change", [_move_a_key, _constrain, _pose, _mute, _stash])
def test_another_motion(captured, changed, figure, ext, change):
    change(figure)
    assert changed() == "Changed since capture: Stick Figure."
    assert "Changed since capture: Stick Figure." in _drawn(ext)
    assert _drawn(ext).count("[mti.capture]") == 2, "Capture, and Capture Again"
    assert bpy.ops.mti.capture() == {"FINISHED"}
    assert changed() == "" and "Changed" not in _drawn(ext)


def test_keys_of_something_that_it_hangs_on(figure, scene, changed):
    cart = inputs.key(inputs.link("Cart"), "location", (1, (0, 0, 0)), (48, (1, 0, 0)))
    figure.parent = cart
    inputs.active(figure)
    assert bpy.ops.mti.capture() == {"FINISHED"} and changed() == ""
    inputs.key(cart, "location", (48, (0.5, 0, 0)))
    assert changed() == "Changed since capture: Stick Figure."


def test_a_deleted_and_a_renamed_figure(captured, changed, figure):
    figure.name = "Ada"
    assert changed() == ""
    bpy.data.objects.remove(figure)
    assert changed() == "Changed since capture: Stick Figure no longer exists."


def test_another_source_and_another_figure(captured, changed, figure):
    captured.mti.source = "CAMERA"
    assert changed() == "Changed since capture: different source."
    captured.mti.source = "ARMATURE"
    assert changed() == ""
    bpy.ops.mti.add_stick_figure(motion="SQUAT")
    other = bpy.context.object.name
    assert (
        changed() == f"Changed since capture: Stick Figure was captured, but {other} is selected."
    )
    inputs.active(captured.objects["Light"])  # no figure, so none is chosen
    assert changed() == ""


def test_another_camera(captured, changed):
    captured.camera.location.x += 1
    assert changed() == "Changed since capture: camera."
    bpy.ops.mti.capture()
    captured.camera.data.lens = 71
    assert changed() == "Changed since capture: camera."
    bpy.ops.mti.capture()
    assert changed() == ""
    for frame, x in ((1, -1), (20, 1)):
        camera = bpy.data.objects.new(f"Camera {frame}", captured.camera.data)
        captured.collection.objects.link(camera)
        camera.location, camera.rotation_euler = (x, -6, 1), (1.5707963, 0, 0)
        captured.timeline_markers.new(camera.name, frame=frame).camera = camera
    captured.frame_set(1)
    bpy.ops.mti.capture()
    captured.frame_set(30)  # where another camera is the scene's
    assert changed() == ""
    captured.timeline_markers[1].frame = 25
    assert changed() == "Changed since capture: camera."


def test_other_frames_and_another_rate(captured, changed):
    captured.render.fps = 30
    assert changed() == "Changed since capture: frame rate."
    captured.render.fps = 24
    captured.mti.frame_range_mode, captured.mti.frame_start, captured.mti.frame_end = (
        "CUSTOM",
        1,
        30,
    )
    assert changed() == "Changed since capture: different frames."
    captured.mti.frame_end = 48
    assert changed() == ""


@pytest.mark.usefixtures("coarse")
def test_a_keyed_camera(scene, changed):
    scene.mti.source = "CAMERA"
    inputs.key(scene.camera, "location", (1, (0, -6, 1)), (20, (1, -6, 1)))
    assert bpy.ops.mti.capture() == {"FINISHED"} and changed() == ""
    scene.frame_set(9)
    assert changed() == ""
    scene.objects["Cube"].location.x = 1
    assert changed() == "Changed since capture: Camera."
    bpy.ops.mti.capture()
    inputs.key(scene.camera, "location", (20, (3, -6, 1)))
    assert changed() == "Changed since capture: camera."


def _numbered(folder, ext, count=20):
    for i in range(count):
        picture = np.full((64, 64, 3), 10 * i, np.uint8)
        (folder / f"a_{i:03d}.png").write_bytes(ext("motion").encode_png(picture))
    return folder / "a_003.png"


def test_another_file(scene, changed, tmp_path, ext):
    scene.mti.source, scene.mti.file = "FILE", str(_numbered(tmp_path, ext))
    assert bpy.ops.mti.capture() == {"FINISHED"} and changed() == ""
    scene.mti.file = str(tmp_path / "a_004.png")
    assert changed() == "Changed since capture: the captured source."


def test_a_file_that_is_written_anew(scene, changed, tmp_path, ext):
    """Any of the numbered ones: all of them are captured."""
    scene.mti.source, scene.mti.file = "FILE", str(_numbered(tmp_path, ext))
    assert bpy.ops.mti.capture() == {"FINISHED"} and changed() == ""
    other = tmp_path / "a_017.png"
    other.write_bytes(ext("motion").encode_png(np.full((64, 64, 3), 7, np.uint8)))
    assert changed() == "Changed since capture: the captured source."
    bpy.ops.mti.capture()
    assert changed() == ""
    other.unlink()
    assert changed() == "Changed since capture: the captured source."


def test_a_movie_that_is_written_anew(scene, changed, tmp_path, media):
    file = tmp_path / "film.mp4"
    file.write_bytes((media / "m12.mp4").read_bytes())
    scene.mti.source, scene.mti.file = "FILE", str(file)
    assert bpy.ops.mti.capture() == {"FINISHED"} and changed() == ""
    file.write_bytes((media / "m60.mp4").read_bytes())
    assert changed() == "Changed since capture: the captured source."


@pytest.mark.parametrize("source", ["FILE", "STRIP"])
def test_a_file_that_is_written_anew_while_nothing_changes_in_blender(
    scene, ext, tmp_path, monkeypatch, source
):
    """Seen by the timer that looks at files while a panel is drawn."""
    watch, file_cache, deps = (
        ext("blender.scene.watch"),
        ext("blender.common.file_cache"),
        ext("blender.scene.dependencies"),
    )
    changes = ext("blender.sketch.changes")
    scene.mti.file = str(_numbered(tmp_path, ext))
    strip = scene.sequence_editor_create().strips.new_image(
        name="clip", filepath=scene.mti.file, channel=1, frame_start=1
    )
    for i in range(4, 20):
        strip.elements.append(f"a_{i:03d}.png")
    scene.sequence_editor.active_strip, scene.mti.source = strip, source
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = scene
    monkeypatch.setattr(deps.known, "at_once", False)
    monkeypatch.setattr(file_cache, "ON_TIMER", True)
    monkeypatch.setattr(watch, "SECONDS", 0)
    scene.mti.capture = "0"
    changes.captured(bpy.context)
    monkeypatch.setattr(watch, "_changed_at", 0)
    for _ in range(2):
        assert changes.changed_since_capture(bpy.context) == ""
        file_cache._tick()
    assert watch._changed_at == 0, "there was nothing to look for"
    (tmp_path / "a_009.png").write_bytes(ext("motion").encode_png(np.zeros((9, 9, 3), np.uint8)))
    assert changes.changed_since_capture(bpy.context) == "", "drawing looks at no file"
    file_cache._tick()
    assert changes.changed_since_capture(bpy.context) == "" and watch._changed_at > 0
    watch._tick()
    assert (
        changes.changed_since_capture(bpy.context) == "Changed since capture: the captured source."
    )
    file_cache.forget()


def test_undo_brings_back_what_was_captured(figure, scene, changed):
    bpy.ops.ed.undo_push(message="figure")
    assert bpy.ops.mti.capture() == {"FINISHED"}
    bpy.ops.ed.undo_push(message="captured")
    _move_a_key(bpy.data.objects["Stick Figure"])
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="moved")
    assert "Changed" in changed()
    bpy.ops.ed.undo()
    assert changed() == "" and bpy.context.scene.mti.capture


def test_it_is_known_after_the_file_is_opened_again(captured, changed, tmp_path):
    path = str(tmp_path / "shot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert bpy.context.scene.mti.capture and changed() == ""
    _pose(bpy.data.objects["Stick Figure"])
    assert changed() == "Changed since capture: Stick Figure."


def test_learning_from_a_changed_scene_says_so(captured, changed, figure, capfd):
    _pose(figure)
    bpy.context.view_layer.update()
    captured.mti.name = "wave"
    assert bpy.ops.mti.learn() == {"FINISHED"}
    assert "Changed since capture" in capfd.readouterr().out


def test_captures_of_earlier_versions_are_not_marked(captured, changed, figure):
    captured.mti.captured_of = ""
    _pose(figure)
    assert changed() == ""
    for odd in ("[1, 2", "[]", '{"source": "STRIP", "mover": ""}'):
        captured.mti.captured_of = odd
        assert changed() == ""


SCRIPTED = ("a_handler_of_another_add_on", "a_camera_that_a_script_moves")


@pytest.mark.parametrize("name", [name for name in inputs.INPUTS if name not in SCRIPTED])
def test_playing_changes_nothing(scene, changed, ext, name):
    """Of a script that sets values itself, nobody can know that it does so in every frame."""
    scene.camera.location, scene.camera.rotation_euler = (0, -7, 1), (1.5707963, 0, 0)
    expected = inputs.INPUTS[name](scene)
    scene.mti.source, scene.mti.capture = expected.source, "0"
    bpy.context.view_layer.update()
    ext("blender.sketch.changes").captured(bpy.context)
    for frame in (1, 7, 20):
        scene.frame_set(frame)
        assert changed() == ""


def test_in_a_window_the_timer_looks_and_drawing_does_not(captured, figure, ext, monkeypatch):
    watch, deps = ext("blender.scene.watch"), ext("blender.scene.dependencies")
    changes = ext("blender.sketch.changes")
    monkeypatch.setattr(deps.known, "at_once", False)
    monkeypatch.setattr(watch, "SECONDS", 1e6)
    assert watch._tick() is not None, "something has changed a moment ago: not yet"
    monkeypatch.setattr(watch, "SECONDS", 0)
    assert watch._tick() is None
    assert changes.changed_since_capture(bpy.context) == ""
    _pose(figure)
    bpy.context.view_layer.update()
    assert changes.changed_since_capture(bpy.context) == "", "as was seen last"
    looks = []
    monkeypatch.setattr(ext("blender.common.panels"), "redraw", lambda: looks.append(1))
    assert watch._tick() is None and len(looks) == 1
    assert changes.changed_since_capture(bpy.context) == "Changed since capture: Stick Figure."
    assert watch._tick() is None and len(looks) == 1, "nothing new, nothing to draw"
    assert bpy.ops.mti.capture() == {"FINISHED"}
    assert changes.changed_since_capture(bpy.context) == ""


def test_a_look_at_a_large_scene_is_short(captured, changed, ext):
    import time

    mesh = captured.objects["Cube"].data
    for i in range(2000):
        inputs.link(f"thing {i}", mesh)
    bpy.context.view_layer.update()
    captured.mti.source = "CAMERA"
    ext("blender.sketch.changes").captured(bpy.context)
    began = time.perf_counter()
    assert changed() == ""
    assert time.perf_counter() - began < 5  # 0.2 s on two busy cores, once after a change


def test_nothing_is_captured_while_something_is_dragged(ext):
    watch = ext("blender.scene.watch")
    for name, in_hand in (("TRANSFORM_OT_translate", True), ("SCREEN_OT_animation_step", False)):
        window = SimpleNamespace(modal_operators=[SimpleNamespace(bl_idname=name)])
        assert watch._in_hand(window) == in_hand


def test_a_change_may_be_captured_by_itself(captured, figure, ext, monkeypatch):
    watch, deps = ext("blender.scene.watch"), ext("blender.scene.dependencies")
    changes = ext("blender.sketch.changes")
    monkeypatch.setattr(deps.known, "at_once", False)
    monkeypatch.setattr(watch, "SECONDS", 0)
    first = captured.mti.capture
    _pose(figure)
    bpy.context.view_layer.update()
    watch._tick()
    assert captured.mti.capture == first, "not unless it is wished"
    monkeypatch.setattr(watch, "_changed_at", 0)
    captured.mti.auto_capture = True
    assert watch._changed_at > 0, "it is looked soon"
    watch._tick()
    assert captured.mti.capture != first
    second = captured.mti.capture
    watch._tick()
    assert changes.changed_since_capture(bpy.context) == "" and captured.mti.capture == second
    tries = []
    monkeypatch.setattr(
        ext("blender.common.panels"), "remember_error", lambda *said: tries.append(said)
    )
    figure.location.x = 90  # out of view: it cannot be captured
    for _ in range(3):
        bpy.context.view_layer.update()
        watch._tick()
    assert captured.mti.capture == second and len(tries) == 1
    assert "Changed" in changes.changed_since_capture(bpy.context)
