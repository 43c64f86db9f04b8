"""The draft's autoencoder, whose latents are motion, not color. Imports torch and diffusers.

It takes the place of SVD's `vae`. SVD's encodes each frame's colors at an eighth of the size; this
one encodes (first frame, frame t) as the position of the first frame's pixels at time t: flow and
depth on the first frame's own grid (64 x 64), in a fixed linear code with a few channels of 16 x
16. So what is denoised is motion, and a frame is decoded by moving the pixels of the first frame
(warp.py) at that image's own size.

Images are (B, 3, S, S) in [-1, 1], S = sample_size; flow is in image widths, x to the right, y
down; depth is in image widths, larger toward the viewer.
"""

from typing import Any

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn
from torch.nn import functional

MAP_SIZE = 64
PATCH = 4
"""Side of the square of map positions that one latent covers."""
_MAPS = 3  # flow x, flow y, depth
_NEAR = 0.08
"""Distance, in image widths, over which a position's vote on a joint loses weight."""


class MotionAutoencoder(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Encodes first frames and motions to latents, and decodes latents to motion.

    Attributes:
        first_frame: FirstFrameEncoder. pair: PairEncoder. basis (K, 48), deviation (K,): the linear
        code, i.e. the components of the latent channels and their standard deviations over figures.
    """

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        sample_size: int = 128,
        latent_channels: int = 20,
        image_latent_channels: int = 64,
        parts: int = 19,
        joints: int = 15,
    ) -> None:
        super().__init__()
        self.first_frame = FirstFrameEncoder(image_latent_channels, parts + 1, joints)
        self.pair = PairEncoder(image_latent_channels, latent_channels, joints)
        code = torch.eye(latent_channels, _MAPS * PATCH**2)
        self.basis = nn.Parameter(code, requires_grad=False)
        self.deviation = nn.Parameter(torch.ones(latent_channels), requires_grad=False)

    def encode_image(self, pictures: Tensor) -> Tensor:
        """Image latents (B, C, 16, 16): what an image shows, and where."""
        latents: Tensor = self.first_frame.latents(self.first_frame.features(pictures)[-1])
        return latents

    def encode(self, pictures: Tensor) -> Tensor:
        """Latents (F, K, 16, 16) of a clip (F, 3, S, S), as far as the motion is visible."""
        seen = self.encode_image(pictures)
        return self.motion_between(seen[:1].expand_as(seen), seen)

    def motion_between(self, first: Tensor, later: Tensor) -> Tensor:
        """Latents (B, K, 16, 16) of the motion between two images, given their image latents
        (B, C, 16, 16)."""
        joints = self.first_frame.joints
        latents: Tensor = self.pair(first, later, joints(first), joints(later))
        return latents

    def joints(self, pictures: Tensor) -> Tensor:
        """Joints (B, J, 3) of the body in each image (B, 3, S, S): places (0 .. 1) and depths.

        Only the figure's positions vote, and those near a joint count more.
        """
        features = self.first_frame.features(pictures)
        maps = self.first_frame.joints(self.first_frame.latents(features[-1]))
        figure = self.first_frame.dense(features)[1].float().sigmoid()
        shown = functional.adaptive_max_pool2d(figure, maps.shape[-1])
        return voted(maps, 2 * shown.clamp(min=1e-3).log())

    def figure(self, pictures: Tensor) -> Tensor:
        """Probability that each pixel shows a figure, (B, 1, S, S) in [0, 1]."""
        return self.seen(pictures)[1]

    def seen(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Part probabilities (B, parts, 64, 64), and the figure, as in `figure`."""
        parts, figure = self.first_frame.dense(self.first_frame.features(pictures))
        return parts.float().softmax(1)[:, 1:], figure.float().sigmoid()

    def to_latents(self, flow: Tensor, depth: Tensor) -> Tensor:
        """Encode maps (N, 2, 64, 64) and (N, 1, 64, 64) as latents (N, K, 16, 16)."""
        patches = functional.pixel_unshuffle(torch.cat([flow, depth], 1), PATCH)
        code = torch.einsum("kc,nchw->nkhw", self.basis.to(patches), patches)
        return code / self.deviation.to(code)[:, None, None]

    def to_maps(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Decode latents (N, K, 16, 16) to flow (N, 2, 64, 64) and depth (N, 1, 64, 64)."""
        code = latents * self.deviation.to(latents)[:, None, None]
        patches = torch.einsum("kc,nkhw->nchw", self.basis.to(latents), code)
        maps = functional.pixel_shuffle(patches, PATCH)
        return maps[:, :2], maps[:, 2:]

    @torch.no_grad()
    def fit_code(self, flow: Tensor, depth: Tensor, near: Tensor) -> float:
        """Fit the linear code to the principal components of maps (N, ..), near figures only.

        near: (N, 1, 64, 64). Returns the fraction of the sum of squares that the code retains.
        """
        patches = functional.pixel_unshuffle(torch.cat([flow, depth], 1), PATCH)
        where = functional.max_pool2d(near, PATCH)[:, 0] > 0
        rows = patches.permute(0, 2, 3, 1)[where]
        squares, components = torch.linalg.eigh(rows.T @ rows)  # ascending
        basis = components.T.flip(0)[: len(self.basis)]
        self.basis.copy_(basis)
        self.deviation.copy_((rows @ basis.T).std(0))
        return float(squares.flip(0)[: len(self.basis)].sum() / squares.sum())


class FirstFrameEncoder(nn.Module):
    """Encodes an image as image latents, part logits at each position and a figure mask."""

    def __init__(self, channels: int, classes: int, joints: int) -> None:
        super().__init__()
        self.classes = classes
        self.conv_in = nn.Conv2d(12, 32, 3, 1, 1)
        self.fine = _Residual(32)
        self.down_1 = nn.Conv2d(32, 64, 3, 2, 1)
        self.middle = nn.Sequential(_Residual(64), _Residual(64))
        self.down_2 = nn.Conv2d(64, 128, 3, 2, 1)
        self.coarse = nn.Sequential(_Residual(128), _Residual(128), _Residual(128))
        self.latents = nn.Conv2d(128, channels, 1)
        self.joints = nn.Conv2d(channels, 3 * joints, 1)
        self.up_1 = nn.Conv2d(128, 64, 1)
        self.middle_out = _Residual(64)
        self.up_2 = nn.Conv2d(64, 32, 1)
        self.fine_out = _Residual(32)
        self.head = nn.Conv2d(32, classes + PATCH, 1)

    def features(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, 32, 64, 64), (B, 64, 32, 32), (B, 128, 16, 16) of images (B, 3, 128, 128)."""
        fine = self.fine(self.conv_in(functional.pixel_unshuffle(pictures, 2)))
        middle = self.middle(self.down_1(fine))
        return fine, middle, self.coarse(self.down_2(middle))

    def dense(self, features: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Logits of the part at each position (B, parts + 1, 64, 64), background first, and of the
        figure at each pixel (B, 1, 128, 128)."""
        fine, middle, coarse = features
        middle = self.middle_out(middle + _twice(self.up_1(coarse)))
        head = self.head(self.fine_out(fine + _twice(self.up_2(middle))))
        return head[:, : self.classes], functional.pixel_shuffle(head[:, self.classes :], 2)


class PairEncoder(nn.Module):
    """Encodes the motion between a first frame and frame t from their image latents.

    Where both frames have their joints is given at every position. A figure's pixels move with its
    joints, and convolutions would have to carry each joint's place across the image.
    """

    def __init__(self, image_channels: int, channels: int, joints: int, width: int = 128) -> None:
        super().__init__()
        self.votes = JointVotes(image_channels, joints)
        self.conv_in = nn.Conv2d(2 * image_channels + 6 * joints + 2, width, 3, 1, 1)
        blocks = [nn.Sequential(_Residual(width), _Attention(width)) for _ in range(3)]
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.GroupNorm(8, width)
        self.conv_out = nn.Conv2d(width, channels, 3, 1, 1)

    def forward(
        self, first: Tensor, later: Tensor, joints_first: Tensor, joints_later: Tensor
    ) -> Tensor:
        """Image latents (B, C, 16, 16) and joint maps (B, 3 J, 16, 16) -> (B, K, 16, 16)."""
        here = positions(first)
        known = [
            relative_to(self.votes(latents, maps), here)
            for latents, maps in ((first, joints_first), (later, joints_later))
        ]
        place = here.expand(len(first), -1, -1, -1) - 0.5
        x = self.conv_in(torch.cat([first, later, *known, place], 1))
        result: Tensor = self.conv_out(functional.silu(self.norm(self.blocks(x))))
        return result


class JointVotes(nn.Module):
    """Joints of an image, on which the positions near them vote."""

    def __init__(self, channels: int, joints: int) -> None:
        super().__init__()
        self.trust = nn.Conv2d(channels, joints, 1)
        nn.init.zeros_(self.trust.weight)
        nn.init.zeros_(self.trust.bias)  # type: ignore[arg-type]

    def forward(self, latents: Tensor, maps: Tensor) -> Tensor:
        """Positions (0 .. 1) and depths (B, J, 3) from maps (B, 3 J, h, w) of what each position
        says: the offset of each joint from there, then its depth."""
        return voted(maps, self.trust(latents)).to(latents.dtype)


def voted(maps: Tensor, trust: Tensor) -> Tensor:
    """Joints (B, J, 3), float32, from the votes in `maps` (B, 3 J, h, w). trust: (B, J or 1, h, w),
    logits of the positions' weights beside their distance from the joint."""
    joints = maps.shape[1] // 3
    offset = maps[:, : 2 * joints].unflatten(1, (joints, 2)).float()
    depth = maps[:, 2 * joints :, None].float()
    vote = torch.cat([offset + positions(maps), depth], 2).flatten(3)
    weight = (trust.float() - offset.norm(dim=2) / _NEAR).flatten(2).softmax(-1)
    result: Tensor = (vote * weight[:, :, None]).sum(-1)
    return result


def relative_to(joints: Tensor, here: Tensor) -> Tensor:
    """Offsets of joints (B, J, 3) from positions (1, 2, h, w), and their depths: (B, 3 J, h, w)."""
    offset = joints[:, :, :2, None, None] - here[:, None]
    depth = joints[:, :, 2, None, None].expand(-1, -1, *here.shape[2:])
    return torch.cat([offset.flatten(1, 2), depth], 1)


def positions(like: Tensor) -> Tensor:
    """(1, 2, h, w): x and y (0 .. 1) of every position of a square map (B, C, h, w)."""
    axis = (torch.arange(like.shape[-1], device=like.device) + 0.5) / like.shape[-1]
    return torch.stack(torch.meshgrid(axis, axis, indexing="xy"))[None].to(like.dtype)


class _Residual(nn.Module):
    """Norm, SiLU, convolution, twice; initialized as the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm_1, self.norm_2 = nn.GroupNorm(8, width), nn.GroupNorm(8, width)
        self.conv_1 = nn.Conv2d(width, width, 3, 1, 1)
        self.conv_2 = nn.Conv2d(width, width, 3, 1, 1)
        nn.init.zeros_(self.conv_2.weight)
        nn.init.zeros_(self.conv_2.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv_1(functional.silu(self.norm_1(x)))
        result: Tensor = x + self.conv_2(functional.silu(self.norm_2(h)))
        return result


class _Attention(nn.Module):
    """Self-attention over all positions; initialized as the identity."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(8, width)
        self.to_qkv = nn.Linear(width, 3 * width, bias=False)
        self.to_out = nn.Linear(width, width)
        nn.init.zeros_(self.to_out.weight)
        nn.init.zeros_(self.to_out.bias)

    def forward(self, x: Tensor) -> Tensor:
        rows = self.norm(x).flatten(2).transpose(1, 2)  # (B, P, C)
        q, k, v = self.to_qkv(rows).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        scores = (q @ k.transpose(-1, -2)).float() * q.shape[-1] ** -0.5
        found = (scores.softmax(-1).to(v.dtype) @ v).transpose(1, 2).flatten(2)
        result: Tensor = x + self.to_out(found).transpose(1, 2).unflatten(2, x.shape[2:])
        return result


def _twice(x: Tensor) -> Any:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
