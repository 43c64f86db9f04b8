"""Rigify's own skeletons of people and animals, by their names and without them."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

LIMBS = {"left_arm", "right_arm", "left_leg", "right_leg"}


@pytest.fixture
def metarig(scene):
    """metarig(kind, named): one of Rigify's, as it is or with numbers for names."""
    bpy.ops.preferences.addon_enable(module="rigify")

    def make(kind, named):
        getattr(bpy.ops.object, f"armature_{kind}_metarig_add")()
        rig = bpy.context.object
        if not named:
            for i, bone in enumerate(rig.data.bones):
                bone.name = f"b{i}"
        return rig

    yield make
    bpy.ops.preferences.addon_disable(module="rigify")


def _places(rig, plan):
    """Part -> the middle of its bones at rest."""
    found = {}
    for (a, b), part in zip(plan.limbs, plan.parts, strict=True):
        if a // 3 == b // 3:
            bone = rig.data.bones[plan.bones[a // 3]]
            found.setdefault(part, []).append((bone.head_local + bone.tail_local) / 2)
    return {part: np.mean(places, axis=0) for part, places in found.items()}


@pytest.mark.parametrize("named", [True, False], ids=["named", "numbered"])
@pytest.mark.parametrize(
    "kind",
    ["basic_human", "human", "basic_quadruped", "cat", "wolf", "horse", "bird"],
)
def test_parts_are_where_they_belong(metarig, ext, kind, named):
    rig = metarig(kind, named)
    plan = ext("blender.sketch.skeletons").plan_of(rig)
    at = _places(rig, plan)
    assert set(at) == LIMBS | {"head", "torso"} and plan.parts.count("head") == 1
    arms, legs = (at[f"left_{k}"] + at[f"right_{k}"] for k in ("arm", "leg"))
    assert at["left_arm"][0] > 0 > at["right_arm"][0]
    assert at["left_leg"][0] > 0 > at["right_leg"][0]
    if kind in ("human", "basic_human"):
        assert at["head"][2] * 2 > arms[2] > legs[2]
    elif kind != "bird":
        # facing -Y: the head before the front legs, and those before the hind legs
        assert at["head"][1] * 2 < arms[1] < legs[1]
    assert set(plan.onto) <= {-1}, "its tails are where they belong"
