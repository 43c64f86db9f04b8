"""A result in the 3D viewport: an image empty or a plane that plays it at the right speed.

An image sequence advances one image per frame and has no other speed. For a material, it is
therefore set up with a single image whose number is keyed with constant interpolation. An empty
would lag behind by one key (seen in Blender 5.2: it looks before keys are evaluated), so it gets an
image for every frame instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy
from mathutils import Matrix, Vector

from ...motion import picture_of_each_frame

Place = tuple[float, float, float, float]
"""Center (x right, y up, from the center of the frame), width and height."""
LONGER_SIDE = 2.0
"""Longer side of objects that show images, in meters."""
LONG_AGO = -1_000_000
"""A frame before the start of any scene."""


def load_sequence(first_file: str, name: str) -> Any:
    """Load a numbered sequence as an image; `first_file` may start with `//`."""
    image = bpy.data.images.load(first_file, check_existing=False)
    image.name, image.source = name, "SEQUENCE"
    image.alpha_mode = "NONE"
    return image


def add_empty(context: Any, image: Any, size: Sequence[int], start: int, length: int) -> Any:
    """Add an image empty at the 3D cursor.

    The image has a file for each frame, all of `size` (width, height) in pixels.
    """
    empty = bpy.data.objects.new(image.name, None)
    empty.empty_display_type, empty.data = "IMAGE", image
    empty.empty_display_size = LONGER_SIDE
    _stand(context, empty, _extent(size)[1])
    user = empty.image_user
    user.frame_start, user.frame_duration, user.frame_offset = start, length, 0
    user.use_cyclic, user.use_auto_refresh = False, True
    # otherwise it is magenta at first, or still shows its first image after a frame change
    context.view_layer.update()
    empty.update_tag()
    return empty


def add_plane(context: Any, image: Any, size: Sequence[int], pictures: int, start: int,
              length: int) -> Any:  # fmt: skip
    """Add an emissive plane with the images' aspect ratio at the 3D cursor."""
    width, height = _extent(size)
    mesh = bpy.data.meshes.new(image.name)
    x, y = width / 2, height / 2
    mesh.from_pydata([(-x, -y, 0), (x, -y, 0), (x, y, 0), (-x, y, 0)], [], [(0, 1, 2, 3)])
    corners = mesh.uv_layers.new(name="UVMap").data
    for corner, uv in zip(corners, ((0, 0), (1, 0), (1, 1), (0, 1)), strict=True):
        corner.uv = uv
    material, node = _shining(image, 2**-context.scene.view_settings.exposure)
    mesh.materials.append(material)
    plane = bpy.data.objects.new(image.name, mesh)
    _stand(context, plane, height)
    path = f'nodes["{node.name}"].image_user.frame_offset'
    _play(material.node_tree, node.image_user, path, pictures, start, length)
    return plane


def image_of(thing: Any) -> Any:
    """Return the image that an object added here plays, or None."""
    if isinstance(thing.data, bpy.types.Image):
        return thing.data
    trees = [slot.material.node_tree for slot in thing.material_slots if slot.material]
    nodes = [node for tree in trees if tree for node in tree.nodes if node.type == "TEX_IMAGE"]
    return next((node.image for node in nodes if node.image), None)


def fill_camera(scene: Any, thing: Any, size: Sequence[int], place: Place) -> None:
    """Make an empty or plane showing images of `size` fill the camera view, and follow the camera.

    `place`: its position in a camera frame of width and height frame(scene). An object in front of
    the lens must be visible only to the camera itself.
    """
    camera, (x, y, width, height) = scene.camera, place
    own_width, own_height = _extent(size)
    left, bottom, across, down, depth = _frame(scene)
    middle = Vector((left + across / 2 + x, bottom + down / 2 + y, -depth))
    thing.rotation_euler = (0.0, 0.0, 0.0)
    thing.parent, thing.matrix_parent_inverse = camera, camera.matrix_world.inverted()
    scale = Matrix.Diagonal((width / own_width, height / own_height, 1.0, 1.0))
    thing.matrix_world = camera.matrix_world.normalized() @ Matrix.Translation(middle) @ scale
    thing.visible_diffuse = thing.visible_glossy = thing.visible_transmission = False
    thing.visible_volume_scatter = thing.visible_shadow = False


