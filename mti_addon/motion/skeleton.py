"""Which bones become limbs: body part, thickness, and the gaps between them. Imports numpy only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .take import Array

# A bone is put to the first part whose word its name holds, so the longer words stand first.
# The words are those of Blender's own rigs (Human meta-rig, Rigify), Mixamo and Unreal exports.
WORDS = (
    ("head", ("head", "skull")),
    ("leg", ("upleg", "thigh", "shin", "calf", "knee", "ankle", "foot", "toe", "heel", "leg")),
    ("arm", ("arm", "elbow", "wrist", "hand", "palm")),
    ("torso", ("hips", "pelvis", "spine", "chest", "torso", "abdomen", "neck", "shoulder")),
    ("torso", ("clavicle", "collar", "root", "waist", "body")),
)
DETAILS = tuple(
    "finger thumb index middle ring pinky twist eye jaw lip brow teeth tongue nose ear cheek chin "
    "lid hair breast forehead temple".split()
)
"""Bones too small to be seen as limbs; left out as long as enough others remain."""
MECHANISM = frozenset("mch org ctrl ik pole target mechanism wgt vis".split())
"""Words of bones that only move others, in rigs where all of them are set to deform."""

LIMB_RADIUS = 0.024
HEAD_RADIUS = 0.07
"""Shares of the figure's height. The head's is the least; a longer head bone makes it bigger."""


@dataclass(frozen=True)
class Bone:
    """One bone at rest; `parent` is an index into the same list, -1 for a root; metres."""

    name: str
    parent: int
    head: tuple[float, float, float]
    tail: tuple[float, float, float]
    deform: bool = True


@dataclass(frozen=True)
class Plan:
    """Which joints to sample and how they join.

    A bone in `bones` gives three joints: its head (3 i), its tail (3 i + 1), its middle (3 i + 2).
    """

    bones: tuple[int, ...]
    limbs: tuple[tuple[int, int], ...]
    parts: tuple[str, ...]
    radii: tuple[float, ...]
    parents: tuple[int, ...]
    """The joint that each joint hangs on, -1 for a root; parents stand before their children."""

    def joints(self, heads: NDArray[np.floating], tails: NDArray[np.floating]) -> Array:
        """Joints (F, 3 B, 3) of the used bones' heads and tails, each (F, B, 3), metres."""
        both = np.stack([heads, tails, (heads + tails) / 2], axis=2)
        return both.reshape(heads.shape[0], -1, 3).astype(np.float32)


def plan_limbs(bones: Sequence[Bone]) -> Plan:
    """The limbs of a skeleton at rest. Raises ValueError if there is no bone of any length."""
    used = _used_bones(bones)
    if not used:
        raise ValueError("the armature has no bones")
    parts = _parts(bones, used)
    height = _height(bones, used)
    limbs: list[tuple[int, int]] = []
    limb_parts: list[str] = []
    radii: list[float] = []
    for i, bone in enumerate(used):
        part = parts[i]
        ball = part == "head"
        limbs.append((3 * i + 2,) * 2 if ball else (3 * i, 3 * i + 1))
        limb_parts.append(part)
        radii.append(
            max(height * HEAD_RADIUS, _length(bones[bone]) / 2) if ball else height * LIMB_RADIUS
        )
    hung = _hung_on(bones, used)
    for link in _links(bones, used, hung, height, face="head" in parts):
        limbs.append(link)
        limb_parts.append("torso")
        radii.append(height * LIMB_RADIUS)
    parents = [joint for i, above in enumerate(hung) for joint in (above, 3 * i, 3 * i)]
    return Plan(tuple(used), tuple(limbs), tuple(limb_parts), tuple(radii), tuple(parents))


def _used_bones(bones: Sequence[Bone]) -> list[int]:
    """Bones that deform something and are no detail; with details if less than three are left."""
    real = [i for i, bone in enumerate(bones) if _length(bone) > 1e-6]
    deforming = [i for i in real if bones[i].deform] or real
    flesh = [i for i in deforming if not MECHANISM & set(_spaced(bones[i].name).split())]
    deforming = flesh or deforming
    large = [i for i in deforming if not _is_detail(bones[i].name)]
    return _parents_first(bones, large if len(large) >= 3 else deforming)


def _parents_first(bones: Sequence[Bone], used: Sequence[int]) -> list[int]:
    """The same bones, each after those above it, and otherwise in their order."""
    found: dict[int, int] = {}
    above = _above(bones, used)

    def add(bone: int) -> None:
        if above[bone] >= 0 and above[bone] not in found:
            add(above[bone])
        found[bone] = 0

    for bone in used:
        if bone not in found:
            add(bone)
    return list(found)


def _above(bones: Sequence[Bone], used: Sequence[int]) -> dict[int, int]:
    """For each used bone the next used one up, or -1.

    In a generated rig deforming bones hang on bones of the mechanism, which lie where other
    deforming bones do: then they hang on those.
    """
    wanted = dict.fromkeys(used, 0)
    above = {bone: _ancestor(bones, bone, wanted) for bone in used}
    at = {(bones[bone].head, bones[bone].tail): bone for bone in used}
    ending: dict[tuple[float, float, float], int] = {bones[bone].tail: bone for bone in used}
    for bone in used:
        carrier = bones[bone].parent
        while above[bone] < 0 and carrier >= 0:
            twin = at.get((bones[carrier].head, bones[carrier].tail), bone)
            if not _hangs_on(above, twin, bone):
                above[bone] = twin
            carrier = bones[carrier].parent
        twin = ending.get(bones[bone].head, bone)
        if above[bone] < 0 <= bones[bone].parent and not _hangs_on(above, twin, bone):
            above[bone] = twin
    return above


