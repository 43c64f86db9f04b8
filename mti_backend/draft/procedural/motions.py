"""Procedural motions of the draft model's training and evaluation clips. Imports torch only.

A motion is a table of curves over time, independent of the performer: joint angles in radians,
expressions of a face (1: mouth fully open, smiling, brows up, eyes shut), a root path in figure
heights, a camera. Two figures given the same motion move alike, which gives a
motion transfer a known ground truth.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

CHANNELS = (
    "yaw", "lean_side", "lean_forward", "twist", "head_tilt", "head_nod",
    "arm_l", "arm_l_forward", "elbow_l", "elbow_l_forward",
    "arm_r", "arm_r_forward", "elbow_r", "elbow_r_forward",
    "leg_l", "leg_l_forward", "knee_l",
    "leg_r", "leg_r_forward", "knee_r",
    "root_x", "root_y", "pan_x", "pan_y", "zoom", "roll",
    "jaw", "smile", "brow", "blink",
)  # fmt: skip
INDEX = {name: i for i, name in enumerate(CHANNELS)}
CAMERA_CHANNELS = ("pan_x", "pan_y", "zoom", "roll")
FACE_CHANNELS = ("jaw", "smile", "brow", "blink")
CAMERA = slice(INDEX["pan_x"], INDEX["roll"] + 1)
FRAMES = 14

# Range of |amplitude| of an active curve: radians, figure heights (root), frame widths (pan),
# ln (zoom).
AMPLITUDE = {
    "yaw": (0.2, 0.7), "lean_side": (0.1, 0.4), "lean_forward": (0.1, 0.9), "twist": (0.1, 0.5),
    "head_tilt": (0.1, 0.4), "head_nod": (0.1, 0.6),
    "arm": (0.4, 2.0), "arm_forward": (0.2, 1.2), "elbow": (0.2, 1.4), "elbow_forward": (0.2, 1.2),
    "leg": (0.1, 0.6), "leg_forward": (0.2, 0.9), "knee": (0.2, 1.3),
    "jaw": (0.2, 1.0), "smile": (0.2, 1.0), "brow": (0.2, 1.0), "blink": (0.3, 1.0),
    "root_x": (0.05, 0.3), "root_y": (0.03, 0.3),
    "pan_x": (0.05, 0.25), "pan_y": (0.03, 0.12), "zoom": (0.05, 0.25), "roll": (0.05, 0.25),
}  # fmt: skip
# Probability that a group of curves is active in a clip.
ACTIVE = {"arm_l": 0.8, "arm_r": 0.8, "leg_l": 0.65, "leg_r": 0.65, "torso": 0.5, "head": 0.4,
          "root": 0.35, "camera": 0.2, "yaw": 0.2, "face": 0.1}  # fmt: skip


@dataclass(frozen=True)
class Motions:
    """B motions as a function of time.

    values: (B, T) times in [0, 1] -> (B, C, T) channel values, C = len(CHANNELS).
    grounded: bool (B,): the lower foot stays on the ground, so bent knees lower the pelvis.
    """

    values: Callable[[Tensor], Tensor]
    grounded: Tensor


class _Sampler:
    """Uniform draws from one generator; every method returns a tensor of the given shape."""

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(*shape, generator=self.generator)

    def chance(self, p: float, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self.generator) < p

    def sign(self, *shape: int) -> Tensor:
        return torch.where(self.chance(0.5, *shape), 1.0, -1.0)


def _base_pose(draw: _Sampler, count: int) -> Tensor:
    """Starting pose of the curves: mostly a relaxed stand, sometimes with arms anywhere; (B, C)."""
    base = torch.zeros(count, len(CHANNELS))
    side_on = draw.chance(0.3, count)
    turned = torch.where(
        draw.chance(0.5, count),  # in profile, as walks are mostly animated
        draw.uniform(1.3, 1.75, count) * draw.sign(count),
        draw.uniform(-1.6, 1.6, count),
    )
    base[:, INDEX["yaw"]] = torch.where(side_on, turned, draw.uniform(-0.4, 0.4, count))
    raised = draw.chance(0.25, count)
    for side in ("l", "r"):
        base[:, INDEX[f"arm_{side}"]] = torch.where(
            raised, draw.uniform(0.2, 2.6, count), draw.uniform(0.05, 0.6, count)
        )
        base[:, INDEX[f"arm_{side}_forward"]] = draw.uniform(-0.3, 0.3, count)
        base[:, INDEX[f"elbow_{side}"]] = draw.uniform(0.0, 0.5, count)
        base[:, INDEX[f"leg_{side}"]] = draw.uniform(0.02, 0.22, count)
        base[:, INDEX[f"leg_{side}_forward"]] = draw.uniform(-0.12, 0.12, count)
        base[:, INDEX[f"knee_{side}"]] = draw.uniform(0.0, 0.3, count)
    for name in ("lean_side", "lean_forward", "head_tilt", "head_nod", "twist"):
        base[:, INDEX[name]] = draw.uniform(-0.1, 0.1, count)
    for name in FACE_CHANNELS:
        base[:, INDEX[name]] = draw.uniform(0.0, 0.3, count) * draw.chance(0.4, count)
    low = draw.chance(0.15, count)  # crouching, bent over or on the knees
    for name, most in (("lean_forward", 1.3), ("knee_l", 1.7), ("knee_r", 1.7),
                       ("leg_l_forward", 0.9), ("leg_r_forward", 0.9)):  # fmt: skip
        bent = draw.uniform(0.2, most, count)
        base[:, INDEX[name]] = torch.where(low, bent, base[:, INDEX[name]])
    return base


def _amplitudes(draw: _Sampler, count: int, faces: Tensor | None) -> Tensor:
    """Signed amplitudes with inactive groups at zero; (B, C)."""
    groups = {name: draw.chance(p, count) for name, p in ACTIVE.items()}
    if faces is not None:
        groups["face"] |= faces & draw.chance(0.8, count)
        groups["head"] |= faces & draw.chance(0.5, count)
    nothing = ~torch.stack(
        [groups[g] for g in ("arm_l", "arm_r", "leg_l", "leg_r", "torso", "root")]
    ).any(0)
    groups["arm_r"] |= nothing
    # One clip in twelve moves only the camera, and one in fifty nothing at all.
    draws = torch.rand(count, generator=draw.generator)
    for name in groups:
        groups[name] &= draws > 0.02
        groups[name] &= (draws > 0.1) | (name == "camera")
    groups["camera"] |= (draws > 0.02) & (draws < 0.1)
    amplitude = torch.zeros(count, len(CHANNELS))
    for name, i in INDEX.items():
        kind = name.replace("_l_", "_").replace("_r_", "_").removesuffix("_l").removesuffix("_r")
        low, high = AMPLITUDE[kind]
        amplitude[:, i] = draw.uniform(low, high, count) * draw.sign(count)
        # Not every joint of an active limb moves.
        active = groups[_group(name)] & draw.chance(
            1.0 if kind in ("arm", "leg_forward") else 0.55, count
        )
        amplitude[:, i] *= active
    return amplitude


def _group(name: str) -> str:
    if name.startswith(("arm", "elbow")):
        return "arm_l" if "_l" in name else "arm_r"
    if name.startswith(("leg", "knee")):
        return "leg_l" if "_l" in name else "leg_r"
    if name.startswith("root"):
        return "root"
    if name in FACE_CHANNELS:
        return "face"
    if name in CAMERA_CHANNELS:
        return "camera"
    if name.startswith("head"):
        return "head"
    return "yaw" if name == "yaw" else "torso"


def random_motions(count: int, generator: torch.Generator, faces: Tensor | None = None) -> Motions:
    """Draw `count` motions: periodic, eased or there-and-back curves.

    Left and right limbs are free, mirrored or opposed. faces: bool (B,), where expressions change
    more often.
    """
    draw = _Sampler(generator)
    base, amplitude = _base_pose(draw, count), _amplitudes(draw, count, faces)
    shape = (count, len(CHANNELS))
    # One rhythm per clip, with some curves off it: limbs that move together look natural and read
    # as one motion.
    frequency = draw.uniform(0.5, 2.0, count, 1).expand(shape).clone()
    frequency[:, CAMERA] = 0.5
    phase = draw.uniform(0, 2 * math.pi, *shape)
    kind = torch.randint(0, 3, (count, 1), generator=generator).expand(shape).clone()
    kind = torch.where(
        draw.chance(0.2, *shape), torch.randint(0, 3, shape, generator=generator), kind
    )
    start = draw.uniform(0.0, 0.4, *shape)
    length = draw.uniform(0.3, 0.6, *shape)

    relation = torch.randint(0, 3, (count, 2), generator=generator)  # free | mirrored | opposed
    for limb, joints in ((0, ("arm", "elbow")), (1, ("leg", "knee"))):
        _tie(relation[:, limb], joints, (base, amplitude, kind, start, length), phase)
    _orbit(draw, amplitude, (kind, start, length))

    def values(t: Tensor) -> Tensor:
        t = t[:, None, :]  # (B, 1, T)
        sine = torch.sin(2 * math.pi * frequency[..., None] * t + phase[..., None])
        u = ((t - start[..., None]) / length[..., None]).clamp(0, 1)
        ease, pulse = u * u * (3 - 2 * u), torch.sin(math.pi * u) ** 2
        k = kind[..., None]
        curve = torch.where(k == 0, 0.6 * sine, torch.where(k == 1, ease, pulse))
        return limit(base[..., None] + amplitude[..., None] * curve)

    return Motions(values, draw.chance(0.7, count))


def _tie(
    relation: Tensor, joints: tuple[str, str], tables: tuple[Tensor, ...], phase: Tensor
) -> None:
    """Couple pairs of limbs, in phase where relation (B,) is 1, alternating where it is 2; in
    place.

    The active side leads, so that coupling never stops a motion.
    """
    pairs = [
        (INDEX[name], INDEX[name.replace("_l", "_r")])
        for name in CHANNELS
        if name.startswith(joints) and "_l" in name
    ]
    amplitude = tables[1]
    moves = [(amplitude[:, list(side)] != 0).any(1) for side in zip(*pairs, strict=True)]
    right_leads = moves[1] & ~moves[0]
    tied = relation > 0
    for left, right in pairs:
        for table in (*tables, phase):
            lead = torch.where(right_leads, table[:, right], table[:, left])
            for side in (left, right):
                table[:, side] = torch.where(tied, lead, table[:, side])
        phase[:, right] += math.pi * (relation == 2)


def _orbit(draw: _Sampler, amplitude: Tensor, curves: tuple[Tensor, Tensor, Tensor]) -> None:
    """Turn some camera pans into orbits by turning the figure in step; in place.

    curves: kind, start and length of the curves.
    """
    yaw, pan = INDEX["yaw"], INDEX["pan_x"]
    around = draw.chance(0.3, len(amplitude)) & (amplitude[:, pan] != 0)
    turned = 4 * amplitude[:, pan].clamp(-0.2, 0.2)
    amplitude[:, yaw] = torch.where(around, turned, amplitude[:, yaw])
    curves[0][:, pan] = torch.where(around, 1, curves[0][:, pan])
    for table in curves:
        table[:, yaw] = torch.where(around, table[:, pan], table[:, yaw])


def limit(values: Tensor) -> Tensor:
    """Clamp joint angles and expressions to anatomical limits; (B, C, T).

    Arms from 0.2 inward to 3 outward, elbows -0.3 to 2.2, legs 0.15 inward to 1 outward; knees bend
    backward only, to 2. Mouth and eyes open from 0 to 1; corners of the mouth and brows go from 0.5
    down to 1 up.
    """
    values = values.clone()
    for side in ("l", "r"):
        values[:, INDEX[f"arm_{side}"]] = values[:, INDEX[f"arm_{side}"]].clamp(-0.2, 3.0)
        values[:, INDEX[f"elbow_{side}"]] = values[:, INDEX[f"elbow_{side}"]].clamp(-0.3, 2.2)
        values[:, INDEX[f"leg_{side}"]] = values[:, INDEX[f"leg_{side}"]].clamp(-0.15, 1.0)
        values[:, INDEX[f"knee_{side}"]] = values[:, INDEX[f"knee_{side}"]].abs().clamp(0, 2.0)
    for name in ("jaw", "blink"):
        values[:, INDEX[name]] = values[:, INDEX[name]].abs().clamp(0, 1.0)
    for name in ("smile", "brow"):
        values[:, INDEX[name]] = values[:, INDEX[name]].clamp(-0.5, 1.0)
    return values


def frame_times(count: int, frames: int = FRAMES) -> Tensor:
    """Times of a clip's frames, (B, F), evenly spaced over [0, 1]."""
    return torch.linspace(0, 1, frames).expand(count, frames)
