"""Scenes as other people build them, each made by a few lines: who moves, by what, and when.

Every function adds to the factory scene with a level camera, makes what it has added active, and
gives an Input: the frames in which it moves, known by how it was made and not by asking the add-on.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Quaternion, Vector

from mti_addon.motion import encode_png
from mti_addon.motion.starters.figure import stick_figure


@dataclass(frozen=True)
class Input:
    """What is to be captured, and what is to come of it."""

    span: tuple[int, int] | None
    """When it moves; None: it cannot be captured as it is."""
    source: str = "ARMATURE"
    says: str = ""
    """A part of what is told: the reason for None, else a note."""
    person: bool = False
    """It is a whole person: a head, two arms, two legs, each in its colour."""


INPUTS: dict[str, Callable[[Any], Input]] = {}


def made(build: Callable[[Any], Input]) -> Callable[[Any], Input]:
    """Enter it into INPUTS."""
    INPUTS[build.__name__] = build
    return build


# Pieces


def active(thing: Any) -> Any:
    """Make it the active object."""
    bpy.context.view_layer.objects.active = thing
    return thing


def link(name: str, data: Any = None) -> Any:
    """A new object in the scene."""
    thing = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def key(owner: Any, path: str, *keys: tuple[float, Any], index: int = -1) -> Any:
    """Key values (frame, value) of a property, with straight lines between them."""
    for frame, value in keys:
        if index >= 0:
            getattr(owner, path)[index] = value
        else:
            setattr(owner, path, value)
        owner.keyframe_insert(path, index=index, frame=frame)
    return owner


def armature(name: str, rows: list[Any], world: Any = None) -> Any:
    """An armature of rows (name, parent, head, tail) or (..., deform)."""
    data = bpy.data.armatures.new(name)
    rig = active(link(name, data))
    bpy.ops.object.mode_set(mode="EDIT")
    for bone_name, parent, head, tail, *deforms in rows:
        bone = data.edit_bones.new(bone_name)
        bone.head, bone.tail = head, tail
        bone.use_deform = deforms[0] if deforms else True
        if parent:
            bone.parent = data.edit_bones[parent]
    bpy.ops.object.mode_set(mode="OBJECT")
    for bone in rig.pose.bones:
        bone.rotation_mode = "XYZ"
    if world is not None:
        rig.matrix_world = world
    return rig


def person(name: str = "Rig", names: dict[str, str] | None = None) -> Any:
    """The starter figure's bones, with other names."""
    names = names or {}
    return armature(
        name,
        [(names.get(n, n), names.get(p, p) if p else None, h, t) for n, p, h, t in stick_figure()],
    )


def raise_arm(rig: Any, *keys: tuple[float, float], bone: str = "upper_arm.R") -> Any:
    """Key an arm's turn, degrees at frames."""
    at = rig.pose.bones[bone]
    for frame, degrees in keys:
        at.rotation_euler[2] = math.radians(degrees)
        at.keyframe_insert("rotation_euler", index=2, frame=frame)
    return rig


def strip(owner: Any, action: Any, start: int, name: str = "strip") -> Any:
    """The action as a strip on a track of its own, on top."""
    return owner.animation_data.nla_tracks.new().strips.new(name, start, action)


def taken(owner: Any) -> Any:
    """The owner's action, taken away from it."""
    action = owner.animation_data.action
    owner.animation_data.action = None
    return action


def path(points: list[tuple[float, float, float]]) -> Any:
    """A curve to walk along."""
    data = bpy.data.curves.new("Path", "CURVE")
    data.dimensions = "3D"
    spline = data.splines.new("POLY")
    spline.points.add(len(points) - 1)
    for point, place in zip(spline.points, points, strict=True):
        point.co = (*place, 1)
    data.use_path = True
    return link("Path", data)


def nodes(thing: Any) -> Any:
    """An empty tree of geometry nodes on an object: input, output, and a socket of each."""
    tree = bpy.data.node_groups.new("Nodes", "GeometryNodeTree")
    tree.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    tree.nodes.new("NodeGroupInput")
    tree.nodes.new("NodeGroupOutput")
    thing.modifiers.new("Nodes", "NODES").node_group = tree
    return tree


def shifting(tree: Any) -> Any:
    """A node between input and output that moves the geometry; its offset's socket."""
    shift = tree.nodes.new("GeometryNodeTransform")
    tree.links.new(tree.nodes["Group Input"].outputs[0], shift.inputs["Geometry"])
    tree.links.new(shift.outputs[0], tree.nodes["Group Output"].inputs[0])
    return shift.inputs["Translation"]


def cube() -> Any:
    """The factory scene's cube, half as large, before the camera."""
    thing = active(bpy.context.scene.objects["Cube"])
    thing.scale, thing.location = (0.5,) * 3, (0, 0, 1)
    return thing


# What moves by what it hangs on


@made
def idle_on_a_parent_that_crosses(scene: Any) -> Input:
    parent = key(link("Cart"), "location", (1, (-1, 0, 0)), (60, (1, 0, 0)))
    rig = raise_arm(person(), (1, 0), (10, -30))
    rig.parent = parent
    return Input((1, 60))


@made
def a_rig_whose_parent_alone_is_keyed(scene: Any) -> Input:
    person().parent = key(link("Cart"), "location", (11, (-1, 0, 0)), (40, (1, 0, 0)))
    return Input((11, 40))


@made
def a_deform_rig_that_copies_a_control_rig(scene: Any) -> Input:
    control = raise_arm(person("Control"), (5, 0), (34, -80))
    deform = person("Deform")
    for bone in deform.pose.bones:
        copy = bone.constraints.new("COPY_TRANSFORMS")
        copy.target, copy.subtarget = control, bone.name
    return Input((5, 34))


