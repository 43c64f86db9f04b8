"""A result in the 3D viewport: an image empty, or a plane, that plays it at its speed.

An image sequence goes on by one picture a frame and knows no other speed. In a material it is told
to have one picture, and the number of that picture is keyed, with keys that hold. An empty would
show the picture of the keys before (seen in Blender 5.2: it looks before they are evaluated), so it
is given a picture for each frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy

from ..motion import picture_of_each_frame

LONG_AGO = -1_000_000
"""A frame that no scene begins before."""


def load_sequence(first_file: str, name: str) -> Any:
    """An image of a numbered sequence; `first_file` may begin with `//`."""
    image = bpy.data.images.load(first_file, check_existing=False)
    image.name, image.source = name, "SEQUENCE"
    image.alpha_mode = "NONE"
    return image


def add_empty(context: Any, image: Any, start: int, length: int) -> Any:
    """An image empty at the 3D cursor, upright; the image has a picture for each frame."""
    empty = bpy.data.objects.new(image.name, None)
    empty.empty_display_type, empty.data = "IMAGE", image
    empty.empty_display_size = 2.0
    _place(context, empty)
    user = empty.image_user
    user.frame_start, user.frame_duration, user.frame_offset = start, length, 0
    user.use_cyclic, user.use_auto_refresh = False, True
    # or it is magenta at first, or still shows its first picture after the first change of frame
    context.view_layer.update()
    empty.update_tag()
    return empty


def add_plane(context: Any, image: Any, size: Sequence[int], pictures: int, start: int,
              length: int) -> Any:  # fmt: skip
    """A plane of the pictures' aspect at the 3D cursor, upright, that shines with them."""
    width, height = 2.0 * size[0] / max(size), 2.0 * size[1] / max(size)
    mesh = bpy.data.meshes.new(image.name)
    x, y = width / 2, height / 2
    mesh.from_pydata([(-x, -y, 0), (x, -y, 0), (x, y, 0), (-x, y, 0)], [], [(0, 1, 2, 3)])
    corners = mesh.uv_layers.new(name="UVMap").data
    for corner, uv in zip(corners, ((0, 0), (1, 0), (1, 1), (0, 1)), strict=True):
        corner.uv = uv
    material, node = _shining(image)
    mesh.materials.append(material)
    plane = bpy.data.objects.new(image.name, mesh)
    _place(context, plane)
    path = f'nodes["{node.name}"].image_user.frame_offset'
    _play(material.node_tree, node.image_user, path, pictures, start, length)
    return plane


def image_of(thing: Any) -> Any:
    """The image that an object added here plays: an empty's own, or a plane's; None without."""
    if isinstance(thing.data, bpy.types.Image):
        return thing.data
    trees = [slot.material.node_tree for slot in thing.material_slots if slot.material]
    nodes = [node for tree in trees if tree for node in tree.nodes if node.type == "TEX_IMAGE"]
    return next((node.image for node in nodes if node.image), None)


def _shining(image: Any) -> tuple[Any, Any]:
    """A material that shows an image as it is, and the node that has the image."""
    material = bpy.data.materials.new(image.name)
    if material.node_tree is None:  # before 5.0 a material begins without nodes
        material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.clear()
    texture = nodes.new("ShaderNodeTexImage")
    light, output = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeOutputMaterial")
    texture.image, texture.location = image, (-600, 0)
    light.location = (-250, 0)
    links.new(texture.outputs["Color"], light.inputs["Color"])
    links.new(light.outputs["Emission"], output.inputs["Surface"])
    return material, texture


def _place(context: Any, thing: Any) -> None:
    """In the scene, facing the front view, and selected alone."""
    context.scene.collection.objects.link(thing)
    thing.location = context.scene.cursor.location
    thing.rotation_euler = (1.5707963267948966, 0.0, 0.0)
    for other in context.view_layer.objects.selected:
        other.select_set(False)
    thing.select_set(True)
    context.view_layer.objects.active = thing


def _play(owner: Any, user: Any, path: str, pictures: int, start: int, length: int) -> None:
    """Key which picture is shown, from the first frame to the one after the last."""
    user.frame_start, user.frame_duration = LONG_AGO, 1  # before its first frame it shows nothing
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
    """The F-curves of an ID's own action, by the names of 4.5 and of 5.0."""
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
