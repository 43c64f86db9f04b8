"""What is known of a scene's animation, how often it is looked for, and what that costs."""

from __future__ import annotations

import time

import bpy
import pytest

from tests.blender.sketch import inputs


@pytest.fixture
def deps(ext):
    return ext("blender.scene.dependencies")


@pytest.fixture
def known(deps, monkeypatch):
    """As in a window: told of changes."""
    monkeypatch.setattr(deps.known, "at_once", False)
    deps.known.forget()
    yield deps.known
    deps.known.forget()


def _moving(known, scene, thing):
    return known.moving(scene, thing.name, lambda: [thing])


def _span(known, scene, thing):
    bpy.context.view_layer.update()
    return _moving(known, scene, thing).played.span


def test_it_is_looked_for_again_only_after_a_change(scene, deps, known, monkeypatch):
    monkeypatch.setattr(deps, "SECONDS", 0)
    cube = scene.objects["Cube"]
    looks = []
    whole = deps.moving
    monkeypatch.setattr(deps, "moving", lambda *given: looks.append(1) or whole(*given))
    assert _span(known, scene, cube) is None
    for frame in (3, 9, 1):
        scene.frame_set(frame)
    assert _moving(known, scene, cube).played.span is None and len(looks) == 1
    inputs.key(cube, "location", (1, (0, 0, 0)), (20, (1, 0, 0)))
    assert _span(known, scene, cube) == (1, 20) and len(looks) == 2
    inputs.key(cube, "location", (30, (2, 0, 0)))
    assert _span(known, scene, cube) == (1, 30) and len(looks) == 3


def test_it_is_not_looked_for_in_every_redraw_while_things_change(scene, deps, known, monkeypatch):
    monkeypatch.setattr(deps, "SECONDS", 60)
    cube = scene.objects["Cube"]
    assert _span(known, scene, cube) is None
    inputs.key(cube, "location", (1, (0, 0, 0)), (20, (1, 0, 0)))
    assert _span(known, scene, cube) is None
    monkeypatch.setattr(deps, "SECONDS", 0)
    assert _span(known, scene, cube) == (1, 20)


def test_played_physics_are_seen_without_any_other_change(scene, deps, known, monkeypatch):
    monkeypatch.setattr(deps, "SECONDS", 0)
    thing = inputs.falling()
    bpy.context.view_layer.update()
    assert "never" in _moving(known, scene, thing).physics_problem(20).message
    for frame in range(1, 21):
        scene.frame_set(frame)
    assert _moving(known, scene, thing).physics_problem(20) is None


def test_another_file_is_another_file(scene, known):
    inputs.key(scene.objects["Cube"], "location", (1, (0, 0, 0)), (20, (1, 0, 0)))
    assert _span(known, scene, scene.objects["Cube"]) == (1, 20)
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    scene = bpy.context.scene
    assert _span(known, scene, scene.objects["Cube"]) is None


def test_all_that_it_depends_on_is_found_and_no_more(scene, deps):
    rig = inputs.person()
    lead, far, mesh = inputs.link("Lead"), inputs.link("Far"), scene.objects["Cube"]
    rig.pose.bones["head"].constraints.new("COPY_ROTATION").target = lead
    lead.parent = far
    mesh.parent = rig  # it hangs on the rig, not the other way round
    mesh.data.materials[0].animation_data_create()
    assert set(deps.all_behind([rig])) == {rig, rig.data, lead, far}
    assert set(deps.all_behind([mesh])) == {mesh, mesh.data, rig, rig.data, lead, far}


def test_what_a_library_says_does_not_count_where_it_is_overridden(scene, deps, tmp_path):
    figure = inputs.raise_arm(inputs.person("Figure"), (1, 0), (400, -90))
    group = bpy.data.collections.new("Group")
    group.objects.link(figure)
    path = str(tmp_path / "library.blend")
    bpy.data.libraries.write(path, {group})
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    with bpy.data.libraries.load(path, link=True) as (source, wanted):
        wanted.collections = source.collections
    made = wanted.collections[0].override_hierarchy_create(
        bpy.context.scene, bpy.context.view_layer
    )
    figure = made.objects[0]
    assert deps.moving(bpy.context.scene, [figure]).played.span == (1, 400)
    figure.animation_data.action = None
    inputs.raise_arm(figure, (1, 0), (24, -90))
    assert deps.moving(bpy.context.scene, [figure]).played.span == (1, 24)


def test_a_large_scene_takes_no_time(scene, deps):
    """Two thousand objects and a rig of which 200 bones are keyed in 100 frames."""
    mesh = scene.objects["Cube"].data
    for i in range(2000):
        inputs.link(f"thing {i}", mesh)
    rows = [(f"bone.{i:03d}", None, (i, 0, 0), (i, 0, 1)) for i in range(200)]
    rig = inputs.armature("Rig", rows)
    rig.animation_data_create()
    rig.animation_data.action = action = bpy.data.actions.new("Mocap")
    for bone in rig.pose.bones:
        for index in range(3):
            curve = action.fcurve_ensure_for_datablock(
                rig, f'pose.bones["{bone.name}"].rotation_euler', index=index
            )
            curve.keyframe_points.add(100)
            flat = [value for frame in range(100) for value in (frame, frame % 7)]
            curve.keyframe_points.foreach_set("co", flat)
    bpy.context.view_layer.update()
    began = time.perf_counter()
    assert deps.moving(scene, [rig]).played.span == (0, 99)
    assert time.perf_counter() - began < 1  # 0.1 s on two busy cores
