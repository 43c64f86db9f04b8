"""Pictures against what can be worked out about them."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from mti_backend.draft.clips import make_clips
from mti_backend.draft.figures import JOINTS, random_figures
from mti_backend.draft.motions import random_motions
from mti_backend.draft.pose import pose
from mti_backend.draft.render import render
from tests.draft.examples import SIZE, generator, joints_at, plain_figure

STILL = torch.zeros(1, 1, 4)
BLUE, RED, GREY = ([0, 0, 1], [1, 0, 0], [0.5, 0.5, 0.5])


def camera(pan_x: float = 0, pan_y: float = 0, zoom: float = 0, roll: float = 0) -> Tensor:
    return torch.tensor([[[pan_x, pan_y, zoom, roll]]])


def scene(look: Tensor, size: int = SIZE, seed: int = 2) -> Tensor:
    """(3, size, size): figure and background through a camera."""
    g = generator(seed)
    figure, motion = random_figures(1, g, "solid"), random_motions(1, g)
    figure.waves[..., 3] = 0.05
    figure.blobs[..., 3] = 0.7
    figure.floor[:, 1] = 1
    joints, _ = pose(figure, motion, torch.tensor([[0.3]]))
    return render(figure, joints, look, size)[0, 0]


def centre(picture: Tensor, keep: int) -> Tensor:
    edge = (picture.shape[-1] - keep) // 2
    return picture[:, edge : edge + keep, edge : edge + keep]


@pytest.mark.parametrize("shift", [0.0, 0.004, 0.0078])
def test_a_disc_is_anti_aliased(shift: float) -> None:
    """Its area is right to a fraction of a pixel wherever it lies between the pixels."""
    radius = 0.2
    joints = joints_at(9, 9)  # everything but the head is out of the picture
    joints[..., JOINTS.index("head"), :2] = torch.tensor([shift, shift / 3])
    picture = render(plain_figure(radius), joints, STILL)[0, 0]
    cover = (picture[0] - 0.5) / 0.5  # red over grey
    assert cover.mean().item() == pytest.approx(math.pi * radius**2, rel=0.005)
    partial = ((cover > 0.02) & (cover < 0.98)).sum().item()
    assert 0.5 < partial / (2 * math.pi * radius * SIZE) < 2
    assert picture[:, SIZE // 2, SIZE // 2].tolist() == pytest.approx(RED, abs=1e-5)
    assert picture[:, 0, 0].tolist() == pytest.approx(GREY, abs=1e-6)


def test_up_is_up_and_right_is_right() -> None:
    picture = render(plain_figure(0.05), joints_at(0.25, 0.25), STILL)[0, 0]
    row, column = ((SIZE * share - 0.5) for share in (0.25, 0.75))
    blue = (picture[2] > 0.9).nonzero().float().mean(0)
    assert blue.tolist() == pytest.approx([row, column], abs=0.1)


@pytest.mark.parametrize(("head", "wanted"), [(1.0, RED), (-1.0, BLUE)])
def test_nearer_parts_cover_farther_ones(head: float, wanted: list[float]) -> None:
    picture = render(plain_figure(0.15), joints_at(0, 0, head=head), STILL)[0, 0]
    assert picture[:, SIZE // 2, SIZE // 2].tolist() == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize(("x", "y"), [(5, 0), (0, 3), (-7, 2)])
def test_a_pan_shifts_everything(x: int, y: int) -> None:
    """The camera goes right and up, so the picture goes left and down."""
    before, after = scene(STILL), scene(camera(pan_x=x / SIZE, pan_y=y / SIZE))
    expected = before.roll((y, -x), (1, 2))
    torch.testing.assert_close(centre(after, 40), centre(expected, 40), rtol=0, atol=1e-4)
    assert not torch.allclose(centre(after, 40), centre(before, 40), atol=0.05)


def test_a_zoom_enlarges_everything() -> None:
    larger, zoomed = scene(STILL, 2 * SIZE), scene(camera(zoom=math.log(2)))
    torch.testing.assert_close(zoomed, centre(larger, SIZE), rtol=0, atol=1e-4)


def test_a_roll_turns_everything() -> None:
    turned = scene(camera(roll=math.pi / 2))
    torch.testing.assert_close(turned, scene(STILL).rot90(-1, (1, 2)), rtol=0, atol=1e-4)


def test_twice_the_size_is_the_same_picture() -> None:
    g = generator(8)
    figures, motions = random_figures(12, g), random_motions(12, g)
    times = torch.rand(12, 2, generator=g)
    small, large = (make_clips(figures, motions, times, size).pixels for size in (SIZE, 2 * SIZE))
    difference = (functional.avg_pool2d(large.flatten(0, 1), 2) - small.flatten(0, 1)).abs()
    assert difference.mean() < 0.006  # of a range of 2
    # thin sticks cover parts of pixels in another way, but nowhere is anything somewhere else
    assert difference.quantile(0.995) < 0.12


def test_pictures_are_in_range_and_clips_do_not_mix() -> None:
    g = generator(9)
    figures, motions = random_figures(5, g), random_motions(5, g)
    times = torch.rand(5, 3, generator=g)
    joints, _ = pose(figures, motions, times)
    look = torch.zeros(5, 3, 4)
    together = render(figures, joints, look)
    assert together.shape == (5, 3, 3, SIZE, SIZE)
    assert together.min() >= 0 and together.max() <= 1
    alone = render(figures.pick([3]), joints[3:4, 1:2], look[:1, :1])
    torch.testing.assert_close(alone[0, 0], together[3, 1], rtol=0, atol=1e-5)


def test_shading_is_lighter_towards_the_light() -> None:
    figure = plain_figure(0.2)
    figure.colours[:] = 0.7
    figure.shading[:] = 1.0
    picture = render(figure, joints_at(0, 0), STILL)[0, 0, 0]
    high, low = SIZE // 2 - 8, SIZE // 2 + 8  # rows; the light is above, to the left
    assert picture[high, high] > picture[low, low] + 0.1
