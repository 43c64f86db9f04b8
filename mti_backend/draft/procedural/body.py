"""The parts of a body of any kind. Imports torch only.

Images span [-0.5, 0.5]^2, x to the right, y up; z points toward the viewer; the projection is
orthographic. Every body is drawn as PART_COUNT rounded or square parts.
"""

from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from .backgrounds import Backgrounds

JOINTS = (
    "pelvis", "chest", "head",
    "shoulder_l", "elbow_l", "wrist_l", "shoulder_r", "elbow_r", "wrist_r",
    "hip_l", "knee_l", "ankle_l", "hip_r", "knee_r", "ankle_r",
    "hand_l", "hand_r", "toe_l", "toe_r", "hair_top", "hair_end", "hem",
)  # fmt: skip
# The ten parts whose positions define a figure's pose: (color group, from joint, to joint).
PARTS = (
    (0, "pelvis", "chest"), (1, "head", "head"),
    (2, "shoulder_l", "elbow_l"), (2, "elbow_l", "wrist_l"),
    (3, "shoulder_r", "elbow_r"), (3, "elbow_r", "wrist_r"),
    (4, "hip_l", "knee_l"), (4, "knee_l", "ankle_l"),
    (5, "hip_r", "knee_r"), (5, "knee_r", "ankle_r"),
)  # fmt: skip
# Further parts with which a human body is drawn.
EXTRAS = (
    (1, "chest", "head"), (0, "shoulder_l", "shoulder_r"), (0, "hip_l", "hip_r"),
    (1, "hand_l", "hand_l"), (1, "hand_r", "hand_r"), (6, "ankle_l", "toe_l"),
    (6, "ankle_r", "toe_r"), (7, "hair_top", "hair_end"), (8, "pelvis", "hem"),
)  # fmt: skip
PART_COUNT = len(PARTS) + len(EXTRAS)
NECK, SHOULDERS, HIPS, HAND_L, HAND_R, FOOT_L, FOOT_R, HAIR, SKIRT = range(len(PARTS), PART_COUNT)
GROUPS = 9  # torso, head, arm l, arm r, leg l, leg r, shoes, hair, skirt

KINDS = ("human", "quadruped", "object", "face")
HUMAN, QUADRUPED, OBJECT, FACE = range(4)
SHAPES = ("ball", "box", "vane", "plant", "pendulum", "flag")


@dataclass
class Figures:
    """B bodies and their backgrounds.

    Lengths are (B,), in figure heights, except height, centre and ground: frame widths.
    """

    kind: Tensor  # index into KINDS
    shape: Tensor  # index into SHAPES, for objects
    height: Tensor
    centre: Tensor
    ground: Tensor
    facing: Tensor  # radians the body is turned to the right in addition to its motion
    torso: Tensor
    neck: Tensor
    upper_arm: Tensor
    forearm: Tensor
    thigh: Tensor
    shin: Tensor
    foot: Tensor
    shoulder: Tensor  # half the distance between the shoulders
    hip: Tensor  # half the distance between the hips
    hair: Tensor  # length of the hair behind the head
    skirt: Tensor  # length down the legs, 0 .. 1
    form: Tensor  # (B, 4) in [0, 1]: other variation among quadrupeds and objects
    radii: Tensor  # (B, P, 2) at the start and end of each part; 0: the part is absent
    square: Tensor  # bool (B, P): a part with flat ends
    colours: Tensor  # (B, P, 3) in [0, 1]
    shading: Tensor  # 0 flat .. 1 fully shaded
    cloth: Tensor  # (B, 5) stripes: waves per frame width along and across, phase, strength, edge
    outline: Tensor  # (B, 2) outline around every part: width in frame widths, darkness
    # (B, 3) shadow on the ground: strength 0 .. 1, direction of the light -1 .. 1, and how far a
    # lamp's shadow extends up the image, -0.5 .. 0.5 heights; 0: a blob under the feet
    shadow: Tensor
    behind: Backgrounds

    def repeat(self, times: int) -> "Figures":
        """Repeat each body `times` times consecutively: B -> B * times."""
        rows = torch.arange(len(self.height)).repeat_interleave(times)
        return self.pick(rows)

    def pick(self, rows: Tensor | list[int]) -> "Figures":
        """The bodies at these row numbers."""
        columns: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        behind = columns.pop("behind").pick(rows)
        return Figures(**{name: column[rows] for name, column in columns.items()}, behind=behind)
