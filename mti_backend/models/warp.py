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
_DUST, _FULL = 8, 0.22
"""Half the window, in working pixels, that a splatted pixel's surroundings must fill to this
share."""


@dataclass(frozen=True)
class Box:
    """A square of an image in pixels: left and top edge (may be negative), and side."""

    left: float
    top: float
    side: float


@dataclass(frozen=True)
class Motion:
    """Motion of a first frame over T later frames: flow (T, 2, h, h), depth (T, 1, h, h), and the
    figure's coverage of each pixel, figure (1, m, m) in [0, 1]."""

    flow: Tensor
    depth: Tensor
    figure: Tensor


def animate(picture: Tensor, box: Box, motion: Motion) -> Tensor:
    """Render T frames (T, 3, H, W) of a first frame (3, H, W) whose square `box` moves."""
    return torch.stack(list(animated(picture, box, motion)))


@torch.no_grad()
def animated(picture: Tensor, box: Box, motion: Motion) -> Iterator[Tensor]:
    """The frames of `animate` one by one, (3, H, W) each: all at once, many of a large image would
    not fit in memory."""
    still = _Still.of(picture, box, motion.figure)
    for flow, depth in zip(motion.flow, motion.depth, strict=True):
        moved = _background_affine(flow, still.coarse_figure)
        yield still.frame(_calmed(flow, moved), depth, moved)


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


def _calmed(flow: Tensor, affine: Tensor) -> Tensor:
    """Remove motion too small to be intended from flow (2, h, w); it then follows the
    background."""
    place = places(flow)
    behind = (torch.cat([place, torch.ones_like(place[..., :1])], -1) @ affine).permute(2, 0, 1)
    own = flow - behind
    far = own.norm(dim=0, keepdim=True)
    meant = ((far - _UNREST) / _UNREST).clamp(0, 1)
    calmed: Tensor = behind + own * (meant * meant * (3 - 2 * meant))
    return calmed


def places(flow: Tensor) -> Tensor:
    """x and y of every position of a map (..., h, w), in 0 .. 1: (h, w, 2)."""
    height, width = flow.shape[-2:]
    axes = [(torch.arange(n, device=flow.device) + 0.5) / n for n in (width, height)]
    return torch.stack(torch.meshgrid(*axes, indexing="xy"), -1)


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


def fill(picture: Tensor, known: Tensor) -> Tensor:
    """Fill an image (C, H, W) where it is not `known` (1, H, W in [0, 1]) from its surroundings.

    Push-pull (Gortler et al. 1996): averages of the known pixels, from fine to coarse and back.
    """
    levels = [(picture * known, known)]
    while min(levels[-1][0].shape[-2:]) > 1:
        color, weight = (
            4 * functional.avg_pool2d(t[None], 2, ceil_mode=True)[0] for t in levels[-1]
        )
        # One known pixel of four makes the coarser one known.
        enough = 1 / weight.clamp(min=1)
        levels.append((color * enough, weight * enough))
    color, weight = levels[-1]
    filled = color / weight.clamp(min=1e-4)
    for color, weight in reversed(levels[:-1]):
        size = color.shape[-2:]
        filled = functional.interpolate(filled[None], size, mode="bilinear", align_corners=False)[0]
        filled = color + (1 - weight) * filled
    return filled


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


def _box_mean(t: Tensor, radius: int) -> Tensor:
    """Means over windows of 2 radius + 1 pixels, of the part inside the image; t (C, H, W).

    Uses running sums, one axis at a time, so the cost does not depend on the window size.
    """
    return _box_sum(t, radius) / _box_sum(torch.ones_like(t[:1]), radius)


def _box_sum(t: Tensor, radius: int) -> Tensor:
    for dim in (1, 2):
        size = t.shape[dim]
        total = functional.pad(t.cumsum(dim), (1, 0) if dim == 2 else (0, 0, 1, 0))
        place = torch.arange(size)
        high, low = (place + radius + 1).clamp(max=size), (place - radius).clamp(min=0)
        t = total.index_select(dim, high) - total.index_select(dim, low)
    return t


def _grown(t: Tensor, radius: int) -> Tensor:
    """Maxima over windows of 2 radius + 1 pixels, one axis at a time."""
    for kernel, padding in (((2 * radius + 1, 1), (radius, 0)), ((1, 2 * radius + 1), (0, radius))):
        t = functional.max_pool2d(t[None], kernel, 1, padding)[0]
    return t


