"""The draft model: SVD's own classes around a motion autoencoder. Imports torch and models."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .framing import WHOLE, Framed, Framing, around, found, whole
from .limbs import fit_limbs
from .motion_autoencoder import MotionAutoencoder
from .pose_tokens import Poses, estimated_features, pose_features
from .svd import SvdModel
from .token_layout import DraftLayout, token_rotation
from .warp import Box, Motion, animated, crop, with_in_betweens


class DraftModel(SvdModel):
    """Learns and applies motions on a laptop's CPU; its clips have the size of their target."""

    autoencoder_class = MotionAutoencoder
    plain_tokens = 2
    keeps_size = True
    token_layout = DraftLayout()

    vae: MotionAutoencoder

    @property
    def picture_size(self) -> int:
        """Side in pixels of the square input."""
        return int(self.vae.config.sample_size)

    def framed(self, picture: Tensor, framing: Framing = WHOLE) -> Framed:
        """A first frame (3, H, W) of any size, and its square crop that the model sees."""
        picture = picture.float()
        box = self.box_of(picture[None], framing)
        return Framed(picture, crop(picture, box, self.picture_size), box)

    def framed_clip(self, pictures: Tensor, framing: Framing = WHOLE) -> Tensor:
        """Crop a reference (F, 3, H, W) to what moves in it: one square for all frames."""
        box = self.box_of(pictures.float(), framing)
        return torch.stack([crop(p, box, self.picture_size) for p in pictures.float()])

    @torch.no_grad()
    def box_of(self, pictures: Tensor, framing: Framing = WHOLE) -> Box:
        """The square of pictures (F, 3, H, W) that contains the figure in all of them."""
        height, width = pictures.shape[-2:]
        everything = whole(height, width)
        if framing.box is not None:
            left, top, right, bottom = framing.box
            return around(left * width, top * height, right * width, bottom * height)
        if not framing.subject:
            return everything
        box = everything
        # The second pass sees a small figure at a larger scale.
        for _ in range(2):
            shown = torch.stack([crop(p, box, self.picture_size) for p in pictures])
            seen = self.vae.figure(shown.to(self.device)).cpu().amax(0)[0]
            closer = found(seen, box, height, width)
            if closer is None:
                return everything
            box = closer
        return box

    def tokens_from(self, embeddings: Tensor, count: int) -> Tensor:
        """Frame tokens (F, N, D) from a clip's image embeddings (F, D). In each pair of tokens the
        first encodes the pose, the second its change since the first frame."""
        changed = embeddings - embeddings[:1]
        tokens = [changed if i % 2 else embeddings for i in range(count)]
        return torch.stack(tokens, 1)

    def pose_embeddings(self, poses: Poses) -> Tensor | None:
        """The embedding (F, D) of each captured pose, on the CPU: its features in the tokens'
        basis. None for poses that the draft has no features for (`pose_tokens`)."""
        features = pose_features(poses)
        return None if features is None else _in_tokens_basis(features)

    @torch.no_grad()
    def estimated_pose_embeddings(self, pictures: Tensor) -> Tensor:
        """The embedding (F, D) of the pose in each image (F, 3, S, S), if it shows a body: that of
        the joints that the first frame's encoder finds, on the CPU."""
        joints = self.vae.joints(pictures.to(self.device, torch.float32))
        return _in_tokens_basis(estimated_features(joints.cpu().numpy()))

    @torch.no_grad()
    def encode_video(self, pictures: Tensor) -> Tensor:
        """Latents (1, F, K, 16, 16) of the motion from the first of (F, 3, S, S) to each frame."""
        latents = self.vae.encode(pictures.to(self.device, torch.float32))
        return latents[None].to(self.dtype)

    @torch.no_grad()
    def encode_image(
        self, picture: Tensor, noise: Tensor | None = None, strength: float = 0.0
    ) -> Tensor:
        """Conditioning latent (1, 1, C, 16, 16) of one image (3, S, S)."""
        picture = picture.to(self.device, torch.float32)
        if noise is not None:
            picture = picture + strength * noise.to(picture)
        latents = self.vae.encode_image(picture[None])
        return latents[None].to(self.dtype)

    def decode(self, latents: Tensor, first: Framed, chunk: int = 0) -> Tensor:
        """Frames (F, 3, H, W) from latents (1, F, K, 16, 16): the first frame, warped."""
        return torch.stack(list(self.images(latents, first, chunk, 0)))

    @torch.no_grad()
    def images(
        self, latents: Tensor, first: Framed, chunk: int, in_between: int
    ) -> Iterator[Tensor]:
        """The same one by one. In-betweens move each place along a smooth path through its places
        in the frames."""
        flow, depth = (t.cpu() for t in self.vae.to_maps(latents[0].to(self.device, torch.float32)))
        parts, figure = (t[0].cpu() for t in self.vae.seen(first.shown[None].to(self.device)))
        limbs = fit_limbs(flow, parts)
        flow = limbs.flow(flow)
        if in_between:
            flow, depth, affine = (
                with_in_betweens(maps, in_between) for maps in (flow, depth, limbs.affine)
            )
            limbs = replace(limbs, affine=affine)
        height, width = first.picture.shape[-2:]
        box = first.box or whole(height, width)
        motion = Motion(flow, depth, figure, limbs)
        yield from animated(first.picture.cpu(), box, motion)


def _in_tokens_basis(features: NDArray[np.float64]) -> Tensor:
    """Embeddings (F, D) of features (F, 46)."""
    return torch.from_numpy(features).float() @ token_rotation().cpu()[: features.shape[1]]
