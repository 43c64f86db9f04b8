"""All parameters of a job: Settings; stdlib only.

"Paper" is "Reenact Anything" (arXiv 2408.00458); its values are the defaults of svd and svd-xt. The
draft model is smaller and has another noise schedule, so it has its own (Settings.for_model). The
parameters of the second method are in motion_inversion.py.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, get_args

from . import codec
from .codec import Constraint, Range
from .errors import BadRequest
from .fields import SEED, Precision
from .motion_inversion import LearningSettings, MotionInversionSettings, PlayingSettings
from .problem import Problem

Method = Literal["motion-textual-inversion", "motion-inversion"]
ModelName = Literal["draft", "svd", "svd-xt", "animatediff", "zeroscope", "draft-by-words"]
Decay = Literal["none", "cosine"]
TokenInit = Literal["image_embeddings", "mean", "none", "poses", "estimated_poses"]
Appearance = Literal["target", "none"]
Framing = Literal["subject", "whole"]
METHODS: tuple[Method, ...] = get_args(Method)
MODELS_OF: dict[Method, tuple[ModelName, ...]] = {
    "motion-textual-inversion": ("draft", "svd", "svd-xt"),
    "motion-inversion": ("animatediff", "zeroscope", "draft-by-words"),
}
"""The models that each method can use: image-to-video, and text-to-video."""
INCLUDED: tuple[ModelName, ...] = ("draft", "draft-by-words")
"""The models that come with the backend: small, run on any CPU, and fit any GPU."""
MODELS = MODELS_OF["motion-textual-inversion"]
ALL_MODELS: tuple[ModelName, ...] = get_args(ModelName)
SIZE_MULTIPLE = 8
"""Width and height are multiples of this, since the autoencoder halves an image three times."""
SIZES = ((1024, 576), (768, 448), (512, 320), (320, 192))
"""Sizes (width, height) offered for SVD: that of its training, and smaller ones for GPUs with
less memory. They are divisible by 64, as the UNet's levels require."""
WORDS_SIZES: dict[ModelName, tuple[tuple[int, int], ...]] = {
    "animatediff": ((512, 512), (384, 384), (256, 256)),
    "zeroscope": ((576, 320), (448, 256), (320, 192)),
    "draft-by-words": ((64, 64),),
}
"""The same for the text-to-video models: that of its training first, then about three quarters and
half of it. The draft has only the first."""


@dataclass(frozen=True)
class Augmentation:
    """One random change of position and color for ALL frames of a clip.

    Paper, section 4 (training details): it keeps the embedding from learning the look and position
    of the reference. The paper gives no amounts; these are ours.
    """

    enabled: Annotated[bool, Constraint(None, "Whether to augment the reference.")] = True
    crop_scale_min: Annotated[
        float, Range(0.1, 1.0, "share of the side", "Smallest random crop; 1 is no crop.")
    ] = 0.8
    horizontal_flip: Annotated[
        bool, Constraint(None, "Mirror half of the clips; only if capture.flip_safe allows it.")
    ] = True
    brightness: Annotated[float, Range(0, 1, "factor +-", "Random brightness.")] = 0.2
    contrast: Annotated[float, Range(0, 1, "factor +-", "Random contrast.")] = 0.2
    saturation: Annotated[float, Range(0, 1, "factor +-", "Random saturation.")] = 0.2
    hue: Annotated[float, Range(0, 0.5, "turns +-", "Random hue; 0.5 is half the color wheel.")] = (
        0.05
    )
    variants: Annotated[
        int,
        Range(
            0,
            1024,
            "clips",
            "Number of precomputed clips used in turn; 0: a new one each iteration (paper).",
        ),
    ] = 0


