"""The joints that the pair encoder is given: where the positions near them say they are."""

from __future__ import annotations

import torch

from mti_backend.models.motion_autoencoder import JointVotes, positions, relative_to

JOINTS = torch.tensor([[[0.25, 0.75, 0.1], [0.6, 0.5, -0.2]], [[0.4, 0.3, 0.0], [0.9, 0.1, 0.3]]])
LATENTS = torch.zeros(2, 4, 16, 16)


def maps() -> torch.Tensor:
    return relative_to(JOINTS, positions(LATENTS))


def test_positions_are_the_middles_of_the_cells() -> None:
    here = positions(LATENTS)
    assert here.shape == (1, 2, 16, 16)
    # x of column 3, y of row 11
    torch.testing.assert_close(here[0, :, 11, 3], (torch.tensor([3.0, 11.0]) + 0.5) / 16)


def test_votes_that_agree_are_the_joints() -> None:
    torch.testing.assert_close(JointVotes(4, 2)(LATENTS, maps()), JOINTS)


def test_the_nearest_positions_count_most() -> None:
    """A position that is far from a joint may be wrong about it."""
    far = maps()
    offset = far[:, :4].unflatten(1, (2, 2))
    wrong = offset.norm(dim=2, keepdim=True) > 0.4
    far[:, :4] = torch.where(wrong, 1.6 * offset, offset).flatten(1, 2)
    off = (JointVotes(4, 2)(LATENTS, far) - JOINTS).abs()
    assert off.max() < 0.02
    assert (far - maps()).abs().max() > 0.2


def test_what_is_not_trusted_does_not_vote() -> None:
    votes = JointVotes(4, 2)
    with torch.no_grad():
        votes.trust.weight[:, 0] = -50
    latents, wrong = LATENTS.clone(), maps()
    latents[:, 0, :, :8] = 1  # the image's left half, which says that all joints are there
    wrong[:, :4, :, :8] = 0
    off = (votes(latents, wrong) - JOINTS).abs()
    assert off[0, 1].max() < 1e-4 and off[1, 1].max() < 1e-4
    assert (JointVotes(4, 2)(latents, wrong) - JOINTS).abs().max() > 0.1
