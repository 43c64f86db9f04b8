"""Runs the rows on one pair; rows share common work. Imports torch and the models."""

import time
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from mti_addon.wire.settings import InversionSettings, Settings

from ..method.motion_textual_inversion.augmented_clips import AugmentedClips
from ..method.motion_textual_inversion.embedding import MotionEmbedding
from ..method.motion_textual_inversion.optimization import Inversion
from ..method.motion_textual_inversion.sampling import image_embedding_motion, sample
from ..metrics.gain import motion_gain
from ..models.framing import Framed, Framing
from ..models.pose_tokens import read_poses
from ..models.svd import SvdModel
from .columns import Figures, clip_columns
from .pairs import Pair, references
from .rows import HEADLINE, Row

# Fractions of the iterations after which the gain is measured; the last one is the end.
CHECKPOINTS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
_LAST_LOSSES = 20


@dataclass(frozen=True)
class _Learned:
    """A learned motion, the learning time in seconds, its mean loss at the end and its curve."""

    motion: MotionEmbedding
    seconds: float
    loss: float | None
    curve: list[list[float]]


@dataclass(frozen=True)
class Played:
    """Result of a row on a pair: the clip (F, 3, H, W), its figures, and the motion if one was
    learned.

    curve: [iterations, seconds of learning, motion gain] at CHECKPOINTS, if requested.
    """

    clip: Tensor
    figures: Figures
    motion: MotionEmbedding | None = None
    curve: list[list[float]] = field(default_factory=list)


class Bench:
    """One pair and one model. Shared work is done once, and its time is charged to every row."""

    def __init__(self, model: SvdModel, pair: Pair, settings: Settings) -> None:
        self.model, self.pair, self.settings = model, pair, settings
        self._examples: dict[str, tuple[AugmentedClips, float]] = {}
        self._motions: dict[str, _Learned] = {}
        self.sampling = settings.sampling
        if pair.camera:  # like the extension for a captured camera
            self.sampling = replace(self.sampling, framing="whole")

    @property
    def framing(self) -> Framing:
        """Framing of the pair's images for the model."""
        return Framing(subject=self.sampling.framing == "subject")

    def play(self, row: Row, iterations: int | None = None, curve: bool = False) -> Played:
        """Produce a row's clip for the pair's target.

        Args:
            iterations: Overrides the row's own number. curve: Also measure the gain during
            learning.
        """
        if row.kind == "learned":
            return self._learned(row, iterations, curve)
        begun = time.monotonic()
        clip = self._given(row)
        seconds = time.monotonic() - begun
        figures = clip_columns(clip, self.pair)
        return Played(clip, figures | {"apply_seconds": seconds})

    def _given(self, row: Row) -> Tensor:
        pair, model = self.pair, self.model
        if row.kind == "answer":
            return pair.answer
        if row.kind == "still":
            return pair.answer[:1].expand_as(pair.answer)
        if row.kind == "autoencoder":
            return decoded(model, pair.answer, self.framing)
        if row.kind == "no_motion":
            return self._sample(row, image_embedding_motion(model, pair.answer[0]))
        tokens = model.tokens_from(self._known(row), model.plain_tokens)
        return self._sample(row, MotionEmbedding(tokens, tokens.mean(0)))

    def _known(self, row: Row) -> Tensor:
        """Embeddings (F, D) of the pair's motion: the true ones, or those of its keyed poses.

        Raises ValueError for a pair without poses.
        """
        if row.kind != "poses":
            return self.pair.tokens
        embeddings = None
        if self.pair.poses is not None:
            poses = read_poses(self.pair.poses, self.model.num_frames)
            embeddings = self.model.pose_embeddings(poses)
        if embeddings is None:
            raise ValueError(f"the pair {self.pair.name} has no poses that the model knows")
        return embeddings

    def _sample(self, row: Row, motion: MotionEmbedding, picture: Tensor | None = None) -> Tensor:
        target = self.pair.answer[0] if picture is None else picture
        return sample(self.model, target, motion, row.sampling(self.sampling))

    def _learned(self, row: Row, iterations: int | None, with_curve: bool) -> Played:
        pair = self.pair
        settings = row.inversion(self.settings.inversion, pair.name, iterations)
        key = f"{row.references} {settings}"
        # Rows that differ only in sampling share the learned motion.
        if with_curve or key not in self._motions:
            self._motions[key] = self._learn(row, settings, with_curve)
        learned = self._motions[key]
        begun = time.monotonic()
        clip = self._sample(row, learned.motion)
        figures = {
            "apply_seconds": time.monotonic() - begun,
            "learn_seconds": learned.seconds,
        } | clip_columns(clip, pair)
        if learned.loss is not None:
            figures["loss"] = learned.loss
        if row.key == HEADLINE:
            again = self._sample(row, learned.motion, pair.reference[0])
            figures["reconstruction_gain"] = motion_gain(again, pair.reference)
        curve = learned.curve if with_curve else []
        if curve:
            curve = [*curve, [settings.iterations, learned.seconds, figures["gain"] or 0.0]]
        return Played(clip, figures, learned.motion, curve)

    def _learn(self, row: Row, settings: InversionSettings, with_curve: bool) -> _Learned:
        """Learn a row's motion. The seconds exclude measuring the gain on the way."""
        begun = time.monotonic()
        clips = references(self.pair, row.references)
        shown = torch.stack([self.model.framed_clip(clip, self.framing) for clip in clips])
        inversion = Inversion(self.model, shown, settings, self.sampling)
        seconds = time.monotonic() - begun
        stops = {round(share * settings.iterations) for share in CHECKPOINTS} if with_curve else ()
        losses: list[float] = []
        curve: list[list[float]] = []
        for done in range(settings.iterations):
            if done in stops:
                gain = motion_gain(self._sample(row, inversion.embedding()), self.pair.answer)
                curve.append([done, seconds, gain])
            if not done:  # without iterations no clips are needed
                seconds += self._share_examples(inversion, row, settings)
            begun = time.monotonic()
            losses.append(inversion.step())
            seconds += time.monotonic() - begun
        last = losses[-_LAST_LOSSES:]
        loss = sum(last) / len(last) if last else None
        return _Learned(inversion.embedding(), seconds, loss, curve)

    def _share_examples(self, inversion: Inversion, row: Row, settings: InversionSettings) -> float:
        """Reuse the latents that an earlier row with the same references has computed.

        Returns the seconds that computing them took. Augmentations drawn in every iteration are not
        shared.
        """
        if not inversion.augmented_clips.variants:
            return 0.0
        key = f"{row.references} {settings.seed} {settings.augmentation} {inversion.precision}"
        if key not in self._examples:
            begun = time.monotonic()
            inversion.prepare()
            self._examples[key] = inversion.augmented_clips, time.monotonic() - begun
        inversion.augmented_clips, seconds = self._examples[key]
        return seconds


def decoded(model: SvdModel, clip: Tensor, framing: Framing) -> Tensor:
    """Encode and decode a clip (F, 3, H, W): an upper bound on what the model can produce."""
    seen = model.framed_clip(clip, framing)
    first = Framed(clip[0], seen[0], model.box_of(clip, framing))
    return model.decode(model.encode_video(seen), first).cpu()


def play_on(
    model: SvdModel, motion: MotionEmbedding, answer: Tensor, settings: Settings
) -> tuple[Tensor, float]:
    """Apply a motion to the first frame of a ground truth (F, 3, H, W): clip and motion gain."""
    with torch.no_grad():
        clip = sample(model, answer[0], motion, settings.sampling)
    return clip, motion_gain(clip, answer)
