"""Every number of the method, in one place: Settings; stdlib only.

"Paper" is "Reenact Anything" (arXiv 2408.00458); its values are the defaults of svd and svd-xt.
The draft model is smaller and of another noise schedule, so it has its own (Settings.for_model).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, get_args

from . import codec
from .codec import Constraint, Range
from .errors import BadRequest

ModelName = Literal["draft", "svd", "svd-xt"]
Precision = Literal["float32", "bfloat16", "auto"]
Decay = Literal["none", "cosine"]
TokenInit = Literal["image_embeddings", "mean", "none"]
Appearance = Literal["target", "none"]
Framing = Literal["subject", "whole"]
MODELS: tuple[ModelName, ...] = get_args(ModelName)
SIZE_MULTIPLE = 8
"""Width and height are multiples of this: the autoencoder halves a picture three times."""
SIZES = ((1024, 576), (768, 448), (512, 320), (320, 192))
"""Widths and heights that SVD is offered at: that of its training, and smaller ones for GPUs with
less memory. They divide by 64, as the UNet's levels want them."""

_SEED = Range(0, 2**32 - 1, "", "Seed of all random numbers; the same seed gives the same result.")


@dataclass(frozen=True)
class Augmentation:
    """One random change of place and colour for ALL frames of a clip.

    Paper, section 4 (training details): it keeps the embedding from learning the looks and the
    place of the reference. The paper gives no amounts; these are ours.
    """

    enabled: Annotated[bool, Constraint(None, "Augment the reference at all.")] = True
    crop_scale_min: Annotated[
        float, Range(0.1, 1.0, "share of the side", "Smallest random crop; 1 is no crop.")
    ] = 0.8
    horizontal_flip: Annotated[
        bool, Constraint(None, "Mirror half of the clips; only where capture.flip_safe allows it.")
    ] = True
    brightness: Annotated[float, Range(0, 1, "factor +-", "Random brightness.")] = 0.2
    contrast: Annotated[float, Range(0, 1, "factor +-", "Random contrast.")] = 0.2
    saturation: Annotated[float, Range(0, 1, "factor +-", "Random saturation.")] = 0.2
    hue: Annotated[float, Range(0, 0.5, "turns +-", "Random hue; 0.5 is half the wheel.")] = 0.05
    variants: Annotated[
        int,
        Range(0, 1024, "clips", "Made once and taken in turn; 0: each iteration its own (paper)."),
    ] = 0


@dataclass(frozen=True)
class InversionSettings:
    """How a motion-text embedding is optimised (paper, sections 3 and 4)."""

    tokens_per_frame: Annotated[
        int, Range(1, 64, "tokens", "N: tokens a frame, and as many for the clip (paper: 5).")
    ] = 5
    iterations: Annotated[
        int, Range(1, 100_000, "iterations", "Optimiser steps (paper: 1000).")
    ] = 1000
    learning_rate: Annotated[float, Range(1e-6, 1.0, "", "Adam's step size (paper: 1e-2).")] = 1e-2
    batch_size: Annotated[
        int, Range(1, 64, "clips", "Noise levels drawn an iteration (paper: 1).")
    ] = 1
    p_mean: Annotated[
        float, Range(-10, 10, "ln sigma", "Mean of ln sigma while training (paper: 2.8).")
    ] = 2.8
    p_std: Annotated[
        float, Range(0.01, 10, "ln sigma", "Deviation of ln sigma while training (paper: 1.6).")
    ] = 1.6
    init_noise_std: Annotated[
        float,
        Range(0, 10, "token units", "Noise on the initial tokens, the frames' CLIP (paper: 0.1)."),
    ] = 0.1
    token_init: Annotated[
        TokenInit,
        Constraint(
            None, "Where tokens start (paper: image_embeddings); mean: all alike; none: zero."
        ),
    ] = "image_embeddings"
    per_frame: Annotated[
        bool, Constraint(None, "Own tokens for each frame (paper, inflation); off: shared by all.")
    ] = True
    augmentation: Annotated[
        Augmentation, Constraint(None, "The same change of place and color for all frames.")
    ] = field(default_factory=Augmentation)
    learning_rate_decay: Annotated[
        Decay, Constraint(None, "How the step size falls to 0 over the iterations (paper: none).")
    ] = "none"
    reconstruct: Annotated[
        bool,
        Constraint(None, "Then play the motion on the reference itself, and say how well it goes."),
    ] = False
    precision: Annotated[
        Precision,
        Constraint(None, "What the UNet computes in while learning; auto: what is fast there."),
    ] = "auto"
    checkpoint_every: Annotated[
        int, Range(1, 100_000, "iterations", "At most this much is lost when a runner dies.")
    ] = 25
    seed: Annotated[int, _SEED] = 0


