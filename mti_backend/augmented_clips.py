"""What an iteration of learning looks at: latents of an augmented reference. Imports torch, models.

Reenact Anything, App. B.1, augments afresh in every iteration, so that every iteration waits for
the autoencoder. `Augmentation.variants` keeps the latents of so many augmentations instead.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from mti_addon.wire.settings import Augmentation

from .augmentation import augment
from .models.precision import computing_in
from .models.svd import SvdModel
from .noise import step_generator

# before the steps of the iterations and of the initial noise, so that variants repeat neither
_FIRST_VARIANT = -2


@dataclass(frozen=True)
class AugmentedClip:
    """One augmented reference as the model sees it.

    latents: scaled, (1, F, C, h, w). image_latents: of its first frame, (1, 1, C, h, w).
    """

    latents: Tensor
    image_latents: Tensor


def variant_count(settings: Augmentation, references: int) -> int:
    """How many variants of so many references are kept, each reference at least once; 0 where every
    iteration makes its own."""
    return max(settings.variants, references) if settings.variants else 0


class AugmentedClips:
    """The augmented clips of K references, each a function of (seed, step) or (seed, variant)."""

    def __init__(
        self,
        model: SvdModel,
        references: Tensor,
        settings: Augmentation,
        seed: int,
        noise_aug_strength: float,
        dtype: torch.dtype,
    ) -> None:
        """
        Args:
            references: (K, F, 3, H, W) in [-1, 1]; they stay where they are, one at a time goes to
                the model. noise_aug_strength: SVD's noise on the first frame's pixels.
            dtype: what learning computes in. A float32 model's autoencoder does, too; else it stays
                float32, since in half precision it overflows.
        """
        self._model, self._references, self._settings = model, references, settings
        self._seed, self._strength, self._dtype = seed, noise_aug_strength, dtype
        self._dtype = dtype
        self.variants = variant_count(settings, len(references))
        """How many are kept."""
        self._kept: dict[int, AugmentedClip] = {}

    def at(self, step: int, generator: torch.Generator) -> AugmentedClip:
        """The clip of an iteration: references, or variants, take turns.

        `generator` is the step's; only a fresh augmentation takes numbers from it.
        """
        if not self.variants:
            return self._make(step, generator)
        return self.variant(step % self.variants)

    def variant(self, index: int) -> AugmentedClip:
        """Variant `index`, made when it is first asked for; 0 <= index < variants.

        Kept on the CPU: 0.1 MB each of draft's clips, 2 MB of svd's.
        """
        if index not in self._kept:
            g = step_generator(self._seed, _FIRST_VARIANT - index)
            clip = self._make(index, g)
            self._kept[index] = AugmentedClip(clip.latents.cpu(), clip.image_latents.cpu())
        kept, device = self._kept[index], self._model.device
        return AugmentedClip(kept.latents.to(device), kept.image_latents.to(device))

    def _make(self, turn: int, g: torch.Generator) -> AugmentedClip:
        reference = self._references[turn % len(self._references)]
        pictures = augment(reference.to(self._model.device), self._settings, g)
        image_noise = torch.randn(pictures[0].shape, generator=g)
        with computing_in(self._dtype, self._model.dtype, self._model.device):
            return AugmentedClip(
                self._model.encode_video(pictures),
                self._model.encode_image(pictures[0], image_noise, self._strength),
            )
