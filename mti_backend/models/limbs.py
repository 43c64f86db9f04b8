"""Makes a predicted flow piecewise affine, one motion per body part. Imports torch only.

A network's flow is noisy, and a limb warped by it looks torn. The first frame also yields the body
part at each position, so the flow of each part is replaced by its best-fitting affine motion: by
robust least squares (Holland and Welsch 1977), reduced to rotation, scaling and translation for a
part too thin to determine more.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .filling import places

_SHARP = 4.0
"""Exponent of the part probabilities: at a joint one of two motions applies, not their mean."""
_BEYOND = 0.1  # weight of the parts around a position, which assign it if no part is seen there
_NEAR = 0.02  # a position with less of any part around it keeps its own flow
_LEAST = 2.0  # minimum size of a part, in positions
# In crop widths:
_THIN = 1.5 / 64  # a thinner part determines only rotation and scaling
_SMALL = 0.5 / 64  # a smaller part is only translated
_OFF = 0.6 / 64  # scale of the residual beyond which a position counts little in the next fit
_ROUNDS = 3
_LONGER = 1.6
"""Maximum magnification: a hand keeps its size, and a limb rarely gets much longer than first seen.
"""


@dataclass(frozen=True)
class Limbs:
    """The affine motions of a first frame's body parts.

    Attributes:
        affine: (T, K, 3, 2), so that a position (x, y, 1), in crop widths, times it is that
        position's displacement. share: (K, h, w), each part's share of each position; the rest up
        to 1 moves as the network says. parts: (K, h, w), the parts' probabilities.
    """

    affine: Tensor
    share: Tensor
    parts: Tensor

    def flow(self, otherwise: Tensor) -> Tensor:
        """Flow (T, 2, h, w) of these motions; `otherwise` (T, 2, h, w) where no part is."""
        share = self.share.flatten(1)
        rows = otherwise.flatten(2).transpose(1, 2)  # (T, P, 2)
        moved = torch.einsum(
            "tkpc,kp->tpc", displaced(places(otherwise).flatten(0, 1), self.affine), share
        )
        moved = moved + rows * (1 - share.sum(0))[None, :, None]
        return moved.transpose(1, 2).reshape(otherwise.shape)


def by_parts(flow: Tensor, parts: Tensor) -> Tensor:
    """Flow (T, 2, h, w) with one affine motion per part; see `fit_limbs`."""
    return fit_limbs(flow, parts).flow(flow)


def displaced(place: Tensor, affine: Tensor) -> Tensor:
    """Displacements (..., P, 2) of positions (P, 2) by affine motions (..., 3, 2)."""
    moved: Tensor = place @ affine[..., :2, :] + affine[..., 2:, :]
    return moved


def fit_limbs(flow: Tensor, parts: Tensor) -> Limbs:
    """Fit one affine motion per part to a flow (T, 2, h, w), in crop widths.

    Args:
        parts: (K, h, w), probability of each part at each position; the rest up to 1 is no part.
        Parts that are too small to be fitted are left out of the result.
    """
    known = parts.flatten(1).sum(0)
    around = functional.avg_pool2d(parts[None], 5, 1, 2, count_include_pad=False)[0]
    belonging = (parts + _BEYOND * around).flatten(1)
    near = belonging.sum(0)
    share = (belonging / near.clamp(min=1e-6)) ** _SHARP
    share = share / share.sum(0).clamp(min=1e-6)
    sure = share * known
    kept = sure.sum(1) > _LEAST
    rows = flow.flatten(2).transpose(1, 2)  # (T, P, 2)
    place = places(flow).flatten(0, 1)
    affine = _robust_fit(place, rows, sure[kept])
    share = share[kept] * (near / _NEAR).clamp(max=1)
    return Limbs(affine, share.reshape(-1, *flow.shape[-2:]), parts[kept])


def _robust_fit(place: Tensor, rows: Tensor, sure: Tensor) -> Tensor:
    """Affine motion of each part, (T, K, 3, 2).

    Args:
        place: (P, 2). rows: flow (T, P, 2). sure: (K, P).
    """
    weight = sure[None].expand(len(rows), -1, -1)
    for _ in range(_ROUNDS):
        fitted = _fit(place, rows, weight)
        off = (displaced(place, fitted) - rows[:, None]).norm(dim=-1)
        weight = sure[None] / (1 + (off / _OFF) ** 2)
    return fitted


def _fit(place: Tensor, rows: Tensor, weight: Tensor) -> Tensor:
    """Like _robust_fit, with fixed weights (T, K, P)."""
    mass = weight.sum(-1, keepdim=True).clamp(min=1e-6)
    centre = (weight @ place) / mass  # (T, K, 2)
    mean = torch.einsum("tkp,tpc->tkc", weight, rows) / mass
    d = place[None, None] - centre[:, :, None]  # (T, K, P, 2)
    f = rows[:, None] - mean[:, :, None]
    w = (weight / mass)[..., None]
    turn = _similarity(d, f, w)
    rest = f - d @ turn.transpose(-1, -2)
    turn = _no_longer(turn)
    cross = (w * rest).transpose(-1, -2) @ d
    own = (w * d).transpose(-1, -2) @ d + _THIN**2 * torch.eye(2, device=d.device)
    more = torch.linalg.solve(own, cross.transpose(-1, -2)).transpose(-1, -2)
    linear = (turn + more).transpose(-1, -2)
    return torch.cat([linear, (mean - (centre[:, :, None] @ linear)[:, :, 0])[:, :, None]], 2)


def _similarity(d: Tensor, f: Tensor, w: Tensor) -> Tensor:
    """Linear part (T, K, 2, 2) of the rotation and scaling that take d to d + f, (T, K, P, 2)."""
    spread = (w * d.square()).sum((2, 3)) + _SMALL**2
    a = (w * d * f).sum((2, 3)) / spread
    b = (w[..., 0] * (d[..., 0] * f[..., 1] - d[..., 1] * f[..., 0])).sum(2) / spread
    return torch.stack([torch.stack([a, -b], -1), torch.stack([b, a], -1)], -2)


def _no_longer(turn: Tensor) -> Tensor:
    """The same rotations, with magnification limited to _LONGER."""
    own = torch.eye(2, device=turn.device)
    whole = own + turn
    length = whole[..., 0].norm(dim=-1).clamp(min=1e-3)  # a similarity's columns have equal length
    shorter: Tensor = whole * (length.clamp(max=_LONGER) / length)[..., None, None]
    return shorter - own
