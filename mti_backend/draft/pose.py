"""Where a motion puts a body, and the features motion tokens are made of. Imports torch only.

Axes and units are those of figures.py.
"""

import torch
from torch import Tensor

from .figures import JOINTS, Figures
from .motions import INDEX, Motions

MOTION_FEATURES = 42
_ANKLES = (JOINTS.index("ankle_l"), JOINTS.index("ankle_r"))
_SIDES = (("l", -1.0), ("r", 1.0))


def pose(figures: Figures, motions: Motions, times: Tensor) -> tuple[Tensor, Tensor]:
    """Put the figures through the motions.

    Args:
        figures: B bodies. motions: B motions. times: (B, T) in [0, 1].
    Returns:
        joints (B, T, 15, 3) in the order of JOINTS, frame widths; and the motion features
        (B, T, 42) that the draft's motion tokens are made of: 36 bone direction components, root
        path in figure heights since time 0, camera pan, ln zoom, roll, each scaled to about unit
        spread.
    """
    # the root path is counted from time 0: the first frame says where a figure stands, the motion
    # where it goes
    all_times = torch.cat([torch.zeros(len(times), 1), times], 1)
    values = motions.values(all_times)
    bones = directions(values)
    joints = _assemble(figures, bones)

    # the pelvis height that puts the lower foot on the ground
    stand = -joints[:, :, _ANKLES, 1].amin(-1)
    rest = (figures.thigh + figures.shin)[:, None]
    root_y = torch.where(motions.grounded[:, None], stand, rest) + values[:, INDEX["root_y"]]
    root = torch.stack([values[:, INDEX["root_x"]], root_y], -1)
    camera = torch.stack(
        [values[:, INDEX[name]] for name in ("pan_x", "pan_y", "zoom", "roll")], -1
    )
    features = torch.cat(
        [2 * bones.flatten(2), 10 * (root - root[:, :1]), 10 * (camera - camera[:, :1])], -1
    )

    joints = joints * figures.height[:, None, None, None]
    offset = root * figures.height[:, None, None]
    offset[..., 0] += figures.centre[:, None]
    offset[..., 1] += figures.ground[:, None]
    joints[..., :2] += offset[:, :, None]
    return joints[:, 1:], features[:, 1:]


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
        bones += [_swing(sign, out, ahead), _swing(sign, out + bend, ahead + bend_ahead)]
    for side, sign in _SIDES:
        out, ahead = c[f"leg_{side}"], c[f"leg_{side}_forward"]
        bones += [_swing(sign, out, ahead), _swing(sign, out, ahead - c[f"knee_{side}"])]
    stacked = torch.stack(bones, 2)
    cos, sin = c["yaw"].cos()[..., None], c["yaw"].sin()[..., None]
    x, y, z = stacked.unbind(-1)
    return torch.stack([x * cos + z * sin, y, z * cos - x * sin], -1)


def _swing(side: float, out: Tensor, forward: Tensor) -> Tensor:
    """A limb that hangs down, turned outwards, then forwards; (..., 3)."""
    return torch.stack(
        [side * out.sin(), -out.cos() * forward.cos(), out.cos() * forward.sin()], -1
    )


def _up(lean: Tensor, forward: Tensor) -> Tensor:
    """A bone that stands, leaning to the side, then forwards; (..., 3)."""
    return torch.stack([lean.sin() * forward.cos(), lean.cos() * forward.cos(), forward.sin()], -1)


def _assemble(figures: Figures, bones: Tensor) -> Tensor:
    """Joints (B, T, 15, 3) in figure heights, the pelvis at 0, of bones (B, T, 12, 3)."""

    def length(name: str) -> Tensor:
        lengths: Tensor = getattr(figures, name)
        return lengths[:, None, None]

    at: dict[str, Tensor] = {"pelvis": torch.zeros(*bones.shape[:2], 3)}
    at["chest"] = at["pelvis"] + length("torso") * bones[:, :, 0]
    head_reach = length("neck") + figures.radii[:, 1, 0][:, None, None]
    at["head"] = at["chest"] + head_reach * bones[:, :, 1]
    for i, (side, sign) in enumerate(_SIDES):
        at[f"shoulder_{side}"] = at["chest"] + sign * length("shoulder") * bones[:, :, 2]
        at[f"elbow_{side}"] = at[f"shoulder_{side}"] + length("upper_arm") * bones[:, :, 4 + 2 * i]
        at[f"wrist_{side}"] = at[f"elbow_{side}"] + length("forearm") * bones[:, :, 5 + 2 * i]
        at[f"hip_{side}"] = at["pelvis"] + sign * length("hip") * bones[:, :, 3]
        at[f"knee_{side}"] = at[f"hip_{side}"] + length("thigh") * bones[:, :, 8 + 2 * i]
        at[f"ankle_{side}"] = at[f"knee_{side}"] + length("shin") * bones[:, :, 9 + 2 * i]
    return torch.stack([at[name] for name in JOINTS], 2)