@dataclass(frozen=True)
class SamplingSettings:
    """How a motion is played on a picture (paper, section 4; SVD's own sampler)."""

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
        Constraint(None, "Whose look: the target's, or none, which shows the motion (paper)."),
    ] = "target"
    framing: Annotated[
        Framing,
        Constraint(
            None, "What the draft is shown: the figure, cut out and put back, or the whole frame."
        ),
    ] = "whole"
    attention: Annotated[
        bool, Constraint(None, "Also write images of where the tokens of each frame look.")
    ] = False
    takes: Annotated[
        int, Range(1, 8, "takes", "Seeds tried on each target, from seed on; the likeliest first.")
    ] = 1
    fps: Annotated[
        int, Range(1, 120, "frames/s", "SVD's condition; the network is told fps - 1 (SVD: 7).")
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
        int, Range(0, 1024, "frames", "Decoded at once; 0 is all: best, and most memory.")
    ] = 0
    hold_still: Annotated[
        float,
        Range(
            0, 2, "pixel difference in [-1, 1]", "Changes smaller than this become none; 0: off."
        ),
    ] = 0.0
    seed: Annotated[int, _SEED] = 0


@dataclass(frozen=True)
class Settings:
    """Everything that decides a result, except the pictures themselves."""

    model: Annotated[ModelName, Constraint(None, "Which model learns and plays the motion.")]
    num_frames: Annotated[
        int, Range(2, 128, "frames", "F: length of the clip (svd: 14, svd-xt: 25, draft: 14).")
    ]
    width: Annotated[int, Range(16, 4096, "px", "Width of the clip, a multiple of 8 (svd: 1024).")]
    height: Annotated[int, Range(16, 4096, "px", "Height of the clip, a multiple of 8 (svd: 576).")]
    inversion: Annotated[InversionSettings, Constraint(None, "Learning.")] = field(
        default_factory=InversionSettings
    )
    sampling: Annotated[SamplingSettings, Constraint(None, "Applying.")] = field(
        default_factory=SamplingSettings
    )

    @classmethod
    def for_model(cls, name: str) -> Settings:
        """The defaults of a model: the paper's for svd and svd-xt, its own for draft."""
        try:
            return _DEFAULTS[name]
        except KeyError:
            raise BadRequest(
                f"settings.model is {name!r}, and must be one of: {', '.join(MODELS)}."
            ) from None

    @property
    def workload(self) -> str:
        """What seconds and memory hold for, such as 'draft 14 x 64 x 64'."""
        return f"{self.model} {self.num_frames} x {self.width} x {self.height}"

    @property
    def keeps_size(self) -> bool:
        """Whether clips have the size of their target, whatever width and height say: the draft's
        do, whose network is shown a square of it and moves the target's own pixels."""
        return self.model == "draft"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of what the network is shown, in pixels; SVD's clips have them, too."""
        return self.width, self.height

    @property
    def target_size(self) -> tuple[int, int] | None:
        """Width and height that a target is brought to, in pixels; None: it is taken as it is."""
        return None if self.keeps_size else self.size

    def sized(self, width: int, height: int) -> Settings:
        """The same with clips of another size, in pixels."""
        return replace(self, width=width, height=height)

    def check(self, path: str = "settings") -> None:
        """Raise BadRequest, naming the field, for what a request must not hold."""
        codec.check(self, path)
        self._check_size(path)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        result: dict[str, Any] = codec.to_dict(self)
        return result

    @classmethod
    def from_dict(cls, value: Any, path: str = "settings") -> Settings:
        """Read strictly; BadRequest names the first wrong field by its dotted path."""
        result = codec.from_dict(cls, value, path)
        result._check_size(path)
        return result

    def _check_size(self, path: str) -> None:
        for name, side in (("width", self.width), ("height", self.height)):
            if side % SIZE_MULTIPLE:
                raise BadRequest(f"{path}.{name} is {side}, and must be a multiple of 8.")


