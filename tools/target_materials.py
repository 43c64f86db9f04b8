"""Materials of the scenes rendered in Blender for the evaluation, with procedural textures.

Needs bpy; uses the demo's colors.
"""

from __future__ import annotations

from typing import Any

import bpy

from demo.scene import to_linear

# patterns that are a node with two colors; the others are a mask between two
_TEXTURES = {"checks": "ShaderNodeTexChecker", "bricks": "ShaderNodeTexBrick"}


def make_material(look: dict[str, Any], size: float = 0.05) -> Any:
    """Create a material.

    Args:
        look: color and second color (sRGB), roughness, specular level, pattern: plain, stripes,
            noise, checks or bricks.
        size: width of the pattern, in the units of the scene.
    """
    material = bpy.data.materials.new(look["pattern"])
    if material.node_tree is None:
        material.use_nodes = True  # always the case from 5.0 on, where setting it is deprecated
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = nodes["Principled BSDF"]
    shader.inputs["Roughness"].default_value = look["roughness"]
    shader.inputs["Specular IOR Level"].default_value = look["specular"]
    first, second = _rgba(look["colour"]), _rgba(look["second"])
    if look["pattern"] == "plain":
        shader.inputs["Base Color"].default_value = first
        return material
    place = nodes.new("ShaderNodeTexCoord").outputs["Object"]
    if look["pattern"] in _TEXTURES:
        texture = nodes.new(_TEXTURES[look["pattern"]])
        texture.inputs["Color1"].default_value, texture.inputs["Color2"].default_value = (
            first,
            second,
        )
        texture.inputs["Scale"].default_value = 1 / size
        if look["pattern"] == "bricks":
            texture.inputs["Mortar"].default_value = _rgba((0.75, 0.73, 0.7))
            texture.inputs["Scale"].default_value = 0.5 / size
            place = _upright(nodes, links, place)
        colour = texture.outputs["Color"]
    else:
        texture, colour = _mask(nodes, links, look["pattern"], size, first, second)
    links.new(place, texture.inputs["Vector"])
    links.new(colour, shader.inputs["Base Color"])
    return material


def _mask(
    nodes: Any, links: Any, pattern: str, size: float, first: Any, second: Any
) -> tuple[Any, Any]:
    """Create a texture node of `pattern` (stripes along z, or noise); return it and its color."""
    if pattern == "stripes":
        texture = nodes.new("ShaderNodeTexWave")
        texture.bands_direction = "Z"
        texture.inputs["Scale"].default_value = 0.314 / size  # one period is pi / 10
    else:
        texture = nodes.new("ShaderNodeTexNoise")
        texture.inputs["Scale"].default_value = 1 / size
    ramp = nodes.new("ShaderNodeValToRGB")
    low, high = ramp.color_ramp.elements
    low.position, high.position = 0.42, 0.58
    low.color, high.color = first, second
    factor = texture.outputs["Fac" if "Fac" in texture.outputs else "Factor"]
    links.new(factor, ramp.inputs[0])
    return texture, ramp.outputs["Color"]


def _upright(nodes: Any, links: Any, place: Any) -> Any:
    """Use x and z as a flat texture's x and y, so that a wall's bricks are in rows."""
    split, joined = nodes.new("ShaderNodeSeparateXYZ"), nodes.new("ShaderNodeCombineXYZ")
    links.new(place, split.inputs[0])
    links.new(split.outputs["X"], joined.inputs["X"])
    links.new(split.outputs["Z"], joined.inputs["Y"])
    return joined.outputs[0]


def _rgba(colour: tuple[float, float, float]) -> tuple[float, ...]:
    return (*(to_linear(value) for value in colour), 1.0)