@dataclass(frozen=True)
class InversionSettings:
    """How a motion-text embedding is optimized (paper, sections 3 and 4)."""

    tokens_per_frame: Annotated[
        int, Range(1, 64, "tokens", "N: tokens per frame, and as many for the clip (paper: 5).")
    ] = 5
    iterations: Annotated[
        int, Range(1, 100_000, "iterations", "Optimizer steps (paper: 1000).")
    ] = 1000
    learning_rate: Annotated[float, Range(1e-6, 1.0, "", "Adam's learning rate (paper: 1e-2).")] = (
        1e-2
    )
    batch_size: Annotated[
        int, Range(1, 64, "clips", "Noise levels sampled per iteration (paper: 1).")
    ] = 1
    p_mean: Annotated[
        float, Range(-10, 10, "ln sigma", "Mean of ln sigma during training (paper: 2.8).")
    ] = 2.8
    p_std: Annotated[
        float,
        Range(0.01, 10, "ln sigma", "Standard deviation of ln sigma during training (paper: 1.6)."),
    ] = 1.6
    init_noise_std: Annotated[
        float,
        Range(0, 10, "token units", "Noise on the initial tokens, the frames' CLIP (paper: 0.1)."),
    ] = 0.1
    token_init: Annotated[
        TokenInit,
        Constraint(
            None,
            "Token initialization (paper: image_embeddings); mean: all equal; none: zero; poses: "
            "of the captured poses, if the engine knows their tokens: then nothing is optimized; "
            "estimated_poses: of those that the draft finds in the images, if they explain them "
            "better than the image embeddings.",
        ),
    ] = "image_embeddings"
    per_frame: Annotated[
        bool,
        Constraint(None, "Separate tokens for each frame (paper, inflation); off: shared by all."),
    ] = True
    augmentation: Annotated[
        Augmentation, Constraint(None, "The same change of position and color for all frames.")
    ] = field(default_factory=Augmentation)
    learning_rate_decay: Annotated[
        Decay,
        Constraint(None, "How the learning rate decays to 0 over the iterations (paper: none)."),
    ] = "none"
    reconstruct: Annotated[
        bool,
        Constraint(
            None, "Afterwards apply the motion to the reference itself, and report the quality."
        ),
    ] = False
    precision: Annotated[
        Precision,
        Constraint(
            None, "The UNet's precision during learning; auto: whatever is fast on the device."
        ),
    ] = "auto"
    checkpoint_every: Annotated[
        int, Range(1, 100_000, "iterations", "Maximum progress lost when a runner dies.")
    ] = 25
    seed: Annotated[int, SEED] = 0


@dataclass(frozen=True)
class SamplingSettings:
    """How a motion is applied to an image (paper, section 4; SVD's own sampler)."""

    num_inference_steps: Annotated[
        int, Range(1, 200, "steps", "Euler steps on Karras sigmas (SVD: 25).")
    ] = 25
    min_guidance_scale: Annotated[
        float, Range(0, 30, "", "Guidance of the first frame; linear to the last (paper: 1).")
    ] = 1.0
    max_guidance_scale: Annotated[
        float, Range(0, 30, "", "Guidance of the last frame; 1 is none (paper: 3).")
    ] = 3.0
    appearance: Annotated[
        Appearance,
        Constraint(
            None, "Source of the look: the target's, or none, which shows the motion (paper)."
        ),
    ] = "target"
    framing: Annotated[
        Framing,
        Constraint(
            None, "What the draft sees: the figure, cut out and put back, or the whole frame."
        ),
    ] = "whole"
    attention: Annotated[
        bool, Constraint(None, "Also write attention maps of each frame's tokens.")
    ] = False
    takes: Annotated[
        int,
        Range(
            1,
            8,
            "takes",
            "Number of seeds to try on each target, starting at seed; best match first.",
        ),
    ] = 1
    in_between: Annotated[
        int,
        Range(
            0, 7, "images", "In-betweens after each frame but the last; only the draft makes them."
        ),
    ] = 0
    fps: Annotated[
        int, Range(1, 120, "frames/s", "SVD's condition; the network is given fps - 1 (SVD: 7).")
    ] = 7
    motion_bucket_id: Annotated[
        int, Range(0, 1023, "", "SVD's condition: amount of motion (SVD: 127).")
    ] = 127
    noise_aug_strength: Annotated[
        float,
        Range(
            0, 10, "pixel std in [-1, 1]", "Noise on the first frame, and condition (SVD: 0.02)."
        ),
    ] = 0.02
    decode_chunk_size: Annotated[
        int,
        Range(
            0, 1024, "frames", "Frames decoded at once; 0 is all: best quality, but most memory."
        ),
    ] = 0
    hold_still: Annotated[
        float,
        Range(
            0, 2, "pixel difference in [-1, 1]", "Changes smaller than this are suppressed; 0: off."
        ),
    ] = 0.0
    seed: Annotated[int, SEED] = 0