class _Still:
    """A first frame split into background and figure, and the coarse positions pixels follow."""

    def __init__(self, picture: Tensor, box: Box, side: int) -> None:
        self.picture, self.box, self.side = picture, box, side

    @classmethod
    def of(cls, picture: Tensor, box: Box, figure: Tensor) -> "_Still":
        side = int(max(WORKING_SIDES[0], min(WORKING_SIDES[1], round(box.side))))
        still = cls(picture, box, side)
        small = crop(picture, box, side)
        share = functional.interpolate(
            figure[None], (side, side), mode="bicubic", align_corners=False
        )[0].clamp(0, 1)
        still.alpha = matte(share, small)
        still.coarse_figure = functional.adaptive_avg_pool2d(figure[None], 64)[0]
        still.around = _grown(still.coarse_figure, 2)
        still._take_apart()
        still._follow(small)
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

    def _take_apart(self) -> None:
        height, width = self.picture.shape[-2:]
        alpha = _paste(self.alpha, self.box, height, width)
        margin = max(1, round(self.box.side / 100))
        around = _grown(alpha, margin)
        if alpha.max() <= _CLEAR:
            self.background = self.foreground = self.picture
            return
        self.background = torch.where(
            around > _CLEAR, fill(self.picture, (around <= _CLEAR).float()), self.picture
        )
        solid = (alpha > _OPAQUE).float()
        edge = (alpha > 0) & (solid < 1)
        self.foreground = torch.where(edge, fill(self.picture, solid), self.picture)

    def _follow(self, small: Tensor) -> None:
        side = self.side
        self.source = (self.alpha[0].flatten() > _CLEAR).nonzero()[:, 0]
        y, x = self.source // side, self.source % side
        place = torch.stack([(x + 0.5) / side, (y + 0.5) / side], 1)  # (n, 2)
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

    def frame(self, flow: Tensor, depth: Tensor, affine: Tensor) -> Tensor:
        """Render a frame (3, H, W) from flow (2, 64, 64), depth (1, 64, 64) and the background's
        affine motion."""
        if not len(self.source):
            return _move_background(self.background, self.box, affine)
        place, nearness = self._moved(flow, depth)
        result = self._behind(place, affine)
        share = self.alpha.flatten()[self.source]
        patch = _splat(self.source, place, nearness, share, self.side)
        if patch is not None:
            self._compose(patch, result)
        return result

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
        left = _box_mean(_grown(left, 4), 2)  # feathered to hide the seam
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

    def _compose(self, patch: "_Patch", result: Tensor) -> None:
        """Composite a patch over an image (3, H, W), in place."""
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
        y, x = self.source // side, self.source % side
        place = torch.stack([(x + 0.5) / side, (y + 0.5) / side], 1)
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
    sums = _box_sum(sums.flatten(0, 1), 1).unflatten(0, (2, 2))
    counts = _box_sum(counts, 1)
    jacobian: Tensor = sums / counts.clamp(min=1)[None] * size
    return jacobian


@dataclass(frozen=True)
class _Patch:
    """The part of a frame that contains the figure, in working pixels of the crop: source positions
    uv (2, h, w) in 0 .. 1, coverage alpha (1, h, w), and its left and top edge."""

    uv: Tensor
    alpha: Tensor
    left: int
    top: int


def _splat(source: Tensor, place: Tensor, near: Tensor, share: Tensor, side: int) -> _Patch | None:
    """Splat source pixels (n,) to positions (n, 2) in working pixels, `near` the viewer (n,)."""
    low = place.amin(0).floor().long() - 2
    high = place.amax(0).ceil().long() + 3
    low, high = low.clamp(-3 * side, 4 * side), high.clamp(-3 * side, 4 * side)
    width, height = int(high[0] - low[0]), int(high[1] - low[1])
    if width < 4 or height < 4:
        return None
    uv = torch.stack([(source % side + 0.5), (source // side + 0.5)]) / side  # (2, n)
    p = place - low - 0.5
    base = p.floor()
    f = p - base
    targets, weights, index = [], [], []
    n = torch.arange(len(source))
    for dx in (0, 1):
        for dy in (0, 1):
            cx, cy = base[:, 0].long() + dx, base[:, 1].long() + dy
            w = (f[:, 0] if dx else 1 - f[:, 0]) * (f[:, 1] if dy else 1 - f[:, 1])
            ok = (cx >= 0) & (cx < width) & (cy >= 0) & (cy < height) & (w > 0.02)
            targets.append((cy * width + cx)[ok])
            weights.append(w[ok])
            index.append(n[ok])
    target, weight, i = torch.cat(targets), torch.cat(weights), torch.cat(index)
    quantised = ((near + 8).clamp(0, 16) * 2**16).long()
    key = (quantised[i] << 24) + i
    best = torch.full((width * height,), -1, dtype=torch.long)
    best.scatter_reduce_(0, target, key, "amax")
    winner = best[target] & (2**24 - 1)
    together = (uv[:, i] - uv[:, winner]).abs().amax(0) < 4 / side
    target, weight, i = target[together], weight[together], i[together]
    layers = torch.cat([uv[:, i], share[None, i], torch.ones_like(weight)[None]]) * weight
    total = torch.zeros(4, width * height).index_add_(1, target, layers)
    weight = total[3:].reshape(1, height, width)
    hit = weight > 0.02
    values = (total[:3].reshape(3, height, width) / weight.clamp(min=1e-6)) * hit
    values, hit = _closed(values, hit)
    # A limb is wider than a window; what fills only a little of one is dust.
    hit = hit & (_box_mean(hit.float(), _DUST) > _FULL)
    return _Patch(values[:2], values[2:] * hit, int(low[0]), int(low[1]))


def _closed(values: Tensor, hit: Tensor) -> tuple[Tensor, Tensor]:
    """Close the gaps that stretching leaves, at pixels most of whose neighbors are hit."""
    for least in (4, 4, 5, 5):
        around = _box_sum(hit.float(), 1).round()
        new = ~hit & (around >= least)
        if not new.any():
            break
        values = torch.where(new, _box_sum(values, 1) / around.clamp(min=1), values)
        hit = hit | new
    return values, hit


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
