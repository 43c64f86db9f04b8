"""A figure that goes out of Blender and comes back by its importers looks as it did."""

from __future__ import annotations

import math

import bpy
import numpy as np
import pytest

from tests.blender.sketch import inputs


def _skinned(scene):
    """The starter figure with a mesh on every bone, which exporters need."""
    rig = inputs.raise_arm(inputs.person(), (1, 0), (24, 80))
    bones = rig.data.bones
    corners = [(0, 0, 0), (0.02, 0, 0), (0, 0.02, 0)]
    mesh = bpy.data.meshes.new("Body")
    mesh.from_pydata(
        [tuple(np.add(bone.head_local, corner)) for bone in bones for corner in corners],
        [],
        [(3 * i, 3 * i + 1, 3 * i + 2) for i in range(len(bones))],
    )
    body = inputs.link("Body", mesh)
    for i, bone in enumerate(bones):
        body.vertex_groups.new(name=bone.name).add([3 * i, 3 * i + 1, 3 * i + 2], 1, "ADD")
    body.parent = rig
    body.modifiers.new("Rig", "ARMATURE").object = rig
    for name in ("Cube", "Light"):
        bpy.data.objects.remove(scene.objects[name])
    return rig


def _export_gltf(path):
    bpy.ops.export_scene.gltf(filepath=path)


def _export_fbx(path):
    bpy.ops.export_scene.fbx(filepath=path, primary_bone_axis="X", secondary_bone_axis="Z")


ROUNDS = {
    "gltf": (_export_gltf, lambda path: bpy.ops.import_scene.gltf(filepath=path)),
    "gltf as it is": (
        _export_gltf,
        lambda path: bpy.ops.import_scene.gltf(filepath=path, bone_heuristic="BLENDER"),
    ),
    "fbx": (_export_fbx, lambda path: bpy.ops.wm.fbx_import(filepath=path)),
    "fbx by the add-on": (_export_fbx, lambda path: bpy.ops.import_scene.fbx(filepath=path)),
}


def _level(scene):
    scene.camera.location, scene.camera.rotation_euler = (0, -5, 1), (math.pi / 2, 0, 0)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Blender's own FBX add-on
@pytest.mark.parametrize("kind", ROUNDS)
def test_a_figure_that_was_imported(scene, ext, tmp_path, kind):
    leave, enter = ROUNDS[kind]
    for name in ("io_scene_gltf2", "io_scene_fbx"):
        bpy.ops.preferences.addon_enable(module=name)
    poses_from_scene = ext("blender.sketch.capture").poses_from_scene
    rig = inputs.active(_skinned(scene))
    _level(scene)
    bpy.context.view_layer.update()
    names = [bone.name for bone in rig.data.bones]
    first = poses_from_scene(bpy.context, "ARMATURE", 1, 24, 5, (64, 64))
    path = str(tmp_path / ("figure.glb" if "gltf" in kind else "figure.fbx"))
    leave(path)
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    scene = bpy.context.scene
    for name in ("Cube", "Light"):
        bpy.data.objects.remove(scene.objects[name])
    enter(path)
    _level(scene)
    rig = inputs.active(next(ob for ob in scene.objects if ob.type == "ARMATURE"))
    bpy.context.view_layer.update()
    plan = ext("blender.sketch.skeletons").plan_of(rig)
    assert [rig.data.bones[i].name for i in plan.bones] == names, "no bone of the importer's own"
    assert ext("blender.sketch.sources").frame_span(bpy.context) == (1, 24)
    again = poses_from_scene(bpy.context, "ARMATURE", 1, 24, 5, (64, 64))
    assert again.parts[: len(names)] == first.parts[: len(names)]
    apart = np.linalg.norm(again.joints - first.joints, axis=-1).max(0).reshape(-1, 3)
    ends = {"head", "hand.L", "hand.R", "foot.L", "foot.R"}  # which no importer can know
    for name, (head, tail, _) in zip(names, apart, strict=True):
        assert head < 0.01, name
        assert name in ends or tail < 0.06, name
