"""Small jobs of Motion Inversion, for the tiny text-to-video models."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mti_addon.wire.job import JobFolder, create_job
from mti_addon.wire.motion_inversion import (
    LearningSettings,
    MotionInversionSettings,
    PlayingSettings,
)
from mti_addon.wire.request import PROTOCOL, CaptureInfo, Request, Task, reference_name
from mti_addon.wire.settings import ModelName, Settings
from mti_backend.method.motion_inversion.motion import Motion
from tests.e2e.jobs import png

FRAMES, SIZE = 4, 16
LEARNING = LearningSettings(
    iterations=24, keep=(4, 12, 24), levels=(1,), num_inversion_steps=4, checkpoint_every=3
)
PLAYING = PlayingSettings(num_inference_steps=3)
WORDS = MotionInversionSettings(
    caption="a man waves", prompts=("a fox",), learning=LEARNING, playing=PLAYING
)


def settings(model: ModelName = "animatediff", **words: Any) -> Settings:
    """Settings for a tiny model; `words` are of `settings.motion_inversion`."""
    return replace(
        Settings.for_model(model),
        num_frames=FRAMES,
        width=SIZE,
        height=SIZE,
        motion_inversion=replace(WORDS, **words),
    )


def reference() -> dict[str, bytes | Path]:
    """A square that moves to the right."""
    pictures = np.full((FRAMES, SIZE, SIZE, 3), 230, np.uint8)
    for index, picture in enumerate(pictures):
        picture[5:11, 1 + 3 * index : 6 + 3 * index] = (200, 40, 40)
    return {reference_name(i + 1): png(picture) for i, picture in enumerate(pictures)}


def new_job(
    root: Path,
    task: Task = "learn+apply",
    inputs: Mapping[str, bytes | Path] = {},
    model: ModelName = "animatediff",
    made: Settings | None = None,
    **words: Any,
) -> JobFolder:
    """A job; `inputs` add to or replace the default ones, `words` are for settings."""
    made = made or settings(model, **words)
    learns = task != "apply"
    request = Request(
        protocol=PROTOCOL,
        job=uuid.uuid4().hex,
        task=task,
        name="to the right",
        settings=made,
        inputs={},
        reference_frames=made.num_frames if learns else 0,
        references=int(learns),
        targets=0,
        capture=CaptureInfo(24.0, 1, 48, (320, 320), False),
    )
    return create_job(root, request, {**(reference() if learns else {}), **inputs})


def same(one: Path, other: Path) -> bool:
    """Whether two motions' files hold the same, bit for bit."""
    a, b = Motion.load(one), Motion.load(other)
    assert a.inverted_noise is not None and b.inverted_noise is not None
    tables = zip([*a.qk.items(), *a.v.items()], [*b.qk.items(), *b.v.items()], strict=True)
    equal = all(n == m and torch.equal(x, y) for (n, x), (m, y) in tables)
    return equal and torch.equal(a.inverted_noise, b.inverted_noise) and a.header == b.header