_Fields = tuple[tuple[str, Any], ...]
# What protocol 1 and preset version 1 did not say, and how it was then: by dotted path.
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
_RENAMED_BY_3 = (
    ("frames", "num_frames"),
    ("inversion.start", "token_init"),
    ("sampling.steps", "num_inference_steps"),
    ("sampling.guidance_first", "min_guidance_scale"),
    ("sampling.guidance_last", "max_guidance_scale"),
    ("sampling.decode_chunk", "decode_chunk_size"),
)
# Experiments that were never on by default, and were better in nothing: with the value that was off
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
"""A value of `inversion.start` that was removed as well."""


def upgraded(value: Any, version: int) -> Any:
    """Settings of protocol 1 or 2, as plain JSON, in the words of protocol 3.

    What they lack is as it was then; what was removed since is left out (`check_runnable`).
    Nothing else is looked at: what is wrong with them is found, and named, by `from_dict`.
    """
    result = copy.deepcopy(value)
    for path, was in (_ADDED_BY_2 if version == 1 else ()) + _ADDED_BY_3:
        part, name = _part(result, path)
        part.setdefault(name, was)
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
    """Raise BadRequest where settings of protocol 1 or 2, as plain JSON, switch on an experiment
    that was removed since: they are read, for their results' sake, and not carried out again."""
    for dotted, off in (*_REMOVED_BY_3, ("inversion.start", None)):
        part, name = _part(value, dotted)
        found = part.get(name, off)
        if found == _PREDICTOR if off is None else found != off:
            raise BadRequest(
                f"{path}.{dotted} is {found!r}, an experiment that this version no longer has.",
                "Make it anew with today's settings; the results that are there can still be used.",
            )


def _part(value: Any, path: str) -> tuple[dict[str, Any], str]:
    """The object that a dotted path leads into, and its last name; an empty one, which belongs to
    nothing, where there is none."""
    *parents, name = path.split(".")
    for key in parents:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}, name


_SVD = Settings(
    model="svd",
    num_frames=14,
    width=1024,
    height=576,
    # reconstruct: what the paper judges a learned motion by (App., fig. 20). variants: not the
    # paper's; encoding 14 frames anew would cost a quarter of every iteration (36.5 of 134 TF, in
    # float32), and the autoencoder would have to stay on the GPU. On the draft it makes no
    # difference to what is learned.
    inversion=InversionSettings(reconstruct=True, augmentation=Augmentation(variants=32)),
)

# The draft's numbers are its own: what moves where is decided at the largest of its noise levels,
# so one step of sampling is as good as four, and learning looks at hardly any other.
_DRAFT = Settings(
    model="draft",
    num_frames=14,
    width=128,
    height=128,
    inversion=InversionSettings(
        tokens_per_frame=2,
        iterations=60,
        learning_rate=2e-2,
        p_mean=4.0,
        p_std=0.4,
        # left and right are different motions to a model that draws figures and little else
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

_DEFAULTS: dict[str, Settings] = {
    "draft": _DRAFT,
    "svd": _SVD,
    "svd-xt": replace(_SVD, model="svd-xt", num_frames=25),
}
