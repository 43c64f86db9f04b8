"""Poses of a procedural figure as the add-on captures them. Imports numpy, torch, the draft."""

import json

import numpy as np
import torch
from numpy.typing import NDArray

from ..draft.procedural.body import PARTS
from ..draft.procedural.clips import camera_of
from ..draft.procedural.figures import Figures
from ..draft.procedural.motions import FRAMES, Motions, frame_times
from ..draft.procedural.pose import pose

_LIMBS = (("right_arm", 2, 3, 1), ("left_arm", 4, 5, 1), ("right_leg", 6, 7, 0),
          ("left_leg", 8, 9, 0))  # fmt: skip
"""Part, its two bones in PARTS, and the joint it hangs on: the pelvis or the chest."""
_SIZE = 128
_FPS = 7.0


def keyed_poses(motion: Motions, figure: Figures) -> bytes:
    """poses.json of one person (B = 1) who performs a motion: joints and camera, and no angles.

    What the add-on writes for a keyed armature (docs/job.md); world space has z up, and the camera
    looks along y.
    """
    times = frame_times(1)
    ends = pose(figure, motion, times).ends[0].double()
    world = torch.stack([ends[..., 0], -ends[..., 2], ends[..., 1]], -1).numpy()
    joints = [world[:, 0, 0], world[:, 0, 1], world[:, 1, 0]]
    limbs, parts, parents = [(0, 1), (2, 2)], ["torso", "head"], [-1, 0, 1]
    for part, upper, lower, above in _LIMBS:
        first = len(joints)
        joints += [world[:, upper, 0], world[:, upper, 1], world[:, lower, 1]]
        limbs += [(first, first + 1), (first + 1, first + 2)]
        parts += [part, part]
        parents += [above, first, first + 1]
    radii = figure.radii[0, : len(PARTS)].mean(-1) * figure.height
    thin = float(radii[2:].mean())
    value = {
        "joints": np.stack(joints, 1).tolist(),
        "limbs": limbs,
        "parts": parts,
        "radii": [float(radii[1]) if a == b else thin for a, b in limbs],
        "world_to_clip": _matrices(motion).tolist(),
        "fps": _FPS,
        "size": [_SIZE, _SIZE],
        "parents": parents,
    }
    return json.dumps(value).encode("utf-8")


def _matrices(motion: Motions) -> NDArray[np.float64]:
    """World to clip space (F, 4, 4) of the motion's camera, which sees one frame width."""
    camera = camera_of(motion, frame_times(1))[0].double().numpy()
    pan_x, pan_y, zoom, roll = camera.T
    scale, cos, sin = 2 * np.exp(zoom), np.cos(roll), np.sin(roll)
    result = np.zeros((FRAMES, 4, 4))
    result[:, 0, 0], result[:, 0, 2] = scale * cos, scale * sin
    result[:, 1, 0], result[:, 1, 2] = -scale * sin, scale * cos
    result[:, 0, 3] = -scale * (cos * pan_x + sin * pan_y)
    result[:, 1, 3] = -scale * (cos * pan_y - sin * pan_x)
    result[:, 2, 1] = result[:, 3, 3] = 1
    return result