@dataclass(frozen=True)
class Settings:
    """Everything that determines a result, except the images themselves."""

    model: Annotated[ModelName, Constraint(None, "Model that learns and applies the motion.")]
    num_frames: Annotated[
        int, Range(2, 128, "frames", "F: length of the clip (svd: 14, svd-xt: 25, draft: 14).")
    ]
    width: Annotated[int, Range(16, 4096, "px", "Width of the clip, a multiple of 8 (svd: 1024).")]
    height: Annotated[int, Range(16, 4096, "px", "Height of the clip, a multiple of 8 (svd: 576).")]
    method: Annotated[Method, Constraint(None, "Method that learns and applies it.")] = (
        "motion-textual-inversion"
    )
    inversion: Annotated[
        InversionSettings, Constraint(None, "Learning, by motion-textual-inversion.")
    ] = field(default_factory=InversionSettings)
    sampling: Annotated[
        SamplingSettings, Constraint(None, "Applying, by motion-textual-inversion.")
    ] = field(default_factory=SamplingSettings)
    motion_inversion: Annotated[
        MotionInversionSettings | None,
        Constraint(None, "Words, learning, and applying, by motion-inversion; else null."),
    ] = None

    @classmethod
    def for_model(cls, name: str) -> Settings:
        """Return a model's defaults: the paper's for svd and svd-xt, their own for the others."""
        try:
            return _DEFAULTS[name]
        except KeyError:
            raise BadRequest(
                f"settings.model is {name!r}, and must be one of: {', '.join(ALL_MODELS)}."
            ) from None

    @property
    def workload(self) -> str:
        """Return the workload that time and memory depend on, such as 'draft 14 x 64 x 64'."""
        return f"{self.model} {self.num_frames} x {self.width} x {self.height}"

    @property
    def iterations(self) -> int:
        """Return the learning iterations, by whichever method."""
        words = self.motion_inversion
        return self.inversion.iterations if words is None else words.learning.iterations

    @property
    def batch_size(self) -> int:
        """Return the noise levels per learning iteration, by whichever method."""
        words = self.motion_inversion
        return self.inversion.batch_size if words is None else words.learning.batch_size

    @property
    def num_inference_steps(self) -> int:
        """Return the sampler's steps, by whichever method."""
        words = self.motion_inversion
        playing = self.sampling if words is None else words.playing
        return playing.num_inference_steps

    @property
    def guided(self) -> bool:
        """Return whether a sampler's step needs two passes of the network."""
        if words := self.motion_inversion:
            return words.playing.guidance_scale > 1
        return max(self.sampling.min_guidance_scale, self.sampling.max_guidance_scale) > 1

    @property
    def clips(self) -> int:
        """Return the clips that a job plays for each of its targets, or for all of its prompts."""
        words = self.motion_inversion
        return 1 if words is None else max(1, len(words.prompts)) * words.playing.takes

    @property
    def images(self) -> int:
        """Return the images of a result: the clip's frames, and the in-betweens."""
        return self.num_frames + (self.num_frames - 1) * self.sampling.in_between

    @property
    def takes(self) -> int:
        """Return the results for each target or prompt, by whichever method."""
        words = self.motion_inversion
        return self.sampling.takes if words is None else words.playing.takes

    @property
    def seed(self) -> int:
        """Return the seed of the first take, by whichever method."""
        words = self.motion_inversion
        return self.sampling.seed if words is None else words.playing.seed

    @property
    def words(self) -> MotionInversionSettings:
        """Return the settings of Motion Inversion. Raises BadRequest for the other method."""
        if self.motion_inversion is None:
            raise BadRequest(f"settings.motion_inversion is null, but the method is {self.method}.")
        return self.motion_inversion

    @property
    def keeps_size(self) -> bool:
        """Return whether clips have the size of their target, regardless of width and height.

        The draft's do: its network sees a square of the target, and moves the target's own pixels.
        """
        return self.model == "draft"

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height of what the network sees, in pixels; also SVD's clip size."""
        return self.width, self.height

    @property
    def target_size(self) -> tuple[int, int] | None:
        """Return width and height that targets are fitted to, in pixels; None keeps their own."""
        return None if self.keeps_size else self.size

    def sized(self, width: int, height: int) -> Settings:
        """Return the same with clips of another size, in pixels."""
        return replace(self, width=width, height=height)

    def check(self, path: str = "settings") -> None:
        """Raise BadRequest, naming the field, for invalid values."""
        codec.check(self, path)
        self._check_meaning(path)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        result: dict[str, Any] = codec.to_dict(self)
        return result

    @classmethod
    def from_dict(cls, value: Any, path: str = "settings") -> Settings:
        """Read strictly; raise BadRequest naming the first invalid field by its dotted path."""
        result = codec.from_dict(cls, value, path)
        result._check_meaning(path)
        return result

    def _check_meaning(self, path: str) -> None:
        if self.model not in MODELS_OF[self.method]:
            raise BadRequest(
                Problem(
                    "model_of_other_method",
                    "The model {model} cannot be used with {method}.",
                    "Choose one of: {models}.",
                    {
                        "model": self.model,
                        "method": self.method,
                        "models": ", ".join(MODELS_OF[self.method]),
                    },
                )
            )
        if self.method == "motion-inversion":
            self.words.check_meaning(f"{path}.motion_inversion")
        elif self.motion_inversion is not None:
            raise BadRequest(f"{path}.motion_inversion must be null for {self.method}.")
        if self.sampling.in_between and not self.keeps_size:
            raise BadRequest(
                f"{path}.sampling.in_between is {self.sampling.in_between}, and must be 0: only "
                "the draft makes in-betweens."
            )
        self._check_size(path)

    def _check_size(self, path: str) -> None:
        for name, side in (("width", self.width), ("height", self.height)):
            if side % SIZE_MULTIPLE:
                raise BadRequest(f"{path}.{name} is {side}, and must be a multiple of 8.")