def _hangs_on(above: dict[int, int], bone: int, other: int) -> bool:
    """`bone` is `other`, or hangs on it, over any number of bones."""
    while bone >= 0 and bone != other:
        bone = above[bone]
    return bone == other


def _is_detail(name: str) -> bool:
    words = re.split(r"[^a-z]+", _spaced(name))
    return any(word.startswith(DETAILS) for word in words)


def _spaced(name: str) -> str:
    """'mixamorig:LeftForeArm' -> 'mixamorig left fore arm'."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[:._\-\s]+", " ", name).lower()


def _side(name: str) -> str:
    """'left', 'right' or ''; by the conventions .L _l Left, anywhere in the name as a word."""
    words = set(_spaced(name).split())
    if words & {"l", "left"}:
        return "left"
    return "right" if words & {"r", "right"} else ""


def _kind(name: str) -> str:
    joined = _spaced(name).replace(" ", "").replace("armature", "")
    return next((kind for kind, words in WORDS if any(word in joined for word in words)), "")


def _parts(bones: Sequence[Bone], used: Sequence[int]) -> list[str]:
    """A body part for each used bone: by its name, else its parent's, else its side and height."""
    by_bone: dict[int, str] = {}
    middle = np.mean([[b.head, b.tail] for b in (bones[i] for i in used)], axis=(0, 1))
    for i in used:
        name, kind = bones[i].name, _kind(bones[i].name)
        side = _side(name)
        above = _ancestor(bones, i, by_bone)
        if not kind and above >= 0 and by_bone[above] != "head":
            by_bone[i] = by_bone[above]
        elif kind in ("arm", "leg") or (not kind and side):
            limb = kind or ("arm" if bones[i].head[2] > middle[2] else "leg")
            by_bone[i] = f"{side or _side_of(bones[i], middle)}_{limb}"
        else:
            by_bone[i] = kind or "torso"
    parts = [by_bone[i] for i in used]
    return _one_head(bones, used, parts)


def _side_of(bone: Bone, middle: NDArray[np.floating]) -> str:
    """A character faces -Y, so its left is at +X."""
    return "left" if bone.tail[0] >= middle[0] else "right"


def _one_head(bones: Sequence[Bone], used: Sequence[int], parts: list[str]) -> list[str]:
    """Of several head bones the longest is the ball; with none, the top bone of a biped's spine."""
    heads = [i for i, part in enumerate(parts) if part == "head"]
    biped = {"left_arm", "right_arm", "left_leg", "right_leg"} <= set(parts)
    if not heads and biped:
        torso = [i for i, part in enumerate(parts) if part == "torso"]
        heads = [max(torso, key=lambda i: bones[used[i]].tail[2])] if len(torso) > 1 else []
    if not heads:
        return parts
    best = max(heads, key=lambda i: _length(bones[used[i]]))
    return ["head" if i == best else "torso" if p == "head" else p for i, p in enumerate(parts)]


def _hung_on(bones: Sequence[Bone], used: Sequence[int]) -> list[int]:
    """For each used bone the joint that its head hangs on: the nearest end of the next bone up.

    -1 for a root.
    """
    place = {bone: i for i, bone in enumerate(used)}
    next_up = _above(bones, used)
    hung = []
    for bone in used:
        above = next_up[bone]
        if above < 0:
            hung.append(-1)
            continue
        start = np.array(bones[bone].head)
        ends = [np.linalg.norm(start - np.array(p)) for p in (bones[above].head, bones[above].tail)]
        hung.append(3 * place[above] + int(np.argmin(ends)))
    return hung


def _links(
    bones: Sequence[Bone], used: Sequence[int], hung: Sequence[int], height: float, face: bool
) -> list[tuple[int, int]]:
    """Joins for gaps, such as from the spine to a shoulder; none to the features of a face."""
    links = []
    for i, above in enumerate(hung):
        if above < 0 or (face and _is_detail(bones[used[i]].name)):
            continue
        end = (bones[used[above // 3]].head, bones[used[above // 3]].tail)[above % 3]
        if np.linalg.norm(np.subtract(bones[used[i]].head, end)) > 0.01 * height:
            links.append((above, 3 * i))
    return links


def _ancestor(bones: Sequence[Bone], bone: int, known: dict[int, int] | dict[int, str]) -> int:
    """The nearest bone above `bone` that is among `known`, or -1."""
    above = bones[bone].parent
    while above >= 0 and above not in known:
        above = bones[above].parent
    return above


def _height(bones: Sequence[Bone], used: Sequence[int]) -> float:
    """The largest extent of the figure at rest, metres."""
    points = np.array([[bones[i].head, bones[i].tail] for i in used]).reshape(-1, 3)
    return float(max(np.ptp(points, axis=0).max(), 1e-6))


def _length(bone: Bone) -> float:
    return float(np.linalg.norm(np.subtract(bone.tail, bone.head)))
