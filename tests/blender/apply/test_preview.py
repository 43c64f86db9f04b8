"""The picture of what will be sent is marked when something else would be sent now."""

from __future__ import annotations

import os

import bpy
import pytest

from tests.blender.apply.test_all_targets import RED, write
from tests.blender.queue.following import ended, learn, wait
from tests.blender.sketch import inputs
from tests.blender.test_panels import _drawn

SAID = "Changed since preview: "


@pytest.fixture
def shot(scene, prefs):
    """The factory scene, small, with its own engine; nothing is rendered but by one sample."""
    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    scene.render.resolution_x, scene.render.resolution_y = 64, 36
    scene.render.resolution_percentage = 100
    scene.mti.target_engine = "SCENE"
    return scene


@pytest.fixture
def changed(ext):
    """What is said of the preview once Blender has been told of a change."""

    def ask():
        bpy.context.view_layer.update()
        lines = " ".join(_drawn())
        return lines.partition(SAID)[2].partition(".")[0] if SAID in lines else ""

    return ask


def show(scene, **settings):
    for name, value in settings.items():
        setattr(scene.mti, name, value)
    assert bpy.ops.mti.show_target() == {"FINISHED"}


def _material(scene):
    material = scene.objects["Cube"].active_material
    return next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")


def _ramp(scene):
    tree = scene.objects["Cube"].active_material.node_tree
    return tree.nodes["ramp"].color_ramp.elements[0]


def _put(owner, name, value):
    return lambda scene: setattr(owner(scene), name, value)


def _new(scene):
    inputs.link("Another", scene.objects["Cube"].data)


def _vertex(scene):
    scene.objects["Cube"].data.vertices[0].co.x += 1


def _remove(scene):
    bpy.data.objects.remove(scene.objects["Cube"])


def _face(scene):
    mesh = scene.objects["Cube"].data
    mesh.materials.append(bpy.data.materials.new("other"))
    mesh.polygons[0].material_index = 1


def _paint(scene):
    image = bpy.data.images["painted"]
    image.pixels[0:4] = (1, 0, 0, 1)
    image.update()


def _uv(scene):
    scene.objects["Cube"].data.uv_layers[0].uv[0].vector = (0.3, 0.9)


def _camera(scene):
    return scene.camera


def _cube(scene):
    return scene.objects["Cube"]


def _lamp(scene):
    return scene.objects["Light"]


SCENE = {
    "an object moves": _put(_cube, "location", (1, 0, 0)),
    "the camera moves": _put(_camera, "location", (6, -6, 5)),
    "another lens": _put(lambda scene: scene.camera.data, "lens", 80),
    "a light": _put(lambda scene: scene.objects["Light"].data, "energy", 7),
    "the angle of a sun": _put(lambda scene: bpy.data.objects["Sun"].data, "angle", 0.7),
    "a light moves": _put(_lamp, "location", (0, 0, 9)),
    "the world": lambda scene: setattr(
        scene.world.node_tree.nodes["Background"].inputs[0], "default_value", (1, 0, 0, 1)
    ),
    "a material's color": lambda scene: setattr(
        _material(scene).inputs["Base Color"], "default_value", (1, 0, 0, 1)
    ),
    "a node's choice": lambda scene: setattr(
        _cube(scene).active_material.node_tree.nodes["math"], "operation", "SINE"
    ),
    "a color ramp": _put(_ramp, "position", 0.4),
    "a group of nodes": lambda scene: setattr(
        bpy.data.node_groups["group"].nodes[0].inputs[0], "default_value", 0.9
    ),
    "a vertex": _vertex,
    "a UV": _uv,
    "a face's material": _face,
    "an image that is painted on": _paint,
    "a new object": _new,
    "a removed object": _remove,
    "hidden for rendering": _put(_cube, "hide_render", True),
    "a collection is excluded": lambda scene: setattr(
        bpy.context.view_layer.layer_collection.children[0], "exclude", True
    ),
    "a modifier": lambda scene: _cube(scene).modifiers.new("bend", "SUBSURF"),
    "a pass of an object": _put(_cube, "pass_index", 3),
}
SETTINGS = {
    "the resolution": _put(lambda scene: scene.render, "resolution_x", 80),
    "the samples": _put(lambda scene: scene.cycles, "samples", 2),
    "the exposure": _put(lambda scene: scene.view_settings, "exposure", 1.0),
    "another engine of the scene": _put(lambda scene: scene.render, "engine", "BLENDER_WORKBENCH"),
    "a view layer": lambda scene: scene.view_layers.new("second"),
}


def _furnish(scene):
    """Something of each kind that a render may show."""
    sun = bpy.data.lights.new("Sun", "SUN")
    inputs.link("Sun", sun)
    material = scene.objects["Cube"].active_material
    for owner in (material, scene.world):
        if bpy.app.version < (5, 0):
            owner.use_nodes = True
    nodes = material.node_tree.nodes
    nodes.new("ShaderNodeMath").name = "math"
    nodes.new("ShaderNodeValToRGB").name = "ramp"
    group = bpy.data.node_groups.new("group", "ShaderNodeTree")
    group.nodes.new("ShaderNodeMath")
    nodes.new("ShaderNodeGroup").node_tree = group
    image = nodes.new("ShaderNodeTexImage")
    image.image = bpy.data.images.new("painted", 8, 8)
    image.image.pixels[0:4] = (0, 1, 0, 1)
    bpy.context.view_layer.update()