@made
def an_ik_target_of_its_own(scene: Any) -> Input:
    rig = person()
    target = link("Target")
    key(target, "location", (3, (-0.6, -0.2, 0.9)), (28, (-0.4, -0.2, 1.7)))
    ik = rig.pose.bones["forearm.R"].constraints.new("IK")
    ik.target, ik.chain_count = target, 2
    return Input((3, 28))


@made
def a_bone_that_stretches_to_a_target(scene: Any) -> Input:
    rig = person()
    target = key(link("Target"), "location", (1, (-0.6, 0, 0.9)), (20, (-0.9, 0, 1.9)))
    rig.pose.bones["forearm.R"].constraints.new("STRETCH_TO").target = target
    return Input((1, 20))


@made
def a_bone_driven_by_a_property_of_another_object(scene: Any) -> Input:
    rig, dial = person(), link("Dial")
    dial["turn"] = 0.0
    key_id(dial, "turn", (1, 0.0), (40, 1.5))
    curve = rig.pose.bones["upper_arm.R"].driver_add("rotation_euler", 2)
    variable = curve.driver.variables.new()
    variable.name = "turn"
    variable.targets[0].id, variable.targets[0].data_path = dial, '["turn"]'
    curve.driver.expression = "-turn"
    return Input((1, 40))


def key_id(owner: Any, name: str, *keys: tuple[float, float]) -> None:
    """Key a custom property."""
    for frame, value in keys:
        owner[name] = value
        owner.keyframe_insert(f'["{name}"]', frame=frame)


@made
def a_bone_driven_by_the_frame(scene: Any) -> Input:
    scene.frame_end = 30
    curve = person().pose.bones["upper_arm.R"].driver_add("rotation_euler", 2)
    curve.driver.expression = "-frame / 20"
    return Input((1, 30))


@made
def a_bone_driven_by_the_scenes_own_clock(scene: Any) -> Input:
    scene.frame_end = 30
    curve = person().pose.bones["upper_arm.R"].driver_add("rotation_euler", 2)
    variable = curve.driver.variables.new()
    variable.targets[0].id_type, variable.targets[0].id = "SCENE", scene
    variable.targets[0].data_path = "frame_current"
    curve.driver.expression = f"-{variable.name} / 20"
    return Input((1, 30))


@made
def a_prop_in_a_hand(scene: Any) -> Input:
    rig, prop = raise_arm(person(), (1, 0), (25, -90)), cube()
    prop.scale = (0.2,) * 3
    prop.parent, prop.parent_type, prop.parent_bone = rig, "BONE", "hand.R"
    active(prop)
    return Input((1, 25), "OBJECT")


@made
def a_prop_that_is_picked_up(scene: Any) -> Input:
    """Its constraint is switched on at frame 10; the hand goes on until 40."""
    hand = key(link("Hand"), "location", (1, (0, 0, 1)), (40, (1.2, 0, 1.5)))
    prop = cube()
    hold = prop.constraints.new("CHILD_OF")
    hold.target = hand
    hold.influence = 0
    for frame, influence in ((9, 0), (10, 1)):
        hold.influence = influence
        hold.keyframe_insert("influence", frame=frame)
    return Input((9, 40), "OBJECT")


@made
def a_thing_on_a_path(scene: Any) -> Input:
    track = path([(-1.5, 0, 1), (1.5, 0, 1)])
    thing = cube()
    thing.location = (0, 0, 0)
    follow = thing.constraints.new("FOLLOW_PATH")
    follow.target = track
    bpy.ops.constraint.followpath_path_animate(
        constraint=follow.name, owner="OBJECT", frame_start=1, length=60
    )
    return Input((1, 61), "OBJECT")


@made
def a_path_with_a_keyed_time(scene: Any) -> Input:
    track = path([(-1.5, 0, 1), (1.5, 0, 1)])
    key(track.data, "eval_time", (20, 0.0), (50, 100.0))
    thing = cube()
    thing.location = (0, 0, 0)
    thing.constraints.new("FOLLOW_PATH").target = track
    return Input((20, 50), "OBJECT")


@made
def a_thing_that_follows_a_vertex_of_a_shape(scene: Any) -> Input:
    face = link("Face", scene.objects["Cube"].data.copy())
    shape(face, (1, 0.0), (36, 1.0))
    thing = link("Mark")
    thing.empty_display_size = 0.3
    follow = thing.constraints.new("COPY_LOCATION")
    follow.target, follow.subtarget = face, "corner"
    face.vertex_groups.new(name="corner").add([0], 1, "ADD")
    active(thing)
    return Input((1, 36), "OBJECT")


def shape(thing: Any, *keys: tuple[float, float]) -> None:
    """A shape in which everything is two metres higher, keyed."""
    thing.shape_key_add(name="Basis")
    up = thing.shape_key_add(name="Up")
    for point in up.data:
        point.co.z += 2
    for frame, value in keys:
        up.value = value
        up.keyframe_insert("value", frame=frame)


# What changes its shape


@made
def a_shape_key(scene: Any) -> Input:
    shape(cube(), (8, 0.0), (30, 1.0))
    return Input((8, 30), "OBJECT")


@made
def a_lattice_with_shapes(scene: Any) -> Input:
    thing, cage = cube(), link("Cage", bpy.data.lattices.new("Cage"))
    cage.scale, cage.location = (3, 3, 3), (0, 0, 1)
    shape(cage, (1, 0.0), (18, 0.3))
    thing.modifiers.new("Cage", "LATTICE").object = cage
    active(thing)
    return Input((1, 18), "OBJECT")


@made
def a_hook_on_a_keyed_empty(scene: Any) -> Input:
    thing = cube()
    hook = link("Hook")
    bpy.context.view_layer.update()
    modifier = thing.modifiers.new("Hook", "HOOK")
    modifier.object = hook
    modifier.vertex_indices_set([0, 1, 2, 3])
    key(hook, "location", (1, (0, 0, 0)), (22, (1, 0, 1)))
    active(thing)
    return Input((1, 22), "OBJECT")


