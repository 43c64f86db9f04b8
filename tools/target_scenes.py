"""Designs of the scenes rendered in Blender for the evaluation: numbers only, without Blender.

A scene is a JSON object: a character (rods between the joints of the draft's own kinematics, so
that the true motion is known exactly), its materials, its surroundings, light and camera. Lengths
are in frame widths, and axes those of mti_backend/draft/procedural/body.py: x right, y up, z
towards the viewer. Characters, looks and grounds are sampled here, not by `random_figures`.
"""

from __future__ import annotations

import colorsys
import random
from dataclasses import replace
from typing import Any

import torch

from mti_backend.draft.procedural.body import (
    FOOT_L,
    FOOT_R,
    HAIR,
    HAND_L,
    HAND_R,
    HIPS,
    NECK,
    PART_COUNT,
    SHOULDERS,
    SKIRT,
    Figures,
)
from mti_backend.draft.procedural.clips import camera_of
from mti_backend.draft.procedural.figures import random_figures
from mti_backend.draft.procedural.motions import INDEX, frame_times
from mti_backend.draft.procedural.named import NAMED, named_motion
from mti_backend.draft.procedural.pose import pose

STILLS = 50
_SEED = 20_240_801
Scene = dict[str, Any]
Colour = tuple[float, float, float]

# lengths in figure heights; head, limb and chest are radii
_BUILDS: dict[str, dict[str, float]] = {
    "adult": {"torso": 0.30, "neck": 0.045, "upper_arm": 0.17, "forearm": 0.16, "thigh": 0.24,
              "shin": 0.235, "shoulder": 0.1, "hip": 0.055, "foot": 0.07,
              "head": 0.078, "limb": 0.036, "chest": 0.085},
    "child": {"torso": 0.31, "neck": 0.02, "upper_arm": 0.13, "forearm": 0.12, "thigh": 0.17,
              "shin": 0.165, "shoulder": 0.1, "hip": 0.055, "foot": 0.065,
              "head": 0.125, "limb": 0.042, "chest": 0.1},
    "lanky": {"torso": 0.26, "neck": 0.055, "upper_arm": 0.19, "forearm": 0.19, "thigh": 0.265,
              "shin": 0.265, "shoulder": 0.085, "hip": 0.045, "foot": 0.08,
              "head": 0.064, "limb": 0.028, "chest": 0.066},
    "stout": {"torso": 0.33, "neck": 0.02, "upper_arm": 0.155, "forearm": 0.145, "thigh": 0.2,
              "shin": 0.2, "shoulder": 0.125, "hip": 0.07, "foot": 0.075,
              "head": 0.09, "limb": 0.05, "chest": 0.13},
}  # fmt: skip
# shapes of limbs, trunk and head
_BODIES = {
    "person": ("capsule", "capsule", "ball"),
    "robot": ("box", "box", "box"),
    "doll": ("cone", "cone", "ball"),
    "mannequin": ("capsule", "box", "ball"),
}
_LIMBS = (2, 3, 4, 5, 6, 7, 8, 9)


def still_scenes() -> list[Scene]:
    """Return STILLS scenes of one frame; the first is the demo's target, without numbers here."""
    scenes: list[Scene] = [{"name": "demo", "demo": True}]
    names = list(NAMED)
    for i in range(1, STILLS):
        rng = random.Random(_SEED + i)
        scene = _scene(rng, f"still_{i:02d}", names[i % len(names)], [rng.random()], turn=0.75)
        scenes.append(scene)
    return scenes


def clip_scenes() -> list[Scene]:
    """Return one scene of 14 frames for every named motion."""
    times = frame_times(1)[0].tolist()
    return [
        _scene(random.Random(_SEED + 1000 + i), name, name, times, turn=0.3)
        for i, name in enumerate(NAMED)
    ]