@pytest.mark.parametrize("name", SCENE)
def test_a_change_of_what_is_rendered(shot, changed, name):
    _furnish(shot)
    show(shot)
    assert changed() == ""
    SCENE[name](shot)
    assert changed() == "scene"
    if len(shot.objects) > 3:
        show(shot)
        assert changed() == ""


@pytest.mark.parametrize("name", SETTINGS)
def test_a_change_of_the_scene_s_settings(shot, changed, name):
    show(shot)
    assert changed() == ""
    SETTINGS[name](shot)
    assert changed() == "scene settings"


def test_what_a_render_does_not_show_changes_nothing(shot, changed, figure):
    show(shot)
    figure.select_set(False)
    bpy.context.view_layer.objects.active = shot.objects["Light"]
    shot.mti.seed, shot.mti.name, shot.mti.takes = 7, "Other", 3
    shot.render.filepath = "//elsewhere"
    bpy.data.meshes.new("nobody uses it")
    assert bpy.ops.mti.capture() == {"FINISHED"}
    assert changed() == ""


def test_other_choices(shot, changed, prefs, ext, tmp_path):
    show(shot)
    for name, other, said in (
        ("fit", "PAD", "crop or pad"),
        ("target_engine", "PREVIEW", "render engine"),
        ("target", "IMAGE", "different target"),
        ("target_scene", bpy.data.scenes.new("Other"), "different target"),
    ):
        before = getattr(shot.mti, name)
        setattr(shot.mti, name, other)
        assert changed() == said
        setattr(shot.mti, name, before)
        assert changed() == ""
    prefs.engine = "svd"  # no motion is learned: Apply would make it for the chosen engine
    assert changed() == "engine shape"
    prefs.engine = "draft"
    assert changed() == ""


def test_another_frame_and_back(shot, changed):
    show(shot)
    shot.frame_set(9)
    assert changed() == "different frame"
    shot.frame_set(1)
    assert changed() == ""
    inputs.key(shot.objects["Cube"], "location", (1, (0, 0, 0)), (20, (3, 0, 0)))
    show(shot)
    shot.frame_set(9)
    shot.frame_set(1)
    assert changed() == ""


def test_another_file_and_one_that_is_written_anew(shot, changed, ext, tmp_path):
    one, other = (write(ext, tmp_path / name, RED) for name in ("a.png", "b.png"))
    show(shot, target="IMAGE", target_image=str(one))
    shot.frame_set(5)
    shot.objects["Cube"].location.x = 3
    assert changed() == ""
    shot.mti.target_image = str(other)
    assert changed() == "different target"
    shot.mti.target_image = str(one)
    assert changed() == ""
    write(ext, one, (1, 2, 3), (40, 40))
    os.utime(one, (1, 1))
    assert changed() == "image"


def test_another_image_of_the_file_and_one_that_is_painted_on(shot, changed):
    image, other = (bpy.data.images.new(name, 8, 8) for name in ("a", "b"))
    image.pixels[0:4] = (1, 0, 0, 1)
    show(shot, target="DATABLOCK", target_datablock=image)
    assert changed() == ""
    image.pixels[0:4] = (1, 1, 0, 1)
    assert changed() == "scene"
    shot.mti.target_datablock = other
    assert changed() == "different target"


def test_another_render(shot, changed):
    bpy.ops.render.render()
    show(shot, target="RESULT")
    assert changed() == ""
    show(shot, target="RENDER")
    show(shot, target="RESULT")  # a render of ours is not the animator's
    kept = shot.mti.target_shown_of
    show(shot, target="RENDER")
    shot.mti.target, shot.mti.target_shown_of = "RESULT", kept
    assert changed() == ""
    bpy.ops.render.render()
    assert changed() == "newer render"


@pytest.mark.parametrize("target", ["STRIP", "FRAME"])
def test_a_change_in_the_sequencer(shot, changed, ext, tmp_path, target):
    strips = shot.sequence_editor_create().strips
    for name, channel in (("a", 1), ("b", 2)):
        path = str(write(ext, tmp_path / f"{name}.png", RED))
        strip = strips.new_image(name=name, filepath=path, channel=channel, frame_start=1)
        for _ in range(9):
            strip.elements.append(f"{name}.png")
    shot.sequence_editor.active_strip = strips["b"]
    show(shot, target=target)
    assert changed() == ""
    for name, value in (("use_flip_x", True), ("blend_alpha", 0.5), ("mute", True)):
        before = getattr(strips["b"], name)
        setattr(strips["b"], name, value)
        assert changed() == "scene", name
        setattr(strips["b"], name, before)
        assert changed() == ""
    (tmp_path / "result.png").write_bytes(b"of something else")
    assert changed() == ""
    write(ext, tmp_path / "a.png", (*RED[:2], 128))
    assert changed() == "scene"
    show(shot, target=target)
    strips["b"].transform.offset_x = 4
    assert changed() == "scene"
    strips["b"].transform.offset_x = 0
    strips["b"].crop.min_x = 2
    assert changed() == "scene"
    show(shot)
    shot.frame_set(4)
    assert changed() == "different frame"
    shot.frame_set(1)
    shot.sequence_editor.active_strip = strips["a"]
    assert changed() == ("different target" if target == "STRIP" else "")


