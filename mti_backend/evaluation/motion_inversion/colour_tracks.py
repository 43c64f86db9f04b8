"""Where a subject of a known color is in each frame, and how alike two tracks are. Torch only."""

import torch
from torch import Tensor

from ...draft.by_words.appearance import background_colours
from ...draft.by_words.captions import COLOURS

_SPREAD = 0.12
"""Distance in RGB at which a color still counts as another one's shade."""
_FARTHEST = 0.35
"""Pixels farther than this from every shade of the subject's color do not show it."""
_LEAST = 6.0
"""Pixels that a subject must have in a frame."""
_JITTER = 0.005
"""Movements of this many frame widths (a third of a pixel) are not told from none."""


def colour_track(clip: Tensor, colour: str, background: str) -> Tensor | None:
    """The middle (F, 2) of what has the subject's color, x right and y down, 0 .. 1.

    Frames in which hardly anything has it take the place of the nearest ones that have. None if
    fewer than half of the frames show it.

    Args:
        clip: (F, 3, H, W) in [-1, 1]. colour: in COLOURS. background: in BACKGROUNDS.
    """
    weight = colour_weight(clip, colour, background)
    mass = weight.sum((1, 2))
    there = (mass >= _LEAST).nonzero()[:, 0]
    if 2 * len(there) < len(clip):
        return None
    height, width = weight.shape[1:]
    x, y = ((torch.arange(side) + 0.5) / side for side in (width, height))
    divisor = mass.clamp(min=1e-6)
    track = torch.stack(
        [(weight * x).sum((1, 2)) / divisor, (weight * y[:, None]).sum((1, 2)) / divisor], -1
    )
    frames = torch.arange(len(clip))
    nearest = there[(frames[:, None] - there).abs().argmin(1)]
    return track[nearest]


def colour_weight(clip: Tensor, colour: str, background: str) -> Tensor:
    """(F, H, W) in [0, 1]: how surely a pixel has a shade of the color, not the background's."""
    pixels = ((clip.float() + 1) / 2).movedim(1, -1)
    own = torch.tensor(COLOURS[colour])
    # What is drawn is shaded; white and black are not, or gray would be both.
    dark = 0.8 if colour in ("white", "black") else 0.6
    to_own = _distance(pixels, dark * own, own)
    to_others = torch.stack([_distance(pixels, *ends) for ends in background_colours(background)])
    likely = torch.exp(-0.5 * (to_own / _SPREAD) ** 2)
    unlikely = torch.exp(-0.5 * (to_others / _SPREAD) ** 2).amax(0)
    share = likely / (likely + unlikely).clamp(min=1e-9)
    return torch.where((to_own < _FARTHEST) & (share > 0.5), share, 0.0)


def _distance(pixels: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Distance of colors (..., 3) from a line between two colors (3,)."""
    along = end - start
    share = ((pixels - start) @ along / along.square().sum().clamp(min=1e-9)).clamp(0, 1)
    off: Tensor = (pixels - start - share[..., None] * along).norm(dim=-1)
    return off


def track_correlation(reference: Tensor, result: Tensor | None) -> float:
    """Correlation of two tracks (F, 2) about their means, x and y together, -1 .. 1.

    A result that does not move has 0: movements below a pixel count as noise. So has None.
    """
    if result is None:
        return 0.0
    r, s = (track - track.mean(0) for track in (reference, result))
    noise = _JITTER**2 * r.numel()
    return float((r * s).sum() / ((r.square().sum()) * (s.square().sum() + noise)).sqrt())
