"""Named motions for evaluation, which training never draws. Imports torch only.

Each is a function of time t (B, T) in [0, 1] -> the channels it moves, (B, T) each.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from .motions import CHANNELS, INDEX, Motions, limit

# Joint angles where a motion specifies nothing; radians.
_REST = {"arm_l": 0.15, "arm_r": 0.15, "elbow_l": 0.1, "elbow_r": 0.1, "leg_l": 0.08, "leg_r": 0.08}


def _wave(t: Tensor) -> dict[str, Tensor]:
    up = (t / 0.3).clamp(0, 1)
    up = up * up * (3 - 2 * up)
    return {
        "arm_r": 0.15 + 2.0 * up,
        "elbow_r": 0.1 + up * (0.5 + 0.5 * torch.sin(2 * math.pi * 2 * t)),
    }


def _jumping_jack(t: Tensor) -> dict[str, Tensor]:
    out = 0.5 - 0.5 * torch.cos(2 * math.pi * 2 * t)
    arm, leg = 0.15 + 2.5 * out, 0.06 + 0.4 * out
    return {
        "arm_l": arm,
        "arm_r": arm,
        "leg_l": leg,
        "leg_r": leg,
        "root_y": 0.06 * torch.sin(4 * math.pi * t) ** 2,
    }


def _squat(t: Tensor) -> dict[str, Tensor]:
    down = torch.sin(math.pi * t) ** 2
    both = {
        "leg_l": 0.15 + 0.3 * down,
        "leg_l_forward": 0.9 * down,
        "knee_l": 1.8 * down,
        "arm_l": 0.15 + 1.3 * down,
    }
    return both | {k.replace("_l", "_r"): v for k, v in both.items()} | {"lean_forward": 0.3 * down}


def _walk(
    t: Tensor, stride: float = 0.5, cycles: float = 1.5, path: float = 0.3
) -> dict[str, Tensor]:
    s = torch.sin(2 * math.pi * cycles * t)
    c = torch.cos(2 * math.pi * cycles * t)
    return {
        "yaw": torch.full_like(t, 0.9), "root_x": path * (t - 0.5),
        "leg_l_forward": stride * s, "leg_r_forward": -stride * s,
        "knee_l": (0.3 + stride) * (0.5 + 0.5 * c), "knee_r": (0.3 + stride) * (0.5 - 0.5 * c),
        "arm_l_forward": -0.8 * stride * s, "arm_r_forward": 0.8 * stride * s,
    }  # fmt: skip


def _run(t: Tensor) -> dict[str, Tensor]:
    pose = _walk(t, stride=0.85, cycles=2.0, path=0.4)
    bent = torch.full_like(t, 1.2)
    return pose | {
        "elbow_l_forward": bent,
        "elbow_r_forward": bent,
        "lean_forward": torch.full_like(t, 0.25),
    }


def _kick(t: Tensor) -> dict[str, Tensor]:
    swing = torch.sin(math.pi * ((t - 0.25) / 0.6).clamp(0, 1)) ** 2
    back = 0.3 * torch.sin(math.pi * (t / 0.3).clamp(0, 1))
    return {
        "yaw": torch.full_like(t, 0.7),
        "leg_r_forward": 1.4 * swing - back,
        "arm_l": 0.2 + 0.8 * swing,
        "arm_r": 0.2 + 0.6 * swing,
    }


def _bow(t: Tensor) -> dict[str, Tensor]:
    down = torch.sin(math.pi * t) ** 2
    return {
        "yaw": torch.full_like(t, 0.6),
        "lean_forward": 1.1 * down,
        "head_nod": 0.4 * down,
        "arm_l_forward": 0.3 * down,
        "arm_r_forward": 0.3 * down,
    }


def _nod(t: Tensor) -> dict[str, Tensor]:
    return {"yaw": torch.full_like(t, 0.5), "head_nod": 0.7 * torch.sin(2 * math.pi * t) ** 2}


def _crawl(t: Tensor) -> dict[str, Tensor]:
    s = torch.sin(2 * math.pi * 1.5 * t)
    still = torch.full_like(t, 1.0)
    return {
        "yaw": 1.1 * still, "root_x": 0.25 * (t - 0.5), "lean_forward": 1.25 * still,
        "head_nod": -0.6 * still, "arm_l_forward": 0.45 * s, "arm_r_forward": -0.45 * s,
        "leg_l_forward": 0.1 - 0.35 * s, "leg_r_forward": 0.1 + 0.35 * s,
        "knee_l": 1.4 * still, "knee_r": 1.4 * still,
    }  # fmt: skip


def _pan_walk(t: Tensor) -> dict[str, Tensor]:
    return _walk(t, path=0.35) | {"pan_x": 0.35 * (t - 0.5)}


NAMED: dict[str, Callable[[Tensor], dict[str, Tensor]]] = {
    "wave": _wave, "jumping_jack": _jumping_jack, "squat": _squat, "walk": _walk, "run": _run,
    "kick": _kick, "bow": _bow, "nod": _nod, "crawl": _crawl, "pan_walk": _pan_walk,
}  # fmt: skip


def named_motion(name: str) -> Motions:
    """The motion `name` of NAMED, which training never draws; B = 1. Raises KeyError."""
    curve = NAMED[name]

    def values(t: Tensor) -> Tensor:
        out = torch.zeros(t.shape[0], len(CHANNELS), t.shape[1])
        for channel, angle in _REST.items():
            out[:, INDEX[channel]] = angle
        for channel, value in curve(t).items():
            out[:, INDEX[channel]] = value
        return limit(out)

    return Motions(values, torch.tensor([name != "jumping_jack"]))
