from __future__ import annotations

import numpy as np

from mti_addon.motion.movement import STILL, movement


def clip(change: np.ndarray, frames: int = 14) -> list[np.ndarray]:
    """A noisy still image with a change that grows from frame to frame."""
    rng = np.random.default_rng(0)
    still = rng.integers(40, 200, (64, 64, 3))
    flicker = [rng.integers(-2, 3, still.shape) for _ in range(frames)]
    return [
        np.clip(still + noise + change * i // (frames - 1), 0, 255).astype(np.uint8)
        for i, noise in enumerate(flicker)
    ]


def test_a_limb_that_moves_is_seen_and_flicker_is_not() -> None:
    nothing, arm = np.zeros((64, 64, 3), int), np.zeros((64, 64, 3), int)
    arm[10:30, 20:23] = 60  # 1.5 % of the image
    assert movement(clip(nothing)) < STILL / 2
    assert movement(clip(arm)) > 2 * STILL


def test_a_faint_drift_of_everything_is_no_motion() -> None:
    assert movement(clip(np.full((64, 64, 3), 6))) < STILL


def test_one_picture_and_none_do_not_move() -> None:
    assert movement([]) == 0 and movement(clip(np.full((64, 64, 3), 99), 2)[:1]) == 0
