"""Changes and combinations of learned motions, all on their tokens. Imports torch and the wire.

Not in the paper. A motion's file stays as it was learned; `edited` computes the embedding that is
applied. docs/library.md has what each edit does, as measured on the draft.

    strength    e_f(s) = e_1 + i(s) (e_f - e_1): every token on the line from the first frame's
    time        e_f = the tokens at the moment that frame f shows, between two frames linearly
    blend       the weighted mean of the motions' tokens
    chain       the same, with weights that change over the frames

Tokens that are measured since the clip's first frame (models/token_layout.py) are measured since
the new first frame afterwards. The video tokens keep what distinguishes them from the mean of the
frame tokens.
"""

import json
from collections.abc import Sequence

import torch
from torch import Tensor

from mti_addon.wire import codec
from mti_addon.wire.edit import MotionEdit, MotionPart
from mti_addon.wire.edit_timing import chain_windows, laps_of, time_of, timing
from mti_addon.wire.errors import WrongModel
from mti_addon.wire.problem import Problem

from ...models.token_layout import TokenLayout
from .embedding import MotionEmbedding

DEAD_ZONE = {"draft": 0.05}
"""The share of the way from the first frame's tokens that has no visible effect, by model; measured
by `benchmarks/edits/`. Without a measurement, 0."""


def edited(
    motions: Sequence[MotionEmbedding], edit: MotionEdit, layout: TokenLayout, engine: str
) -> MotionEmbedding:
    """The embedding of an edit: one motion changed, or several as one.

    Args:
        motions: One for each part of the edit, learned on the model that applies it.
        layout: What that model's tokens mean. engine: its name, 'draft', 'svd' ...
    Returns:
        The motion itself, bit for bit, if the edit changes nothing.
    Raises WrongModel if the motions' tokens cannot be combined.
    """
    _check_same_shape(motions)
    frames = motions[0].num_frames
    plan = timing(edit, frames)
    parts = [
        _Part(motion, part, layout, engine)
        for motion, part in zip(motions, edit.parts, strict=True)
    ]
    if edit.mode == "one" and parts[0].is_as_learned:
        return motions[0]
    clip = [k / (frames - 1) for k in range(frames)]
    if edit.mode == "chain":
        shown = _in_succession(parts, edit, layout, clip)
    else:
        shown = [part.at(clip) for part in parts]
    weights = torch.tensor([timing_of.weights for timing_of in plan])  # (parts, F)
    frame_tokens = (weights[:, :, None, None] * torch.stack(shown)).sum(0)
    apart = sum(
        (w.mean() * part.video_apart for w, part in zip(weights, parts, strict=True)),
        torch.zeros_like(parts[0].video_apart),
    )
    return MotionEmbedding(frame_tokens, frame_tokens.mean(0) + apart, _meta(motions, edit))


def interpolation(strength: float, engine: str) -> float:
    """How far tokens are moved from the first frame's for an amplitude of `strength`: i(s).

    0 for 0, 1 for 1, and steeper than 1 only by the engine's dead zone.
    """
    if strength <= 0:
        return 0.0
    dead = DEAD_ZONE.get(engine, 0.0)
    return dead + (1 - dead) * strength


class _Part:
    """One motion with the changes of its part of the edit."""

    def __init__(
        self, motion: MotionEmbedding, part: MotionPart, layout: TokenLayout, engine: str
    ) -> None:
        self.part, self._layout, self._own = part, layout, motion.frame_tokens
        self._factor = interpolation(part.strength, engine)
        first, last = _resampled(self._own, [time_of(part, 0.0), time_of(part, _length(part))])
        # what is measured since the first frame starts from the first frame that is shown
        since = layout.since_first(torch.stack([self._own[0], first]))
        self._offset = since[0] - since[1]
        self._lap = layout.traveled(first, last)
        self._begins = time_of(part, 0.0)
        self.raised = layout.height((first - self._own[0])[None])[0]
        """How much higher it begins than the motion as it was learned, as tokens (N, D)."""
        self.first = first + self._offset if self._begins else first
        """Its tokens (N, D) where it begins."""
        self.video_apart = self._factor * (motion.video_tokens - self._own.mean(0))
        """What distinguishes its video tokens (N, D) from the mean of its frame tokens."""

    @property
    def is_as_learned(self) -> bool:
        """Whether the clip shows the motion exactly as it was learned."""
        frames = len(self._own)
        own = [k / (frames - 1) for k in range(frames)]
        times = [round(time * (frames - 1), 6) for time in (time_of(self.part, at) for at in own)]
        return self.part.strength == 1 and times == list(range(frames))

    def at(self, moments: Sequence[float]) -> Tensor:
        """Frame tokens (n, N, D) at shares of the clip since the part began."""
        moments = [max(0.0, moment) for moment in moments]
        tokens = _resampled(self._own, [time_of(self.part, moment) for moment in moments])
        if self._begins:
            tokens = tokens + self._offset
        laps = torch.tensor([laps_of(self.part, moment) for moment in moments], dtype=tokens.dtype)
        if laps.any():  # a figure that has walked goes on from where it is
            tokens = tokens + laps.view(-1, 1, 1) * self._lap
        if self.part.strength == 1:
            return tokens
        changed: Tensor = self.first + self._factor * (tokens - self.first)
        return changed


def _in_succession(
    parts: Sequence[_Part], edit: MotionEdit, layout: TokenLayout, clip: Sequence[float]
) -> list[Tensor]:
    """Frame tokens (F, N, D) of each motion of a chain. Each begins where the one before it leads
    the figure and the camera, and measures changes since the clip's first frame."""
    shown: list[Tensor] = []
    led = torch.zeros_like(parts[0].first)
    for part, (start, end) in zip(parts, chain_windows(edit), strict=True):
        offset = layout.change(parts[0].first, part.first) + part.raised - parts[0].raised + led
        shown.append(part.at([at - start for at in clip]) + offset)
        led = led + layout.traveled(part.first, part.at([end - start])[0])
    return shown


def _resampled(tokens: Tensor, times: Sequence[float]) -> Tensor:
    """Tokens (n, N, D) at shares of the motion, 0..1; between two frames (F, N, D) linearly."""
    place = torch.tensor([round(time * (len(tokens) - 1), 6) for time in times])
    low = place.floor().long().clamp(0, len(tokens) - 2)
    return torch.lerp(tokens[low], tokens[low + 1], (place - low).to(tokens).view(-1, 1, 1))


def _length(part: MotionPart) -> float:
    """The share of a clip after which a part has reached its last frame."""
    return (part.end - part.start) / part.speed


def _check_same_shape(motions: Sequence[MotionEmbedding]) -> None:
    first = motions[0]
    for other in motions[1:]:
        if other.frame_tokens.shape != first.frame_tokens.shape:
            raise WrongModel(
                Problem(
                    "motions_not_combinable",
                    "The motions {first!r} and {second!r} have different numbers of tokens.",
                    "Learn one of them again with the settings of the other.",
                    {"first": first.meta.get("name", ""), "second": other.meta.get("name", "")},
                )
            )


def _meta(motions: Sequence[MotionEmbedding], edit: MotionEdit) -> dict[str, str]:
    """Metadata of an edited motion: that of the first, the names of all, and the edit."""
    names = [motion.meta.get("name", "") for motion in motions]
    return motions[0].meta | {
        "name": " + ".join(name for name in names if name),
        "edit": json.dumps(codec.to_dict(edit), sort_keys=True),
    }
