"""Plan which bones become limbs: body part, thickness, links across gaps. Imports numpy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..pose_sequence import Array
from .anatomy import parts_by_shape
from .bones import Bone, Point, ancestor, apart, extent, length, next_up, parents_first
from .names import is_detail, is_mechanism, is_part, kind_of, side_of
from .tips import mended, without_ground

KNOWN = 0.6
"""If fewer of a skeleton's names than this share are known, its shape is used."""
LIMBS = {"left_arm", "right_arm", "left_leg", "right_leg"}

LIMB_RADIUS = 0.024
HEAD_RADIUS = 0.07
"""Fraction of the figure's height. This is the head's minimum; a longer head bone enlarges it."""


@dataclass(frozen=True)
class Plan:
    """Which joints to sample, and how they are connected.

    A bone in `bones` has three joints: its head (3 i), its end (3 i + 1), its center (3 i + 2). A
    bendy one has two more, after those of all bones: at one quarter and three quarters of its
    length.
    """

    bones: tuple[int, ...]
    limbs: tuple[tuple[int, int], ...]
    parts: tuple[str, ...]
    radii: tuple[float, ...]
    parents: tuple[int, ...]
    """The parent of each joint, -1 for a root; parents precede their children."""
    onto: tuple[int, ...] = ()
    """For each bone the index in `bones` of the one whose head is its end, or -1; () for none."""
    tips: tuple[Point | None, ...] = ()
    """For each bone its end at rest if that is not its tail; this point moves with it."""

    bendy: tuple[int, ...] = ()
    """Indices in `bones` of those that are sampled along their curve."""

    def joints(
        self,
        heads: NDArray[np.floating],
        tails: NDArray[np.floating],
        inner: NDArray[np.floating] | None = None,
    ) -> Array:
        """Return joints (F, J, 3) from the used bones' heads and ends, each (F, B, 3), in meters.

        `inner` (F, C, 3, 3): three points along each of the C bendy bones, at its quarters.
        """
        if self.onto:
            onto = np.array(self.onto)
            tails = np.where((onto >= 0)[None, :, None], heads[:, onto], tails)
        both = np.stack([heads, tails, (heads + tails) / 2], axis=2)
        if inner is None or not self.bendy:
            return both.reshape(heads.shape[0], -1, 3).astype(np.float32)
        both[:, list(self.bendy), 2] = inner[:, :, 1]
        more = inner[:, :, (0, 2)].reshape(heads.shape[0], -1, 3)
        joints = both.reshape(heads.shape[0], -1, 3)
        return np.concatenate([joints, more], axis=1).astype(np.float32)


def plan_limbs(bones: Sequence[Bone], height: float | None = None) -> Plan:
    """Plan the limbs of a skeleton at rest. Raises ValueError if no bone has any length.

    `height`: the figure's if it is known, in meters; otherwise it is that of the rest pose.
    """
    used = without_ground(bones, _used_bones(bones), is_part)
    if not used:
        raise ValueError("the armature has no bones")
    given = bones
    bones, onto = mended(bones, used, kind_of)
    used, by_bone = _parts(bones, used)
    parts = [by_bone[i] for i in used]
    height = height or extent(bones, used)
    for bone in (b for b in used if by_bone[b] == "head"):
        if length(bones[bone]) < 2 * height * HEAD_RADIUS:  # otherwise the ball would hide the neck
            bones[bone] = replace(bones[bone], tail=_along(bones[bone], 2 * height * HEAD_RADIUS))
            onto.pop(bone, None)
    fixed = any(bones[bone] != given[bone] for bone in used)
    limbs: list[tuple[int, int]] = []
    limb_parts: list[str] = []
    radii: list[float] = []
    bendy = [i for i, bone in enumerate(used) if _bends(bones, given, bone) and parts[i] != "head"]
    for i, bone in enumerate(used):
        part = parts[i]
        ball = part == "head"
        radius = height * LIMB_RADIUS
        if ball:
            radius = max(height * HEAD_RADIUS, length(bones[bone]) / 2)
        for limb in _pieces(i, ball, bendy, len(used)):
            limbs.append(limb)
            limb_parts.append(part)
            radii.append(radius)
    hung = _hung_on(bones, used)
    for link in _links(bones, used, hung, height, face="head" in parts):
        limbs.append(link)
        limb_parts.append("torso")
        radii.append(height * LIMB_RADIUS)
    parents = [joint for i, above in enumerate(hung) for joint in (above, 3 * i, 3 * i)]
    parents += [3 * i for i in bendy for _ in range(2)]
    place = {bone: i for i, bone in enumerate(used)}
    return Plan(
        tuple(used),
        tuple(limbs),
        tuple(limb_parts),
        tuple(radii),
        tuple(parents),
        tuple(place.get(onto.get(bone, -1), -1) for bone in used) if onto else (),
        tuple(bones[b].tail if bones[b] != given[b] else None for b in used) if fixed else (),
        tuple(bendy),
    )


def _along(bone: Bone, reach: float) -> Point:
    """Return the point at this distance from a bone's head, in the direction of its tail."""
    x, y, z = np.array(bone.head) + reach / length(bone) * np.subtract(bone.tail, bone.head)
    return float(x), float(y), float(z)


