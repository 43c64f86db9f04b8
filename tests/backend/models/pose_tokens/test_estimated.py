"""The draft's tokens of poses that it estimates in images."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mti_backend.draft.procedural.motions import FRAMES, frame_times
from mti_backend.draft.procedural.named import named_motion
from mti_backend.draft.procedural.pose import pose
from mti_backend.draft.training.training_clips import known
from mti_backend.evaluation.pairs import held_out_pair
from mti_backend.models import load_model
from mti_backend.models.pose_tokens import estimated_features
from mti_backend.models.svd import SvdModel
from mti_backend.models.token_layout import token_rotation
from tests.backend.models.pose_tokens.test_people import BONES, CAMERA, ROOT, straight

FACE = slice(42, 46)


@pytest.fixture(scope="module")
def draft() -> SvdModel:
    return load_model("draft")


@pytest.mark.parametrize("name", ["wave", "squat", "walk", "kick", "bow"])
def test_true_joints_give_the_motions_own_features(name: str) -> None:
    figure, motion, times = straight(), named_motion(name), frame_times(1)
    joints = known(figure, motion, times, pictures=FRAMES).joints[0].numpy()
    true = pose(figure, motion, times).features[0].numpy()
    mine = estimated_features(joints)
    np.testing.assert_allclose(mine[:, BONES], true[:, BONES], atol=1e-3)
    # the path is told in the height of this figure, the true one in that of an average one
    np.testing.assert_allclose(mine[:, ROOT], true[:, ROOT], atol=0.5)
    assert (mine[:, CAMERA] == 0).all() and (mine[:, FACE] == 0).all()


def test_joints_that_coincide_give_finite_features() -> None:
    assert np.isfinite(estimated_features(np.zeros((FRAMES, 15, 3)))).all()


@pytest.mark.parametrize("index", [0, 1, 2, 6])  # wave, jumping jack, squat, bow
def test_the_draft_estimates_how_a_stick_figure_moves(draft: SvdModel, index: int) -> None:
    """Its bones change as the true ones do, if seen from in front. Of legs in profile it cannot
    tell which is which."""
    pair = held_out_pair(index)
    found = draft.estimated_pose_embeddings(draft.framed_clip(pair.reference))
    assert found is not None and found.shape == pair.tokens.shape
    bones = [tokens @ token_rotation()[BONES].T for tokens in (found, pair.tokens)]
    change = torch.stack([(bone - bone[:1]).flatten() for bone in bones])
    assert torch.corrcoef(change)[0, 1] > 0.8


def test_svd_estimates_none(draft: SvdModel) -> None:
    assert SvdModel.estimated_pose_embeddings(draft, torch.zeros(FRAMES, 3, 8, 8)) is None
