"""Body parts move as a whole, even if a network's flow is wrong at single positions."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mti_backend.models.limbs import by_parts

SIZE = 64


def bar(top: int, bottom: int, left: int, right: int) -> Tensor:
    part = torch.zeros(1, SIZE, SIZE)
    part[:, top:bottom, left:right] = 1
    return part


def turned(angle: float, about: tuple[float, float]) -> Tensor:
    """Flow (1, 2, h, w) of a rotation about a point."""
    axis = (torch.arange(SIZE) + 0.5) / SIZE
    x, y = torch.meshgrid(axis - about[0], axis - about[1], indexing="xy")
    c, s = math.cos(angle), math.sin(angle)
    return torch.stack([(c - 1) * x - s * y, s * x + (c - 1) * y])[None]


ARM = bar(20, 44, 30, 33)


def test_a_turned_limb_is_left_as_it_is() -> None:
    flow = turned(1.2, (0.5, 0.3))
    inside = ARM[0] > 0
    off = (by_parts(flow, ARM) - flow)[0, :, inside].abs().max()
    assert off < 0.002


def test_noise_within_a_limb_is_averaged_away() -> None:
    flow = turned(1.2, (0.5, 0.3))
    g = torch.Generator().manual_seed(0)
    noisy = flow + 0.02 * torch.randn(flow.shape, generator=g)
    inside = ARM[0] > 0
    before = (noisy - flow)[0, :, inside].square().mean().sqrt()
    after = (by_parts(noisy, ARM) - flow)[0, :, inside].square().mean().sqrt()
    assert after < 0.35 * before


def test_a_few_places_that_are_far_off_do_not_bend_it() -> None:
    flow = turned(1.2, (0.5, 0.3))
    torn = flow.clone()
    torn[..., 24:27, :] += 0.3
    inside = ARM[0] > 0
    assert (by_parts(torn, ARM) - flow)[0, :, inside].abs().max() < 0.03


def test_two_parts_keep_their_own_motions_up_to_the_joint() -> None:
    parts = torch.cat([bar(20, 32, 30, 33), bar(32, 44, 30, 33)])
    flow = torch.where(parts[1:].bool(), turned(1.0, (0.5, 0.5)), torch.zeros(1, 2, SIZE, SIZE))
    found = by_parts(flow, parts)
    assert found[0, :, 20:31, 30:33].abs().max() < 0.004
    assert (found - flow)[0, :, 33:44, 30:33].abs().max() < 0.01


def test_edges_go_with_their_limb_and_what_is_far_keeps_its_own() -> None:
    flow = turned(0.8, (0.5, 0.3))
    own = torch.where(ARM.bool(), flow, torch.full_like(flow, 0.11))
    found = by_parts(own, ARM)
    assert (found - flow)[0, :, 22:42, 29].abs().max() < 0.01  # next to the part
    assert torch.equal(found[..., :10, :], own[..., :10, :])


def test_a_small_part_does_not_grow_out_of_proportion() -> None:
    hand = bar(40, 44, 30, 34)
    axis = (torch.arange(SIZE) + 0.5) / SIZE - 0.5
    apart = torch.stack(torch.meshgrid(4 * axis, 4 * axis, indexing="xy"))[None]
    found = by_parts(apart, hand)
    step = (found[0, 0, 41, 33] - found[0, 0, 41, 30]) / 3 * SIZE
    assert float(step) < 1.0  # although the flow magnifies it four times


def test_without_parts_a_flow_stays_what_it_is() -> None:
    flow = turned(0.5, (0.5, 0.5))
    assert torch.equal(by_parts(flow, torch.zeros(3, SIZE, SIZE)), flow)