def test_undo_and_the_file_opened_again(shot, changed, tmp_path):
    show(shot)
    bpy.ops.ed.undo_push(message="shown")
    shot.objects["Cube"].location.x = 2
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="moved")
    assert changed() == "scene"
    bpy.ops.ed.undo()
    assert changed() == "" and bpy.context.scene.mti.target_shown
    path = str(tmp_path / "shot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert bpy.context.scene.mti.target_shown and changed() == ""
    bpy.data.objects["Cube"].location.x = 2
    assert changed() == "scene"
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert changed() == "scene"


def test_in_a_window_the_timer_looks_and_drawing_does_not(shot, changed, ext, monkeypatch):
    watch, deps, looks = (ext(f"blender.scene.{n}") for n in ("watch", "dependencies", "looks"))
    monkeypatch.setattr(deps.known, "at_once", False)
    monkeypatch.setattr(watch, "SECONDS", 0)
    show(shot)
    assert watch._tick() is None and changed() == ""
    seen, real = [], looks.of_scene
    monkeypatch.setattr(looks, "of_scene", lambda scene: seen.append(1) or real(scene))
    shot.objects["Cube"].location.x = 2
    assert changed() == "" and seen == []
    redrawn = []
    monkeypatch.setattr(ext("blender.common.panels"), "redraw", lambda: redrawn.append(1))
    watch._tick()
    assert changed() == "scene" and redrawn == [1] and seen == [1]
    shot.frame_set(9)
    assert changed() == "different frame"


def test_a_look_at_a_large_scene_is_short(shot, changed, ext):
    import time

    mesh = shot.objects["Cube"].data
    for i in range(2000):
        inputs.link(f"thing {i}", mesh)
    show(shot)
    began = time.perf_counter()
    assert changed() == ""
    assert time.perf_counter() - began < 5
    state = ext("blender.apply.state")
    began = time.perf_counter()
    for _ in range(20):
        state.quick(bpy.context)
    assert time.perf_counter() - began < 2  # drawing asks for it: a few milliseconds each


ONE_COLOR = "the target has one color"


@pytest.fixture
def done(captured, polling, ext, tmp_path):
    """A job that has learned a motion and applied it to a red image."""
    captured.mti.target = "IMAGE"
    captured.mti.target_image = str(write(ext, tmp_path / "red.png", RED))
    captured.mti.also_apply = True
    learn(polling, captured)
    return wait(polling, ended).request.job


SENDERS = {
    "learn": lambda job: bpy.ops.mti.learn(),
    "apply": lambda job: bpy.ops.mti.apply(),
    "apply_this": lambda job: bpy.ops.mti.apply_this(job=job),
    "redo": lambda job: bpy.ops.mti.redo(job=job, same_target=False),
}


@pytest.mark.parametrize("name", SENDERS)
def test_every_operator_that_sends_a_target_shows_it(
    captured, done, polling, ext, capfd, tmp_path, name
):
    preview = ext("blender.apply.preview")
    captured.mti.target_image = str(write(ext, tmp_path / "blue.png", (0, 0, 255)))
    before, jobs = captured.mti.target_shown, len(polling.jobs.rows)
    capfd.readouterr()
    assert SENDERS[name](done) == {"FINISHED"}
    assert len(polling.jobs.rows) == jobs + 1
    shown = captured.mti.target_shown
    assert shown != before and preview.about(shown)[0] == "blue.png"
    sent = polling.jobs.rows[0].folder.target_file.read_bytes()
    assert (preview.folder() / shown / preview.PICTURE).read_bytes() == sent
    assert ONE_COLOR in capfd.readouterr().out
    assert SAID not in " ".join(_drawn())


def test_an_image_that_is_sent_again_is_shown_as_that(captured, done, polling, ext):
    preview, kept = ext("blender.apply.preview"), captured.mti.target_shown
    captured.mti.target = "RENDER"
    assert SAID + "different target" in " ".join(_drawn())
    assert bpy.ops.mti.redo(job=done) == {"FINISHED"}
    assert captured.mti.target_shown != kept
    assert preview.about(captured.mti.target_shown)[0] == "red.png"
    assert "as it was sent again" in " ".join(_drawn())
    captured.mti.target = "RENDER"
    assert SAID + "different target" in " ".join(_drawn())


def test_without_a_note_of_the_target_nothing_old_is_shown(captured, done, polling):
    (row,) = polling.jobs.rows
    (row.folder.path / "target.json").unlink()
    assert bpy.ops.mti.redo(job=done) == {"FINISHED"}
    assert captured.mti.target_shown == "" and SAID not in " ".join(_drawn())
