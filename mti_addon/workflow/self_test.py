"""A small job that checks whether everything works: a drawn figure waves. Imports no bpy."""

from __future__ import annotations

import math
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..client import JobState
from ..motion import Bone, Look, PoseSequence, draw, encode_png, plan_limbs
from ..motion.starters.figure import Point, stick_figure
from ..wire import PROTOCOL, CaptureInfo, JobFolder, Request, Settings, create_job
from ..wire.request import TARGET, reference_name

NAME = "Self-Test"
ITERATIONS = 12
VARIANTS = 2
"""Number of augmented variants; a real job encodes 16, which takes as long as the rest of the
test."""
VERDICT = (
    "Everything works: a motion was learned in {steps} steps and applied to an image, "
    "{pictures} images in {seconds:.0f} s on {device}."
)
_ARM = ("upper_arm.R", "forearm.R", "hand.R")
_PALETTE = {
    "torso": (60, 110, 70),
    "head": (240, 200, 160),
    "left_arm": (90, 60, 160),
    "right_arm": (200, 120, 40),
    "left_leg": (40, 60, 90),
    "right_leg": (120, 50, 60),
    "ground": (188, 192, 198),
}


def create_self_test_job(root: Path) -> JobFolder:
    """Write the job: learn a wave from 14 images, apply it to one. Raises like create_job."""
    settings = Settings.for_model("draft")
    inversion = replace(
        settings.inversion,
        iterations=ITERATIONS,
        reconstruct=False,
        augmentation=replace(settings.inversion.augmentation, variants=VARIANTS),
    )
    settings = replace(settings, inversion=inversion)
    poses = _wave(settings.num_frames, settings.size)
    inputs: dict[str, bytes | Path] = {
        reference_name(i + 1): encode_png(picture) for i, picture in enumerate(draw(poses))
    }
    inputs[TARGET] = encode_png(draw(poses, Look((250, 250, 246), _PALETTE))[0])
    request = Request(
        protocol=PROTOCOL,
        job=uuid.uuid4().hex,
        task="learn+apply",
        name=NAME,
        settings=settings,
        inputs={},
        reference_frames=settings.num_frames,
        references=1,
        targets=1,
        capture=CaptureInfo(24.0, 1, 48, poses.size, False),
    )
    return create_job(root, request, inputs)


def verdict(job: JobFolder, state: JobState) -> dict[str, Any]:
    """Return VERDICT's values of a finished self-test.

    Raises UnreadableInput if a result is missing.
    """
    written = [name for name in job.verify_output() if name.startswith("frames/")]
    seconds = max(state.changed - job.request_file.stat().st_mtime, 0)
    return {
        "steps": ITERATIONS,
        "pictures": len(written),
        "seconds": seconds,
        "device": state.device,
    }


def _wave(frames: int, size: tuple[int, int]) -> PoseSequence:
    """Return the starter figure under an orthographic camera, raising its right arm."""
    bones = stick_figure()
    names = [name for name, *_ in bones]
    plan = plan_limbs(
        [
            Bone(name, names.index(above) if above else -1, head, tail)
            for name, above, head, tail in bones
        ]
    )
    shoulder = next(head for name, _, head, _ in bones if name == _ARM[0])
    heads = np.empty((frames, len(plan.bones), 3), np.float32)
    tails = np.empty_like(heads)
    for frame in range(frames):
        angle = math.radians(150) * frame / (frames - 1)
        for i, bone in enumerate(plan.bones):
            name, _, head, tail = bones[bone]
            turn = angle if name in _ARM else 0.0
            heads[frame, i] = _turned(head, shoulder, turn)
            tails[frame, i] = _turned(tail, shoulder, turn)
    # x right, z up, centered at 0.9 m; y into the image
    view = np.array([[0.9, 0, 0, 0], [0, 0, 0.9, -0.81], [0, 0.1, 0, 0], [0, 0, 0, 1]], np.float32)
    return PoseSequence(
        plan.joints(heads, tails), plan.limbs, plan.parts, plan.radii,
        np.repeat(view[None], frames, 0), 24.0, size, plan.parents,
    )  # fmt: skip


def _turned(point: Point, centre: Point, angle: float) -> Point:
    """Rotate around an axis parallel to y, outwards and up on the figure's right side."""
    x, z = point[0] - centre[0], point[2] - centre[2]
    cos, sin = math.cos(angle), math.sin(angle)
    return (centre[0] + x * cos + z * sin, point[1], centre[2] + z * cos - x * sin)
