"""Rendered images against calculated ones."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from mti_backend.draft.procedural.body import HAIR, NECK
from mti_backend.draft.procedural.clips import make_clips
from mti_backend.draft.procedural.figures import random_figures
from mti_backend.draft.procedural.motions import random_motions
from mti_backend.draft.procedural.pose import pose
from mti_backend.draft.procedural.render import background, draw, render, to_image, to_world
from tests.draft.procedural.examples import HEAD, SIZE, ends_at, generator, held, plain_figure

STILL = torch.zeros(1, 1, 4)
BLUE, RED, GREY = ([0, 0, 1], [1, 0, 0], [0.5, 0.5, 0.5])


def camera(pan_x: float = 0, pan_y: float = 0, zoom: float = 0, roll: float = 0) -> Tensor:
    return torch.tensor([[[pan_x, pan_y, zoom, roll]]])


def scene(look: Tensor, size: int = SIZE, seed: int = 2) -> Tensor:
    """(3, size, size): figure and background through a camera."""
    g = generator(seed)
    figure, motion = random_figures(1, g, "solid"), random_motions(1, g)
    figure.behind.waves[..., 3] = 0.05
    figure.behind.blobs[..., 3] = 0.7
    figure.behind.boxes[..., 4] = 0.7
    figure.behind.floor[:, 1] = 1
    figure.behind.parallax[:] = 1
    ends = pose(figure, motion, torch.tensor([[0.3]])).ends
    return render(figure, ends, look, size)[0, 0]


def centre(picture: Tensor, keep: int) -> Tensor:
    edge = (picture.shape[-1] - keep) // 2
    return picture[:, edge : edge + keep, edge : edge + keep]


@pytest.mark.parametrize("shift", [0.0, 0.004, 0.0078])
def test_a_disc_is_anti_aliased(shift: float) -> None:
    """Its area is accurate to a fraction of a pixel at any subpixel position."""
    radius = 0.2
    ends = ends_at(9, 9)  # everything except the head is outside the image
    ends[..., HEAD, :, :2] = torch.tensor([shift, shift / 3])
    picture = render(plain_figure(radius), ends, STILL)[0, 0]
    cover = (picture[0] - 0.5) / 0.5  # red over gray
    assert cover.mean().item() == pytest.approx(math.pi * radius**2, rel=0.005)
    partial = ((cover > 0.02) & (cover < 0.98)).sum().item()
    assert 0.5 < partial / (2 * math.pi * radius * SIZE) < 2
    assert picture[:, SIZE // 2, SIZE // 2].tolist() == pytest.approx(RED, abs=1e-5)
    assert picture[:, 0, 0].tolist() == pytest.approx(GREY, abs=1e-6)


def test_up_is_up_and_right_is_right() -> None:
    picture = render(plain_figure(0.05), ends_at(0.25, 0.25), STILL)[0, 0]
    row, column = ((SIZE * share - 0.5) for share in (0.25, 0.75))
    blue = (picture[2] > 0.9).nonzero().float().mean(0)
    assert blue.tolist() == pytest.approx([row, column], abs=0.1)


@pytest.mark.parametrize(("head", "wanted"), [(1.0, RED), (-1.0, BLUE)])
def test_nearer_parts_cover_farther_ones(head: float, wanted: list[float]) -> None:
    picture = render(plain_figure(0.15), ends_at(0, 0, head), STILL)[0, 0]
    assert picture[:, SIZE // 2, SIZE // 2].tolist() == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize(("x", "y"), [(5, 0), (0, 3), (-7, 2)])
def test_a_pan_shifts_everything(x: int, y: int) -> None:
    """The camera moves right and up, so the image moves left and down."""
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
    # thin sticks cover pixels differently, but nothing is displaced
    assert difference.quantile(0.995) < 0.12


def test_pictures_are_in_range_and_clips_do_not_mix() -> None:
    g = generator(9)
    figures, motions = random_figures(5, g), random_motions(5, g)
    times = torch.rand(5, 3, generator=g)
    ends = pose(figures, motions, times).ends
    look = torch.zeros(5, 3, 4)
    together = render(figures, ends, look)
    assert together.shape == (5, 3, 3, SIZE, SIZE)
    assert together.min() >= 0 and together.max() <= 1
    alone = render(figures.pick([3]), ends[3:4, 1:2], look[:1, :1])
    torch.testing.assert_close(alone[0, 0], together[3, 1], rtol=0, atol=1e-5)


def test_shading_is_lighter_towards_the_light() -> None:
    figure = plain_figure(0.2)
    figure.colours[:] = 0.7
    figure.shading[:] = 1.0
    picture = render(figure, ends_at(0, 0), STILL)[0, 0, 0]
    high, low = SIZE // 2 - 8, SIZE // 2 + 8  # rows; the light comes from above left
    assert picture[high, high] > picture[low, low] + 0.1


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("turn", [0.0, 0.6])
def test_square_parts_have_flat_ends(flat: bool, turn: float) -> None:
    """A capsule is longer than its bone by a disc; a part with flat ends is a rectangle."""
    radius, half = 0.1, torch.tensor([0.2 * math.cos(turn), 0.2 * math.sin(turn)])
    figure, ends = plain_figure(radius), ends_at(9, 9)
    figure.square[:] = flat
    ends[..., 0, 0, :2], ends[..., 0, 1, :2] = -half, half
    picture = render(figure, ends, STILL)[0, 0]
    area = ((picture[2] - 0.5) / 0.5).mean().item()  # blue over gray
    wanted = 0.4 * 2 * radius + (0 if flat else math.pi * radius**2)
    assert area == pytest.approx(wanted, rel=0.01)


def cameras(count: int) -> Tensor:
    """(count, 4) cameras, beyond what occurs in clips."""
    return (torch.rand(count, 4, generator=generator(20)) - 0.5) * torch.tensor([1.0, 1, 1.5, 6])


def test_places_in_the_picture_are_those_of_the_pixels() -> None:
    """`to_image` inverts `to_world`: each pixel's world position maps back to the pixel."""
    look, size = cameras(6), 7
    points = torch.stack(to_world(size, look), -1)
    middle = (torch.arange(size) + 0.5) / size
    row, column = torch.meshgrid(middle, middle, indexing="ij")
    expected = torch.stack([column, row], -1).flatten(0, 1).expand(6, -1, 2)
    torch.testing.assert_close(to_image(points, look[:, None]), expected, rtol=0, atol=1e-5)