@made
def geometry_nodes_with_a_keyed_value(scene: Any) -> Input:
    thing = cube()
    tree = nodes(thing)
    offset = shifting(tree)
    for frame, x in ((1, -1.5), (33, 1.5)):
        offset.default_value[0] = x
        offset.keyframe_insert("default_value", index=0, frame=frame)
    return Input((1, 33), "OBJECT")


@made
def geometry_nodes_with_the_scenes_time(scene: Any) -> Input:
    scene.frame_end = 30
    thing = cube()
    tree = nodes(thing)
    offset = shifting(tree)
    clock = tree.nodes.new("GeometryNodeInputSceneTime")
    tree.links.new(clock.outputs["Seconds"], offset)
    return Input((1, 30), "OBJECT")


@made
def geometry_nodes_that_look_at_a_keyed_object(scene: Any) -> Input:
    lead = key(link("Lead"), "location", (1, (-1, 0, 0)), (27, (1, 0, 1)))
    thing = cube()
    tree = nodes(thing)
    offset = shifting(tree)
    info = tree.nodes.new("GeometryNodeObjectInfo")
    info.inputs["Object"].default_value = lead
    tree.links.new(info.outputs["Location"], offset)
    active(thing)
    return Input((1, 27), "OBJECT")


@made
def a_simulation_of_nodes(scene: Any) -> Input:
    """In every frame it is moved on from where it was: by jumps it would be slow."""
    scene.frame_end = 24
    thing = cube()
    tree = nodes(thing)
    begin = tree.nodes.new("GeometryNodeSimulationInput")
    end = tree.nodes.new("GeometryNodeSimulationOutput")
    begin.pair_with_output(end)
    shift = tree.nodes.new("GeometryNodeTransform")
    shift.inputs["Translation"].default_value = (0.1, 0, 0)
    into, out = tree.nodes["Group Input"], tree.nodes["Group Output"]
    for left, right in ((into, begin), (begin, shift), (shift, end), (end, out)):
        tree.links.new(left.outputs["Geometry"], right.inputs["Geometry"])
    return Input((1, 24), "OBJECT")


@made
def an_armature_that_bends_a_mesh(scene: Any) -> Input:
    rig = raise_arm(person(), (1, 0), (26, -90))
    mesh = bpy.data.meshes.new("Body")
    mesh.from_pydata([(0, 0, 0), (-0.6, 0.0, 1.4), (-0.9, 0.2, 1.2)], [], [(0, 1, 2)])
    body = link("Body", mesh)
    body.vertex_groups.new(name="upper_arm.R").add([1, 2], 1, "ADD")
    body.modifiers.new("Rig", "ARMATURE").object = rig
    active(body)
    return Input((1, 26), "OBJECT")


@made
def growing_text(scene: Any) -> Input:
    data = bpy.data.curves.new("Text", "FONT")
    data.body = "Hallo"
    thing = link("Text", data)
    thing.rotation_euler.x = math.pi / 2
    key(data, "size", (1, 0.3), (19, 0.9))
    active(thing)
    return Input((1, 19), "OBJECT")


@made
def a_ball_of_meta(scene: Any) -> Input:
    data = bpy.data.metaballs.new("Meta")
    data.elements.new()
    thing = link("Meta", data)
    key(thing, "location", (1, (-1, 0, 1)), (21, (1, 0, 1)))
    active(thing)
    return Input((1, 21), "OBJECT")