_Fields = tuple[tuple[str, Any], ...]
# Fields that protocol 1 and preset version 1 lacked, with the values they implied, by dotted path.
_ADDED_BY_2: _Fields = (
    ("inversion.learning_rate_decay", "none"),
    ("inversion.precision", "float32"),
    ("inversion.start", "image_embeddings"),
    ("inversion.augmentation.variants", 0),
    ("sampling.hold_still", 0.0),
    ("inversion.reconstruct", False),
    ("sampling.appearance", "target"),
    ("sampling.attention", False),
    ("sampling.takes", 1),
)
_ADDED_BY_3: _Fields = (("sampling.framing", "whole"),)
_ADDED_BY_4: _Fields = (
    ("method", "motion-textual-inversion"),
    ("motion_inversion", None),
    ("sampling.in_between", 0),
)
_RENAMED_BY_3 = (
    ("frames", "num_frames"),
    ("inversion.start", "token_init"),
    ("sampling.steps", "num_inference_steps"),
    ("sampling.guidance_first", "min_guidance_scale"),
    ("sampling.guidance_last", "max_guidance_scale"),
    ("sampling.decode_chunk", "decode_chunk_size"),
)
# Experiments that were never on by default and never better: with the value for off
# (benchmarks/rejected).
_REMOVED_BY_3: _Fields = (
    ("inversion.sigmas", "random"),
    ("inversion.average", 0.0),
    ("inversion.half_size", 0.0),
    ("inversion.patience", 0),
    ("sampling.solver", "euler"),
    ("sampling.guidance_sigma_min", 0.0),
    ("sampling.guidance_sigma_max", 1000.0),
)
_PREDICTOR = "predictor"
"""A value of `inversion.start` that was also removed."""


