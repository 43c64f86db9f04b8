"""Renders a clip by moving the pixels of its first frame, at that image's own size. Imports torch
only.

A motion is coarse (64 positions per side) and smooth within a limb; only the image must be sharp.
So every fine pixel of the figure takes the motion of the coarse position that fits it best in color
and location, extrapolated by that position's own affine motion. The pixel is splatted to its
destination, where the nearest to the viewer wins (softmax splatting, Niklaus and Liu 2020, with a
hard depth test). Source positions are splatted rather than colors, so that colors are fetched from
the original once and stay sharp. Behind the figure is the first frame with the figure removed.

Images are float (3, H, W) in [-1, 1]; flow is in widths of the square on which it was predicted, x
to the right, y down; depth is larger toward the viewer.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .filling import box_mean, box_sum, fill, grown, places
from .limbs import Limbs, displaced
from .segmentation import hidden, segment
from .splatting import Patch, splat

WORKING_SIDES = (384, 640)
"""Minimum and maximum side in pixels of a crop when motion is splatted; in a smaller image the edge
of a thin limb would be jagged."""
# Crop widths: neighboring positions that differ by more belong to different limbs. Those of one
# limb that turns by half a circle differ by 2 / 64, or 2.8 / 64 across corners.
_SAME_MOTION = 0.05
_STILL = 0.3
"""Working pixels: smaller displacements count as no motion."""
_UNREST = 0.25 / 64  # crop widths: smaller motion is removed; from twice as much on it is kept
_OPAQUE = 0.9
_SURE = 0.95  # figure probability of a pixel above which its color is trusted
_NOISE = 0.01  # squared color distance, for colors in [-1, 1], caused by grain
_SAY = 2.5  # maximum log odds that a color contributes, so that it cannot overrule certainty
_CLEAR = 0.03
_CROWD, _CROWDED = 32, 0.3
"""Background of which more than this share of the surroundings, a part of the crop's side away, is
figure does not tell what is behind the figure."""
_CRACK = 0.02  # crop widths: parts that differ by less at a joint are one surface there
_KNOWN = 0.05  # where parts are less probable together, a pixel moves as the network says


@dataclass(frozen=True)
class Box:
    """A square of an image in pixels: left and top edge (may be negative), and side."""

    left: float
    top: float
    side: float


@dataclass(frozen=True)
class Motion:
    """Motion of a first frame over T later frames: flow (T, 2, h, h), depth (T, 1, h, h), and the
    figure's coverage of each pixel, figure (1, m, m) in [0, 1].

    limbs: Motions of the figure's parts, if `flow` is made of them.
    """

    flow: Tensor
    depth: Tensor
    figure: Tensor
    limbs: Limbs | None = None


def animate(picture: Tensor, box: Box, motion: Motion) -> Tensor:
    """Render T frames (T, 3, H, W) of a first frame (3, H, W) whose square `box` moves."""
    return torch.stack(list(animated(picture, box, motion)))


@torch.no_grad()
def animated(picture: Tensor, box: Box, motion: Motion) -> Iterator[Tensor]:
    """The frames of `animate` one by one, (3, H, W) each: all at once, many of a large image would
    not fit in memory."""
    still = _Still.of(picture, box, motion.figure, motion.limbs)
    for t, (flow, depth) in enumerate(zip(motion.flow, motion.depth, strict=True)):
        behind = _background_affine(flow, still.coarse_figure)
        calm = _calmed(flow.flatten(1).T, places(flow).flatten(0, 1), behind).T.view_as(flow)
        limbs = None if motion.limbs is None else motion.limbs.affine[t]
        yield still.frame(calm, depth, behind, limbs)


def with_in_betweens(maps: Tensor, count: int) -> Tensor:
    """Maps of T frames (T, ...), with `count` more after each but the last: ((T - 1) * (count + 1)
    + 1, ...). A cubic spline through the frames' values (Catmull-Rom), so that nothing jerks."""
    padded = torch.cat([2 * maps[:1] - maps[1:2], maps, 2 * maps[-1:] - maps[-2:-1]])
    before, here, there, after = (padded[i : len(maps) - 1 + i] for i in range(4))
    made = []
    for step in range(count + 1):
        t = step / (count + 1)
        made.append(
            here
            + t / 2 * (there - before)
            + t * t / 2 * (2 * before - 5 * here + 4 * there - after)
            + t**3 / 2 * (3 * (here - there) + after - before)
        )
    return torch.cat([torch.stack(made, 1).flatten(0, 1), maps[-1:]])