@made
def hair_on_a_head_that_turns(scene: Any) -> Input:
    head = key(link("Head"), "rotation_euler", (1, (0, 0, 0)), (24, (0, 0.9, 0)))
    data = bpy.data.hair_curves.new("Hair")
    data.add_curves([4, 4])
    for i, point in enumerate(data.points):
        point.position = (0.3 * (i // 4), 0, 0.3 * (i % 4))
    hair = link("Hair", data)
    hair.parent = head
    active(hair)
    return Input((1, 24), "OBJECT")


# Cameras


@made
def a_camera_that_zooms(scene: Any) -> Input:
    key(scene.camera.data, "lens", (1, 35.0), (32, 90.0))
    return Input((1, 32), "CAMERA")


@made
def a_camera_that_tracks_a_target(scene: Any) -> Input:
    target = key(link("Target"), "location", (6, (-1, 0, 1)), (44, (1, 0, 1.4)))
    track = scene.camera.constraints.new("TRACK_TO")
    track.target, track.track_axis, track.up_axis = target, "TRACK_NEGATIVE_Z", "UP_Y"
    return Input((6, 44), "CAMERA")


@made
def a_camera_on_a_dolly_on_a_path(scene: Any) -> Input:
    track = path([(-2, -7, 1), (2, -7, 1)])
    key(track.data, "eval_time", (1, 0.0), (50, 100.0))
    dolly = link("Dolly")
    dolly.constraints.new("FOLLOW_PATH").target = track
    scene.camera.location = (0, 0, 0)
    scene.camera.parent = dolly
    look = scene.camera.constraints.new("TRACK_TO")
    look.target, look.track_axis, look.up_axis = cube(), "TRACK_NEGATIVE_Z", "UP_Y"
    return Input((1, 50), "CAMERA")


@made
def a_camera_that_a_script_moves(scene: Any) -> Input:
    def moved(scene: Any, *_: Any) -> None:
        scene.camera.location.x = min(scene.frame_current_final, 30) / 10 - 1.5

    scene.frame_end = 200
    scene.camera.driver_add("location", 2).driver.expression = "1 + 0 * frame"
    bpy.app.handlers.frame_change_pre.append(moved)
    return Input((1, 30), "CAMERA")


@made
def a_camera_that_stands_before_what_moves(scene: Any) -> Input:
    key(cube(), "location", (1, (-1, 0, 1)), (23, (1, 0, 1)))
    return Input((1, 23), "CAMERA")


@made
def a_still_figure_before_a_moving_camera(scene: Any) -> Input:
    person()
    key(scene.camera, "location", (1, (-1, -7, 1)), (29, (1, -7, 1)))
    return Input((1, 29))


@made
def a_light_as_the_scenes_camera(scene: Any) -> Input:
    lamp = scene.objects["Light"]
    lamp.data.type = "SPOT"
    lamp.location, lamp.rotation_euler = (0, -7, 1), (math.pi / 2, 0, 0)
    key(lamp, "location", (1, (-1, -7, 1)), (24, (1, -7, 1)))
    scene.camera = lamp
    return Input((1, 24), "CAMERA")


@made
def an_empty_as_the_scenes_camera(scene: Any) -> Input:
    eye = link("Eye")
    eye.location, eye.rotation_euler = (0, -7, 1), (math.pi / 2, 0, 0)
    scene.camera = eye
    raise_arm(person(), (1, 0), (24, -90))
    return Input((1, 24))


@made
def a_thing_that_follows_a_tracked_point(scene: Any) -> Input:
    """A movie clip from frame 11 on, of 20 pictures, with a marker that crosses it."""
    folder = Path(bpy.app.tempdir)
    for i in range(20):
        (folder / f"clip_{i:03d}.png").write_bytes(encode_png(np.zeros((48, 64, 3), np.uint8)))
    clip = bpy.data.movieclips.load(str(folder / "clip_000.png"))
    clip.frame_start = 11
    track = clip.tracking.tracks.new(name="Track", frame=1)
    for frame in range(1, 21):
        track.markers.insert_frame(frame, co=(0.1 + 0.04 * frame, 0.5))
    thing = cube()
    follow = thing.constraints.new("FOLLOW_TRACK")
    follow.use_active_clip, follow.clip, follow.track = False, clip, "Track"
    follow.use_3d_position, follow.camera = False, scene.camera
    return Input((11, 30), "OBJECT")


@made
def negative_and_broken_frames(scene: Any) -> Input:
    raise_arm(person(), (-50.5, 0), (-10.25, -90))
    return Input((-51, -10))


# Actions, slots, and the NLA


@made
def keys_that_are_held_for_long(scene: Any) -> Input:
    raise_arm(person(), (1, 0), (30, -90), (250, -90))
    return Input((1, 30))


@made
def an_action_shared_by_two(scene: Any) -> Input:
    """Each has a slot of its own; that of the other is the longer one."""
    rig = raise_arm(person(), (1, 0), (48, -90))
    action = rig.animation_data.action
    other = raise_arm(person("Other"), (1, 0), (400, -90))
    curves = [
        (c.data_path, c.array_index, [tuple(p.co) for p in c.keyframe_points])
        for c in other.animation_data.action.layers[0]
        .strips[0]
        .channelbag(other.animation_data.action_slot)
        .fcurves
    ]
    other.animation_data.action = action
    other.animation_data.action_slot = action.slots.new("OBJECT", "Other")
    for data_path, index, points in curves:
        curve = action.fcurve_ensure_for_datablock(other, data_path, index=index)
        for point in points:
            curve.keyframe_points.insert(*point)
    active(rig)
    return Input((1, 48))


@made
def an_action_without_a_slot(scene: Any) -> Input:
    action = taken(raise_arm(person("Other"), (1, 0), (48, -90)))
    rig = person("Rig")
    rig.animation_data_create().action = action
    rig.animation_data.action_slot = None
    return Input(None, says="does not use any of its slots")


@made
def a_control_rig_whose_action_has_no_slot(scene: Any) -> Input:
    """The cart moves, the arm does not: that is told, by the control rig's name."""
    action = taken(raise_arm(person("Other"), (1, 0), (48, -90)))
    control, deform = person("Control"), person("Deform")
    control.animation_data_create().action = action
    control.animation_data.action_slot = None
    for bone in deform.pose.bones:
        copy = bone.constraints.new("COPY_ROTATION")
        copy.target, copy.subtarget = control, bone.name
    deform.parent = key(link("Cart"), "location", (1, (-1, 0, 0)), (20, (1, 0, 0)))
    return Input((1, 20), says="Control does not use any of its slots")


@made
def an_action_of_another_rigs_bones(scene: Any) -> Input:
    """One arm is keyed to 20; curves of bones that are not there go on to 300."""
    rig = raise_arm(person(), (1, 0), (20, -90))
    action = rig.animation_data.action
    stray = action.fcurve_ensure_for_datablock(rig, 'pose.bones["tail"].location', index=0)
    for frame, value in ((1, 0), (300, 5)):
        stray.keyframe_points.insert(frame, value)
    return Input((1, 20))


@made
def a_strip_that_is_edited_in_tweak_mode(scene: Any) -> Input:
    rig = raise_arm(person(), (1, 0), (48, -90))
    made = strip(rig, taken(rig), 101)
    tweak(rig, made)
    return Input((101, 148))


def tweak(rig: Any, which: Any) -> None:
    """Enter the tweak mode of a strip."""
    data = rig.animation_data
    for track in data.nla_tracks:
        track.select = False
        for other in track.strips:
            other.select = other == which
            if other == which:
                data.nla_tracks.active = track
                track.select = True
    data.use_tweak_mode = True
    assert data.use_tweak_mode


@made
def a_strip_in_tweak_mode_below_another(scene: Any) -> Input:
    rig = raise_arm(person(), (1, 0), (30, -90))
    low = strip(rig, taken(rig), 51)
    raise_arm(rig, (1, 0), (20, -60), bone="upper_arm.L")
    strip(rig, taken(rig), 200)
    tweak(rig, low)
    return Input((51, 80))


@made
def a_short_layer_above_a_long_strip(scene: Any) -> Input:
    rig = raise_arm(person(), (1, 0), (90, -90))
    strip(rig, taken(rig), 1)
    raise_arm(rig, (1, 0), (10, -60), bone="upper_arm.L")
    return Input((1, 90))


@made
def a_solo_track(scene: Any) -> Input:
    rig = raise_arm(person(), (1, 0), (90, -90))
    strip(rig, taken(rig), 1)
    raise_arm(rig, (1, 0), (20, -60), bone="upper_arm.L")
    strip(rig, taken(rig), 11)
    rig.animation_data.nla_tracks[1].is_solo = True
    return Input((11, 30))


@made
def a_muted_strip_and_a_muted_track(scene: Any) -> Input:
    rig = raise_arm(person(), (1, 0), (30, -90))
    action = taken(rig)
    strip(rig, action, 1)
    strip(rig, action, 100).mute = True
    strip(rig, action, 200)
    rig.animation_data.nla_tracks[2].mute = True
    return Input((1, 30))


@made
def a_strip_that_is_scaled_and_reversed(scene: Any) -> Input:
    """Of its frames 1 to 61 the arm moves in 1 to 21: reversed in the last third."""
    rig = raise_arm(person(), (1, 0), (21, -90), (61, -90))
    made = strip(rig, taken(rig), 101)
    made.scale = 2
    made.use_reverse = True
    return Input((181, 221))


@made
def a_strip_that_is_repeated(scene: Any) -> Input:
    rig = raise_arm(person(), (1, 0), (11, -90), (21, 0))
    strip(rig, taken(rig), 31).repeat = 2
    return Input((31, 71))


@made
def a_muted_channel(scene: Any) -> Input:
    rig = raise_arm(person(), (1, 0), (30, -90))
    raise_arm(rig, (1, 0), (200, -90), bone="upper_arm.L")
    for curve in rig.animation_data.action.layers[0].strips[0].channelbags[0].fcurves:
        curve.mute = "upper_arm.L" in curve.data_path
    return Input((1, 30))


@made
def a_walk_that_repeats_itself_on_a_cart(scene: Any) -> Input:
    rig = raise_arm(person(), (1, 0), (12, -60), (24, 0))
    for curve in rig.animation_data.action.layers[0].strips[0].channelbags[0].fcurves:
        curve.modifiers.new("CYCLES")
    rig.parent = key(link("Cart"), "location", (1, (-1, 0, 0)), (48, (1, 0, 0)))
    return Input((1, 48))


@made
def a_starter_walk_whose_figure_is_keyed_across(scene: Any) -> Input:
    """All in one action, whose range is that of one walk."""
    bpy.ops.mti.add_stick_figure(motion="WALK", facing="FRONT")
    key(bpy.context.object, "location", (1, (-1, 0, 0)), (100, (1, 0, 0)))
    return Input((1, 100))


@made
def a_starter_wave_with_later_keys(scene: Any) -> Input:
    bpy.ops.mti.add_stick_figure(motion="WAVE")
    raise_arm(bpy.context.object, (49, 0), (80, 60), bone="upper_arm.L")
    return Input((1, 80))


@made
def a_range_that_an_action_is_given(scene: Any) -> Input:
    rig = raise_arm(person(), (1, 0), (200, -90))
    action = rig.animation_data.action
    action.use_frame_range, action.frame_start, action.frame_end = True, 20, 60
    return Input((20, 60))


@made
def noise_on_a_channel(scene: Any) -> Input:
    scene.frame_end = 40
    rig = raise_arm(person(), (1, 0))
    for curve in rig.animation_data.action.layers[0].strips[0].channelbags[0].fcurves:
        noise = curve.modifiers.new("NOISE")
        noise.strength, noise.scale = 2, 10
    return Input((1, 40))


@made
def a_constraint_without_influence(scene: Any) -> Input:
    """It depends on something that moves until 300, but is not moved by it."""
    rig = raise_arm(person(), (1, 0), (30, -90))
    lead = key(link("Lead"), "location", (1, (0, 0, 0)), (300, (3, 0, 0)))
    copy = rig.constraints.new("COPY_LOCATION")
    copy.target, copy.influence = lead, 0
    return Input((1, 30))


@made
def a_handler_of_another_add_on(scene: Any) -> Input:
    """Nothing is keyed: a script moves the arm, until frame 40."""
    person()

    def moved(scene: Any, *_: Any) -> None:
        bone = bpy.data.objects["Rig"].pose.bones["upper_arm.R"]
        bone.rotation_euler[2] = -min(scene.frame_current_final, 40) / 25

    scene.frame_end = 200
    bpy.app.handlers.frame_change_pre.append(moved)
    return Input((1, 40))


@made
def stretched_time(scene: Any) -> Input:
    """Output > Time Stretching: every frame lasts twice as long."""
    scene.render.frame_map_old, scene.render.frame_map_new = 100, 200
    raise_arm(person(), (1, 0), (30, -90))
    return Input((2, 60))


# Physics


def falling() -> Any:
    """A rigid body that falls two metres to the floor, in about 18 frames."""
    bpy.ops.mesh.primitive_plane_add(size=20)
    bpy.ops.rigidbody.object_add(type="PASSIVE")
    thing = active(cube())
    thing.location.z = 2.6
    bpy.ops.rigidbody.object_add(type="ACTIVE")
    bpy.context.scene.camera.data.lens = 35
    return thing


@made
def a_fall_that_was_never_played(scene: Any) -> Input:
    falling()
    return Input(None, "OBJECT", "physics that were never played")


@made
def a_fall_that_was_played_in_part(scene: Any) -> Input:
    falling()
    for frame in range(1, 9):
        scene.frame_set(frame)
    return Input(None, "OBJECT", "up to frame 8,")


@made
def a_fall_before_a_camera(scene: Any) -> Input:
    falling()
    for frame in range(1, 9):
        scene.frame_set(frame)
    return Input((1, 250), "CAMERA", "up to frame 8,")


@made
def a_rig_that_hangs_on_a_falling_thing(scene: Any) -> Input:
    thing = falling()
    person().parent = thing
    return Input(None, says="physics that were never played")


@made
def cloth_that_was_baked(scene: Any) -> Input:
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=4, y_subdivisions=4, size=1)
    thing = bpy.context.object
    thing.location.z = 1.5
    cache = thing.modifiers.new("Cloth", "CLOTH").point_cache
    cache.frame_end = 12
    with bpy.context.temp_override(point_cache=cache):
        bpy.ops.ptcache.bake(bake=True)
    scene.camera.data.lens = 35
    return Input((1, 12), "OBJECT")


def particles(thing: Any, last: int = 20) -> Any:
    """Particles that fall from a thing, from frame 1 to `last`; their settings."""
    thing.modifiers.new("Particles", "PARTICLE_SYSTEM")
    settings = thing.particle_systems[0].settings
    settings.count, settings.frame_start, settings.frame_end = 20, 1, 2
    settings.lifetime = last - 2
    return settings


def played(scene: Any, last: int) -> None:
    """Every frame is shown once."""
    for frame in range(1, last + 1):
        scene.frame_set(frame)


@made
def a_thing_of_which_only_particles_move(scene: Any) -> Input:
    particles(cube())
    return Input(None, "OBJECT", "itself does not move, and its particles, smoke or paint")


@made
def particles_on_a_keyed_thing(scene: Any) -> Input:
    particles(key(cube(), "location", (1, (-1, 0, 1)), (30, (1, 0, 1))), 200)
    return Input((1, 30), "OBJECT")


@made
def an_explosion_that_was_never_played(scene: Any) -> Input:
    thing = cube()
    particles(thing)
    thing.modifiers.new("Burst", "EXPLODE")
    return Input(None, "OBJECT", "physics that were never played")


@made
def an_explosion_that_was_played(scene: Any) -> Input:
    thing = cube()
    particles(thing)
    thing.modifiers.new("Burst", "EXPLODE")
    scene.camera.location.y = -14
    played(scene, 20)
    return Input((1, 20), "OBJECT")


@made
def particles_before_a_camera(scene: Any) -> Input:
    thing = cube()
    settings = particles(thing)
    settings.render_type, settings.particle_size = "OBJECT", 0.3
    settings.instance_object = link("Drop", thing.data.copy())
    played(scene, 8)
    return Input((1, 20), "CAMERA", "up to frame 8, not to 20")


@made
def particles_before_a_camera_of_which_nothing_was_played(scene: Any) -> Input:
    thing = cube()
    settings = particles(thing)
    settings.render_type, settings.particle_size = "OBJECT", 0.3
    settings.instance_object = link("Drop", thing.data.copy())
    key(scene.camera, "location", (1, (0, -7, 1)), (20, (1, -7, 1)))
    return Input((1, 20), "CAMERA", "physics that were never played")


@made
def particles_without_physics_before_a_camera(scene: Any) -> Input:
    """They come and go as their settings say: nothing has to be played."""
    thing = cube()
    settings = particles(thing)
    settings.physics_type, settings.render_type = "NO", "OBJECT"
    settings.particle_size, settings.instance_object = 0.6, link("Drop", thing.data.copy())
    settings.frame_end = 20
    return Input((1, 38), "CAMERA")


@made
def waves_on_water_that_were_never_kept(scene: Any) -> Input:
    """Of Dynamic Paint, which keeps frames only beside a .blend file."""
    water(scene)
    return Input(None, "OBJECT", "Save the file")


def water(scene: Any) -> Any:
    """A grid with waves around a thing that dips into it."""
    bpy.ops.mesh.primitive_cube_add(size=0.5)
    brush = bpy.context.object
    brush.modifiers.new("Brush", "DYNAMIC_PAINT").ui_type = "BRUSH"
    bpy.ops.dpaint.type_toggle(type="BRUSH")
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=12, y_subdivisions=12, size=3)
    grid = bpy.context.object
    canvas = grid.modifiers.new("Canvas", "DYNAMIC_PAINT")
    bpy.ops.dpaint.type_toggle(type="CANVAS")
    surface = canvas.canvas_settings.canvas_surfaces[0]
    surface.surface_type = "WAVE"
    surface.frame_start, surface.frame_end = 1, 20
    surface.point_cache.frame_end = 20
    key(brush, "location", (1, (-1, 0, 0.5)), (10, (0, 0, -0.2)), (20, (1, 0, 0.5)))
    return active(grid)