def upgraded(value: Any, version: int) -> Any:
    """Convert settings of protocol 1, 2 or 3, as plain JSON, to protocol 4.

    Missing fields get the values implied then; removed ones are dropped (`check_runnable`). Nothing
    else is checked: errors are found, and named, by `from_dict`.
    """
    result = copy.deepcopy(value)
    added = _ADDED_BY_4 if version == 3 else _ADDED_BY_3 + _ADDED_BY_4
    for path, was in (_ADDED_BY_2 if version == 1 else ()) + added:
        part, name = _part(result, path)
        part.setdefault(name, was)
    if version == 3:
        return result
    for path, _off in _REMOVED_BY_3:
        part, name = _part(result, path)
        part.pop(name, None)
    for path, new in _RENAMED_BY_3:
        part, name = _part(result, path)
        if name in part:
            part[new] = part.pop(name)
    inversion, name = _part(result, "inversion.token_init")
    if inversion.get(name) == _PREDICTOR:
        inversion[name] = "image_embeddings"
    return result


def check_runnable(value: Any, path: str = "settings") -> None:
    """Raise BadRequest if settings of protocol 1 or 2, as plain JSON, use a removed experiment.

    Such settings can be read for the sake of their results, but not run again.
    """
    for dotted, off in (*_REMOVED_BY_3, ("inversion.start", None)):
        part, name = _part(value, dotted)
        found = part.get(name, off)
        if found == _PREDICTOR if off is None else found != off:
            raise BadRequest(
                f"{path}.{dotted} is {found!r}, an experiment that this version no longer has.",
                "Create it again with current settings; existing results can still be used.",
            )


def _part(value: Any, path: str) -> tuple[dict[str, Any], str]:
    """Return the object that a dotted path leads into, and the last name.

    If there is none, the object is a detached, empty one.
    """
    *parents, name = path.split(".")
    for key in parents:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}, name


_SVD = Settings(
    model="svd",
    num_frames=14,
    width=1024,
    height=576,
    # reconstruct: how the paper judges a learned motion (App., fig. 20). variants: not in the
    # paper; encoding 14 frames anew would take a quarter of every iteration (36.5 of 134 TF, in
    # float32), and the autoencoder would have to stay on the GPU. On the draft it makes no
    # difference to what is learned.
    inversion=InversionSettings(reconstruct=True, augmentation=Augmentation(variants=32)),
)

# The draft has its own values: the motion is determined at its highest noise levels, so one
# sampling step is as good as four, and learning hardly uses the others.
_DRAFT = Settings(
    model="draft",
    num_frames=14,
    width=128,
    height=128,
    inversion=InversionSettings(
        tokens_per_frame=2,
        iterations=60,
        learning_rate=2e-2,
        token_init="estimated_poses",
        init_noise_std=0.0,
        p_mean=4.0,
        p_std=0.4,
        # left and right are different motions to a model that draws little but figures
        augmentation=Augmentation(horizontal_flip=False, variants=16),
        checkpoint_every=10,
        reconstruct=True,
    ),
    sampling=SamplingSettings(
        num_inference_steps=1,
        min_guidance_scale=1.0,
        max_guidance_scale=1.0,
        noise_aug_strength=0.0,
        framing="subject",
    ),
)

_ANIMATEDIFF = Settings(
    model="animatediff",
    num_frames=16,
    width=512,
    height=512,
    method="motion-inversion",
    motion_inversion=MotionInversionSettings(),
)

# What the paper's code plays with.
_ZEROSCOPE = Settings(
    model="zeroscope",
    num_frames=24,
    width=576,
    height=320,
    method="motion-inversion",
    motion_inversion=MotionInversionSettings(
        playing=PlayingSettings(num_inference_steps=30, guidance_scale=12.0)
    ),
)

# It is small: the motion is held by its coarse levels and its middle, early states come soon, and
# few steps and little guidance are enough.
_DRAFT_BY_WORDS = Settings(
    model="draft-by-words",
    num_frames=16,
    width=64,
    height=64,
    method="motion-inversion",
    motion_inversion=MotionInversionSettings(
        learning=LearningSettings(
            iterations=200, keep=(25, 50, 100, 200), levels=(1, 2), mid_block=True
        ),
        playing=PlayingSettings(num_inference_steps=20, guidance_scale=4.0),
    ),
)

_DEFAULTS: dict[str, Settings] = {
    "draft": _DRAFT,
    "svd": _SVD,
    "svd-xt": replace(_SVD, model="svd-xt", num_frames=25),
    "animatediff": _ANIMATEDIFF,
    "zeroscope": _ZEROSCOPE,
    "draft-by-words": _DRAFT_BY_WORDS,
}
