"""Who moves: body proportions, looks and backgrounds, and where a motion puts a body. Imports torch only.

Pictures span [-0.5, 0.5]^2, x to the right, y up; z is towards the viewer; the view is orthographic.
"""

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from .motions import INDEX, Motions

# The ten parts of a figure, as (colour group, from joint, to joint); joints as `pose` returns them.
JOINTS = ("pelvis", "chest", "head", "shoulder_l", "elbow_l", "wrist_l", "shoulder_r", "elbow_r", "wrist_r",
          "hip_l", "knee_l", "ankle_l", "hip_r", "knee_r", "ankle_r")  # fmt: skip
PARTS = (
    (0, "pelvis", "chest"), (1, "head", "head"),
    (2, "shoulder_l", "elbow_l"), (2, "elbow_l", "wrist_l"), (3, "shoulder_r", "elbow_r"), (3, "elbow_r", "wrist_r"),
    (4, "hip_l", "knee_l"), (4, "knee_l", "ankle_l"), (5, "hip_r", "knee_r"), (5, "knee_r", "ankle_r"),
)  # fmt: skip
MOTION_FEATURES = 42


@dataclass
class Figures:
    """B bodies. Lengths in figure heights, (B,), except height, centre and ground: frame widths."""

    height: Tensor
    centre: Tensor
    ground: Tensor
    torso: Tensor
    neck: Tensor
    upper_arm: Tensor
    forearm: Tensor
    thigh: Tensor
    shin: Tensor
    shoulder: Tensor  # half the distance between the shoulders
    hip: Tensor  # half the distance between the hips
    radii: Tensor  # (B, 10, 2) at the start and end of each part
    colours: Tensor  # (B, 10, 3) in [0, 1]
    shading: Tensor  # 0 flat .. 1 fully shaded
    background: Tensor  # (B, 2, 3) the two ends of the gradient
    gradient: Tensor  # (B, 3) direction x, y and offset
    blobs: Tensor  # (B, 4, 7) x, y, radius, strength, colour
    floor: Tensor  # (B, 5) y, strength, colour
    waves: Tensor  # (B, 3, 4) wave vector x, y, phase, strength

    def repeat(self, times: int) -> "Figures":
        """Each body `times` times in a row: B -> B * times."""
        return Figures(
            **{f.name: getattr(self, f.name).repeat_interleave(times, 0) for f in fields(self)}
        )

    def pick(self, rows: Tensor | list[int]) -> "Figures":
        """The bodies at these row numbers."""
        return Figures(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def random_figures(count: int, generator: torch.Generator, look: str = "any") -> Figures:
    """Draw `count` bodies. look: 'stick', 'solid' or 'any' (one stick in three)."""
    g = generator

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(*(shape or (count,)), generator=g)

    stick = torch.rand(count, generator=g) < {"stick": 1.1, "solid": -0.1, "any": 0.33}[look]
    background, gradient, blobs, floor, waves = _backgrounds(count, stick, g)
    height = uniform(0.62, 0.92)
    return Figures(
        height=height,
        centre=uniform(-0.13, 0.13),
        ground=-0.5 + (1 - height) * uniform(0.15, 0.75),
        torso=uniform(0.27, 0.36), neck=uniform(0.03, 0.07),
        upper_arm=uniform(0.14, 0.2), forearm=uniform(0.13, 0.2),
        thigh=uniform(0.2, 0.26), shin=uniform(0.19, 0.26),
        shoulder=uniform(0.07, 0.13), hip=uniform(0.03, 0.07),
        radii=_radii(stick, uniform),
        colours=_colours(count, stick, background.mean(1), g),
        shading=torch.where(stick, uniform(0, 0.15), uniform(0.0, 1.0)),
        background=background, gradient=gradient, blobs=blobs, floor=floor, waves=waves,
    )  # fmt: skip


def _radii(stick: Tensor, uniform) -> Tensor:  # type: ignore[no-untyped-def]
    """(B, 10, 2) part radii in figure heights; sticks are thin everywhere but at the head."""
    count = len(stick)
    thin = uniform(0.014, 0.026)
    head = uniform(0.065, 0.1)
    limb, chest = uniform(0.03, 0.05), uniform(0.07, 0.12)
    radii = torch.empty(count, 10, 2)
    radii[:, 0, 0], radii[:, 0, 1] = chest * uniform(0.7, 1.0), chest
    radii[:, 1] = head[:, None]
    for part in range(2, 10):
        thick = limb * (1.0 if part < 6 else 1.25)
        radii[:, part, 0], radii[:, part, 1] = thick, thick * uniform(0.7, 1.0)
    sticks = thin[:, None, None].expand(-1, 10, 2).clone()
    sticks[:, 1] = (head * uniform(0.6, 1.0))[:, None]
    return torch.where(stick[:, None, None], sticks, radii)


def _colours(count: int, stick: Tensor, behind: Tensor, g: torch.Generator) -> Tensor:
    """(B, 10, 3): six colour groups away from the background, limbs sometimes alike, sticks often of one colour."""
    candidates = torch.rand(6, count, 6, 3, generator=g)
    distance = (candidates - behind[None, :, None]).norm(dim=-1)
    groups = candidates.gather(0, distance.argmax(0)[None, ..., None].expand(1, -1, -1, 3))[
        0
    ]  # (B, 6, 3)
    for left, right, p in ((2, 3, 0.5), (4, 5, 0.5)):
        alike = torch.rand(count, generator=g) < p
        groups[:, right] = torch.where(alike[:, None], groups[:, left], groups[:, right])
    shirt = torch.rand(count, generator=g) < 0.3
    groups[:, 2:4] = torch.where(shirt[:, None, None], groups[:, :1], groups[:, 2:4])
    plain = stick & (torch.rand(count, generator=g) < 0.5)
    groups = torch.where(plain[:, None, None], groups[:, :1], groups)
    return groups[:, [part[0] for part in PARTS]]


def _backgrounds(count: int, stick: Tensor, g: torch.Generator) -> tuple[Tensor, ...]:
    def rand(*shape: int) -> Tensor:
        return torch.rand(count, *shape, generator=g)

    first = rand(3)
    paper = stick & (rand() < 0.6)
    first = torch.where(paper[:, None], 0.85 + 0.15 * rand(3), first)
    second = (first + 0.5 * (rand(3) - 0.5)).clamp(0, 1)
    plain = paper | (rand() < 0.35)
    second = torch.where(plain[:, None], first, second)
    angle = 2 * torch.pi * rand()
    gradient = torch.stack([angle.cos(), angle.sin(), 0.5 * (rand() - 0.5)], -1)
    busy = ~plain
    blobs = torch.cat(
        [1.4 * (rand(4, 2) - 0.5), 0.08 + 0.2 * rand(4, 1), 0.8 * rand(4, 1), rand(4, 3)], -1
    )
    blobs[..., 3] *= (busy & (rand() < 0.5))[:, None]
    floor = torch.cat(
        [-0.45 + 0.35 * rand(1), rand(1), (first[:, :3] + 0.7 * (rand(3) - 0.5)).clamp(0, 1)], -1
    )
    floor[:, 1] = (busy & (rand() < 0.45)).float()
    waves = torch.cat([30 * (rand(3, 2) - 0.5), 6.3 * rand(3, 1), 0.05 * rand(3, 1)], -1)
    waves[..., 3] *= (busy & (rand() < 0.35))[:, None]
    return torch.stack([first, second], 1), gradient, blobs, floor, waves


def directions(values: Tensor) -> Tensor:
    """Unit vectors of the bones in view space.

    Args:
        values: (B, C, T) channel values.
    Returns:
        (B, T, 12, 3): torso, head, shoulder line, hip line, upper arm l, forearm l, upper arm r, forearm r,
        thigh l, shin l, thigh r, shin r.
    """
    c = {name: values[:, i] for name, i in INDEX.items()}

    def swing(side: float, out: Tensor, forward: Tensor) -> Tensor:
        return torch.stack(
            [side * out.sin(), -out.cos() * forward.cos(), out.cos() * forward.sin()], -1
        )

    def up(lean: Tensor, forward: Tensor) -> Tensor:
        return torch.stack(
            [lean.sin() * forward.cos(), lean.cos() * forward.cos(), forward.sin()], -1
        )

    lean, forward, twist = c["lean_side"], c["lean_forward"], c["twist"]
    bones = [
        up(lean, forward),
        up(lean + c["head_tilt"], forward + c["head_nod"]),
        torch.stack([twist.cos() * lean.cos(), -twist.cos() * lean.sin(), -twist.sin()], -1),
        torch.tensor([1.0, 0.0, 0.0]).expand(*twist.shape, 3),
    ]
    for side, sign in (("l", -1.0), ("r", 1.0)):
        out, ahead = c[f"arm_{side}"], c[f"arm_{side}_forward"]
        bones += [
            swing(sign, out, ahead),
            swing(sign, out + c[f"elbow_{side}"], ahead + c[f"elbow_{side}_forward"]),
        ]
    for side, sign in (("l", -1.0), ("r", 1.0)):
        out, ahead = c[f"leg_{side}"], c[f"leg_{side}_forward"]
        bones += [swing(sign, out, ahead), swing(sign, out, ahead - c[f"knee_{side}"])]
    stacked = torch.stack(bones, 2)
    cos, sin = c["yaw"].cos()[..., None], c["yaw"].sin()[..., None]
    x, y, z = stacked.unbind(-1)
    return torch.stack([x * cos + z * sin, y, z * cos - x * sin], -1)


def pose(figures: Figures, motions: Motions, times: Tensor) -> tuple[Tensor, Tensor]:
    """Put the figures through the motions.

    Args:
        figures: B bodies. motions: B motions. times: (B, T) in [0, 1].
    Returns:
        joints (B, T, 15, 3) in the order of JOINTS, frame widths; and the motion features (B, T, 42) that
        the draft's motion tokens are made of: 36 bone direction components, root path in figure
        heights since time 0, camera pan, ln zoom, roll, each scaled to about unit spread.
    """
    # the root path is counted from time 0: the first frame says where a figure stands, the motion where it goes
    all_times = torch.cat([torch.zeros(len(times), 1), times], 1)
    values = motions.values(all_times)
    bones = directions(values)
    length = {
        f.name: getattr(figures, f.name)[:, None, None]
        for f in fields(figures)
        if f.name in _LENGTHS
    }
    at: dict[str, Tensor] = {"pelvis": torch.zeros(*bones.shape[:2], 3)}
    at["chest"] = at["pelvis"] + length["torso"] * bones[:, :, 0]
    head_reach = length["neck"] + figures.radii[:, 1, 0][:, None, None]
    at["head"] = at["chest"] + head_reach * bones[:, :, 1]
    for i, (side, sign) in enumerate((("l", -1.0), ("r", 1.0))):
        at[f"shoulder_{side}"] = at["chest"] + sign * length["shoulder"] * bones[:, :, 2]
        at[f"elbow_{side}"] = at[f"shoulder_{side}"] + length["upper_arm"] * bones[:, :, 4 + 2 * i]
        at[f"wrist_{side}"] = at[f"elbow_{side}"] + length["forearm"] * bones[:, :, 5 + 2 * i]
        at[f"hip_{side}"] = at["pelvis"] + sign * length["hip"] * bones[:, :, 3]
        at[f"knee_{side}"] = at[f"hip_{side}"] + length["thigh"] * bones[:, :, 8 + 2 * i]
        at[f"ankle_{side}"] = at[f"knee_{side}"] + length["shin"] * bones[:, :, 9 + 2 * i]
    joints = torch.stack(
        [at[name] for name in JOINTS], 2
    )  # (B, 1 + T, 15, 3) figure heights, pelvis at 0

    stand = -joints[:, :, (11, 14), 1].amin(
        -1
    )  # pelvis height that puts the lower foot on the ground
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


_LENGTHS = ("torso", "neck", "upper_arm", "forearm", "thigh", "shin", "shoulder", "hip")