# Other sizes and other places


@made
def a_giant(scene: Any) -> Input:
    rig = raise_arm(person(), (1, 0), (24, -90))
    rig.scale = (100,) * 3
    scene.camera.location, scene.camera.data.clip_end = (0, -700, 100), 5000
    return Input((1, 24))


@made
def a_dwarf(scene: Any) -> Input:
    rig = raise_arm(person(), (1, 0), (24, -90))
    rig.scale = (0.01,) * 3
    scene.camera.location, scene.camera.data.clip_start = (0, -0.07, 0.01), 1e-4
    return Input((1, 24))


@made
def a_mirrored_rig(scene: Any) -> Input:
    rig = person()
    rig.scale.x = -1
    bpy.context.view_layer.update()
    return replace(swing(rig, "upper_arm.R"), person=True)


@made
def a_rig_with_six_hundred_face_bones(scene: Any) -> Input:
    rows = [(n, p, h, t) for n, p, h, t in stick_figure()]
    for i in range(600):
        at = (0.1 * math.cos(i), -0.1, 1.6 + 0.1 * math.sin(i))
        rows.append((f"face_lip.{i:03d}", "head", at, (at[0], -0.11, at[2])))
    return swing(armature("Face", rows), "upper_arm.R")


@made
def a_figure_a_hundred_kilometres_away(scene: Any) -> Input:
    rig = person()
    rig.location.x = scene.camera.location.x = 100_000
    bpy.context.view_layer.update()
    return replace(swing(rig, "upper_arm.R"), person=False)


