"""Runs inside Blender: a shot as an animator may have one, with nothing of ours touched.

A character of node materials before a floor, a lamp that casts its shadow, a camera of its own,
AgX, 1920 x 1080 at a percentage that a CPU can render.
"""

import bpy


def material(name, color, roughness=0.5, pattern=None):
    """Principled, with a pattern of nodes under its color."""
    made = bpy.data.materials.new(name)
    if made.node_tree is None:
        made.use_nodes = True
    nodes, links = made.node_tree.nodes, made.node_tree.links
    surface = nodes["Principled BSDF"]
    surface.inputs["Base Color"].default_value = (*color, 1)
    surface.inputs["Roughness"].default_value = roughness
    if pattern:
        texture = nodes.new("ShaderNodeTexChecker")
        texture.inputs["Scale"].default_value = pattern
        texture.inputs["Color1"].default_value = (*color, 1)
        texture.inputs["Color2"].default_value = (*(part * 0.5 for part in color), 1)
        links.new(texture.outputs["Color"], surface.inputs["Base Color"])
    return made


def part(name, shape, location, scale, look, rotation=(0, 0, 0)):
    shape(location=location, rotation=rotation)
    thing = bpy.context.object
    thing.name, thing.scale = name, scale
    thing.data.materials.append(look)
    return thing


def build():
    """In the open file, which is Blender's factory scene."""
    scene = bpy.context.scene
    scene.name = "Shot"
    scene.render.resolution_percentage = 20  # without a GPU, each of its pixels costs
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    ball, rod = bpy.ops.mesh.primitive_uv_sphere_add, bpy.ops.mesh.primitive_cylinder_add
    skin, shirt = material("skin", (0.8, 0.45, 0.3)), material("shirt", (0.05, 0.25, 0.7), 0.6, 6.0)
    jeans, ground = material("jeans", (0.02, 0.03, 0.1)), material("ground", (0.35, 0.5, 0.2), 0.9)
    part("head", ball, (0, 0, 1.65), (0.17, 0.17, 0.2), skin)
    part("body", rod, (0, 0, 1.15), (0.2, 0.13, 0.3), shirt)
    for side in (-1, 1):
        part("arm", rod, (0.38 * side, 0, 1.35), (0.055, 0.055, 0.25), skin, (0, 1.2 * side, 0))
        part("leg", rod, (0.1 * side, 0, 0.42), (0.075, 0.075, 0.43), jeans)
    bpy.ops.mesh.primitive_plane_add(size=20)
    bpy.context.object.data.materials.append(ground)
    light = bpy.data.objects["Light"]
    light.location, light.data.energy, light.data.shadow_soft_size = (2.5, -3, 4), 900, 0.3
    camera = bpy.data.objects["Camera"]
    camera.location, camera.rotation_euler = (1.2, -5.2, 1.7), (1.43, 0, 0.22)
    camera.data.lens = 50
    return scene
