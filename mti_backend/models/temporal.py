"""Skips SVD's temporal layers where they have no effect. Imports torch and diffusers.

Every block of SVD is a layer of an image model followed by a temporal branch that is added to it.
If the last weights of that branch are zero, as they are when it is inserted (Stable Video
Diffusion, sec. 3), the branch returns its input, and the learned blend of the two is the layer's
own output.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import MethodType
from typing import Any

from diffusers.models.resnet import SpatioTemporalResBlock
from diffusers.models.transformers.transformer_temporal import TransformerSpatioTemporalModel
from torch import Tensor, nn


def branch_ends(module: nn.Module) -> list[nn.Module]:
    """Layers of a block's temporal branch that make the branch the identity when zero.

    Empty for modules without such a branch.
    """
    if isinstance(module, SpatioTemporalResBlock):
        return [module.temporal_res_block.conv2]
    if not isinstance(module, TransformerSpatioTemporalModel):
        return []
    ends: list[nn.Module] = [module.time_pos_embed.linear_2]
    for block in module.temporal_transformer_blocks:
        ends += [block.ff_in.net[2], block.attn1.to_out[0], block.attn2.to_out[0], block.ff.net[2]]
    return ends


def leave_out_identities(model: nn.Module) -> int:
    """Skip temporal branches that are the identity; returns their number.

    Outputs stay the same up to rounding. There are none in SVD, where every branch is trained.
    """
    left_out = 0
    for module in model.modules():
        ends = branch_ends(module)
        if ends and not any(p.any() for end in ends for p in end.parameters()):
            module.forward = MethodType(_SPATIAL[type(module)], module)
            left_out += 1
    return left_out


@contextmanager
def pictures_only() -> Iterator[None]:
    """Skip all temporal branches within the context, to train on single frames.

    Gives the same values as `image_only_indicator = 1` (alpha = 1 in every blend) at lower cost.
    """
    kept = {block: block.forward for block in _SPATIAL}
    for block, forward in _SPATIAL.items():
        block.forward = forward
    try:
        yield
    finally:
        for block, forward in kept.items():
            block.forward = forward


def _spatial_resnet(
    self: SpatioTemporalResBlock,
    hidden_states: Tensor,
    temb: Tensor | None = None,
    image_only_indicator: Tensor | None = None,
) -> Tensor:
    spatial: Tensor = self.spatial_res_block(hidden_states, temb)
    return spatial


def _spatial_transformer(
    self: TransformerSpatioTemporalModel,
    hidden_states: Tensor,
    encoder_hidden_states: Tensor | None = None,
    image_only_indicator: Tensor | None = None,
    return_dict: bool = True,
) -> tuple[Tensor]:
    rows, _, height, width = hidden_states.shape
    residual = hidden_states
    hidden_states = self.norm(hidden_states).flatten(2).transpose(1, 2)
    hidden_states = self.proj_in(hidden_states)
    for block in self.transformer_blocks:
        hidden_states = block(hidden_states, encoder_hidden_states=encoder_hidden_states)
    hidden_states = self.proj_out(hidden_states).transpose(1, 2).reshape(rows, -1, height, width)
    return (hidden_states + residual,)


_SPATIAL: dict[type[nn.Module], Callable[..., Any]] = {
    SpatioTemporalResBlock: _spatial_resnet,
    TransformerSpatioTemporalModel: _spatial_transformer,
}
