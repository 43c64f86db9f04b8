"""Cross-attention maps of the learned tokens as images. Imports torch and models."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from torch import Tensor
from torch.nn import functional

from .. import frames
from ..models.attention import TEMPORAL, ShortAttention
from ..models.svd import SvdModel


class AttentionMaps:
    """Mean over all spatial cross-attentions, heads and steps during `watching`.

    With a motion's N tokens the weights of a pixel sum to 1 over them, so the maps show which token
    a pixel attends to. With a single token there is nothing to compare.
    """

    def __init__(self, frames: int, height: int, width: int) -> None:
        """height, width: size of the maps in pixels."""
        self.size, self.frames = (height, width), frames
        self._sum: Tensor | None = None
        self._count = 0

    @contextmanager
    def watching(self, model: SvdModel) -> Iterator[None]:
        """Record the model's attention within the context, except in calls without a motion."""
        watched = [
            module.processor
            for name, module in model.unet.named_modules()
            if name.endswith(".attn2") and TEMPORAL not in name
        ]
        watched = [processor for processor in watched if isinstance(processor, ShortAttention)]
        for processor in watched:
            processor.record = self._add
        try:
            yield
        finally:
            for processor in watched:
                processor.record = None

    def _add(self, weights: Tensor) -> None:
        """Add weights (F, heads, h w, N) of one layer, whose h : w is that of the images."""
        _, _, places, tokens = weights.shape
        height = round((places * self.size[0] / self.size[1]) ** 0.5)
        mean = weights.float().mean(1).transpose(1, 2)
        mean = mean.reshape(self.frames, tokens, height, places // height)
        found = functional.interpolate(mean, self.size, mode="bilinear", align_corners=False).cpu()
        self._sum = found if self._sum is None else self._sum + found
        self._count += 1

    @property
    def maps(self) -> Tensor:
        """(F, N, H, W) in [0, 1], summing to 1 over N. Raises ValueError if nothing was
        recorded."""
        if self._sum is None:
            raise ValueError("no attention was recorded")
        return self._sum / self._count

    def pictures(self, clip: frames.Pictures) -> frames.Pictures:
        """A strip for each frame: the image, then each token's map on top of it.

        clip: uint8 (F, H, W, 3); -> uint8 (F, H, (N + 1) W, 3). Each map's brightness is normalized
        to its own range over all frames, which makes differences visible.
        """
        maps = self.maps.numpy()
        low, high = (f(maps, axis=(0, 2, 3), keepdims=True) for f in (np.min, np.max))
        shown = (maps - low) / np.maximum(high - low, 1e-6)
        pale = 0.75 * clip.astype(np.float32).mean(-1, keepdims=True)
        strips = [clip]
        for token in range(maps.shape[1]):
            heat = shown[:, token, ..., None]
            tint = np.array([255.0, 170.0, 40.0], np.float32)
            mixed = pale * (1 - heat) * 0.6 + tint * heat
            strips.append(np.rint(mixed.clip(0, 255)).astype(np.uint8))
        return np.concatenate(strips, axis=2)
