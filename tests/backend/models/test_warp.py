"""Warping a first frame: moving pixels arrive, static ones stay, nothing else changes."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from mti_backend.models.filling import fill
from mti_backend.models.limbs import Limbs
from mti_backend.models.warp import Box, Motion, animate, crop, matte, with_in_betweens

SIDE = 128


def scene(height: int = SIDE, width: int = SIDE) -> tuple[Tensor, Tensor]:
    """A blue bar on a gray gradient, and its mask (1, H, W)."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    picture = torch.stack([0.2 * x / width, 0.2 * y / height, 0.0 * x]).float()
    bar = (x > 0.3 * width) & (x < 0.42 * width) & (y > 0.25 * height) & (y < 0.75 * height)
    picture[:, bar] = torch.tensor([-0.8, -0.8, 0.9])[:, None]
    return picture, bar.float()[None]


def moved_by(dx: float, dy: float, figure: Tensor, depth: float = 0.0) -> Motion:
    """Move the whole figure by this many crop widths."""
    small = torch.nn.functional.adaptive_avg_pool2d(figure[None], 128)[0]
    coarse = torch.nn.functional.adaptive_max_pool2d(figure[None], 64)[0]
    near = torch.nn.functional.max_pool2d(coarse[None], 5, 1, 2)[0]
    flow = torch.tensor([dx, dy])[:, None, None] * near
    return Motion(flow[None], torch.full((1, 1, 64, 64), depth), small)


def test_no_motion_is_the_picture_itself() -> None:
    picture, bar = scene()
    clip = animate(picture, Box(0, 0, SIDE), moved_by(0.0, 0.0, bar))
    assert clip.shape == (1, 3, SIDE, SIDE)
    assert (clip[0] - picture).abs().mean() < 0.01


