"""What the networks of each model cost: bytes and FLOPs, counted on the real configurations
(benchmarks/count.py); tests/benchmarks repeats the counts. No torch.

Everything that lives at the same time in an iteration is proportional to the number of latents,
n = B F h w, to within 3 %. The weights, and for Motion Inversion the embeddings, are added to that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mti_addon.wire.settings import SIZES, ModelName, Settings

PIXELS_PER_LATENT = 8
_WIDTHS = (320, 640, 1280, 1280)
"""C of the text-to-video UNets' levels."""
_ATTENTIONS = 10
"""Temporal attentions of a level: two in each of two blocks down and three up."""
_BYTES_A_NUMBER = 16
"""Of a motion embedding: float32 itself, AdamW's two moments, and the last good state. Its gradient
is part of what is counted."""


@dataclass(frozen=True)
class Cost:
    """Cost of a policy of models/gradient_checkpointing.py: bytes per latent, and FLOPs of forward
    and backward.

    An iteration takes n (flops + attention h w) FLOPs; `attention` is spatial self-attention, which
    grows with the square of the number of pixels.
    """

    policy: str
    bytes_a_latent: int
    flops: float
    attention: float


@dataclass(frozen=True)
class Network:
    """A model's UNet and what belongs to it.

    weights: bytes of the UNet in 16 bits. beside: bytes of the parts that applying needs as well.
    applying: bytes per latent of one call without gradients, batch 1. decoding: bytes per pixel of
    a decoded frame. forward: FLOPs of such a call, as in `Cost`. decode: FLOPs per latent of
    decoding. chunked: whether more frames at once are decoded better; otherwise it is one at a
    time. sizes: (width, height) in pixels that are offered, largest first.
    """

    weights: int
    beside: int
    applying: int
    decoding: int
    forward: tuple[float, float]
    decode: float
    chunked: bool
    sizes: tuple[tuple[int, int], ...]
    costs: tuple[Cost, ...]
    """Fastest first, as in POLICIES."""


SVD = Network(
    weights=3_050_000_000,
    beside=200_000_000,
    applying=17_300,
    decoding=2_048,
    forward=(279.5e6, 7.28e3),
    decode=753.0e6,
    chunked=True,
    sizes=SIZES,
    # counted at 1024x576 and 512x320, 14 frames
    costs=(
        Cost("nothing", 269_100, 552.9e6, 22.32e3),
        Cost("feed-forwards", 155_800, 627.8e6, 22.32e3),
        Cost("finest level", 105_800, 672.8e6, 28.72e3),
        Cost("two levels", 73_100, 720.9e6, 29.51e3),
        Cost("all blocks", 55_200, 778.0e6, 29.60e3),
        Cost("all blocks in parts", 36_800, 868.6e6, 29.60e3),
    ),
)

# Counted at 512x512 and 256x256, 16 frames, with embeddings at level 2.
_ANIMATEDIFF = Network(
    weights=2_553_000_000,
    beside=581_000_000,
    applying=16_800,
    decoding=3_073,
    forward=(242.7e6, 6.58e3),
    decode=613.9e6,
    chunked=False,
    sizes=((512, 512), (384, 384), (320, 320), (256, 256)),
    costs=(
        Cost("nothing", 161_600, 425.1e6, 17.59e3),
        Cost("feed-forwards", 114_700, 462.0e6, 17.59e3),
        Cost("finest level", 82_000, 491.2e6, 21.37e3),
        Cost("two levels", 64_000, 519.4e6, 21.74e3),
        Cost("all blocks", 47_700, 565.5e6, 21.46e3),
        Cost("all blocks in parts", 34_500, 613.9e6, 21.46e3),
    ),
)

# Counted at 576x320, 24 frames, and 320x192, 16 frames, with embeddings at level 2.
_ZEROSCOPE = Network(
    weights=2_822_000_000,
    beside=1_016_000_000,
    applying=21_300,
    decoding=3_073,
    forward=(292.4e6, 5.97e3),
    decode=613.9e6,
    chunked=False,
    sizes=((576, 320), (448, 256), (320, 192)),
    costs=(
        Cost("nothing", 173_600, 499.0e6, 17.10e3),
        Cost("feed-forwards", 127_800, 534.2e6, 17.10e3),
        Cost("finest level", 91_100, 570.9e6, 20.86e3),
        Cost("two levels", 69_700, 606.7e6, 21.13e3),
        Cost("all blocks", 51_100, 666.3e6, 20.49e3),
        Cost("all blocks in parts", 37_900, 712.5e6, 20.49e3),
    ),
)
NETWORKS: dict[ModelName, Network] = {
    "svd": SVD,
    "svd-xt": SVD,
    "animatediff": _ANIMATEDIFF,
    "zeroscope": _ZEROSCOPE,
}
# With embeddings at levels 0 to 2, whose gradients reach back to the first layers; counted at the
# full sizes alone.
_FINE: dict[ModelName, Network] = {
    "animatediff": replace(
        _ANIMATEDIFF,
        costs=(
            Cost("nothing", 223_400, 490.6e6, 17.59e3),
            Cost("feed-forwards", 152_900, 540.6e6, 17.59e3),
            Cost("finest level", 102_800, 583.4e6, 21.37e3),
            Cost("two levels", 73_000, 625.4e6, 21.74e3),
            Cost("all blocks", 55_900, 675.8e6, 21.46e3),
            Cost("all blocks in parts", 43_000, 741.4e6, 21.46e3),
        ),
    ),
    "zeroscope": replace(
        _ZEROSCOPE,
        costs=(
            Cost("nothing", 241_700, 569.5e6, 17.10e3),
            Cost("feed-forwards", 172_400, 617.8e6, 17.10e3),
            Cost("finest level", 116_200, 669.1e6, 20.86e3),
            Cost("two levels", 80_600, 723.4e6, 21.13e3),
            Cost("all blocks", 60_300, 789.7e6, 20.49e3),
            Cost("all blocks in parts", 46_800, 853.2e6, 20.49e3),
        ),
    ),
}


def network_of(settings: Settings) -> Network:
    """The network of a model with counted costs, and with those of the settings' layers."""
    words = settings.motion_inversion
    if words is None:
        return SVD
    fine = min(words.learning.levels, default=2) < 2
    return (_FINE if fine else NETWORKS)[settings.model]


def embedding_bytes(settings: Settings) -> int:
    """Bytes that the motion embeddings take beside the network; 0 for motion tokens."""
    words = settings.motion_inversion
    if words is None:
        return 0
    height = settings.height // PIXELS_PER_LATENT
    width = settings.width // PIXELS_PER_LATENT
    numbers = 0
    for level in {each for each in words.learning.levels if 0 <= each < len(_WIDTHS)}:
        places = -(-height >> level) * -(-width >> level)
        numbers += _ATTENTIONS * _WIDTHS[level] * settings.num_frames * (1 + places)
    return _BYTES_A_NUMBER * numbers