def test_a_far_background_makes_a_part_of_the_pan() -> None:
    g = generator(21)
    figure, near = random_figures(1, g, "solid"), camera(pan_x=0.1, pan_y=0.04, zoom=0.1)
    far = camera(pan_x=0.2, pan_y=0.08, zoom=0.1)
    figure.behind.boxes[..., 4] = 1
    figure.behind.parallax[:] = 1
    expected = background(figure, near, SIZE)
    assert not torch.allclose(background(figure, far, SIZE), expected, atol=0.1)
    figure.behind.parallax[:] = 0.5
    torch.testing.assert_close(background(figure, far, SIZE), expected, rtol=0, atol=1e-5)


def test_a_figure_makes_all_of_the_pan_whatever_the_background_does() -> None:
    figure, ends = plain_figure(0.1), ends_at(0.1, 0)
    figure.behind.parallax[:] = 0.5
    columns = [
        (draw(figure, ends, look).classes[0, 0] >= 0).nonzero()[:, 1].float().mean().item()
        for look in (STILL, camera(pan_x=16 / SIZE))
    ]
    assert columns[0] - columns[1] == pytest.approx(16, abs=0.01)


def test_what_is_behind_is_the_picture_without_anybody() -> None:
    g = generator(22)
    figures = random_figures(6, g, kind="any")
    look = cameras(6)[:, None] * 0.2
    drawing = draw(figures, pose(figures, random_motions(6, g), torch.zeros(6, 1)).ends, look)
    figures.radii[:] = figures.shadow[:] = 0  # no figures and no shadows
    nobody = render(figures, torch.zeros(6, 1, *figures.radii.shape[1:], 3), look)
    assert torch.equal(drawing.background, nobody)
    assert not torch.equal(drawing.background, drawing.pixels)


def test_parts_are_told_where_they_are_painted() -> None:
    """Pixels well inside a part have its color; those well away from all parts, the
    background's."""
    g = generator(23)
    figures = random_figures(12, g, "solid", "any")
    figures.shading[:] = figures.shadow[:] = figures.cloth[:] = figures.outline[:] = 0
    figures.square[:] = False
    ends = pose(figures, random_motions(12, g), torch.rand(12, 1, generator=g)).ends
    drawing = draw(figures, ends, torch.zeros(12, 1, 4))
    classes = drawing.classes[:, 0]
    around = functional.unfold(classes[:, None].float(), 3, padding=1)  # (B, 9, P)
    alike = (around == around[:, 4:5]).all(1).view_as(classes)
    alike[..., 0] = alike[..., -1] = False
    alike[:, 0] = alike[:, -1] = False
    empty = alike & (classes < 0)
    pixels, behind = (
        picture[:, 0].movedim(1, -1) for picture in (drawing.pixels, drawing.background)
    )
    # tips thinner than a pixel belong to no part
    assert (pixels[empty] == behind[empty]).all(-1).float().mean() > 0.998
    assert empty.float().mean() > 0.3
    body = alike & (classes >= 0)
    rows = torch.arange(12)[:, None, None].expand_as(classes)
    wanted = figures.colours[rows[body], classes[body]]
    right = ((pixels[body] - wanted).abs() < 1e-4).all(-1).float().mean()
    assert right > 0.98  # the rest is covered thinly by another part's edge
    assert body.sum() > 1000


