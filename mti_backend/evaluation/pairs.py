"""Held-out pairs: a motion nobody trained on, shown by one figure, wanted from another.

Imports torch and the draft's clips.
"""

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from ..draft.clips import KnownClips, make_clips, make_known_clips
from ..draft.figures import Figures, random_figures
from ..draft.motions import INDEX, Motions, frame_times
from ..draft.named import NAMED, named_motion

# far from the seeds of training, which are stage * 10^7 + step
_SEED = 900_000_000
# of the further references of a pair, so that they repeat no pair's figures
_MORE_SEED = 910_000_000


@dataclass(frozen=True)
class Pair:
    """One transfer whose right answer is known; pictures float (F, 3, H, W) in [-1, 1].

    reference: the motion as its own figure shows it. answer: the target figure with the same
    motion; its first frame is the target. tokens: (F, D) the true motion tokens of the answer.

    What is not known is None, and the figures that need it are left out:
    tracks: (F, 10, 2) image places (x right, y down, 0 .. 1) of the answer's parts.
    classes, reference_classes: int64 (F, H, W) which part is seen at a pixel, -1 for nobody.
    background: the answer's pictures without anybody.
    height: of the target figure when it stands, in frame widths.
    seed: of the pair's random figures. figure: the target's, one body; None where none was drawn.
    camera: whether the camera moves, so that the whole frame has to be shown to the model.
    """

    name: str
    reference: Tensor
    answer: Tensor
    tokens: Tensor
    tracks: Tensor | None = None
    classes: Tensor | None = None
    reference_classes: Tensor | None = None
    background: Tensor | None = None
    height: float | None = None
    seed: int | None = None
    figure: Figures | None = None
    camera: bool = False

    @property
    def fingerprint(self) -> str:
        """16 hex digits, others for other pictures."""
        digest = hashlib.sha256()
        for pictures in (self.reference, self.answer):
            digest.update(pictures.contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]


def make_pair(
    name: str, motion: Motions, reference: Figures, target: Figures, seed: int | None = None
) -> Pair:
    """The pair of two figures, one each, and one motion (B = 1)."""
    shown, wanted = known_clip(motion, reference), known_clip(motion, target)
    return Pair(
        name,
        shown.pixels[0],
        wanted.pixels[0],
        wanted.tokens[0],
        tracks=wanted.tracks[0],
        classes=wanted.classes[0],
        reference_classes=shown.classes[0],
        background=wanted.background[0],
        height=float(target.height[0]),
        seed=seed,
        figure=target,
        camera=moves_camera(motion),
    )


def moves_camera(motion: Motions) -> bool:
    """Whether the camera of one motion (B = 1) moves at all."""
    camera = motion.values(frame_times(1))[0, INDEX["pan_x"] :]
    return bool((camera - camera[:, :1]).abs().max() > 1e-4)


def known_clip(motion: Motions, figure: Figures) -> KnownClips:
    """One figure performing one motion, F pictures."""
    return make_known_clips(figure, motion, frame_times(1))


def held_out_pair(index: int, reference_look: str = "stick") -> Pair:
    """Pair number `index`, the same every time.

    The named motions come in turn; figures, places and backgrounds are drawn anew for each pair.
    Half of the targets are of the held-out proportions and a quarter stand before held-out
    backgrounds, in every motion and independently of each other.
    """
    names = list(NAMED)
    name = names[index % len(names)]
    turn = index + index // len(names)
    family = "held-out" if turn % 2 else "train"
    backdrop = "held-out" if turn % 8 in (0, 3) else "train"
    g = torch.Generator().manual_seed(_SEED + index)
    reference = in_full(random_figures(1, g, reference_look), g)
    target = in_full(random_figures(1, g, "solid", family=family, backdrop=backdrop), g)
    return make_pair(name, named_motion(name), reference, target, seed=index)


def in_full(figures: Figures, generator: torch.Generator) -> Figures:
    """Place figures as one frames a picture: 0.55 to 0.95 of its height, all of them in view.

    Training draws smaller ones and such as are cut off, too; a motion of a few pixels says little
    about a model of 64. What size and place do is measured on its own (curves.py).
    """
    draw = torch.rand(3, len(figures.height), generator=generator)
    figures.height = 0.55 + 0.4 * draw[0]
    figures.centre = 0.4 * (draw[1] - 0.5)
    figures.ground = -0.5 + (1 - figures.height) * (0.15 + 0.6 * draw[2])
    return figures


def held_out_pairs(count: int, reference_look: str = "stick") -> list[Pair]:
    """The first `count` of the held-out pairs."""
    return [held_out_pair(i, reference_look) for i in range(count)]


def references(pair: Pair, count: int) -> Tensor:
    """The pair's motion drawn `count` times, (K, F, 3, H, W): first as it is, then by others.

    The others differ in proportions, thickness, style (stick or solid), place, size, how far they
    are turned, colours and background. With a larger count the first ones stay the same. Only for
    a pair of a named motion; raises ValueError otherwise.
    """
    if count == 1:
        return pair.reference[None]
    if pair.seed is None or pair.name not in NAMED:
        raise ValueError(f"the motion of the pair {pair.name} cannot be drawn again")
    motion = named_motion(pair.name)
    others = []
    for k in range(count - 1):
        g = torch.Generator().manual_seed(_MORE_SEED + 1000 * pair.seed + k)
        look = "stick" if k % 2 else "solid"
        figure = random_figures(1, g, look)
        others.append(make_clips(figure, motion, frame_times(1)).pixels[0])
    return torch.stack([pair.reference, *others])
