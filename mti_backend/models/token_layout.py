"""What a model's frame tokens are known to mean, for edits that move them in time. Imports torch.

SVD's tokens come from CLIP, and nothing is known about them. The draft was trained on tokens whose
layout this project chose: in each pair the first token is the pose and the second its change since
the first frame, and both say how far the figure and the camera have moved since then.
"""

import torch
from torch import Tensor

TOKEN_WIDTH = 64
MOTION_FEATURES = 46
SINCE_FIRST = tuple(range(36, 42))
"""Features of the root path (x, y) and of the camera (pan x, pan y, ln zoom, roll), which are
measured since the first frame."""
TRAVEL = (36, 38, 39, 40, 41)
"""Those that go on when another motion begins."""
_CHANCE = 0.5
"""Features: learned tokens of motions without travel differ by 0.1 to 0.3, those of a walk by 2."""
HEIGHT = (37,)
"""The one that does not: a figure that jumps or squats comes back to the same ground."""


def token_rotation() -> Tensor:
    """Fixed rotation (64, 64) that spreads the motion features over a token's full width.

    A token is the features in another orthonormal basis, so that the image encoder can be trained
    to the same space separately, and no direction of a token is unused.
    """
    generator = torch.Generator("cpu").manual_seed(20240801)
    square = torch.randn(
        TOKEN_WIDTH, TOKEN_WIDTH, generator=generator, dtype=torch.float64, device="cpu"
    )
    rotation: Tensor = torch.linalg.qr(square).Q
    return rotation.float().to(torch.get_default_device())


class TokenLayout:
    """Of a model about whose tokens nothing is known: every token describes its own frame."""

    def since_first(self, tokens: Tensor) -> Tensor:
        """The part of frame tokens (F, N, D) that is measured since the clip's first frame."""
        return torch.zeros_like(tokens)

    def traveled(self, first: Tensor, last: Tensor) -> Tensor:
        """How far figure and camera get from frame tokens `first` to `last` (N, D), as tokens."""
        return torch.zeros_like(first)

    def height(self, tokens: Tensor) -> Tensor:
        """The part of frame tokens (F, N, D) that says how far the figure has gone up or down."""
        return torch.zeros_like(tokens)

    def change(self, first: Tensor, later: Tensor) -> Tensor:
        """What a motion that begins with tokens `later` (N, D) must add to its tokens to follow one
        that begins with `first` (N, D), apart from travel and height."""
        return torch.zeros_like(first)


class DraftLayout(TokenLayout):
    """Of the draft: pairs of a pose, and its change since the first frame."""

    def __init__(self) -> None:
        self._since_first, self._height = _projection(SINCE_FIRST), _projection(HEIGHT)
        self._travel = token_rotation()[list(TRAVEL)]

    def since_first(self, tokens: Tensor) -> Tensor:
        """All of the second token of each pair, and of the first what says how far it has moved."""
        part = tokens @ self._since_first.to(tokens)
        part[:, 1::2] = tokens[:, 1::2]
        return part

    def traveled(self, first: Tensor, last: Tensor) -> Tensor:
        """The difference of both tokens along the features of TRAVEL, as far as it is more than
        learned tokens differ by chance."""
        along = self._travel.to(first)
        way = (last - first) @ along.T
        way = way * way**4 / (way**4 + _CHANCE**4)
        return way @ along

    def height(self, tokens: Tensor) -> Tensor:
        """The components of both tokens along the height of the root."""
        return tokens @ self._height.to(tokens)

    def change(self, first: Tensor, later: Tensor) -> Tensor:
        """The difference of the poses, for the second token of each pair."""
        apart = (later - first)[0::2]
        result = torch.zeros_like(first)
        pairs = result[1::2]
        moved = apart @ self._since_first.to(apart)
        result[1::2] = (apart - moved)[: len(pairs)]
        return result


def _projection(features: tuple[int, ...]) -> Tensor:
    """The projection (D, D) of a token onto the directions of these features."""
    rows = token_rotation()[list(features)]
    return rows.T @ rows
