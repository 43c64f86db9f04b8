"""All parameters of Motion Inversion. Imports the wire's field types only.

"Paper" is "Motion Inversion for Video Customization" (arXiv 2403.20193v2), "code" what its authors
released, and "figures" what they say they made the paper's figures with. docs/method.md lists where
these differ.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, Self

from mti_addon.wire import codec
from mti_addon.wire.codec import Constraint, Range
from mti_addon.wire.errors import BadRequest
from mti_addon.wire.settings import Precision

from ...models.text_to_video import SchedulerName
from .embeddings import Sharing, View

Loss = Literal["plain", "debiased_temporal", "hybrid"]
NoiseStart = Literal["fresh", "blended", "frequency", "fft_mix"]

_SEED = Range(0, 2**32 - 1, "", "Random seed; the same seed gives the same result.")


@dataclass(frozen=True)
class LearningSettings:
    """How motion embeddings are learned from a reference."""

    loss: Annotated[Loss, Constraint(None, "Which loss (paper, code: plain; figures: hybrid).")] = (
        "plain"
    )
    iterations: Annotated[
        int, Range(1, 100_000, "iterations", "Optimizer steps (code: 400; figures: 350).")
    ] = 350
    keep: Annotated[
        tuple[int, ...],
        Constraint(None, "Iterations whose motion is kept, to step back from copied looks."),
    ] = (100, 200, 350)
    learning_rate: Annotated[
        float, Range(1e-6, 1.0, "", "AdamW's constant rate (code, figures: 0.02).")
    ] = 0.02
    weight_decay: Annotated[float, Range(0, 1, "", "AdamW's weight decay (code: 0.01).")] = 0.01
    levels: Annotated[
        tuple[int, ...],
        Constraint(None, "UNet levels with embeddings; 0 is the finest (code, figures: 2)."),
    ] = (2,)
    mid_block: Annotated[
        bool, Constraint(None, "Whether the middle block has embeddings (code, figures: no).")
    ] = False
    qk_sharing: Annotated[
        Sharing,
        Constraint(None, "Whose m_QK it is: each attention's (paper), or the block's (code)."),
    ] = "attention"
    anchor_weight: Annotated[
        float, Range(0, 10, "", "beta: weight of the anchor frame in the debiased loss (code: 1).")
    ] = 1.0
    spatial_probability: Annotated[
        float, Range(0, 1, "", "Share of iterations with the spatial LoRA, if hybrid (code: 0.8).")
    ] = 0.8
    spatial_rank: Annotated[
        int, Range(1, 256, "", "Rank of the spatial LoRA, if hybrid (code: 32).")
    ] = 32
    spatial_learning_rate: Annotated[
        float, Range(1e-6, 1.0, "", "AdamW's constant rate of the spatial LoRA (figures: 5e-4).")
    ] = 5e-4
    batch_size: Annotated[
        int, Range(1, 64, "clips", "Noise levels sampled per iteration (code: 1).")
    ] = 1
    precision: Annotated[
        Precision,
        Constraint(None, "The UNet's precision; auto: whatever is fast on the device."),
    ] = "auto"
    seed: Annotated[int, _SEED] = 0

    @classmethod
    def for_model(cls, name: str) -> Self:
        """A model's defaults: the draft has motion modules on its coarse levels, few steps, and
        early states soon, since it is small."""
        if name == "draft-by-words":
            return cls(iterations=200, keep=(25, 50, 100, 200), levels=(1, 2), mid_block=True)
        return cls()

    def check(self, path: str = "learning") -> None:
        """Raise BadRequest, naming the field, for invalid values."""
        codec.check(self, path)
        if any(step < 1 for step in self.keep):
            raise BadRequest(f"{path}.keep names iterations, and these count from 1.")
        if not self.mid_block and not self.levels:
            raise BadRequest(f"{path}.levels is empty; choose at least one level.")


@dataclass(frozen=True)
class PlayingSettings:
    """How a motion is played in what a prompt describes."""

    num_inference_steps: Annotated[
        int, Range(1, 1000, "steps", "Sampler steps (AnimateDiff: 25; code: 30).")
    ] = 25
    guidance_scale: Annotated[
        float, Range(0, 30, "", "Guidance by the prompt (AnimateDiff: 7.5; code: 12).")
    ] = 7.5
    scheduler: Annotated[SchedulerName, Constraint(None, "The sampler (code: ddim).")] = "ddim"
    view: Annotated[
        View,
        Constraint(
            None,
            "What the motion moves: object (differential m_V, paper), camera (m_QK only), or "
            "as_learned, which may copy the reference's look.",
        ),
    ] = "object"
    strength: Annotated[
        float, Range(0, 1.5, "", "Scales both embeddings; 1 is as learned, 0 no motion.")
    ] = 1.0
    noise_start: Annotated[
        NoiseStart,
        Constraint(None, "How the reference's inverted noise enters the start (figures: blended)."),
    ] = "blended"
    noise_prior: Annotated[
        float,
        Range(0, 1, "", "a: how much of it enters; keeps the reference's layout (figures: 0.5)."),
    ] = 0.5
    width: Annotated[int, Range(16, 4096, "px", "Width of the clip; that of learning.")] = 512
    height: Annotated[int, Range(16, 4096, "px", "Height of the clip; that of learning.")] = 512
    num_frames: Annotated[
        int, Range(2, 128, "frames", "F: length of the clip; that of learning.")
    ] = 16
    seed: Annotated[int, _SEED] = 0

    @classmethod
    def for_model(cls, name: str) -> Self:
        """A model's defaults: AnimateDiff's own, for zeroscope those of the paper's code."""
        if name == "draft-by-words":
            return cls(num_inference_steps=20, guidance_scale=4.0, width=64, height=64)
        if name == "zeroscope":
            return cls(
                num_inference_steps=30, guidance_scale=12.0, width=576, height=320, num_frames=24
            )
        return cls()

    def check(self, path: str = "playing") -> None:
        """Raise BadRequest, naming the field, for invalid values."""
        codec.check(self, path)