def _bends(bones: Sequence[Bone], given: Sequence[Bone], bone: int) -> bool:
    """Return whether it bends along its own curve, which ends at its own tail."""
    return bones[bone].bendy and bones[bone] == given[bone]


def _pieces(i: int, ball: bool, bendy: Sequence[int], count: int) -> list[tuple[int, int]]:
    """Return the limbs of bone i of `count`: a ball, a stick, or four sticks of a curve."""
    head, tail, middle = 3 * i, 3 * i + 1, 3 * i + 2
    if ball:
        return [(middle, middle)]
    if i not in bendy:
        return [(head, tail)]
    quarter = 3 * count + 2 * bendy.index(i)
    return [(head, quarter), (quarter, middle), (middle, quarter + 1), (quarter + 1, tail)]


def _used_bones(bones: Sequence[Bone]) -> list[int]:
    """Return deforming bones except details; with details if fewer than three are left."""
    real = [i for i, bone in enumerate(bones) if length(bone) > 1e-6]
    deforming = [i for i in real if bones[i].deform] or real
    flesh = [i for i in deforming if not is_mechanism(bones[i].name)]
    deforming = flesh or deforming
    large = [i for i in deforming if not is_detail(bones[i].name)]
    return parents_first(bones, large if len(large) >= 3 else deforming)


def _parts(bones: Sequence[Bone], used: Sequence[int]) -> tuple[list[int], dict[int, str]]:
    """Return the used bones and the body part of each: by name, or by shape if that finds more.

    The shape also shows what is too small to be drawn.
    """
    named = _named_parts(bones, used)
    known = sum(bool(kind_of(bones[i].name)) or is_detail(bones[i].name) for i in used)
    if known < KNOWN * len(used) and not LIMBS <= set(named.values()):
        shape = parts_by_shape(bones, used)
        if shape is not None and len(set(shape.parts.values())) > len(set(named.values())):
            used = [bone for bone in used if bone in shape.parts]
            return used, _one_head(bones, used, shape.parts)
    return list(used), _one_head(bones, used, named)


def _named_parts(bones: Sequence[Bone], used: Sequence[int]) -> dict[int, str]:
    """Return parts by a bone's name, else its parent's, else its side and height."""
    by_bone: dict[int, str] = {}
    middle = np.mean([[b.head, b.tail] for b in (bones[i] for i in used)], axis=(0, 1))
    for i in used:
        name, kind = bones[i].name, kind_of(bones[i].name)
        side = side_of(name)
        above = ancestor(bones, i, by_bone)
        if above >= 0 and by_bone[above][-4:] in ("_arm", "_leg") and kind in ("arm", "leg"):
            by_bone[i] = by_bone[above]  # an animal's arm ends in a foot
        elif not kind and above >= 0 and by_bone[above] != "head":
            by_bone[i] = by_bone[above]
        elif kind in ("arm", "leg") or (not kind and side):
            limb = kind or ("arm" if bones[i].head[2] > middle[2] else "leg")
            by_bone[i] = f"{side or _side_of(bones[i], middle)}_{limb}"
        else:
            by_bone[i] = kind or "torso"
    return by_bone


def _side_of(bone: Bone, middle: NDArray[np.floating]) -> str:
    """Return the side of a bone; a character faces -Y, so its left is at +X."""
    return "left" if bone.tail[0] >= middle[0] else "right"


def _one_head(bones: Sequence[Bone], used: Sequence[int], parts: dict[int, str]) -> dict[int, str]:
    """Keep the longest head bone as the ball; without one, use the top of a biped's spine."""
    heads = [bone for bone in used if parts[bone] == "head"]
    if not heads and LIMBS <= set(parts.values()):
        torso = [bone for bone in used if parts[bone] == "torso"]
        heads = [max(torso, key=lambda bone: bones[bone].tail[2])] if len(torso) > 1 else []
    if not heads:
        return parts
    best = max(heads, key=lambda bone: length(bones[bone]))
    others = {bone: "torso" if part == "head" else part for bone, part in parts.items()}
    return {**others, best: "head"}


def _hung_on(bones: Sequence[Bone], used: Sequence[int]) -> list[int]:
    """Return for each used bone its parent joint: the nearest end of the next bone up.

    -1 for a root.
    """
    place = {bone: i for i, bone in enumerate(used)}
    up = next_up(bones, used)
    hung = []
    for bone in used:
        above = up[bone]
        if above < 0:
            hung.append(-1)
            continue
        ends = [apart(bones[bone].head, p) for p in (bones[above].head, bones[above].tail)]
        hung.append(3 * place[above] + int(np.argmin(ends)))
    return hung


def _links(
    bones: Sequence[Bone], used: Sequence[int], hung: Sequence[int], height: float, face: bool
) -> list[tuple[int, int]]:
    """Return links across gaps, such as from spine to shoulder; none to the features of a face."""
    links = []
    for i, above in enumerate(hung):
        if above < 0 or (face and is_detail(bones[used[i]].name)):
            continue
        end = (bones[used[above // 3]].head, bones[used[above // 3]].tail)[above % 3]
        if apart(bones[used[i]].head, end) > 0.01 * height:
            links.append((above, 3 * i))
    return links