@made
def a_figure_in_parallel_projection(scene: Any) -> Input:
    scene.camera.data.type, scene.camera.data.ortho_scale = "ORTHO", 4
    return swing(person(), "upper_arm.R")


@made
def an_imported_animation_in_alembic(scene: Any) -> Input:
    """No key at all: a file tells where it is, and nothing tells until when it moves."""
    thing = key(cube(), "location", (1, (-1, 0, 1)), (30, (1, 0, 1)))
    for other in scene.objects:
        other.select_set(other == thing)
    file = str(Path(bpy.app.tempdir) / "thing.abc")
    kwargs: dict[str, Any] = {"filepath": file, "as_background_job": False}
    bpy.ops.wm.alembic_export(start=1, end=40, selected=True, **kwargs)
    bpy.data.objects.remove(thing)
    bpy.ops.wm.alembic_import(**kwargs)
    scene.frame_end = 250
    active(next(ob for ob in scene.objects if ob.type == "MESH"))
    return Input((1, 30), "OBJECT")


@made
def an_action_constraint_with_a_keyed_target(scene: Any) -> Input:
    rig = raise_arm(person(), (1, 0), (100, -90))
    pose = taken(rig)
    dial = key(link("Dial"), "location", (5, (0, 0, 0)), (25, (1, 0, 0)))
    limit = rig.pose.bones["upper_arm.R"].constraints.new("ACTION")
    limit.target, limit.action, limit.transform_channel = dial, pose, "LOCATION_X"
    limit.min, limit.max, limit.frame_start, limit.frame_end = 0, 1, 1, 100
    active(rig)
    return Input((5, 25))


