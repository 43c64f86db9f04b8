"""Poses bodies according to motions, and computes the features of motion tokens. Imports torch
only.

Axes and units are those of figures.py. Animals, objects and faces have kinematics of their
own (creatures.py, faces.py) for the same motions: a motion keeps its meaning whoever performs it.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from .body import EXTRAS, FACE, HUMAN, JOINTS, OBJECT, PART_COUNT, PARTS, QUADRUPED, Figures
from .creatures import object_ends, quadruped_ends
from .faces import face_ends
from .motions import FACE_CHANNELS, INDEX, Motions

_ENDS = tuple([JOINTS.index(part[i]) for part in PARTS + EXTRAS] for i in (1, 2))
_SIDES = (("l", -1.0), ("r", 1.0))
# Body whose pelvis height the root features use, so that they depend on the motion alone.
_THIGH, _SHIN = 0.23, 0.225


@dataclass
class Posed:
    """B bodies at T times: `ends` (B, T, P, 2, 3), start and end of each part in frame widths;
    `features` (B, T, 46), the motion."""

    ends: Tensor
    features: Tensor


def pose(figures: Figures, motions: Motions, times: Tensor) -> Posed:
    """Pose the figures according to the motions at `times` (B, T) in [0, 1].

    The features of which the draft's motion tokens are made are 36 bone direction components, the
    root path in figure heights since time 0, camera pan, ln zoom and roll, and four expressions of
    a face, each scaled to about unit variance. They depend on the motion alone.
    """
    # The root path is relative to time 0: the first frame determines where a figure stands, the
    # motion where it goes.
    values = motions.values(torch.cat([torch.zeros(len(times), 1), times], 1))
    features = motion_features(values, motions.grounded)
    return Posed(place(figures, values[:, :, 1:], motions.grounded), features[:, 1:])


def place(figures: Figures, values: Tensor, grounded: Tensor) -> Tensor:
    """Start and end of each part, (B, T, P, 2, 3) in frame widths, for values (B, C, T)."""
    ends = _ends(figures, values, grounded) * figures.height[:, None, None, None, None]
    root = values[:, [INDEX["root_x"], INDEX["root_y"]]].transpose(1, 2)
    offset = root * figures.height[:, None, None]
    offset = offset + torch.stack([figures.centre, figures.ground], -1)[:, None]
    ends[..., :2] += offset[:, :, None, None]
    return ends


def motion_features(values: Tensor, grounded: Tensor) -> Tensor:
    """(B, T, 46) features of channel values (B, C, T), relative to their first time."""
    bones = directions(values)
    stand = _stand(bones[:, :, (8, 10), 1] * _THIGH + bones[:, :, (9, 11), 1] * _SHIN, grounded)
    root = torch.stack([values[:, INDEX["root_x"]], stand + values[:, INDEX["root_y"]]], -1)
    camera = torch.stack(
        [values[:, INDEX[name]] for name in ("pan_x", "pan_y", "zoom", "roll")], -1
    )
    face = torch.stack([values[:, INDEX[name]] for name in FACE_CHANNELS], -1)
    moved = 10 * (root - root[:, :1]), 10 * (camera - camera[:, :1])
    return torch.cat([2 * bones.flatten(2), *moved, 2 * face], -1)


def _stand(feet: Tensor, grounded: Tensor) -> Tensor:
    """Height of the pelvis above the ground, (B, T).

    feet (B, T, 2): y relative to the pelvis. If grounded, the lower foot stands on the ground;
    otherwise the height is that with straight legs.
    """
    return torch.where(grounded[:, None], -feet.amin(-1), _THIGH + _SHIN)


def _ends(figures: Figures, values: Tensor, grounded: Tensor) -> Tensor:
    """Part ends (B, T, P, 2, 3) in figure heights, standing at 0 if the root does not move."""
    ends = torch.zeros(len(values), values.shape[2], PART_COUNT, 2, 3)
    for kind, make in (
        (HUMAN, _human_ends),
        (QUADRUPED, quadruped_ends),
        (OBJECT, object_ends),
        (FACE, face_ends),
    ):
        rows = (figures.kind == kind).nonzero()[:, 0]
        if len(rows):
            ends[rows] = make(figures.pick(rows), values[rows], grounded[rows])
    return ends


def _human_ends(figures: Figures, values: Tensor, grounded: Tensor) -> Tensor:
    turned = values.clone()
    turned[:, INDEX["yaw"]] += figures.facing[:, None]
    joints = _assemble(figures, directions(turned), turned[:, INDEX["yaw"]])
    ankles = joints[:, :, (JOINTS.index("ankle_l"), JOINTS.index("ankle_r")), 1]
    rest = (figures.thigh + figures.shin)[:, None]
    joints[..., 1] += torch.where(grounded[:, None], -ankles.amin(-1), rest)[:, :, None]
    return torch.stack([joints[:, :, part] for part in _ENDS], 3)


def directions(values: Tensor) -> Tensor:
    """Unit vectors of the bones in view space.

    Args:
        values: (B, C, T) channel values.
    Returns:
        (B, T, 12, 3): torso, head, shoulder line, hip line, upper arm l, forearm l, upper arm r,
        forearm r, thigh l, shin l, thigh r, shin r.
    """
    c = {name: values[:, i] for name, i in INDEX.items()}
    lean, forward, twist = c["lean_side"], c["lean_forward"], c["twist"]
    bones = [
        _up(lean, forward),
        _up(lean + c["head_tilt"], forward + c["head_nod"]),
        torch.stack([twist.cos() * lean.cos(), -twist.cos() * lean.sin(), -twist.sin()], -1),
        torch.tensor([1.0, 0.0, 0.0]).expand(*twist.shape, 3),
    ]
    for side, sign in _SIDES:
        out, ahead = c[f"arm_{side}"], c[f"arm_{side}_forward"]
        bend, bend_ahead = c[f"elbow_{side}"], c[f"elbow_{side}_forward"]
        bones += [swing(sign, out, ahead), swing(sign, out + bend, ahead + bend_ahead)]
    for side, sign in _SIDES:
        out, ahead = c[f"leg_{side}"], c[f"leg_{side}_forward"]
        bones += [swing(sign, out, ahead), swing(sign, out, ahead - c[f"knee_{side}"])]
    return turn(torch.stack(bones, 2), c["yaw"])


def swing(side: float, out: Tensor, forward: Tensor) -> Tensor:
    """Direction of a hanging limb, rotated outward, then forward; (..., 3)."""
    return torch.stack(
        [side * out.sin(), -out.cos() * forward.cos(), out.cos() * forward.sin()], -1
    )


def turn(vectors: Tensor, yaw: Tensor) -> Tensor:
    """Rotate (B, T, n, 3) to the right about the vertical by yaw (B, T)."""
    cos, sin = yaw.cos()[..., None], yaw.sin()[..., None]
    x, y, z = vectors.unbind(-1)
    return torch.stack([x * cos + z * sin, y, z * cos - x * sin], -1)


def _up(lean: Tensor, forward: Tensor) -> Tensor:
    """Direction of an upright bone, leaning sideways, then forward; (..., 3)."""
    return torch.stack([lean.sin() * forward.cos(), lean.cos() * forward.cos(), forward.sin()], -1)


def _assemble(figures: Figures, bones: Tensor, yaw: Tensor) -> Tensor:
    """Joints (B, T, 22, 3) in figure heights, the pelvis at 0, from bones (B, T, 12, 3)."""

    def length(name: str) -> Tensor:
        lengths: Tensor = getattr(figures, name)
        return lengths[:, None, None]

    forward = turn(torch.tensor([0.0, 0.0, 1.0]).expand(*yaw.shape, 1, 3), yaw)[:, :, 0]
    at: dict[str, Tensor] = {"pelvis": torch.zeros(*bones.shape[:2], 3)}
    at["chest"] = at["pelvis"] + length("torso") * bones[:, :, 0]
    skull = figures.radii[:, 1, 0][:, None, None]
    at["head"] = at["chest"] + (length("neck") + skull) * bones[:, :, 1]
    at["hair_top"] = at["head"] + 0.3 * skull * bones[:, :, 1] - 0.35 * skull * forward
    at["hair_end"] = at["hair_top"] - length("hair") * bones[:, :, 1]
    for i, (side, sign) in enumerate(_SIDES):
        fore, shin = bones[:, :, 5 + 2 * i], bones[:, :, 9 + 2 * i]
        at[f"shoulder_{side}"] = at["chest"] + sign * length("shoulder") * bones[:, :, 2]
        at[f"elbow_{side}"] = at[f"shoulder_{side}"] + length("upper_arm") * bones[:, :, 4 + 2 * i]
        at[f"wrist_{side}"] = at[f"elbow_{side}"] + length("forearm") * fore
        at[f"hand_{side}"] = at[f"wrist_{side}"] + 0.025 * fore
        at[f"hip_{side}"] = at["pelvis"] + sign * length("hip") * bones[:, :, 3]
        at[f"knee_{side}"] = at[f"hip_{side}"] + length("thigh") * bones[:, :, 8 + 2 * i]
        at[f"ankle_{side}"] = at[f"knee_{side}"] + length("shin") * shin
        at[f"toe_{side}"] = at[f"ankle_{side}"] + length("foot") * _foot(shin, forward, sign)
    knees = (at["knee_l"] + at["knee_r"]) / 2
    at["hem"] = at["pelvis"] + length("skirt") * (knees - at["pelvis"]) * 1.2
    return torch.stack([at[name] for name in JOINTS], 2)


def _foot(shin: Tensor, forward: Tensor, side: float) -> Tensor:
    """Unit vector of a foot at a right angle to the shin, turned out slightly; (B, T, 3)."""
    sideways = torch.stack([forward[..., 2], forward[..., 1], -forward[..., 0]], -1)
    ahead = forward + 0.35 * side * sideways
    ahead = ahead - (ahead * shin).sum(-1, keepdim=True) * shin
    unit: Tensor = ahead / ahead.norm(dim=-1, keepdim=True).clamp(min=1e-3)
    return unit
