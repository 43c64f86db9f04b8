"""How well a motion transfers to targets at other positions and sizes, and to mirrored ones.

Each motion is learned once, from a stick figure of fixed position and size, then applied to targets
that are shifted, scaled or mirrored. Imports torch and the models.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from mti_addon.wire.settings import Settings

from ..draft.procedural.body import EXTRAS, PARTS, Figures
from ..draft.procedural.clips import make_clips
from ..draft.procedural.figures import random_figures
from ..draft.procedural.motions import frame_times
from ..draft.procedural.named import NAMED, named_motion
from ..method.motion_textual_inversion.embedding import MotionEmbedding
from ..models.svd import SvdModel
from .bench import play_on
from .pairs import Pair, make_pair

OFFSETS = (-0.2, -0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2)
SCALES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3)
_SEED = 940_000_000
_HEIGHT, _GROUND = 0.68, -0.4


@dataclass(frozen=True)
class Point:
    """One point of a curve: the curve's name, the value on it, and the ground truth (F, 3, H,
    W)."""

    curve: str
    value: float
    answer: Tensor


def curve_pair(index: int) -> Pair:
    """Named motions in turn; reference and target have the same position and size."""
    name = list(NAMED)[index % len(NAMED)]
    reference, target = _figures(index)
    return make_pair(name, named_motion(name), reference, target, seed=index)


def curve_points(index: int) -> Iterator[Point]:
    """Ground truths of pair `index`, starting with the aligned one: offset 0, which is also scale
    1.

    offset: in frame widths to the right. scale: of the target's height, with fixed feet.
    mirrored, 0 ('figure'): the target's left and right colors are swapped, and the ground truth has
    the same motion. 1 ('picture'): the aligned ground truth mirrored, whose motion is the mirror
    image of the reference's, so that a motion applied as learned cannot match it.
    """
    motion = named_motion(list(NAMED)[index % len(NAMED)])
    _, target = _figures(index)

    def answer(figures: Figures) -> Tensor:
        return make_clips(figures, motion, frame_times(1)).pixels[0]

    aligned = answer(target)
    yield Point("offset", 0.0, aligned)
    for offset in OFFSETS:
        if offset:
            yield Point("offset", offset, answer(replace(target, centre=target.centre + offset)))
    for scale in SCALES:
        if scale != 1:
            yield Point("scale", scale, answer(replace(target, height=target.height * scale)))
    yield Point("mirrored", 0.0, answer(replace(target, colours=_swapped(target.colours))))
    yield Point("mirrored", 1.0, aligned.flip(-1))


def play_curves(
    model: SvdModel, motion: MotionEmbedding, index: int, settings: Settings
) -> list[dict[str, float | str]]:
    """A motion's gain at each point of pair `index`, and its change relative to the aligned one."""
    results: list[dict[str, float | str]] = []
    aligned = 0.0
    for point in curve_points(index):
        _, gain = play_on(model, motion, point.answer, settings)
        aligned = gain if not results else aligned
        results.append(
            {"curve": point.curve, "value": point.value, "gain": gain, "change": gain - aligned}
        )
    results.append({"curve": "scale", "value": 1.0, "gain": aligned, "change": 0.0})
    return results


def _figures(index: int) -> tuple[Figures, Figures]:
    g = torch.Generator().manual_seed(_SEED + index)
    reference, target = random_figures(1, g, "stick"), random_figures(1, g, "solid")
    return _placed(reference), _placed(target)


def _placed(figure: Figures) -> Figures:
    """The figure at the curves' origin: centered, not turned, of fixed height."""
    return replace(
        figure,
        centre=torch.zeros(1),
        height=torch.full((1,), _HEIGHT),
        ground=torch.full((1,), _GROUND),
        facing=torch.zeros(1),
    )


def _swapped(colours: Tensor) -> Tensor:
    """Swap the colors (B, P, 3) of left and right parts."""
    names = [frozenset(part[1:]) for part in PARTS + EXTRAS]
    other = {"_l": "_r", "_r": "_l"}

    def mirror(name: str) -> str:
        return name[:-2] + other[name[-2:]] if name[-2:] in other else name

    swapped = colours.clone()
    for i, ends in enumerate(names):
        swapped[:, i] = colours[:, names.index(frozenset(map(mirror, ends)))]
    return swapped
