"""Skeletons with meaningless names or tails: the figure is recognized by the bones' positions."""

from __future__ import annotations

import numpy as np
import pytest

from mti_addon.motion import Bone, plan_limbs
from mti_addon.motion.starters.figure import stick_figure
from mti_addon.motion.starters.quadruped import quadruped

JAPANESE = {
    "hips": "センター", "spine": "上半身", "chest": "上半身2", "neck": "首", "head": "頭",
    "shoulder": "肩", "upper_arm": "腕", "forearm": "ひじ", "hand": "手首",
    "thigh": "足", "shin": "ひざ", "foot": "足首",
}  # fmt: skip
SPANISH = {
    "hips": "cadera", "spine": "columna", "chest": "pecho", "neck": "cuello", "head": "cabeza",
    "shoulder": "clavicula", "upper_arm": "brazo", "forearm": "antebrazo", "hand": "mano",
    "thigh": "muslo", "shin": "pantorrilla", "foot": "pie",
}  # fmt: skip
RUSSIAN = {
    "hips": "таз", "spine": "позвоночник", "chest": "грудь", "neck": "шея", "head": "голова",
    "shoulder": "ключица", "upper_arm": "плечо", "forearm": "предплечье", "hand": "кисть",
    "thigh": "бедро", "shin": "голень", "foot": "стопа",
}  # fmt: skip
GERMAN = {
    "hips": "Becken", "spine": "Wirbel", "chest": "Brust", "neck": "Hals", "head": "Kopf",
    "shoulder": "Schulter", "upper_arm": "Oberarm", "forearm": "Unterarm", "hand": "Hand",
    "thigh": "Oberschenkel", "shin": "Unterschenkel", "foot": "Fuss",
}  # fmt: skip
NUMBERS = {name: f"Bone.{i:03d}" for i, name in enumerate(JAPANESE)}
SIDES = {
    "Japanese": ("左{}", "右{}"),
    "numbers": ("{}.001", "{}.002"),
    "German": ("{}_links", "{}_rechts"),
}
LANGUAGES = {
    "Japanese": JAPANESE, "Spanish": SPANISH, "Russian": RUSSIAN, "German": GERMAN,
    "numbers": NUMBERS,
}  # fmt: skip


def called(name, language):
    """A starter figure's bone in another language."""
    base, _, side = name.partition(".")
    if side not in ("L", "R"):
        return LANGUAGES[language].get(base, base) + name[len(base) :]
    left, right = SIDES.get(language, ("{}.I", "{}.D"))
    return (left if side == "L" else right).format(LANGUAGES[language][base])


def skeleton(rows):
    names = [row[0] for row in rows]
    return [
        Bone(name, names.index(parent) if parent else -1, tuple(head), tuple(tail))
        for name, parent, head, tail in rows
    ]


def renamed(rows, language):
    return [(called(n, language), called(p, language) if p else None, h, t) for n, p, h, t in rows]


