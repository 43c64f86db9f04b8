"""One edit on one target, measured. Imports torch and the models."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from mti_addon.wire.edit import MotionEdit
from mti_addon.wire.settings import SamplingSettings, Settings
from mti_backend.draft.procedural.clips import KnownClips, make_known_clips
from mti_backend.draft.procedural.motions import Motions, frame_times
from mti_backend.draft.procedural.named import NAMED, named_motion
from mti_backend.evaluation.bench import Bench
from mti_backend.evaluation.pairs import Pair, held_out_pair, moves_camera
from mti_backend.evaluation.rows import HEADLINE, ROWS
from mti_backend.method.motion_textual_inversion.edits import edited
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding
from mti_backend.method.motion_textual_inversion.sampling import sample, sample_latents
from mti_backend.metrics.gain import motion_gain
from mti_backend.models.draft import DraftModel
from mti_backend.models.limbs import by_parts
from mti_backend.models.token_layout import TokenLayout
from mti_backend.models.warp import Box

from .truth import edited_motion

LIMBS = (1, 3, 5, 7, 9)
"""Head, forearms and shins, numbered as in `body.PARTS`."""
MOVES = 0.04
"""Frame widths: a limb counts if it truly moves by this much."""
_FIRST_PAIR = 200
"""Figures that neither training nor evaluation uses, as in benchmarks/pairs.py."""
_KEPT = 16
_POSITIONS, _LEAST = 64, 3
"""Side of the flow's grid, and positions of a limb that are enough to say how it moves."""


@lru_cache(maxsize=64)
def pair_of(motion: int, target: int) -> Pair:
    """Another pair of figures for each target of a motion."""
    return held_out_pair(_FIRST_PAIR + motion + len(NAMED) * target)


class Lab:
    """The draft with learned motions, which are kept in a folder."""

    def __init__(self, model: DraftModel, folder: Path) -> None:
        self.model, self.folder = model, folder
        self.names = list(NAMED)
        self.clips: dict[bytes, Tensor] = {}
        """The last clips by tokens and target: edits that change nothing are not sampled again."""

    def learned(self, motion: int) -> MotionEmbedding:
        """Number `motion` of the named motions, learned from a stick figure with the draft's
        settings, or read if it was learned before with the same weights."""
        path = self.folder / f"{self.names[motion]}-{self.model.identity}.safetensors"
        if not path.is_file():
            bench = Bench(self.model, pair_of(motion, 0), Settings.for_model("draft"))
            found = bench.play(ROWS[HEADLINE]).motion
            assert found is not None
            path.parent.mkdir(parents=True, exist_ok=True)
            found.save(path)
        return MotionEmbedding.load(path)

    def sampling(self, *motions: int) -> SamplingSettings:
        """The draft's, on the whole frame if a camera moves."""
        settings = Settings.for_model("draft").sampling
        camera = any(moves_camera(named_motion(self.names[m])) for m in motions)
        return replace(settings, framing="whole") if camera else settings

    def trial(self, motions: Sequence[int], edit: MotionEdit, target: int) -> "Trial":
        """An edit of learned motions on target number `target` of the first of them."""
        truth = edited_motion([self.names[m] for m in motions], edit)
        figure = pair_of(motions[0], target).figure
        assert figure is not None
        return Trial(self, tuple(motions), edit, true_clip(figure, truth))


def true_clip(figure, motion: Motions) -> KnownClips:  # type: ignore[no-untyped-def]
    """A figure performing a motion, with ground truth."""
    return make_known_clips(figure, motion, frame_times(1))


@dataclass(frozen=True)
class Trial:
    """One edit on one target, whose right answer is known. The target is its first frame."""

    lab: Lab
    motions: tuple[int, ...]
    edit: MotionEdit
    answer: KnownClips

    @property
    def target(self) -> Tensor:
        """(3, H, W) in [-1, 1]."""
        return self.answer.pixels[0, 0]

    def embedding(
        self, layout: TokenLayout | None = None, engine: str = "draft"
    ) -> MotionEmbedding:
        """What is applied. layout: other than the draft's own; engine '' has no dead zone."""
        own = [self.lab.learned(m) for m in self.motions]
        return edited(own, self.edit, layout or self.lab.model.token_layout, engine)

    def true_embedding(self) -> MotionEmbedding:
        """The tokens of the truly edited motion: the upper bound for every way of editing."""
        tokens = self.lab.model.tokens_from(self.answer.tokens[0], self.lab.model.plain_tokens)
        return MotionEmbedding(tokens, tokens.mean(0))

    def gain(self, motion: MotionEmbedding) -> float:
        """Motion gain against the right answer."""
        return motion_gain(self.clip(motion), self.answer.pixels[0])

    def clip(self, motion: MotionEmbedding, target: Tensor | None = None) -> Tensor:
        """(F, 3, H, W) in [-1, 1]."""
        lab, target = self.lab, self.target if target is None else target
        tensors = (motion.frame_tokens, motion.video_tokens, target)
        key = b"".join(t.contiguous().numpy().tobytes() for t in tensors)
        if key not in lab.clips:
            while len(lab.clips) >= _KEPT:
                lab.clips.pop(next(iter(lab.clips)))
            lab.clips[key] = sample(lab.model, target, motion, lab.sampling(*self.motions))
        return lab.clips[key]

    def paths(self, motion: MotionEmbedding) -> Tensor:
        """Displacement of the limbs since the first frame, (F, L, 2) in frame widths; NaN for one
        that the target hides."""
        model, settings = self.lab.model, self.lab.sampling(*self.motions)
        latents, first = sample_latents(model, self.target, motion, settings)
        flow, _ = model.vae.to_maps(latents[0].float())
        parts = model.vae.seen(first.shown[None])[0][0]
        assert first.box is not None
        return limb_paths(by_parts(flow, parts), first.box, self.answer.classes[0, 0])

    def true_paths(self) -> Tensor:
        """The same of the right answer, (F, L, 2)."""
        tracks = self.answer.tracks[0][:, list(LIMBS)]
        return tracks - tracks[:1]

    def moving(self) -> Tensor:
        """bool (L,): the limbs that truly move."""
        return self.true_paths().norm(dim=-1).amax(0) >= MOVES


def limb_paths(flow: Tensor, box: Box, classes: Tensor) -> Tensor:
    """Mean flow (F, 2, 64, 64) of each limb's pixels, (F, L, 2) in frame widths.

    classes: (S, S), the part that the first frame truly shows at each pixel.
    """
    size = classes.shape[-1]
    centre = (torch.arange(_POSITIONS) + 0.5) / _POSITIONS * box.side
    x, y = ((centre + edge).floor().long() for edge in (box.left, box.top))
    inside = ((y >= 0) & (y < size))[:, None] & ((x >= 0) & (x < size))[None]
    seen = classes[y.clamp(0, size - 1)][:, x.clamp(0, size - 1)].masked_fill(~inside, -1)
    paths = []
    for part in LIMBS:
        mask = seen == part
        seen_enough = mask.sum() >= _LEAST
        mean = flow[:, :, mask].mean(-1) if seen_enough else flow[:, :, 0, 0] * torch.nan
        paths.append(mean * box.side / size)
    return torch.stack(paths, 1)


def amplitude(paths: Tensor, moving: Tensor) -> float:
    """Root mean square displacement over frames 2..F and the visible limbs that truly move."""
    seen = moving & ~paths.isnan().any(-1).any(0)
    return float(paths[1:, seen].square().sum(-1).mean().sqrt()) if seen.any() else float("nan")