def _calmed(moves: Tensor, place: Tensor, affine: Tensor) -> Tensor:
    """Remove motion too small to be intended from displacements (n, 2) of positions (n, 2); they
    then follow the background."""
    behind = displaced(place, affine)
    own = moves - behind
    far = own.norm(dim=1, keepdim=True)
    meant = ((far - _UNREST) / _UNREST).clamp(0, 1)
    calmed: Tensor = behind + own * (meant * meant * (3 - 2 * meant))
    return calmed


def crop(picture: Tensor, box: Box, side: int) -> Tensor:
    """Crop the square `box` of an image (C, H, W) to (C, side, side), replicating its borders."""
    height, width = picture.shape[-2:]
    shrink = box.side / side
    if shrink > 1:  # average first to avoid aliasing
        scaled = max(1, round(height / shrink)), max(1, round(width / shrink))
        picture = functional.interpolate(
            picture[None], scaled, mode="bilinear", align_corners=False, antialias=True
        )[0]
    place = (torch.arange(side) + 0.5) / side * box.side
    x = 2 * (box.left + place) / width - 1
    y = 2 * (box.top + place) / height - 1
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)
    return functional.grid_sample(
        picture[None], grid[None], padding_mode="border", align_corners=False
    )[0]


def matte(share: Tensor, picture: Tensor) -> Tensor:
    """A figure's coverage (1, H, W) of each pixel of `picture` (3, H, W), from the network's coarse
    probability `share`.

    The certain regions give the colors of figure and background around a pixel (push-pull). Where
    the network is uncertain, the nearer color decides: the odds of both are multiplied.
    """
    behind = fill(picture, (share < 1 - _SURE).float())
    before = fill(picture, (share > _SURE).float())
    to_behind = (picture - behind).square().sum(0, keepdim=True)
    to_figure = (picture - before).square().sum(0, keepdim=True)
    color = ((to_behind + _NOISE) / (to_figure + _NOISE)).log().clamp(-_SAY, _SAY)
    prior = torch.special.logit(share, 0.01)
    odds = torch.sigmoid(1.5 * (prior + color))
    covered: Tensor = torch.where(share > 0.02, odds, torch.zeros_like(odds))
    return covered