@pytest.mark.parametrize("light", [-1.0, 1.0])
@pytest.mark.parametrize("reach", [0.4, -0.4])
def test_a_lamp_casts_the_figure_onto_the_ground(light: float, reach: float) -> None:
    """Away from the light, up or down the image, without darkening the figure itself."""
    figures = random_figures(12, generator(25), "solid")
    figures.shadow[:] = torch.tensor([0.0, light, reach])
    ends = pose(figures, random_motions(12, generator(26)), torch.zeros(12, 1)).ends
    plain = draw(figures, ends, torch.zeros(12, 1, 4))
    figures.shadow[:, 0] = 0.6
    cast = draw(figures, ends, torch.zeros(12, 1, 4))
    assert torch.equal(cast.classes, plain.classes)
    darker = (plain.pixels - cast.pixels).amax(2)[:, 0]  # (B, S, S)
    assert darker.min() > -1e-6 and (darker[cast.classes[:, 0] >= 0] < 0.6).all()
    x, y = to_world(SIZE, torch.zeros(12, 4))
    sides, ups = [], []
    for row in range(12):
        weight = darker[row].flatten()
        if weight.sum() > 20:
            middle = float((weight * x[0]).sum() / weight.sum())
            sides.append(middle - float(ends[row, 0, 0, 0, 0]))
            ups.append(float((weight * y[0]).sum() / weight.sum()) - float(figures.ground[row]))
    assert len(sides) > 5
    assert sum(s * light < 0 for s in sides) >= 0.8 * len(sides)
    assert sum(u * reach > 0 for u in ups) >= 0.8 * len(ups)


@pytest.mark.parametrize("seen", [0.0, 0.002, 0.05, 0.2])
def test_a_box_that_points_at_the_viewer_is_solid(seen: float) -> None:
    """However foreshortened, it keeps its width and is not flat."""
    radius = 0.2
    figure, ends = plain_figure(radius), ends_at(9, 9)
    figure.square[:] = True
    ends[..., 0, :, :2] = torch.tensor([[-seen / 2, 0.0], [seen / 2, 0.0]])
    picture = render(figure, ends, STILL)[0, 0]
    cover = (picture[2] - 0.5) / 0.5
    assert picture[:, SIZE // 2, SIZE // 2].tolist() == pytest.approx(BLUE, abs=1e-5)
    across, along = (cover[:, SIZE // 2].sum() / SIZE, cover[SIZE // 2].sum() / SIZE)
    assert across.item() == pytest.approx(2 * radius, abs=0.01)
    assert along.item() >= 1.2 * radius - 0.01
    assert cover.mean().item() > 2 * radius**2


@pytest.mark.parametrize("look", ["stick", "solid"])
@pytest.mark.parametrize("turn", [-0.5, 0.0, 0.5])
def test_the_neck_ends_inside_the_head(look: str, turn: float) -> None:
    """If a head leans back slightly, its neck does not cover the face."""
    figures = random_figures(40, generator(24), look)
    figures.facing[:], figures.height[:], figures.ground[:] = 0, 0.9, -0.45
    figures.radii[:, HAIR] = 0
    motions = held(yaw=turn, head_nod=-0.1)
    motions = replace(motions, grounded=motions.grounded.expand(40))
    ends = pose(figures, motions, torch.zeros(40, 1)).ends
    classes = draw(figures, ends, torch.zeros(40, 1, 4)).classes[:, 0].flatten(1)
    x, y = to_world(SIZE, torch.zeros(40, 4))
    head = ends[:, 0, HEAD, 0, :2]
    inside = (x - head[:, :1]).hypot(y - head[:, 1:]) < 0.85 * figures.radii[:, HEAD, :1]
    assert inside.sum() > 1000 and not (classes[inside] == NECK).any()
    assert (classes[inside] == HEAD).float().mean() > 0.8  # a broad chest may hide the chin
    if look == "stick":  # below the head it is visible
        assert (classes == NECK).any(1).float().mean() > 0.5