@made
def a_hand_of_which_only_the_fingers_move(scene: Any) -> Input:
    rows = [(n, p, h, t) for n, p, h, t in stick_figure()]
    rows.append(("f_index.R", "hand.R", (-0.31, 0, 0.76), (-0.33, 0, 0.7)))
    rig = armature("Hand", rows)
    raise_arm(rig, (1, 0), (20, 60), bone="f_index.R")
    return Input(None, says="only moves in bones that are not drawn, such as fingers")


@made
def an_instance_of_a_collection_that_walks_inside(scene: Any) -> Input:
    """The empty stands still; what it shows is keyed."""
    group = bpy.data.collections.new("Group")
    walker = scene.objects["Cube"]
    scene.collection.children[0].objects.unlink(walker)
    group.objects.link(walker)
    walker.scale = (0.3,) * 3
    key(walker, "location", (1, (-1, 0, 1)), (31, (1, 0, 1)))
    shown = link("Shown")
    shown.instance_type, shown.instance_collection = "COLLECTION", group
    active(shown)
    return Input((1, 31), "OBJECT")


# Rigs of other programs and people


def y_up() -> Matrix:
    """As importers of FBX place a figure whose height is along Y, in centimetres."""
    return Matrix.Rotation(math.pi / 2, 4, "X") @ Matrix.Scale(0.01, 4)


def in_own_space(rows: list[Any], world: Matrix) -> list[Any]:
    """The same figure for an object with another matrix."""
    back = world.inverted()
    return [(n, p, back @ Vector(h), back @ Vector(t)) for n, p, h, t in rows]


def loose(rows: list[Any], way: tuple[float, float, float]) -> list[Any]:
    """Tails that all point the same way."""
    return [(n, p, Vector(h), Vector(h) + Vector(way)) for n, p, h, _ in rows]


MIXAMO = {
    "hips": "Hips", "spine": "Spine", "chest": "Spine2", "neck": "Neck", "head": "Head",
    "shoulder": "Shoulder", "upper_arm": "Arm", "forearm": "ForeArm", "hand": "Hand",
    "thigh": "UpLeg", "shin": "Leg", "foot": "Foot",
}  # fmt: skip
UNREAL = {
    "hips": "pelvis", "spine": "spine_01", "chest": "spine_03", "neck": "neck_01", "head": "head",
    "shoulder": "clavicle", "upper_arm": "upperarm", "forearm": "lowerarm", "hand": "hand",
    "thigh": "thigh", "shin": "calf", "foot": "foot",
}  # fmt: skip
MMD = {
    "hips": "センター", "spine": "上半身", "chest": "上半身2", "neck": "首", "head": "頭",
    "shoulder": "肩", "upper_arm": "腕", "forearm": "ひじ", "hand": "手首",
    "thigh": "足", "shin": "ひざ", "foot": "足首",
}  # fmt: skip


def named(rows: list[Any], names: dict[str, str], left: str, right: str) -> list[Any]:
    """Rows of the starter figure with other names; sides as templates such as '{}_l'."""

    def name(old: str | None) -> str | None:
        if old is None:
            return None
        base, _, side = old.partition(".")
        new = names.get(base, base)
        return {"L": left, "R": right}.get(side, "{}").format(new)

    return [(name(n), name(p), *rest) for n, p, *rest in rows]


