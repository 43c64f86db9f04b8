"""Which bones become limbs, by the names used in real rigs."""

from __future__ import annotations

import numpy as np
import pytest

from mti_addon.motion import Bone, plan_limbs
from mti_addon.motion.starters.face import face
from mti_addon.motion.starters.figure import WAVE, stick_figure


def _bones(rows):
    names = [row[0] for row in rows]
    return [
        Bone(name, names.index(parent) if parent else -1, head, tail)
        for name, parent, head, tail in rows
    ]


def _parts(bones):
    plan = plan_limbs(bones)
    return {
        bones[plan.bones[a // 3]].name: plan.parts[i]
        for i, (a, b) in enumerate(plan.limbs)
        if a // 3 == b // 3
    }


def _renamed(names):
    """The starter figure with another rig's names."""
    rows = stick_figure()
    return _bones([(names[n], names[p] if p else None, h, t) for n, p, h, t in rows if n in names])


OURS = [row[0] for row in stick_figure()]
MIXAMO = {
    "hips": "mixamorig:Hips", "spine": "mixamorig:Spine", "chest": "mixamorig:Spine2",
    "neck": "mixamorig:Neck", "head": "mixamorig:Head",
    "shoulder.L": "mixamorig:LeftShoulder", "upper_arm.L": "mixamorig:LeftArm",
    "forearm.L": "mixamorig:LeftForeArm", "hand.L": "mixamorig:LeftHand",
    "thigh.L": "mixamorig:LeftUpLeg", "shin.L": "mixamorig:LeftLeg", "foot.L": "mixamorig:LeftFoot",
    "shoulder.R": "mixamorig:RightShoulder", "upper_arm.R": "mixamorig:RightArm",
    "forearm.R": "mixamorig:RightForeArm", "hand.R": "mixamorig:RightHand",
    "thigh.R": "mixamorig:RightUpLeg", "shin.R": "mixamorig:RightLeg",
    "foot.R": "mixamorig:RightFoot",
}  # fmt: skip
UNREAL = {
    "hips": "pelvis", "spine": "spine_01", "chest": "spine_03", "neck": "neck_01", "head": "head",
    "shoulder.L": "clavicle_l", "upper_arm.L": "upperarm_l", "forearm.L": "lowerarm_l",
    "hand.L": "hand_l", "thigh.L": "thigh_l", "shin.L": "calf_l", "foot.L": "foot_l",
    "shoulder.R": "clavicle_r", "upper_arm.R": "upperarm_r", "forearm.R": "lowerarm_r",
    "hand.R": "hand_r", "thigh.R": "thigh_r", "shin.R": "calf_r", "foot.R": "foot_r",
}  # fmt: skip


def _sided(template, left, right, **words):
    """Another rig's names by our own."""
    found = {}
    for ours in OURS:
        base, _, side = ours.partition(".")
        sign = {"L": left, "R": right, "": ""}[side]
        found[ours] = template.format(side=sign, word=words.get(base, base))
    return found


BIPED = _sided(
    "Bip001 {side}{word}", "L ", "R ", hips="Pelvis", spine="Spine", chest="Spine1", neck="Neck",
    head="Head", shoulder="Clavicle", upper_arm="UpperArm", forearm="Forearm", hand="Hand",
    thigh="Thigh", shin="Calf", foot="Foot",
)  # fmt: skip
VRM = _sided(
    "J_Bip_{side}_{word}", "L", "R", hips="Hips", spine="Spine", chest="Chest", neck="Neck",
    head="Head", shoulder="Shoulder", upper_arm="UpperArm", forearm="LowerArm", hand="Hand",
    thigh="UpperLeg", shin="LowerLeg", foot="Foot",
)  # fmt: skip
DAZ = _sided(
    "{side}{word}", "l", "r", hips="pelvis", spine="abdomenLower", chest="chestLower",
    neck="neckLower", head="head", shoulder="Collar", upper_arm="ShldrBend", forearm="ForearmBend",
    hand="Hand", thigh="ThighBend", shin="Shin", foot="Foot",
)  # fmt: skip
CREATOR = _sided(
    "CC_Base_{side}{word}", "L_", "R_", hips="Hips", spine="Waist", chest="Spine02",
    neck="Neck", head="Head", shoulder="Clavicle", upper_arm="Upperarm", forearm="Forearm",
    hand="Hand", thigh="Thigh", shin="Calf", foot="Foot",
)  # fmt: skip


@pytest.mark.parametrize(
    "names",
    [{n: n for n in OURS}, MIXAMO, UNREAL, BIPED, VRM, DAZ, CREATOR],
    ids=["ours", "mixamo", "ue", "biped", "vrm", "daz", "creator"],
)
def test_body_parts_by_name(names):
    parts = _parts(_renamed(names))
    for ours, theirs in names.items():
        kind = {"up": "arm", "fo": "arm", "ha": "arm", "th": "leg", "sh": "leg"}.get(ours[:2])
        if ours.startswith("shoulder"):
            expected = "torso"
        elif ours.startswith("foot"):
            expected = ("left" if ours.endswith("L") else "right") + "_leg"
        elif ours.endswith((".L", ".R")):
            expected = ("left" if ours.endswith("L") else "right") + f"_{kind}"
        else:
            expected = "head" if ours == "head" else "torso"
        assert parts[theirs] == expected, ours


def test_head_is_a_ball_of_its_bones_size():
    bones = _renamed({n: n for n in OURS})
    plan = plan_limbs(bones)
    (head,) = [i for i, part in enumerate(plan.parts) if part == "head"]
    assert plan.limbs[head][0] == plan.limbs[head][1]
    assert plan.radii[head] == pytest.approx(0.27 / 2)


def test_joints_are_heads_tails_and_middles():
    plan = plan_limbs(_renamed({n: n for n in OURS}))
    heads = np.random.default_rng(0).normal(size=(5, len(plan.bones), 3))
    joints = plan.joints(heads, heads + 2)
    assert joints.shape == (5, 3 * len(plan.bones), 3) and joints.dtype == np.float32
    assert np.allclose(joints[:, 0::3], heads, atol=1e-6)
    assert np.allclose(joints[:, 2::3], heads + 1, atol=1e-6)


def test_gaps_are_joined_and_the_figure_is_connected():
    bones = _renamed({n: n for n in OURS})
    plan = plan_limbs(bones)
    ends = {i: point for i, b in enumerate(plan.bones) for point in (i,)}
    neighbours = {i: {i} for i in ends}
    for a, b in plan.limbs:
        neighbours[a // 3].add(b // 3)
        neighbours[b // 3].add(a // 3)
    links = [(a, b) for a, b in plan.limbs if a // 3 != b // 3]
    named = {bones[plan.bones[b // 3]].name for _, b in links}
    assert {"thigh.L", "thigh.R", "shoulder.L", "shoulder.R"} <= named
    assert "forearm.L" not in named


def test_details_are_left_out_but_not_if_there_is_nothing_else():
    rows = [("hand.L", None, (0, 0, 0), (0, 0, 1)), ("arm.L", "hand.L", (0, 0, 1), (0, 0, 2)),
            ("forearm.L", "arm.L", (0, 0, 2), (0, 0, 3)),
            ("finger.01.L", "hand.L", (0, 0, 1), (1, 0, 1))]  # fmt: skip
    assert set(_parts(_bones(rows))) == {"hand.L", "arm.L", "forearm.L"}
    fingers = [("index", None, (0, 0, 0), (0, 0, 1)), ("ring", "index", (0, 0, 1), (0, 0, 2))]
    assert set(_parts(_bones(fingers))) == {"index", "ring"}


def test_bones_that_deform_nothing_are_left_out():
    bones = [
        Bone("arm.L", -1, (0, 0, 0), (0, 0, 1), True),
        Bone("leg.L", 0, (0, 0, 1), (0, 0, 2), True),
        Bone("spine", 1, (0, 0, 2), (0, 0, 3), True),
        Bone("arm_ik_control.L", -1, (0, 0, 0), (0, 0, 1), False),
    ]
    assert "arm_ik_control.L" not in _parts(bones)


def test_unknown_names_take_their_parents_part_or_their_sides():
    rows = [
        ("thigh.R", None, (0, 0, 1), (0, 0, 0)),
        ("blob", "thigh.R", (0, 0, 0), (0, 0, -1)),
        ("bone", None, (0, 0, 1), (0, 0, 2)),
        ("paw.L", None, (1, 0, -1), (1, 0, -2)),
        ("wing.R", None, (-1, 0, 2), (-1, 0, 3)),
    ]
    assert _parts(_bones(rows)) == {
        "thigh.R": "right_leg",
        "blob": "right_leg",
        "bone": "torso",
        "paw.L": "left_leg",
        "wing.R": "right_arm",
    }


def test_limbs_without_a_side_in_their_names_are_told_apart_by_place():
    rows = [
        ("spine", None, (0, 0, 1), (0, 0, 2)),
        ("arm", "spine", (0.1, 0, 2), (1, 0, 2)),
        ("arm.001", "spine", (-0.1, 0, 2), (-1, 0, 2)),
    ]
    parts = _parts(_bones(rows))
    assert (parts["arm"], parts["arm.001"]) == ("left_arm", "right_arm")


def test_a_biped_without_a_head_bone_gets_one():
    names = {n: n for n in OURS if n != "head"}
    parts = _parts(_renamed(names))
    assert [name for name, part in parts.items() if part == "head"] == ["neck"]
    assert "head" not in _parts(_bones([("a", None, (0, 0, 0), (0, 0, 1))])).values()


def test_widths_follow_the_figures_height():
    rows = stick_figure()
    double = [(n, p, tuple(2 * v for v in h), tuple(2 * v for v in t)) for n, p, h, t in rows]
    small, large = plan_limbs(_bones(rows)), plan_limbs(_bones(double))
    assert np.allclose(np.array(large.radii), 2 * np.array(small.radii))


def test_bones_of_the_mechanism_are_left_out_where_all_are_set_to_deform():
    rows = [*stick_figure(), ("hand_ik.L", None, (1, 0, 0), (1, 0, 1)),
            ("MCH-foot.L", None, (1, 0, 0), (1, 0, 1)), ("knee_pole.R", None, (1, 0, 0), (1, 0, 1)),
            ("ORG-spine", None, (1, 0, 0), (1, 0, 1)), ("Head_end", "head", (0, 0, 2), (0, 0, 3)),
            ("Bip001 Footsteps", None, (0, 0, 0), (0, 0, 1))]  # fmt: skip
    assert set(_parts(_bones(rows))) == set(OURS)
    assert set(_parts(_bones([("ik", None, (0, 0, 0), (0, 0, 1))]))) == {
        "ik"
    }  # there is nothing else


def test_a_face_is_a_head_with_features_and_no_lines_to_them():
    bones = _bones(face())
    plan = plan_limbs(bones)
    assert set(plan.bones) == set(range(len(bones)))
    assert _parts(bones)["head"] == "head"
    assert all(a // 3 == b // 3 for a, b in plan.limbs)


def test_no_bones():
    with pytest.raises(ValueError, match="no bones"):
        plan_limbs([])
    with pytest.raises(ValueError, match="no bones"):
        plan_limbs([Bone("a", -1, (0, 0, 0), (0, 0, 0))])


def test_the_starter_figure_is_symmetric_and_its_wave_names_its_bones():
    bones = {name: (head, tail) for name, _, head, tail in stick_figure()}
    for name, (head, tail) in bones.items():
        if name.endswith(".L"):
            mirrored = tuple((-p[0], p[1], p[2]) for p in (head, tail))
            assert bones[name[:-1] + "R"] == mirrored
    assert set(WAVE) <= set(bones)
    assert all(keys[0] == (0.0, 0.0) for keys in WAVE.values())  # it starts at rest
    assert all(0 <= time <= 1 for keys in WAVE.values() for time, _ in keys)


def test_every_joint_hangs_on_one_that_stands_before_it():
    rows = stick_figure()
    plan = plan_limbs(_bones(rows))
    assert plan.parents.count(-1) == 1 and plan.parents[0] == -1
    assert all(parent < joint for joint, parent in enumerate(plan.parents))
    at = {bones_name: 3 * i for i, bones_name in enumerate(row[0] for row in rows)}
    assert plan.parents[at["forearm.L"]] == at["upper_arm.L"] + 1  # on the upper arm's tail
    assert plan.parents[at["thigh.R"]] == at["hips"]  # on the hips' head, which is nearer
    assert plan.parents[at["head"] + 1] == plan.parents[at["head"] + 2] == at["head"]


def test_bones_in_any_order_give_the_same_figure():
    rows = stick_figure()
    mixed = [rows[0], *reversed(rows[1:])]
    names = [row[0] for row in mixed]
    bones = [Bone(n, names.index(p) if p else -1, h, t) for n, p, h, t in mixed]
    plan, usual = plan_limbs(bones), plan_limbs(_bones(rows))
    assert all(parent < joint for joint, parent in enumerate(plan.parents))
    assert sorted(names[i] for i in plan.bones) == sorted(row[0] for row in rows)
    assert sorted(zip(plan.parts, plan.radii, strict=True)) == sorted(
        zip(usual.parts, usual.radii, strict=True)
    )


def test_bones_of_two_chains_have_two_roots():
    rows = [row for row in stick_figure() if row[0] not in ("upper_arm.L",)]
    names = {row[0] for row in rows}
    plan = plan_limbs(_bones([(n, p if p in names else None, h, t) for n, p, h, t in rows]))
    assert plan.parents.count(-1) == 2
