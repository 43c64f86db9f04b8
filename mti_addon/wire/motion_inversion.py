"""All parameters of Motion Inversion, the second method; stdlib only.

"Paper" is "Motion Inversion for Video Customization" (arXiv 2403.20193v2), "code" what its authors
released, and "figures" what they say they made the paper's figures with. docs/method.md lists where
these differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from . import codec
from .codec import Constraint, Range
from .errors import BadRequest
from .fields import SEED, Precision
from .problem import Problem

Loss = Literal["plain", "debiased_temporal", "hybrid"]
NoiseStart = Literal["fresh", "blended", "frequency", "fft_mix"]
SchedulerName = Literal["ddim", "dpmsolver++", "euler"]
Sharing = Literal["attention", "block"]
View = Literal["object", "camera", "as_learned"]

MAX_PROMPTS = 8
MAX_KEPT = 8
"""Early states of one motion; each is as large as the motion."""
_WORDS = r"[^\x00-\x1f\x7f]{0,1000}"


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
    num_inversion_steps: Annotated[
        int, Range(1, 1000, "steps", "DDIM steps from the reference to its noise (code: 50).")
    ] = 50
    precision: Annotated[
        Precision,
        Constraint(None, "The UNet's precision; auto: whatever is fast on the device."),
    ] = "auto"
    checkpoint_every: Annotated[
        int, Range(1, 100_000, "iterations", "Maximum progress lost when a runner dies.")
    ] = 25
    seed: Annotated[int, SEED] = 0

    def check(self, path: str = "learning") -> None:
        """Raise BadRequest, naming the field, for invalid values."""
        codec.check(self, path)
        self.check_meaning(path)

    def check_meaning(self, path: str) -> None:
        """Raise BadRequest for fields that do not fit together."""
        if any(step < 1 for step in self.keep):
            raise BadRequest(f"{path}.keep names iterations, and these count from 1.")
        if len(set(self.keep)) > MAX_KEPT:
            raise BadRequest(f"{path}.keep names more than {MAX_KEPT} iterations.")
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
    takes: Annotated[
        int,
        Range(1, 8, "takes", "Number of seeds to try on each prompt, starting at seed."),
    ] = 1
    seed: Annotated[int, SEED] = 0


@dataclass(frozen=True)
class MotionInversionSettings:
    """The words and the numbers of one request."""

    caption: Annotated[str, Constraint(_WORDS, "What the reference shows; may be empty.")] = ""
    prompts: Annotated[
        tuple[Annotated[str, Constraint(_WORDS, "What to show.")], ...],
        Constraint(None, "What to show; a result for each prompt, 1 to 8."),
    ] = ()
    negative_prompt: Annotated[str, Constraint(_WORDS, "What to avoid; may be empty.")] = ""
    learning: Annotated[LearningSettings, Constraint(None, "Learning.")] = field(
        default_factory=LearningSettings
    )
    playing: Annotated[PlayingSettings, Constraint(None, "Applying.")] = field(
        default_factory=PlayingSettings
    )

    def check_meaning(self, path: str) -> None:
        """Raise BadRequest for fields that do not fit together."""
        self.learning.check_meaning(f"{path}.learning")
        if len(self.prompts) > MAX_PROMPTS:
            raise BadRequest(
                Problem(
                    "too_many_prompts",
                    "There are {count} prompts, and one job can have {most}.",
                    "Leave some of them to another job.",
                    {"count": len(self.prompts), "most": MAX_PROMPTS},
                )
            )

    def check_prompts(self) -> None:
        """Raise BadRequest unless something is described by every prompt, and there is one."""
        if not self.prompts or not all(prompt.strip() for prompt in self.prompts):
            raise BadRequest(
                Problem("prompt_empty", "The prompt is empty.", "Describe what is to be seen.")
            )
