"""Parts compete for the pixels of a figure; what one hides of another is guessed."""

from __future__ import annotations

import torch
from torch import Tensor

from mti_backend.models.segmentation import hidden, segment

SIDE = 192
ARM, TRUNK = torch.tensor([0.7, -0.6, -0.6]), torch.tensor([-0.6, 0.6, -0.5])


def figure(grain: float = 0.05) -> tuple[Tensor, Tensor]:
    """A trunk with an arm beside it, (3, S, S), and the true part of each pixel (S, S): 0 the
    trunk, 1 the arm, -1 neither."""
    truth = torch.full((SIDE, SIDE), -1)
    truth[60:140, 70:110] = 0
    truth[66:130, 110:126] = 1
    picture = torch.full((3, SIDE, SIDE), 0.1)
    picture[:, truth == 0] = TRUNK[:, None]
    picture[:, truth == 1] = ARM[:, None]
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(0))
    return picture + grain * noise, truth


def believed(truth: Tensor, shift: int) -> Tensor:
    """Probabilities (2, 64, 64) of the parts, `shift` pixels off to the right."""
    masks = torch.stack([(truth == k).float() for k in (0, 1)]).roll(shift, 2)
    return 0.9 * torch.nn.functional.adaptive_avg_pool2d(masks[None], 64)[0]


def test_colors_correct_a_border_that_the_network_sees_too_far_to_the_right() -> None:
    picture, truth = figure()
    inside = (truth >= 0).float()[None]
    wrong = believed(truth, 3)
    coarse = torch.nn.functional.interpolate(wrong[None], (SIDE, SIDE), mode="bilinear")[0]
    shown = truth >= 0
    before = (coarse.argmax(0) == truth)[shown].float().mean()
    share = segment(picture, inside, wrong)
    after = (share.argmax(0) == truth)[shown].float().mean()
    assert before < 0.96 and after > 0.995
    torch.testing.assert_close(share.sum(0), torch.ones(SIDE, SIDE))


def test_parts_of_one_color_are_divided_where_the_network_sees_them() -> None:
    _, truth = figure()
    picture = torch.where(truth >= 0, ARM[:, None, None], torch.tensor(0.1))
    share = segment(picture, (truth >= 0).float()[None], believed(truth, 0))
    assert (share.argmax(0) == truth)[truth >= 0].float().mean() > 0.98


def test_islands_are_taken_by_what_surrounds_them() -> None:
    picture, truth = figure()
    doubtful = believed(truth, 0)
    doubtful[:, 30:32, 28:30] = torch.tensor([0.3, 0.6])[:, None, None]  # an arm in the trunk
    share = segment(picture, (truth >= 0).float()[None], doubtful)
    assert (share.argmax(0)[80:100, 80:96] == 0).all()


def test_an_arm_in_front_hides_the_trunk_with_its_color() -> None:
    picture, truth = figure(grain=0.0)
    across = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    across[90:102, 60:150] = True
    truth = torch.where(truth == 1, -1, truth).masked_fill(across, 1)
    picture[:, 66:130, 110:126] = 0.1
    picture[:, across] = ARM[:, None]
    share = torch.stack([(truth == k).float() for k in (0, 1)])
    behind = hidden(picture, (truth >= 0).float()[None], share)
    covered = torch.zeros_like(across)
    covered[91:101, 71:109] = True
    assert (behind.part[covered] == 0).all() and (behind.reaches[covered] == 1).all()
    assert (behind.color[:, covered] - TRUNK[:, None]).abs().max() < 0.1
    assert not behind.reaches[92:100, 120:148].any()  # beyond the trunk's hull
    assert (behind.part[truth < 0] == -1).all()