class _Still:
    """A first frame split into background and figure, and the coarse positions pixels follow."""

    def __init__(self, picture: Tensor, box: Box, side: int) -> None:
        self.picture, self.box, self.side = picture, box, side

    @classmethod
    def of(cls, picture: Tensor, box: Box, figure: Tensor, limbs: Limbs | None) -> "_Still":
        side = int(max(WORKING_SIDES[0], min(WORKING_SIDES[1], round(box.side))))
        still = cls(picture, box, side)
        small = crop(picture, box, side)
        share = functional.interpolate(
            figure[None], (side, side), mode="bicubic", align_corners=False
        )[0].clamp(0, 1)
        still.alpha = matte(share, small)
        still.coarse_figure = functional.adaptive_avg_pool2d(figure[None], 64)[0]
        still.around = grown(still.coarse_figure, 2)
        still._take_apart()
        still._follow(small)
        if limbs is not None and len(limbs.parts) and len(still.source):
            still._divide(small, limbs.parts)
        return still

    alpha: Tensor
    """(1, side, side) the figure's coverage of each pixel."""
    coarse_figure: Tensor
    """(1, 64, 64) the same, on the motion's own grid."""
    around: Tensor
    """(1, 64, 64) the same, dilated as far as motion is known beyond the figure's edges."""
    background: Tensor
    """(3, H, W) the image without the figure."""
    foreground: Tensor
    """(3, H, W) the figure's colors, extrapolated slightly beyond its edges."""
    source: Tensor
    """(n,) indices of the working pixels that show the figure."""
    candidates: Tensor
    """(n, 9) coarse positions whose motion a pixel may follow; weights (n, 9): how well they
    fit."""
    weights: Tensor
    part: Tensor
    """(n,) the part that a pixel belongs to; known (n, 1): how far its motion is to be trusted.
    Only if there are parts, like those below."""
    known: Tensor
    hidden: Tensor
    """(n,) the part behind a pixel's own, -1 for none; reaches (n,), hidden_colors (3, h, h): see
    `segmentation.Hidden`."""
    reaches: Tensor
    hidden_colors: Tensor

    def _take_apart(self) -> None:
        height, width = self.picture.shape[-2:]
        alpha = _paste(self.alpha, self.box, height, width)
        margin = max(1, round(self.box.side / 100))
        around = grown(alpha, margin)
        if alpha.max() <= _CLEAR:
            self.background = self.foreground = self.picture
            return
        # In the midst of a figure, what seems to be background may be a part that was not seen.
        crowded = box_mean(alpha, max(1, round(self.box.side / _CROWD))) > _CROWDED
        known = ((around <= _CLEAR) & ~crowded).float()
        behind = fill(self.picture, known) if known.any() else self.picture
        self.background = torch.where(around > _CLEAR, behind, self.picture)
        solid = (alpha > _OPAQUE).float()
        edge = (alpha > 0) & (solid < 1)
        self.foreground = torch.where(edge, fill(self.picture, solid), self.picture)

    def _follow(self, small: Tensor) -> None:
        self.source = (self.alpha[0].flatten() > _CLEAR).nonzero()[:, 0]
        place = self._rest()
        cell = (place * 64).long()
        step = torch.tensor([-1, 0, 1])
        dy, dx = torch.meshgrid(step, step, indexing="ij")
        cx = (cell[:, :1] + dx.flatten()).clamp(0, 63)
        cy = (cell[:, 1:] + dy.flatten()).clamp(0, 63)
        self.candidates = cy * 64 + cx
        off = (torch.stack([cx, cy], -1) + 0.5) / 64 - place[:, None]
        distance = off.square().sum(-1) * 64**2
        colors = functional.adaptive_avg_pool2d(small[None] * self.alpha, 64)[0]
        colors = colors / functional.adaptive_avg_pool2d(self.alpha[None], 64)[0].clamp(min=1e-3)
        own = small.flatten(1)[:, self.source].T
        theirs = colors.flatten(1).T[self.candidates]
        unlike = (own[:, None] - theirs).square().sum(-1)
        inside = self.coarse_figure.flatten()[self.candidates]
        self.weights = torch.exp(-1.2 * distance - 8 * unlike) * (0.02 + inside)

    def _divide(self, small: Tensor, parts: Tensor) -> None:
        """Divide the figure among its parts (K, 64, 64)."""
        share = segment(small, self.alpha, parts)
        self.part = self._at(share).argmax(1)
        coarse = functional.adaptive_avg_pool2d(share[None], 64)[0].flatten(1)
        own = coarse.T[self.candidates].gather(2, self.part[:, None, None].expand(-1, 9, -1))
        self.weights = self.weights * (0.02 + own[..., 0])
        # also at the figure's edge, where the network's own flow would fray it
        near = grown(parts.sum(0, keepdim=True), 2)
        self.known = (self._at(near) / _KNOWN).clamp(0, 1)
        behind = hidden(small, self.alpha, share)
        self.hidden_colors = behind.color
        maps = torch.stack([behind.part.float(), behind.reaches])
        at = self._at(maps, "nearest")
        self.hidden, self.reaches = at[:, 0].long(), at[:, 1] > 0

    def _at(self, maps: Tensor, mode: str = "bilinear") -> Tensor:
        """Values (n, C) of maps (C, h, w) of the crop at the source pixels."""
        grid = 2 * self._rest() - 1
        found = functional.grid_sample(
            maps[None], grid[None, None], mode=mode, padding_mode="border", align_corners=False
        )
        return found[0, :, 0].T

    def _rest(self) -> Tensor:
        """Positions (n, 2) of the source pixels in the crop, 0 .. 1."""
        side = self.side
        return torch.stack([self.source % side + 0.5, self.source // side + 0.5], 1) / side

    def frame(
        self, flow: Tensor, depth: Tensor, affine: Tensor, limbs: Tensor | None = None
    ) -> Tensor:
        """Render a frame (3, H, W) from flow (2, 64, 64), depth (1, 64, 64), and the affine motions
        of the background (3, 2) and of the parts (K, 3, 2)."""
        if not len(self.source):
            return _move_background(self.background, self.box, affine)
        place, nearness = self._moved(flow, depth)
        if limbs is not None and len(limbs):
            rest = self._rest()
            place = torch.lerp(place, self._with(limbs, self.part, rest, affine), self.known)
        result = self._behind(place, affine)
        if limbs is not None and len(limbs):
            self._show_hidden(limbs, affine, place, result)
        share = self.alpha.flatten()[self.source]
        patch = splat(self.source, place, nearness, share, self.side)
        if patch is not None:
            self._compose(patch, result)
        return result

    def _show_hidden(self, limbs: Tensor, behind: Tensor, place: Tensor, result: Tensor) -> None:
        """Composite what was hidden by other parts over an image (3, H, W), in place.

        place: (n, 2), destinations of the visible pixels.
        """
        covered = (self.hidden >= 0).nonzero()[:, 0]
        moved = self._with(limbs, self.hidden[covered], self._rest()[covered], behind)
        near = (moved - place[covered]).abs().amax(1) < _CRACK * self.side
        shown = near | self.reaches[covered]
        covered, moved = covered[shown], moved[shown]
        if not len(covered):
            return
        same = torch.zeros(len(covered))
        patch = splat(self.source[covered], moved, same, same + 1, self.side)
        if patch is not None:
            self._compose(patch, result, self.hidden_colors)

    def _behind(self, place: Tensor, affine: Tensor) -> Tensor:
        """What is behind the figure at those positions: the image without the figure where it has
        moved away, and the unchanged image elsewhere."""
        if affine.any():
            return _move_background(self.background, self.box, affine)
        side = self.side
        rest = torch.stack([self.source % side + 0.5, self.source // side + 0.5], 1)
        moves = ((place - rest).abs().amax(1) > _STILL).float()
        left = torch.zeros(side * side).index_copy_(0, self.source, moves).view(1, side, side)
        if not moves.any():
            return self.picture.clone()
        height, width = self.picture.shape[-2:]
        left = box_mean(grown(left, 4), 2)  # feathered to hide the seam
        rows, columns = left[0].any(1).nonzero()[:, 0], left[0].any(0).nonzero()[:, 0]
        scale, box = self.box.side / side, self.box
        x0 = max(0, int(box.left + int(columns[0]) * scale) - 2)
        x1 = min(width, int(box.left + (int(columns[-1]) + 1) * scale) + 3)
        y0 = max(0, int(box.top + int(rows[0]) * scale) - 2)
        y1 = min(height, int(box.top + (int(rows[-1]) + 1) * scale) + 3)
        result = self.picture.clone()
        if x1 <= x0 or y1 <= y0:
            return result
        part = Box(box.left - x0, box.top - y0, box.side)
        share = _paste(left, part, y1 - y0, x1 - x0)
        region = result[:, y0:y1, x0:x1]
        region.lerp_(self.background[:, y0:y1, x0:x1], share)
        return result

    def _compose(self, patch: "Patch", result: Tensor, colors: Tensor | None = None) -> None:
        """Composite a patch over an image (3, H, W), in place; `colors`: of the crop, instead of
        the foreground's."""
        height, width = result.shape[-2:]
        scale = self.box.side / self.side
        rows, columns = patch.uv.shape[1:]
        left, top = self.box.left + patch.left * scale, self.box.top + patch.top * scale
        x0, x1 = max(0, int(left)), min(width, int(left + columns * scale) + 1)
        y0, y1 = max(0, int(top)), min(height, int(top + rows * scale) + 1)
        if x1 <= x0 or y1 <= y0:
            return
        gx = (torch.arange(x0, x1) + 0.5 - left) / (scale * columns) * 2 - 1
        gy = (torch.arange(y0, y1) + 0.5 - top) / (scale * rows) * 2 - 1
        grid = torch.stack(torch.meshgrid(gx, gy, indexing="xy"), -1)[None]

        def seen(layers: Tensor, mode: str = "bilinear") -> Tensor:
            return functional.grid_sample(layers[None], grid, mode=mode, align_corners=False)[0]

        known = (patch.alpha > 0).float()
        smooth = seen(torch.cat([patch.uv * known, patch.alpha, known]))
        where = smooth[:2] / smooth[3:].clamp(min=1e-3)  # in the crop, 0 .. 1
        # Between two limbs interpolation would give a position on neither; take the nearest one.
        sharp = seen(patch.uv, "nearest")
        torn = (where - sharp).abs().amax(0, keepdim=True) > 1.5 / self.side
        where = torch.where(torn & (sharp > 0).all(0, keepdim=True), sharp, where)
        region = result[:, y0:y1, x0:x1]
        if colors is not None:
            color = functional.grid_sample(
                colors[None], 2 * where.permute(1, 2, 0)[None] - 1,
                padding_mode="border", align_corners=False,
            )[0]  # fmt: skip
            result[:, y0:y1, x0:x1] = torch.lerp(region, color, smooth[2:3])
            return
        fx = (self.box.left + where[0] * self.box.side) / width * 2 - 1
        fy = (self.box.top + where[1] * self.box.side) / height * 2 - 1
        color = functional.grid_sample(
            self.foreground[None], torch.stack([fx, fy], -1)[None],
            padding_mode="border", align_corners=False,
        )[0]  # fmt: skip
        here = torch.stack(torch.meshgrid(
            (torch.arange(x0, x1) + 0.5 - self.box.left) / self.box.side,
            (torch.arange(y0, y1) + 0.5 - self.box.top) / self.box.side, indexing="xy",
        ))  # fmt: skip
        stays = (where - here).abs().amax(0, keepdim=True) < 2 * _STILL / self.side
        color = torch.where(stays, self.picture[:, y0:y1, x0:x1], color)
        result[:, y0:y1, x0:x1] = torch.lerp(region, color, smooth[2:3])

    def _with(self, limbs: Tensor, part: Tensor, rest: Tensor, behind: Tensor) -> Tensor:
        """Destinations (n, 2) in working pixels of positions (n, 2) of the parts (n,), by the
        parts' affine motions (K, 3, 2)."""
        moves = displaced(rest[:, None], limbs[part])[:, 0]
        return (rest + _calmed(moves, rest, behind)) * self.side

    def _moved(self, flow: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
        """Destinations (n, 2) of the source pixels, in working pixels, and their nearness (n,)."""
        side = self.side
        jacobian = _jacobian(flow, self.around).flatten(2)  # (2, 2, 4096)
        flat = flow.flatten(1).T[self.candidates]  # (n, 9, 2)
        best = self.weights.argmax(1, keepdim=True)
        chosen = flat.gather(1, best[..., None].expand(-1, -1, 2))
        same = (flat - chosen).abs().amax(-1) < _SAME_MOTION
        weight = self.weights * same
        weight = weight / weight.sum(1, keepdim=True)
        place = self._rest()
        centre = torch.stack([self.candidates % 64, self.candidates // 64], -1)
        off = place[:, None] - (centre + 0.5) / 64  # (n, 9, 2)
        turned = torch.einsum("ijnk,nkj->nki", jacobian[:, :, self.candidates], off)
        moved = place + (weight[..., None] * (flat + turned)).sum(1)
        near = (depth.flatten()[self.candidates] * weight).sum(1)
        return moved * side, near


def _jacobian(flow: Tensor, figure: Tensor) -> Tensor:
    """d flow / d position (2, 2, h, w) of each coarse position, from neighbors on the same limb.

    The mean of the left and right (and upper and lower) differences, each used only if both
    positions belong together.
    """
    size = flow.shape[-1]
    solid = (figure[0] > 0.1).float()
    sums = torch.zeros(2, 2, size, size)
    counts = torch.zeros(2, size, size)
    for axis, dim in ((0, 2), (1, 1)):
        step = flow.diff(dim=dim)
        both = solid.narrow(dim - 1, 0, size - 1) * solid.narrow(dim - 1, 1, size - 1)
        joined = ((step.abs().amax(0) < _SAME_MOTION) * both)[None]
        for start in (0, 1):
            sums[:, axis].narrow(dim, start, size - 1).add_(step * joined)
            counts[axis].narrow(dim - 1, start, size - 1).add_(joined[0])
    # Average with the surrounding positions, since a single difference of a prediction is noisy.
    sums = box_sum(sums.flatten(0, 1), 1).unflatten(0, (2, 2))
    counts = box_sum(counts, 1)
    jacobian: Tensor = sums / counts.clamp(min=1)[None] * size
    return jacobian


def _background_affine(flow: Tensor, figure: Tensor) -> Tensor:
    """(3, 2) affine motion of the background: its flow is (x, y, 1) times this, fitted by least
    squares where there is no figure."""
    size = flow.shape[-1]
    free = functional.max_pool2d(figure[None], 13, 1, 6)[0, 0] < 0.05
    if free.sum() < 64:
        return torch.zeros(3, 2)
    place = places(flow)[free]
    design = torch.cat([place, torch.ones(len(place), 1)], 1)
    affine: Tensor = torch.linalg.lstsq(design, flow[:, free].T).solution
    corners = torch.tensor([[0.0, 0, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1]]) @ affine
    # Motion below a quarter of a coarse position is noise of the network.
    return affine if corners.abs().max() > 0.25 / size * 4 else torch.zeros(3, 2)


def _move_background(background: Tensor, box: Box, affine: Tensor) -> Tensor:
    """Move the background (3, H, W) by the affine flow (3, 2) of the box."""
    if not affine.any():
        return background.clone()
    height, width = background.shape[-2:]
    x = ((torch.arange(width) + 0.5) - box.left) / box.side
    y = ((torch.arange(height) + 0.5) - box.top) / box.side
    then = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)  # (H, W, 2)
    linear = torch.eye(2) + affine[:2].T
    source = (then - affine[2]) @ torch.linalg.inv(linear).T
    gx = (box.left + source[..., 0] * box.side) / width * 2 - 1
    gy = (box.top + source[..., 1] * box.side) / height * 2 - 1
    moved: Tensor = functional.grid_sample(
        background[None], torch.stack([gx, gy], -1)[None],
        padding_mode="border", align_corners=False,
    )[0]  # fmt: skip
    return moved


def _paste(patch: Tensor, box: Box, height: int, width: int) -> Tensor:
    """Place a square patch (1, side, side) in an image of that size; 0 elsewhere."""
    gx = ((torch.arange(width) + 0.5) - box.left) / box.side * 2 - 1
    gy = ((torch.arange(height) + 0.5) - box.top) / box.side * 2 - 1
    grid = torch.stack(torch.meshgrid(gx, gy, indexing="xy"), -1)
    return functional.grid_sample(patch[None], grid[None], align_corners=False)[0]
