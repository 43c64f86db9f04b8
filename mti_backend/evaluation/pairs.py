"""Held-out pairs: a motion that was never trained on, shown by one figure, applied to another.

Imports torch and the draft's clips.
"""

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from ..draft.procedural.clips import KnownClips, make_clips, make_known_clips
from ..draft.procedural.figures import Figures, random_figures
from ..draft.procedural.motions import CAMERA, Motions, frame_times
from ..draft.procedural.named import NAMED, named_motion
from .keyed import keyed_poses

# Far from the seeds of training, which are stage * 10^7 + step.
_SEED = 900_000_000
# Seeds of a pair's further references, so that they repeat no pair's figures.
_MORE_SEED = 910_000_000


@dataclass(frozen=True)
class Pair:
    """One transfer with known ground truth; images are float (F, 3, H, W) in [-1, 1].

    reference: the motion performed by its own figure. answer: the ground truth, the target figure
    performing the same motion; its first frame is the target. tokens: (F, D) true motion tokens.

    The following are None if unknown, and metrics that need them are omitted:
    tracks: (F, 10, 2) image positions (x right, y down, 0 .. 1) of the answer's parts.
    classes, reference_classes: int64 (F, H, W) part visible at a pixel, -1 for none.
    background: the answer's images without figures.
    height: of the standing target figure, in frame widths.
    seed: of the pair's random figures. figure: the target's body; None if it was not drawn.
    camera: whether the camera moves, so that the model has to see the whole frame.
    poses: poses.json of the reference, as if keyed in Blender.
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
    poses: bytes | None = None

    @property
    def fingerprint(self) -> str:
        """16 hex digits that depend on the images."""
        digest = hashlib.sha256()
        for pictures in (self.reference, self.answer):
            digest.update(pictures.contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]


def make_pair(
    name: str, motion: Motions, reference: Figures, target: Figures, seed: int | None = None
) -> Pair:
    """Pair of one motion (B = 1) performed by two figures, one each."""
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
        poses=keyed_poses(motion, reference),
    )


def moves_camera(motion: Motions) -> bool:
    """Whether the camera of one motion (B = 1) moves."""
    camera = motion.values(frame_times(1))[0, CAMERA]
    return bool((camera - camera[:, :1]).abs().max() > 1e-4)


def known_clip(motion: Motions, figure: Figures) -> KnownClips:
    """Clip of one figure performing one motion, F images."""
    return make_known_clips(figure, motion, frame_times(1))


def held_out_pair(index: int, reference_look: str = "stick") -> Pair:
    """Pair number `index`; deterministic.

    The named motions are used in turn; figures, positions and backgrounds are drawn for each pair.
    Half of the targets have the held-out proportions and a quarter have held-out backgrounds, in
    every motion and independently of each other.
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
    """Place figures as in a well-framed image: 0.55 to 0.95 of its height, entirely in view.

    Training also draws smaller and cropped ones, but a motion of a few pixels says little about the
    model. The effect of size and position is measured separately (curves.py).
    """
    draw = torch.rand(3, len(figures.height), generator=generator)
    figures.height = 0.55 + 0.4 * draw[0]
    figures.centre = 0.4 * (draw[1] - 0.5)
    figures.ground = -0.5 + (1 - figures.height) * (0.15 + 0.6 * draw[2])
    return figures


def held_out_pairs(count: int, reference_look: str = "stick") -> list[Pair]:
    """The first `count` held-out pairs."""
    return [held_out_pair(i, reference_look) for i in range(count)]


def references(pair: Pair, count: int) -> Tensor:
    """The pair's motion drawn `count` times, (K, F, 3, H, W): the original, then other figures.

    The others differ in proportions, thickness, style (stick or solid), position, size, facing,
    colors and background. A larger count extends a smaller one. Only for pairs of named motions;
    raises ValueError otherwise.
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
