"""Rows of the evaluation tables: how each pair's clip is produced. Imports the settings.

A row that learns lists its changes to the draft's own settings.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from mti_addon.wire.settings import Augmentation, InversionSettings, SamplingSettings

Kind = Literal["answer", "still", "no_motion", "poses", "true_tokens", "autoencoder", "learned"]
Budget = Literal["core", "ablation", "paper"]
HEADLINE = "learned"
KEYED = "poses"
"""The motion of a keyed reference, as the extension takes it from its poses by default."""
IMAGE_START = "image_start"
STARTS = {HEADLINE: "estimated poses (the draft's own)", IMAGE_START: "image embeddings (paper)"}
"""Rows whose gain is also measured during learning, with the name of their token initialization."""
# Motions whose mirror image has another camera motion; the paper does not flip those.
_SIDEWAYS_CAMERA = frozenset({"pan_walk", "pan"})


@dataclass(frozen=True)
class Row:
    """One way to produce a pair's clip.

    kind: how the clip is made. budget: 'core' rows are measured on every pair, 'ablation' and
    'paper' rows on the first few. changes: to the draft's InversionSettings. references: K, the
    number of drawings to learn from. playing: changes to its SamplingSettings.
    """

    key: str
    caption: str
    kind: Kind
    budget: Budget = "core"
    changes: dict[str, Any] = field(default_factory=dict)
    references: int = 1
    playing: dict[str, Any] = field(default_factory=dict)

    def sampling(self, base: SamplingSettings) -> SamplingSettings:
        """Sampling settings of this row."""
        return replace(base, **self.playing)

    def inversion(
        self, base: InversionSettings, motion: str, iterations: int | None = None
    ) -> InversionSettings:
        """Inversion settings of this row for a motion; `iterations` overrides all others."""
        settings = replace(base, **self.changes)
        if settings.augmentation.horizontal_flip and motion in _SIDEWAYS_CAMERA:
            still = replace(settings.augmentation, horizontal_flip=False)
            settings = replace(settings, augmentation=still)
        if not iterations or not settings.iterations:  # keep rows that optimize nothing
            return settings
        return replace(settings, iterations=iterations)


def _learned(key: str, caption: str, references: int = 1, **changes: Any) -> Row:
    return Row(key, caption, "learned", "ablation", changes, references)


# The paper's settings as far as they are meaningful for the draft. Noise levels are not, since the
# draft's schedule ends at sigma 80 and SVD's at 700, so p_mean, p_std and the sampler stay the
# draft's.
_PAPER = {
    "tokens_per_frame": 5, "iterations": 1000, "learning_rate": 1e-2, "batch_size": 1,
    "learning_rate_decay": "none", "init_noise_std": 0.1, "precision": "float32",
    "token_init": "image_embeddings",
    "augmentation": Augmentation(horizontal_flip=True, variants=0),
}  # fmt: skip

# More than the draft's own two tokens start in pairs, which without noise would stay equal.
_APART: dict[str, Any] = {"init_noise_std": 0.1}

_ALL = (
    Row("answer", "the right answer itself (what the columns can tell)", "answer"),
    Row("still", "still picture", "still"),
    Row("no_motion", "no motion given (image embedding)", "no_motion"),
    Row(KEYED, "from the keyed poses (the extension's default on the draft)", "poses"),
    Row(HEADLINE, "learned from its pictures (per frame, N = 2, one reference)", "learned"),
    Row("true_tokens", "true motion tokens (upper bound)", "true_tokens"),
    Row("autoencoder", "decoded right answer (autoencoder bound)", "autoencoder"),
    _learned("one_token", "1 token", tokens_per_frame=1, per_frame=False),
    _learned(
        "shared", "15 tokens shared by all frames", tokens_per_frame=15, per_frame=False, **_APART
    ),
    _learned("per_frame_1", "per frame, N = 1", tokens_per_frame=1),
    _learned("per_frame_4", "per frame, N = 4", tokens_per_frame=4, **_APART),
    _learned("per_frame_10", "per frame, N = 10", tokens_per_frame=10, **_APART),
    _learned(
        IMAGE_START, "learned from image embeddings, as in the paper", token_init="image_embeddings"
    ),
    _learned(
        "guess",
        "the frames' image embeddings, nothing optimized",
        token_init="image_embeddings",
        iterations=0,
    ),
    _learned("guess_poses", "the poses estimated in its pictures, nothing optimized", iterations=0),
    *(
        _learned(f"references_{k}", f"{k} re-rendered references", references=k)
        for k in (2, 4, 8, 16)
    ),
    Row("paper", "the paper's own numbers (noise levels the draft's)", "learned", "paper", _PAPER),
)
ROWS: dict[str, Row] = {row.key: row for row in _ALL}
QUICK = ("still", "no_motion", KEYED, HEADLINE, "true_tokens", "autoencoder")
# Compared on the pairs for which both were measured: (ours, theirs).
COMPARISONS = (
    (KEYED, HEADLINE), (HEADLINE, "no_motion"), (HEADLINE, "true_tokens"), (HEADLINE, "shared"),
    (HEADLINE, "one_token"), ("shared", "one_token"),
    *((HEADLINE, f"per_frame_{n}") for n in (1, 4, 10)),
    *((f"references_{k}", HEADLINE) for k in (2, 4, 8, 16)),
    (HEADLINE, IMAGE_START), ("guess", "no_motion"), (HEADLINE, "guess"),
    (HEADLINE, "guess_poses"), ("paper", HEADLINE),
)  # fmt: skip
