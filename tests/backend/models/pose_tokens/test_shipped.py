"""The draft's tokens of captured poses: of the shipped motions, as the add-on captured them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mti_backend.models.pose_tokens import pose_features, read_poses
from mti_backend.models.pose_tokens.people import is_animal
from mti_backend.models.pose_tokens.poses import Poses
from mti_backend.models.pose_tokens.skeleton import skeleton_of

PRESETS = Path(__file__).parents[4] / "presets"
FRAMES = 14
JAW, SMILE, BROW, BLINK = range(42, 46)


def captured(name: str) -> Poses:
    return read_poses((PRESETS / name / "poses.json").read_bytes(), FRAMES)


def features(name: str) -> np.ndarray:  # type: ignore[type-arg]
    found = pose_features(captured(name))
    assert found is not None and found.shape == (FRAMES, 46) and np.isfinite(found).all()
    return found


def bones(name: str) -> np.ndarray:  # type: ignore[type-arg]
    return features(name)[:, :36].reshape(FRAMES, 12, 3) / 2


def test_every_shipped_motion_but_boxes_that_turn_has_features() -> None:
    without = {
        path.parent.name
        for path in PRESETS.glob("*/poses.json")
        if pose_features(captured(path.parent.name)) is None
    }
    assert without == {"spin", "sway"}


def test_the_wave_moves_the_figure_s_right_arm_up() -> None:
    upper, lower = bones("wave")[:, 4], bones("wave")[:, 5]
    assert upper[0, 1] < -0.9 and upper[-1, 1] > 0.2 and lower[-1, 1] > 0.2
    assert upper[-1, 0] < -0.5  # to the image's left, as it faces us
    others = np.delete(bones("wave"), (1, 4, 5), axis=1)
    assert np.ptp(others, axis=0).max() < 0.02


def test_bones_are_unit_vectors() -> None:
    for name in ("walk-across", "kick", "quadruped-walk", "face-talk", "bow", "pan"):
        lengths = np.linalg.norm(bones(name), axis=-1)
        np.testing.assert_allclose(lengths, 1, atol=1e-6)


def test_who_walks_across_gets_somewhere_and_on_the_spot_does_not() -> None:
    across, spot = features("walk-across")[:, 36], features("walk-in-place")[:, 36]
    assert across[-1] / 10 == pytest.approx(1, abs=0.2) and np.abs(spot).max() < 0.2


def test_animals_are_told_from_people_on_all_fours() -> None:
    for path in PRESETS.glob("*/poses.json"):
        body = skeleton_of(captured(path.parent.name))
        if body is not None:
            assert is_animal(body) == path.parent.name.startswith("quadruped")


@pytest.mark.parametrize("name", ["quadruped-walk", "quadruped-trot"])
def test_an_animal_s_legs_swing_like_arms_and_legs(name: str) -> None:
    """Diagonal legs of a trot swing together, and every leg about straight down."""
    forward = bones(name)[:, (4, 6, 8, 10), 2]  # toward the viewer, whom an unturned person faces
    assert np.ptp(forward, axis=0).min() > 0.3
    assert np.abs(forward.mean(0)).max() < 0.25
    if name == "quadruped-trot":
        together = np.corrcoef(forward.T)[0]
        assert together[3] > 0.3 and together[[1, 2]].max() < -0.3


def test_a_face_talks_smiles_and_nods() -> None:
    talk, smile, nod = (features(f"face-{name}") for name in ("talk", "smile", "nod"))
    assert talk[:, JAW].max() > 0.8 and talk[:, BLINK].max() > 1.5
    assert smile[-1, SMILE] > 0.8 and smile[-1, BROW] > 0.3 and np.ptp(talk[:, SMILE]) < 0.1
    assert np.ptp(nod[:, JAW]) < 0.01
    down = -bones("face-nod")[:, 1, 2]  # the top of the head tips forward
    assert np.ptp(down) > 0.3


def test_cameras_pan_zoom_and_rise() -> None:
    moves = {name: features(name)[-1, 38:42] / 10 for name in ("pan", "zoom", "orbit", "crane")}
    assert moves["pan"][0] > 0.2 and abs(moves["pan"][1]) < 0.05
    assert moves["zoom"][2] > 0.2 and np.abs(moves["zoom"][[0, 1, 3]]).max() < 0.01
    assert moves["crane"][1] > 0.05 and abs(moves["crane"][0]) < 0.01
    # what is behind passes to the right while the subject stays and turns to the left
    assert moves["orbit"][0] < -0.2 and features("orbit")[-1, 36] < -2
    shoulders = bones("orbit")[:, 2]
    assert shoulders[0] == pytest.approx([1, 0, 0], abs=1e-6) and shoulders[-1, 2] > 0.3


def test_an_object_falls_and_bounces() -> None:
    fall, bounce = features("fall"), features("bounce")
    assert np.ptp(bounce[:, 37]) / 10 > 0.3 and np.abs(bounce[:, 36]).max() < 0.1
    assert np.ptp(fall[:, 36:38], axis=0).max() / 10 > 0.3