def test_what_does_not_move_is_the_picture_however_unsure_the_figure_is() -> None:
    """A mask with holes must not blur a trunk that stays still while an arm moves."""
    picture, bar = scene()
    doubtful = 0.4 * bar
    still = animate(picture, Box(0, 0, SIDE), moved_by(0.0, 0.0, doubtful))[0]
    assert (still - picture).abs().max() < 1e-5
    motion = moved_by(0.2, 0.0, doubtful)
    motion.flow[:, :, 32:] = 0  # the lower half does not move
    half = animate(picture, Box(0, 0, SIDE), motion)[0]
    assert (half - picture)[:, SIDE // 2 + 14 :].abs().max() < 0.02


def test_a_figure_moves_and_leaves_the_background() -> None:
    picture, bar = scene()
    clip = animate(picture, Box(0, 0, SIDE), moved_by(0.25, 0.0, bar))[0]
    shift = round(0.25 * SIDE)
    there, gone = torch.roll(bar, shift, 2)[0] > 0, (bar[0] > 0)
    assert (clip[2][there] > 0.6).float().mean() > 0.9  # except for corners
    assert clip[2][gone].abs().mean() < 0.12  # gray again
    assert (clip[2] > 0.6).sum() == pytest.approx(
        int(bar.sum()), rel=0.08
    )  # neither torn nor doubled


@pytest.mark.parametrize("turn", [0.8, 2.2, 3.0])
def test_a_turned_bar_is_still_whole(turn: float) -> None:
    picture, bar = scene()
    axis = (torch.arange(64) + 0.5) / 64
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    cos, sin = torch.tensor(turn).cos(), torch.tensor(turn).sin()
    ox, oy = x - 0.36, y - (0.25 if turn < 1 else 0.6)
    flow = torch.stack([cos * ox - sin * oy - ox, sin * ox + cos * oy - oy])
    small = torch.nn.functional.adaptive_avg_pool2d(bar[None], 128)[0]
    near = torch.nn.functional.max_pool2d(
        torch.nn.functional.adaptive_max_pool2d(bar[None], 64), 7, 1, 3
    )[0]
    motion = Motion((flow * near)[None], torch.zeros(1, 1, 64, 64), small)
    clip = animate(picture, Box(0, 0, SIDE), motion)[0]
    # after rotating back, each pixel is either inside the bar or outside
    at = (torch.arange(SIDE) + 0.5) / SIDE
    py, px = torch.meshgrid(at, at, indexing="ij")
    mx, my = px - 0.36, py - (0.25 if turn < 1 else 0.6)
    bx, by = cos * mx + sin * my + 0.36, cos * my - sin * mx + (0.25 if turn < 1 else 0.6)

    def inside(margin: float) -> Tensor:
        across = (bx > 0.3 + margin) & (bx < 0.42 - margin)
        return across & (by > 0.25 + margin) & (by < 0.75 - margin)

    assert (clip[2] > 0.5)[inside(2 / SIDE)].float().mean() > 0.99
    assert not (clip[2] > 0.5)[~inside(-4 / SIDE)].any()


def test_the_nearer_limb_is_in_front() -> None:
    """Two bars, one moved onto the other: depth decides which is visible."""
    picture, bar = scene()
    other = torch.roll(bar, SIDE // 4, 2)
    picture[:, other[0] > 0] = torch.tensor([0.9, -0.8, -0.8])[:, None]
    both = torch.maximum(bar, other)
    small = torch.nn.functional.adaptive_avg_pool2d(both[None], 128)[0]
    left = torch.nn.functional.adaptive_max_pool2d(bar[None], 64)[0]
    left = torch.nn.functional.max_pool2d(left[None], 5, 1, 2)[0]
    flow = torch.cat([0.25 * left, torch.zeros_like(left)])
    for depth, blue in ((0.5, True), (-0.5, False)):
        motion = Motion(flow[None], (depth * left)[None], small)
        clip = animate(picture, Box(0, 0, SIDE), motion)[0]
        middle = clip[:, 50:78, 72:82]
        assert bool(middle[2].mean() > 0.5) is blue


def test_a_crop_is_put_back_into_a_larger_picture() -> None:
    """Pixels away from the figure are unchanged, bit for bit."""
    small, bar = scene()
    picture = torch.rand(3, 300, 500, generator=torch.Generator().manual_seed(1)) * 0.1
    picture[:, 100 : 100 + SIDE, 200 : 200 + SIDE] = small
    clip = animate(picture, Box(200, 100, SIDE), moved_by(0.3, 0.0, bar))[0]
    assert clip.shape == picture.shape
    assert torch.equal(clip[:, :, :180], picture[:, :, :180])
    assert torch.equal(clip[:, :90], picture[:, :90])
    there = torch.roll(bar, round(0.3 * SIDE), 2)[0] > 0
    assert (clip[2, 100 : 100 + SIDE, 200 : 200 + SIDE][there] > 0.6).float().mean() > 0.9


def test_a_limb_may_leave_the_crop_and_the_picture() -> None:
    small, bar = scene()
    picture = torch.zeros(3, SIDE, 2 * SIDE)
    picture[:, :, :SIDE] = small
    clip = animate(picture, Box(0, 0, SIDE), moved_by(0.9, 0.0, bar))[0]
    assert (clip[2, :, SIDE:] > 0.6).sum() > 0.9 * bar.sum()
    gone = animate(picture, Box(0, 0, SIDE), moved_by(3.0, 0.0, bar))[0]
    assert not (gone[2] > 0.6).any()


def test_a_moving_camera_moves_all_of_it() -> None:
    picture, bar = scene()
    flow = torch.full((2, 64, 64), 0.1)
    motion = Motion(flow[None], torch.zeros(1, 1, 64, 64), torch.zeros(1, 128, 128))
    clip = animate(picture, Box(0, 0, SIDE), motion)[0]
    shift = round(0.1 * SIDE)
    assert (clip[:, shift:, shift:] - picture[:, :-shift, :-shift]).abs().mean() < 0.03


def test_unrest_is_not_motion() -> None:
    picture, bar = scene()
    noise = 0.05 / 64 * torch.randn(2, 64, 64, generator=torch.Generator().manual_seed(2))
    motion = moved_by(0.0, 0.0, bar)
    clip = animate(picture, Box(0, 0, SIDE), Motion(noise[None], motion.depth, motion.figure))[0]
    plain = animate(picture, Box(0, 0, SIDE), motion)[0]
    assert torch.equal(clip, plain)


def test_filling_takes_what_is_around() -> None:
    picture, bar = scene()
    filled = fill(picture, 1 - bar)
    assert torch.equal(filled[:, bar[0] == 0], picture[:, bar[0] == 0])
    plain = torch.stack([scene()[0][0], scene()[0][1], torch.zeros(SIDE, SIDE)])
    assert filled[2].abs().max() < 1e-6
    inside = bar[0] > 0
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    right = torch.stack([0.2 * x / SIDE, 0.2 * y / SIDE, 0.0 * x])
    assert (filled - right)[:, inside].abs().max() < 0.03 and plain.isfinite().all()


def test_the_matte_s_edge_is_the_picture_s() -> None:
    picture, bar = scene()
    blurred = 0.97 * torch.nn.functional.avg_pool2d(bar[None], 9, 1, 4, count_include_pad=False)[0]
    blurred = torch.roll(blurred, 3, 2)  # and shifted
    found = matte(blurred, picture)
    assert ((found > 0.5) == (bar > 0.5)).float().mean() > 0.995
    assert ((blurred > 0.5) == (bar > 0.5)).float().mean() < 0.99


def test_a_gap_that_the_network_does_not_see_is_background() -> None:
    """Such as between two legs; a color that both share does not change certain regions."""
    picture, bar = scene()
    picture[:, :, 45:48] = torch.tensor([0.07, 0.1, 0.0])[:, None, None]  # a slit in the bar
    share = 0.98 * bar
    share[:, :, 44:49] *= 0.7
    found = matte(share, picture)
    assert (found[0, 40:90, 45:48] < 0.5).all() and (found[0, 40:90, 41:44] > 0.9).all()
    alike = matte(share, torch.zeros(3, SIDE, SIDE))
    assert (alike[share > 0.9] > 0.9).all() and (alike[share < 0.02] == 0).all()


def test_a_crop_beyond_the_edges_goes_on() -> None:
    picture, _ = scene()
    cut = crop(picture, Box(-32, -32, 192), 96)
    assert cut.shape == (3, 96, 96)
    assert (cut[:, :16, :16] - picture[:, :1, :1]).abs().max() < 0.02
    whole = crop(picture, Box(0, 0, SIDE), SIDE)
    torch.testing.assert_close(whole, picture, atol=1e-5, rtol=0)


def test_nobody_is_moved_where_nobody_is() -> None:
    picture, _ = scene()
    nothing = Motion(torch.zeros(2, 2, 64, 64), torch.zeros(2, 1, 64, 64), torch.zeros(1, 128, 128))
    clip = animate(picture, Box(0, 0, SIDE), nothing)
    assert torch.equal(clip, picture.expand(2, -1, -1, -1))


def test_in_betweens_lie_on_a_smooth_path_through_the_frames() -> None:
    """An even motion stays even; a turn is rounded, without a jump of its speed."""
    even = torch.arange(5.0)[:, None, None]
    torch.testing.assert_close(with_in_betweens(even, 3)[:, 0, 0], torch.arange(17) / 4)
    angle = torch.arange(14) / 13 * math.tau
    turn = torch.stack([angle.cos(), angle.sin()], 1)[:, :, None, None]
    path = with_in_betweens(turn, 2)
    assert path.shape == (14 + 2 * 13, 2, 1, 1)
    assert path[::3].equal(turn)
    inner = path[3:-3, :, 0, 0]  # beyond the ends nothing says how it goes on
    assert (inner.norm(dim=1) - 1).abs().max() < 0.002
    speed = inner.diff(dim=0).norm(dim=1)
    assert speed.max() < 1.03 * speed.min()
    assert with_in_betweens(turn, 0).equal(turn)


def test_an_in_between_of_a_bar_that_moves_is_halfway() -> None:
    picture, bar = scene()
    motion = moved_by(0.2, 0.0, bar)
    maps = (torch.cat([0 * t, t]) for t in (motion.flow, motion.depth))
    flow, depth = (with_in_betweens(t, 1) for t in maps)
    clip = animate(picture, Box(0, 0, SIDE), Motion(flow, depth, motion.figure))
    half = animate(picture, Box(0, 0, SIDE), moved_by(0.1, 0.0, bar))[0]
    assert len(clip) == 3
    torch.testing.assert_close(clip[1], half)


def crossed() -> tuple[Tensor, Tensor, Tensor]:
    """A picture (3, S, S) of a green trunk with a red arm across it, its figure (1, S, S), and the
    two parts (2, 64, 64)."""
    picture = torch.full((3, SIDE, SIDE), -0.2)
    trunk, arm = torch.zeros(2, SIDE, SIDE)
    trunk[32:96, 48:80] = 1
    arm[56:68, 40:92] = 1
    picture[:, trunk > 0] = torch.tensor([-0.7, 0.7, -0.7])[:, None]
    picture[:, arm > 0] = torch.tensor([0.8, -0.8, -0.8])[:, None]
    parts = torch.stack([trunk * (1 - arm), arm])
    small = torch.nn.functional.adaptive_avg_pool2d(parts[None], 64)[0]
    return picture, ((trunk + arm) > 0).float()[None], small


def parts_moved(parts: Tensor, figure: Tensor, *moves: tuple[float, float]) -> Motion:
    """One frame, in which each part is moved by this many crop widths."""
    affine = torch.zeros(1, len(parts), 3, 2)
    affine[0, :, 2] = torch.tensor(moves)
    limbs = Limbs(affine, parts / parts.sum(0).clamp(min=1), parts)
    flow = limbs.flow(torch.zeros(1, 2, 64, 64))
    return Motion(flow, torch.zeros(1, 1, 64, 64), figure, limbs)


def test_a_limb_leaves_the_trunk_whole_and_no_dust() -> None:
    """What the arm hid is the trunk's, and no pixel of the arm stays behind."""
    picture, figure, parts = crossed()
    motion = parts_moved(parts, figure, (0.0, 0.0), (0.0, -0.4))
    clip = animate(picture, Box(0, 0, SIDE), motion)[0]
    uncovered = clip[:, 57:67, 50:78]
    assert (uncovered[1] > 0.4).float().mean() > 0.97  # green, not gray
    assert (clip[0, 30:] > 0.2).float().mean() == 0  # nothing red below
    arm = clip[:, round(56 - 0.4 * SIDE) : round(68 - 0.4 * SIDE), 42:90]
    assert (arm[0] > 0.5).float().mean() > 0.9


def test_no_crack_opens_where_two_parts_meet() -> None:
    """Two halves of a limb that part by a pixel or two are still one surface."""
    picture = torch.full((3, SIDE, SIDE), -0.2)
    limb = torch.zeros(1, SIDE, SIDE)
    limb[:, 24:104, 56:72] = 1
    picture = torch.where(limb > 0, torch.tensor([0.8, 0.1, -0.6])[:, None, None], picture)
    halves = torch.zeros(2, 64, 64)
    halves[0, 12:32, 28:36] = halves[1, 32:52, 28:36] = 1
    motion = parts_moved(halves, limb, (0.0, 0.0), (0.0, 0.012))
    clip = animate(picture, Box(0, 0, SIDE), motion)[0]
    assert (clip[0, 30:100, 58:70] > 0.5).all()


def test_a_part_that_was_not_seen_does_not_tint_the_background() -> None:
    """A hole in the figure's mask looks like background in its midst."""
    picture, bar = scene()
    seen = bar.clone()
    seen[:, 60:64, 45:49] = 0
    clip = animate(picture, Box(0, 0, SIDE), moved_by(0.3, 0.0, seen))[0]
    above = clip[2, 36:58, 41:53]  # of the hole itself, which stays
    assert above.abs().max() < 0.1  # gray