def parts_of(plan, bones):
    """Body part by bone."""
    return {
        bones[plan.bones[a // 3]].name: part
        for (a, b), part in zip(plan.limbs, plan.parts, strict=True)
        if a // 3 == b // 3
    }


def right_part(name):
    """According to the starter figures' own names."""
    base, _, side = name.partition(".")
    side = {"L": "left_", "R": "right_"}.get(side, "")
    if base in ("upper_arm", "forearm", "hand"):
        return side + "arm"
    if base in ("thigh", "shin", "foot"):
        return side + "leg"
    return "head" if base == "head" else "torso"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_person_in_any_language(language):
    rows = stick_figure()
    bones = skeleton(renamed(rows, language))
    parts = parts_of(plan_limbs(bones), bones)
    assert parts == {called(name, language): right_part(name) for name, *_ in rows}


@pytest.mark.parametrize("language", ["Japanese", "numbers"])
def test_an_animal_in_any_language(language):
    rows = [row for row in quadruped() if not row[0].startswith("tail")]
    bones = skeleton(renamed(rows, language))
    parts = parts_of(plan_limbs(bones), bones)
    assert parts == {called(name, language): right_part(name) for name, *_ in rows}


def arms_out(rows):
    """A T-pose."""
    out = {
        "upper_arm": ((0.19, 0, 1.4), (0.47, 0, 1.4)),
        "forearm": ((0.47, 0, 1.4), (0.73, 0, 1.4)),
        "hand": ((0.73, 0, 1.4), (0.9, 0, 1.4)),
    }
    turned = []
    for name, parent, head, tail in rows:
        base, _, side = name.partition(".")
        if base in out:
            sign = 1 if side == "L" else -1
            head, tail = (tuple(np.multiply(p, (sign, 1, 1))) for p in out[base])
        turned.append((name, parent, head, tail))
    return turned


def with_fingers_and_a_face(rows):
    """Five fingers of two bones each, eyes, ears, and a jaw."""
    more = list(rows)
    for side, sign in (("L", 1), ("R", -1)):
        for k in range(5):
            at = (sign * 0.9, 0.04 * k - 0.08, 1.4)
            mid, end = (sign * 0.94, 0.04 * k - 0.08, 1.4), (sign * 0.98, 0.04 * k - 0.08, 1.4)
            more.append((f"{k}a.{side}", f"hand.{side}", at, mid))
            more.append((f"{k}b.{side}", f"{k}a.{side}", mid, end))
        more.append((f"e.{side}", "head", (sign * 0.04, -0.1, 1.65), (sign * 0.04, -0.13, 1.65)))
        more.append((f"o.{side}", "head", (sign * 0.1, 0, 1.6), (sign * 0.14, 0, 1.63)))
    return [*more, ("j", "head", (0, -0.02, 1.58), (0, -0.1, 1.55))]


def test_fingers_and_faces_without_names_are_no_limbs():
    rows = with_fingers_and_a_face(arms_out(stick_figure()))
    known = {name for name, *_ in stick_figure()}
    bones = skeleton([(f"b{i}", f"b{[r[0] for r in rows].index(p)}" if p else None, h, t)
                      for i, (n, p, h, t) in enumerate(rows)])  # fmt: skip
    parts = parts_of(plan_limbs(bones), bones)
    found = {rows[int(name[1:])][0]: part for name, part in parts.items()}
    assert found == {name: right_part(name) for name in known}


def test_an_animals_tail_is_part_of_its_trunk():
    bones = skeleton(renamed(quadruped(), "numbers"))
    parts = parts_of(plan_limbs(bones), bones)
    assert [part for name, part in parts.items() if name.startswith("tail")] == ["torso"] * 2


def test_a_skeleton_of_no_known_shape_is_one_piece_as_before():
    chain = [(f"b{i}", f"b{i - 1}" if i else None, (i, 0, 0), (i + 1, 0, 0)) for i in range(6)]
    plan = plan_limbs(skeleton(chain))
    assert set(plan.parts) == {"torso"} and len(plan.bones) == 6


# tails


def tails_anywhere(rows, size, seed=0):
    """Tails as importers leave them: all in one direction, or all of one length."""
    rng = np.random.default_rng(seed)
    found = []
    for name, parent, head, _ in rows:
        way = (0, 1, 0) if size == "same" else rng.normal(size=3)
        way = np.array(way, float) / np.linalg.norm(way)
        reach = {"same": 0.05, "tiny": 0.004, "huge": 1.0}[size]
        found.append((name, parent, head, tuple(np.add(head, reach * way))))
    return found


@pytest.mark.parametrize("size", ["same", "tiny", "huge"])
@pytest.mark.parametrize("language", ["ours", "Japanese"])
def test_tails_that_point_anywhere(size, language):
    rows = stick_figure()
    loose = tails_anywhere(rows, size)
    bones = skeleton(loose if language == "ours" else renamed(loose, language))
    plan = plan_limbs(bones)
    names = [rows[i][0] for i in plan.bones]
    assert set(names) == {name for name, *_ in rows}
    rest = {name: (np.array(head), np.array(tail)) for name, _, head, tail in rows}
    heads = np.array([bones[i].head for i in plan.bones])
    tails = np.array([tip or bones[i].tail for i, tip in zip(plan.bones, plan.tips, strict=True)])
    joints = plan.joints(heads[None], tails[None])[0]
    for i, name in enumerate(names):
        head, tail = rest[name]
        slack = 0.06 if name[:4] not in ("hand", "foot", "head", "hips") else 0.2
        assert np.linalg.norm(joints[3 * i] - head) < 1e-6
        assert np.linalg.norm(joints[3 * i + 1] - tail) < slack, name
    assert {right_part(name) for name in names} == set(plan.parts)
    links = [(a, b) for a, b in plan.limbs if a // 3 != b // 3]
    assert len(links) <= 4, "shoulders and hips are joined, all else ends where the next begins"


def test_a_joint_that_ends_at_a_child_follows_it_when_it_is_moved():
    rows = tails_anywhere(stick_figure(), "same")
    plan = plan_limbs(skeleton(rows))
    names = [rows[i][0] for i in plan.bones]
    heads = np.zeros((1, len(names), 3))
    heads[0, names.index("forearm.L")] = (7, 8, 9)
    joints = plan.joints(heads, np.ones_like(heads))
    assert tuple(joints[0, 3 * names.index("upper_arm.L") + 1]) == (7, 8, 9)
    assert tuple(joints[0, 3 * names.index("hand.L") + 1]) == (1, 1, 1)


def test_tails_of_a_rig_made_in_blender_stay():
    plan = plan_limbs(skeleton(stick_figure()))
    assert plan.onto == () and plan.tips == ()


def test_a_hand_ends_at_its_fingers_and_a_head_not_at_its_eyes():
    rows = tails_anywhere(with_fingers_and_a_face(arms_out(stick_figure())), "same")
    words = {"e": "eye", "o": "ear", "j": "jaw"}

    def named(name):
        if name and name[0].isdigit():
            return f"finger_{name}"
        return words[name[0]] + name[1:] if name and name.partition(".")[0] in words else name

    rows = [(named(n), named(p), h, t) for n, p, h, t in rows]
    bones = skeleton(rows)
    plan = plan_limbs(bones)
    names = [rows[i][0] for i in plan.bones]
    tips = dict(zip(names, plan.tips, strict=True))
    assert np.allclose(tips["hand.L"], (0.9, 0, 1.4), atol=0.03)
    assert np.allclose(tips["head"][:2], (0, 0), atol=0.01) and tips["head"][2] > 1.6


# roots


@pytest.mark.parametrize("tail", [(0, 0.3, 0), (0, 0, 0.3), (0, 0, 0.95)])
@pytest.mark.parametrize("name", ["root", "全ての親", "Master"])
def test_a_root_on_the_ground_is_no_leg(name, tail):
    rows = [(name, None, (0, 0, 0), tail)]
    rows += [(n, p or name, h, t) for n, p, h, t in stick_figure()]
    bones = skeleton(rows)
    plan = plan_limbs(bones)
    assert name not in parts_of(plan, bones) and plan.parents.count(-1) == 1


def test_two_roots_on_the_ground_and_a_weapon():
    rows = [("world", None, (0, 0, 0), (0, 0, 0.2)), ("root", "world", (0, 0, 0), (0, 0.2, 0))]
    rows += [(n, p or "root", h, t) for n, p, h, t in stick_figure()]
    bones = skeleton(rows)
    assert {"world", "root"}.isdisjoint(parts_of(plan_limbs(bones), bones))


def test_a_first_bone_that_is_a_part_stays():
    rows = [
        ("hips", None, (0, 0, 0), (0, 0, 0.1)),
        ("spine", "hips", (0, 0, 1), (0, 0, 1.5)),
        ("neck", "spine", (0, 0, 1.5), (0, 0, 2)),
        ("head", "neck", (0, 0, 2), (0, 0, 2.2)),
    ]
    bones = skeleton(rows)
    assert "hips" in parts_of(plan_limbs(bones), bones)
    snake = [(f"b{i}", f"b{i - 1}" if i else None, (0, i, 0), (0, i + 1, 0)) for i in range(6)]
    assert len(plan_limbs(skeleton(snake)).bones) == 6


def test_a_short_head_bone_does_not_hide_the_neck():
    """glTF has no tails: the last bone is as long as the one before it."""
    rows = [(n, p, h, (0, 0, 1.6) if n == "head" else t) for n, p, h, t in stick_figure()]
    bones = skeleton(rows)
    plan = plan_limbs(bones)
    at = [rows[i][0] for i in plan.bones].index("head")
    radius = plan.radii[plan.parts.index("head")]
    assert np.allclose(plan.tips[at], (0, 0, 1.51 + 2 * radius))
    assert plan.onto == () and [tip for tip in plan.tips if tip] == [plan.tips[at]]


def test_a_thousand_bones_without_names_take_no_time():
    import time

    rows = [(f"b{i}", "b0" if i else None, (i % 40 - 20, i // 40, 1), (i % 40 - 20, i // 40, 2))
            for i in range(1000)]  # fmt: skip
    began = time.perf_counter()
    plan_limbs(skeleton(rows))
    assert time.perf_counter() - began < 5  # 0.4 s on two busy cores


@pytest.mark.parametrize("long", [0.6, 0.05])
def test_a_skirt_and_pigtails_are_no_limbs(long):
    """As MikuMikuDance characters have them; the pigtails may reach the ground."""
    rows = [(called(n, "Japanese"), called(p, "Japanese") if p else None, h, t)
            for n, p, h, t in arms_out(stick_figure())]  # fmt: skip
    for k in range(8):
        x, y = 0.15 * np.cos(k * np.pi / 4 + 0.2), 0.15 * np.sin(k * np.pi / 4 + 0.2)
        rows.append((f"スカート{k}a", "センター", (x, y, 0.95), (1.3 * x, 1.3 * y, 0.7)))
        rows.append(
            (f"スカート{k}b", f"スカート{k}a", (1.3 * x, 1.3 * y, 0.7), (1.6 * x, 1.6 * y, 0.45))
        )
    for side, sign in (("左", 1), ("右", -1)):
        steps = np.linspace(1.7, long, 6)
        for k in range(5):
            above = f"{side}髪{k - 1}" if k else "頭"
            at, end = ((sign * (0.12 + 0.03 * j), 0.05, steps[j]) for j in (k, k + 1))
            rows.append((f"{side}髪{k}", above, at, end))
    bones = skeleton(rows)
    parts = parts_of(plan_limbs(bones), bones)
    right = {called(name, "Japanese"): right_part(name) for name, *_ in stick_figure()}
    assert {name: parts[name] for name in right} == right
    assert {part for name, part in parts.items() if name not in right} <= {"torso"}


def test_limbs_that_all_hang_on_one_bone():
    rows = [(called(n, "numbers"), None if n == "hips" else called(p, "numbers"), h, t)
            for n, p, h, t in stick_figure() if not n.startswith("shoulder")
            for p in [{"chest": "hips", "neck": "hips"}.get(p, p or "") or "hips"]
            for p in ["hips" if p.startswith("shoulder") else p]]  # fmt: skip
    bones = skeleton(rows)
    parts = parts_of(plan_limbs(bones), bones)
    assert {"left_arm", "right_arm", "left_leg", "right_leg"} <= set(parts.values())