def _scene(
    rng: random.Random, name: str, motion_name: str, times: list[float], turn: float
) -> Scene:
    """Design a scene; `turn`: maximum rotation away from the camera, in radians."""
    motion, at = named_motion(motion_name), torch.tensor([times])
    build, body = rng.choice(list(_BUILDS)), rng.choice(list(_BODIES))
    figures = _figure(rng, _BUILDS[build], turn)
    ends = pose(figures, motion, at).ends[0]
    values = motion.values(at)[0]
    height = float(figures.height[0])
    camera = camera_of(motion, at)[0]
    return {
        "name": name, "motion": motion_name, "times": times, "build": build, "body": body,
        "frames": len(times), "values": _rounded(values.T), "grounded": bool(motion.grounded[0]),
        "ends": _rounded(ends), "radii": _rounded(figures.radii[0] * height),
        "yaw": _rounded(values[INDEX["yaw"]] + figures.facing),
        "height": height, "facing": float(figures.facing[0]),
        "shapes": _shapes(*_BODIES[body]),
        **_look(rng, body),
        "ground": float(figures.ground[0] - figures.radii[0, FOOT_L, 0] * height),
        **_surroundings(rng),
        "camera": {
            "path": _rounded(camera), "elevation": rng.choice([0.0, rng.uniform(0.03, 0.22)]),
            "azimuth": rng.uniform(-0.5, 0.5) if len(times) == 1 else 0.0,
            "perspective": rng.random() < 0.4,
        },
    }  # fmt: skip


def _figure(rng: random.Random, build: dict[str, float], turn: float) -> Figures:
    """Return a body of this build, with random variation, at a random position in the image."""
    lengths = {name: length * rng.uniform(0.92, 1.08) for name, length in build.items()}
    head, limb, chest = (lengths.pop(name) for name in ("head", "limb", "chest"))
    radii = torch.zeros(1, PART_COUNT, 2)
    radii[0, 0] = torch.tensor([chest * rng.uniform(0.75, 0.95), chest])
    radii[0, 1] = head
    for part in _LIMBS:
        thick = limb * (1.0 if part < 6 else 1.3)
        radii[0, part] = torch.tensor([thick, 0.85 * thick])
    radii[0, NECK] = 0.4 * head
    radii[0, SHOULDERS], radii[0, HIPS] = 1.1 * limb, 1.3 * limb
    radii[0, HAND_L : HAND_R + 1], radii[0, FOOT_L : FOOT_R + 1] = 1.05 * limb, 0.95 * limb
    if rng.random() < 0.6:
        radii[0, HAIR] = 1.02 * head
    if rng.random() < 0.25:
        radii[0, SKIRT] = torch.tensor([0.8 * chest, 1.5 * chest])
    height = rng.uniform(0.55, 0.88)
    numbers = lengths | {
        "height": height,
        "centre": rng.uniform(-0.12, 0.12),
        "ground": -0.5 + 0.03 + (0.97 - height) * rng.uniform(0.15, 0.7),
        "facing": rng.choice([0.0, rng.uniform(-turn, turn)]),
        "hair": rng.choice([0.0, rng.uniform(0.05, 0.18)]),
        "skirt": rng.uniform(0.5, 0.8),
    }
    anybody = random_figures(1, torch.Generator().manual_seed(0), look="solid")
    return replace(anybody, radii=radii, **{k: torch.tensor([v]) for k, v in numbers.items()})


def _shapes(limbs: str, trunk: str, head: str) -> list[str]:
    """Return the shape of every part."""
    shapes = [limbs] * PART_COUNT
    shapes[0], shapes[1], shapes[NECK], shapes[SKIRT] = trunk, head, "capsule", "cone"
    for part in (HAND_L, HAND_R, HAIR):
        shapes[part] = "capsule"
    if limbs == "cone":
        shapes[FOOT_L] = shapes[FOOT_R] = shapes[SHOULDERS] = shapes[HIPS] = "capsule"
    return shapes


