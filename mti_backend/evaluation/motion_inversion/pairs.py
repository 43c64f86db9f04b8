"""Held-out pairs: a reference that moves, and words for what is to move like it. Imports torch."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ...draft.by_words.captions import (
    ACTIONS,
    BACKGROUNDS,
    COLOURS,
    PAPER,
    SUBJECTS,
    Caption,
    visible,
)
from ...draft.by_words.movers import HELD_OUT, NEAREST
from ...draft.by_words.scenes import Scene, show_scenes

CAMERA_MOTIONS = ("camera pans right", "camera tilts up")
MOTIONS = (*HELD_OUT, *CAMERA_MOTIONS)
_SEED = 970_000_000


@dataclass(frozen=True)
class Pair:
    """One measurement.

    motion: in MOTIONS. reference: (F, 3, 64, 64) in [-1, 1]. reference_caption: what is seen in it,
    without what it does. track: (F, 2), known. prompt: another subject, color and background.
    words: the prompt with the nearest action or camera in words. answer: true frames of the
    prompt's subject with the reference's motion.
    """

    index: int
    motion: str
    reference: Tensor
    reference_caption: Caption
    track: Tensor
    prompt: Caption
    words: Caption
    answer: Tensor

    @property
    def name(self) -> str:
        """As in the paths of stored results."""
        return f"{self.index:03d}_{self.motion.replace(' ', '_')}"


def make_pair(index: int) -> Pair:
    """Pair `index`, the same one in every run. The motions take turns."""
    motion = MOTIONS[index % len(MOTIONS)]
    g = torch.Generator().manual_seed(_SEED + index)
    seen = _caption(g)
    prompt = _caption(g, seen)
    camera = motion if motion in CAMERA_MOTIONS else None
    mover = "still" if camera else motion
    both = [Scene(_with_camera(each, camera), mover) for each in (seen, prompt)]
    reference, answer = (show_scenes([scene], g) for scene in both)
    words = _with_camera(prompt, camera)
    if camera is None:
        assert NEAREST[motion] in ACTIONS[prompt.subject]
        words = Caption(prompt.subject, prompt.colour, prompt.background, NEAREST[motion])
    return Pair(
        index, motion, reference.pixels[0], seen, reference.tracks[0], prompt, words,
        answer.pixels[0],
    )  # fmt: skip


def _caption(g: torch.Generator, other: Caption | None = None) -> Caption:
    """Something visible against a background with texture, and alike `other` in nothing."""
    while True:
        draw = torch.rand(3, generator=g).tolist()
        places = [name for name in BACKGROUNDS if name not in PAPER]
        found = Caption(
            _pick(SUBJECTS, draw[0]), _pick([*COLOURS], draw[1]), _pick(places, draw[2])
        )
        same = other is not None and (
            found.subject == other.subject
            or found.colour == other.colour
            or found.background == other.background
        )
        if not same and visible(str(found.colour), str(found.background)):
            return found


def _with_camera(caption: Caption, camera: str | None) -> Caption:
    return Caption(caption.subject, caption.colour, caption.background, camera=camera)


def _pick(choices: list[str] | tuple[str, ...], draw: float) -> str:
    return choices[int(draw * len(choices))]