def swing(rig: Any, bone: str, last: int = 24) -> Input:
    """Lift an arm to the side, about the world's Y, as far as that is possible."""
    at = rig.pose.bones[bone]
    rest = (rig.matrix_world @ at.bone.matrix_local).to_3x3().normalized()
    axis = rest.inverted() @ Vector((0, 1, 0))
    at.rotation_mode = "QUATERNION"
    for frame, angle in ((1, 0.0), (last, 1.6)):
        at.rotation_quaternion = Quaternion(axis, angle)
        at.keyframe_insert("rotation_quaternion", frame=frame)
    return Input((1, last), person=True)


@made
def a_mixamo_figure_from_fbx(scene: Any) -> Input:
    rows = named(stick_figure(), MIXAMO, "mixamorig:Left{}", "mixamorig:Right{}")
    rows = in_own_space(loose(rows, (0, 0.02, 0)), y_up())
    ends = {"mixamorig:LeftHand": (0, 0, -8), "Head": (0, 20, 0)}
    places = {n: h for n, _, h, _ in rows}
    for name, way in ends.items():
        end = places[name] + Vector(way)
        rows.append((f"{name}_End", name, end, end + Vector((0, 1, 0))))
    rig = armature("Mixamo", rows, y_up())
    return swing(rig, "mixamorig:RightArm")


@made
def a_gltf_figure_with_metre_long_tails(scene: Any) -> Input:
    rows = loose(named(stick_figure(), MIXAMO, "Left{}", "Right{}"), (0, 1, 0))
    return swing(armature("Gltf", rows), "RightArm")


@made
def an_unreal_figure_with_its_root(scene: Any) -> Input:
    """The root lies at the origin and deforms; so do the IK bones; tails point along X."""
    rows = named(stick_figure(), UNREAL, "{}_l", "{}_r")
    rows = [(n, p or "root", h, t) for n, p, h, t in rows]
    extra = [("root", None, (0, 0, 0), (0.1, 0, 0)),
             ("ik_foot_root", "root", (0, 0, 0), (0.1, 0, 0)),
             ("ik_hand_gun", "root", (-0.3, 0, 0.8), (-0.2, 0, 0.8))]  # fmt: skip
    rows = [extra[0], *loose(rows, (0.05, 0, 0)), *extra[1:]]
    return swing(armature("Unreal", rows), "upperarm_r")


@made
def a_figure_of_mikumikudance(scene: Any) -> Input:
    """Japanese names, a mother of all on the ground, and IK bones that deform."""
    rows = named(stick_figure(), MMD, "左{}", "右{}")
    rows = [("全ての親", None, (0, 0, 0), (0, 0, 0.3)),
            *((n, p or "全ての親", h, t) for n, p, h, t in rows)]  # fmt: skip
    return swing(armature("ミク", rows), "右腕")


@made
def a_figure_of_numbered_bones(scene: Any) -> Input:
    numbers = {n: f"Bone.{i:03d}" for i, (n, *_) in enumerate(stick_figure())}
    rows = [(numbers[n], numbers.get(p), h, t) for n, p, h, t in stick_figure()]
    return swing(armature("Numbers", rows), numbers["upper_arm.R"])


@made
def a_figure_of_numbered_bones_from_fbx(scene: Any) -> Input:
    numbers = {n: f"Bone.{i:03d}" for i, (n, *_) in enumerate(stick_figure())}
    rows = [(numbers[n], numbers.get(p), h, t) for n, p, h, t in stick_figure()]
    rows = in_own_space(loose(rows, (0, 0.03, 0)), y_up())
    return swing(armature("Numbers", rows, y_up()), numbers["upper_arm.R"])


@made
def a_bendy_bone_that_only_bends(scene: Any) -> Input:
    rig = armature("Rope", [("rope", None, (0, 0, 0.2), (0, 0, 1.8))])
    rig.data.bones["rope"].bbone_segments = 8
    bone = rig.pose.bones["rope"]
    for frame, bend in ((1, 0.0), (24, 1.0)):
        bone.bbone_curveinx, bone.bbone_curveoutx = bend, bend
        bone.keyframe_insert("bbone_curveinx", frame=frame)
        bone.keyframe_insert("bbone_curveoutx", frame=frame)
    return Input((1, 24))


@made
def a_bendy_bone_in_an_s(scene: Any) -> Input:
    """Its middle stands still, too."""
    rig = armature("Rope", [("rope", None, (0, 0, 0.2), (0, 0, 1.8))])
    rig.data.bones["rope"].bbone_segments = 8
    bone = rig.pose.bones["rope"]
    for frame, bend in ((1, 0.0), (24, 1.0)):
        bone.bbone_curveinx, bone.bbone_curveoutx = bend, -bend
        bone.keyframe_insert("bbone_curveinx", frame=frame)
        bone.keyframe_insert("bbone_curveoutx", frame=frame)
    return Input((1, 24))


@made
def bendy_bones_that_follow_their_handles(scene: Any) -> Input:
    """As in rigs of ropes: the handles are keyed, and deform nothing."""
    rows = [
        ("low", None, (0, 0, 0.1), (0, 0, 0.2), False),
        ("high", None, (0, 0, 1.8), (0, 0, 1.9), False),
        ("rope", None, (0, 0, 0.2), (0, 0, 1.8)),
    ]
    rig = armature("Rope", rows)
    rope = rig.data.bones["rope"]
    rope.bbone_segments = 8
    rope.bbone_handle_type_start = rope.bbone_handle_type_end = "TANGENT"
    rope.bbone_custom_handle_start, rope.bbone_custom_handle_end = (
        rig.data.bones["low"],
        rig.data.bones["high"],
    )
    for frame, turn in ((1, 0.0), (24, 1.2)):
        for name in ("low", "high"):
            rig.pose.bones[name].rotation_euler[2] = turn
            rig.pose.bones[name].keyframe_insert("rotation_euler", index=2, frame=frame)
    return Input((1, 24))