def _look(rng: random.Random, body: str) -> Scene:
    """Return the materials of a character, and which part uses which."""
    skin = _mix((0.32, 0.19, 0.12), (0.98, 0.84, 0.72), rng.random())
    if body != "person" and rng.random() < 0.6:
        skin = _colour(rng)
    shine = rng.choice([(1.0, 0.0), (0.6, 0.3), (0.35, 0.5)])
    cloth = rng.choice(["plain", "plain", "plain", "stripes", "noise", "checks"])
    top, bottom = _colour(rng), _colour(rng)
    materials = {
        "skin": _material(skin, shine), "hair": _material(_hair(rng), (0.7, 0.2)),
        "top": _material(top, shine, cloth, _mix(top, _colour(rng), 0.6)),
        "bottom": _material(bottom, shine),
        "shoes": _material(_colour(rng, 0.6), (0.5, 0.3)),
        "sleeve.l": _material(top, shine), "sleeve.r": _material(top, shine),
        "dark": _material((0.05, 0.05, 0.06), (0.3, 0.5)),
    }  # fmt: skip
    if rng.random() < 0.4:  # left and right distinct, as on the demo's character
        materials["sleeve.l"] = _material(_colour(rng), shine)
        materials["sleeve.r"] = _material(_colour(rng), shine)
    part_materials = ["skin"] * PART_COUNT
    part_materials[0] = part_materials[SHOULDERS] = part_materials[SKIRT] = "top"
    part_materials[HAIR], part_materials[HIPS] = "hair", "bottom"
    part_materials[FOOT_L] = part_materials[FOOT_R] = "shoes"
    long_sleeves, long_trousers = rng.random() < 0.5, rng.random() < 0.7
    for part, side in ((2, "l"), (4, "r")):
        part_materials[part] = f"sleeve.{side}"
        part_materials[part + 1] = f"sleeve.{side}" if long_sleeves else "skin"
    for part in (6, 8):
        part_materials[part] = "bottom"
        part_materials[part + 1] = "bottom" if long_trousers else "skin"
    extras = {"hat": rng.random() < 0.2, "eyes": rng.random() < 0.6}
    return {"materials": materials, "part_materials": part_materials, **extras}


def _surroundings(rng: random.Random) -> Scene:
    """Return the character's surroundings, and the light."""
    base = _colour(rng, 0.4 if rng.random() < 0.6 else 0.9)
    other = _mix(base, _colour(rng), rng.uniform(0.3, 0.8))
    kind = rng.choice(["bowl", "plain", "two colours", "textured", "textured", "open"])
    wall, floor = "plain", "plain"
    if kind == "textured":
        wall, floor = rng.choice(["plain", "noise", "bricks"]), rng.choice(["noise", "checks"])
    warm = rng.uniform(-0.08, 0.08)
    return {
        "surroundings": kind,
        "wall": _material(base, (1.0, 0.0), wall, _mix(base, other, 0.4)),
        "floor": _material(base if kind in ("bowl", "plain") else other, (1.0, 0.0), floor,
                           _mix(other, base, 0.4)),
        "wall_depth": rng.uniform(0.5, 1.6), "pattern_size": rng.uniform(0.12, 0.3),
        "light": {
            "elevation": rng.uniform(0.5, 1.1), "azimuth": rng.uniform(-1.1, 1.1),
            "energy": rng.uniform(1.6, 2.8), "angle": rng.uniform(0.1, 0.8),
            "colour": (1 + min(warm, 0.0), 1.0, 1 - max(warm, 0.0)),
            "world": rng.uniform(0.35, 0.6),
        },
    }  # fmt: skip


def _material(
    colour: Colour, shine: tuple[float, float], pattern: str = "plain", second: Colour | None = None
) -> Scene:
    """Return a material; `shine`: roughness, specular level (0 .. 1); colors sRGB in 0 .. 1."""
    return {
        "colour": colour, "roughness": shine[0], "specular": shine[1],
        "pattern": pattern, "second": second or colour,
    }  # fmt: skip


def _colour(rng: random.Random, saturation: float = 0.85) -> Colour:
    return colorsys.hsv_to_rgb(rng.random(), saturation * rng.random(), rng.uniform(0.2, 0.97))


def _hair(rng: random.Random) -> Colour:
    return rng.choice([(0.1, 0.07, 0.06), (0.35, 0.2, 0.1), (0.85, 0.7, 0.4), (0.7, 0.7, 0.72)])


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    r, g, b = (a + (c - a) * share for a, c in zip(one, other, strict=True))
    return r, g, b


def _rounded(values: torch.Tensor) -> Any:
    """Round nested lists to five decimals: a hundredth of a pixel is 0.00016 frame widths."""
    return [_rounded(row) for row in values] if values.ndim else round(float(values), 5)
