"""Attention processors for a frozen video UNet, selected by shape. Imports torch and diffusers.

Spatial self-attention has thousands of queries and keys, for which torch's fused kernels are made.
They are not made for attention between 14 frames or to 5 tokens (a tile is 64 or 128 wide), where
plain batched products store as little.
"""

import re
from collections.abc import Callable
from typing import Any

import torch
from diffusers.models.attention_processor import Attention, AttnProcessor2_0
from torch import Tensor, nn
from torch.nn import functional

from .precision import autocast_dtype

TEMPORAL = ".temporal_transformer_blocks."
"""Part of the names of all modules in SVD's temporal transformers."""
_TO_FRAMES = re.compile(
    rf"{re.escape(TEMPORAL)}|\.(motion_modules|temp_attentions)\.|^transformer_in\."
)
"""Names of modules that attend to other frames, in UNets of SVD, UNetMotionModel and
UNet3DConditionModel."""


class ShortAttention:
    """Attention processor for few keys: computes all scores, in the input's dtype.

    The context may have fewer rows than the queries; each of its rows is then shared by several
    consecutive query rows. So the video tokens are projected to keys and values once, not once per
    pixel.
    """

    shares_context = True
    """Inflation (token_inflation.py) need not repeat the video tokens."""

    def __init__(self) -> None:
        self.record: Callable[[Tensor], None] | None = None
        """Called with the weights (R / m, heads, m L, N), which sum to 1 over N."""

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        temb: Tensor | None = None,
        **kwargs: Any,
    ) -> Tensor:
        """hidden_states (R, L, C); encoder_hidden_states (R / m, N, D) or None; -> (R, L, C)."""
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        if not context.shape[1]:
            return _of_nothing(attn, hidden_states)
        query, key, value = _by_heads(attn, hidden_states, context)
        scores = (query * attn.scale) @ key.transpose(-1, -2)
        weights = scores.softmax(-1)
        if self.record is not None:
            self.record(weights)
        found = (weights.to(value.dtype) @ value).transpose(1, 2)
        result: Tensor = attn.to_out[0](found.reshape(*hidden_states.shape[:2], -1))
        return result


def _by_heads(
    attn: Attention, hidden_states: Tensor, context: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Project (R, L, C) to queries and a context (R / m, N, D) to keys and values, by context row.

    Each is (R / m, heads, .., C / heads).
    """
    query, key, value = (
        t.reshape(len(context), -1, attn.heads, t.shape[-1] // attn.heads).transpose(1, 2)
        for t in (attn.to_q(hidden_states), attn.to_k(context), attn.to_v(context))
    )
    return query, key, value


def _of_nothing(attn: Attention, hidden_states: Tensor) -> Tensor:
    """Attention to no tokens, defined as attention to zero tokens. Keys and values have no bias, so
    only the output's bias remains, and queries need not be computed."""
    bias: Tensor = attn.to_out[0].bias
    dtype = autocast_dtype(hidden_states.device) or hidden_states.dtype
    return bias.to(dtype).expand(hidden_states.shape)


class FusedAttention:
    """torch's fused attention, for spatial self-attention; in float32 under autocast on a CPU,
    where its backward is slow in bfloat16.

    `precision.computing_in` does the same for unmodified networks, but recomputation in backward
    runs outside its context.
    """

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        temb: Tensor | None = None,
        **kwargs: Any,
    ) -> Tensor:
        """hidden_states (R, L, C) -> (R, L, C)."""
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query, key, value = _by_heads(attn, hidden_states, context)
        device = hidden_states.device
        if device.type == "cpu" and autocast_dtype(device) is not None:
            with torch.autocast("cpu", enabled=False):
                found = functional.scaled_dot_product_attention(
                    query.float(), key.float(), value.float()
                )
        else:
            found = functional.scaled_dot_product_attention(query, key, value)
        result: Tensor = attn.to_out[0](found.transpose(1, 2).flatten(2))
        return result


def attend_by_shape(unet: nn.Module) -> int:
    """Set short attention everywhere except in spatial self-attention; returns the number changed.

    Attention that does more than SVD's (masks aside: SVD has none) keeps its processor. In
    UNetMotionModel and UNet3DConditionModel, both attentions of a temporal block are to frames.
    """
    changed = 0
    for name, module in unet.named_modules():
        if not isinstance(module, Attention) or not _as_in_svd(module):
            continue
        short = bool(_TO_FRAMES.search(name)) or name.endswith(".attn2")
        module.set_processor(ShortAttention() if short else FusedAttention())
        changed += 1
    return changed


def _as_in_svd(attn: Attention) -> bool:
    return (
        isinstance(attn.processor, AttnProcessor2_0)
        and attn.spatial_norm is None
        and attn.group_norm is None
        and attn.norm_q is None
        and attn.norm_k is None
        and not attn.norm_cross
        and not attn.residual_connection
        and attn.to_k.bias is None
        and attn.to_v.bias is None
        and attn.to_out[0].bias is not None
        and attn.rescale_output_factor == 1
        and attn.to_out[1].p == 0
    )