def frame(scene: Any) -> tuple[float, float]:
    """Return width and height of the camera frame where fill_camera() puts things, in meters."""
    return _frame(scene)[2:4]


def _frame(scene: Any) -> tuple[float, float, float, float, float]:
    """Return left, bottom, width and height of the camera frame, and its distance; in meters."""
    data = scene.camera.data
    corners = data.view_frame(scene=scene)
    depth = 2 * data.clip_start
    if data.type == "PERSP":
        if data.dof.use_dof:  # it would be blurred elsewhere
            depth = max(depth, _focus(scene.camera))
        corners = [corner * (depth / -corner.z) for corner in corners]
    left, bottom = (min(corner[axis] for corner in corners) for axis in (0, 1))
    right, top = (max(corner[axis] for corner in corners) for axis in (0, 1))
    return left, bottom, right - left, top - bottom, depth


def _focus(camera: Any) -> float:
    dof = camera.data.dof
    if dof.focus_object is None:
        return float(dof.focus_distance)
    at = camera.matrix_world.inverted() @ dof.focus_object.matrix_world.translation
    return float(-at.z)


def _extent(size: Sequence[int]) -> tuple[float, float]:
    """Return width and height of an object that shows the images, in meters."""
    return LONGER_SIDE * size[0] / max(size), LONGER_SIDE * size[1] / max(size)


def _shining(image: Any, strength: float) -> tuple[Any, Any]:
    """Return an emission material that shows an image at the given strength, and its image node."""
    material = bpy.data.materials.new(image.name)
    if material.node_tree is None:  # before 5.0 a material starts without nodes
        material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.clear()
    texture = nodes.new("ShaderNodeTexImage")
    light, output = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeOutputMaterial")
    texture.image, texture.location = image, (-600, 0)
    light.location = (-250, 0)
    light.inputs["Strength"].default_value = strength
    links.new(texture.outputs["Color"], light.inputs["Color"])
    links.new(light.outputs["Emission"], output.inputs["Surface"])
    return material, texture


def _stand(context: Any, thing: Any, height: float) -> None:
    """Link it to the scene, upright at the 3D cursor, facing the front view, and select only it."""
    context.scene.collection.objects.link(thing)
    thing.location = context.scene.cursor.location
    thing.location.z += height / 2
    thing.rotation_euler = (1.5707963267948966, 0.0, 0.0)
    for other in context.view_layer.objects.selected:
        other.select_set(False)
    thing.select_set(True)
    context.view_layer.objects.active = thing


def _play(owner: Any, user: Any, path: str, pictures: int, start: int, length: int) -> None:
    """Key the image number from the first frame to one after the last."""
    user.frame_start, user.frame_duration = LONG_AGO, 1  # it shows nothing before its first frame
    user.use_cyclic, user.use_auto_refresh = False, True
    order = picture_of_each_frame(pictures, length)
    for frame, index in enumerate(order):
        if frame and index == order[frame - 1]:
            continue
        user.frame_offset = index
        owner.keyframe_insert(path, frame=start + frame)
    for curve in _curves(owner):
        for key in curve.keyframe_points:
            key.interpolation = "CONSTANT"


def _curves(owner: Any) -> list[Any]:
    """Return the F-curves of an ID's own action, in both the 4.5 and 5.0 APIs."""
    data = owner.animation_data
    if data is None or data.action is None:
        return []
    if hasattr(data.action, "layers"):
        bags = [
            strip.channelbag(data.action_slot)
            for layer in data.action.layers
            for strip in layer.strips
        ]
        return [curve for bag in bags if bag for curve in bag.fcurves]
    return list(data.action.fcurves)
