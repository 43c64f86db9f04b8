"""Layers of a frozen video UNet that store less for backward. Imports torch and diffusers.

Only tokens or motion embeddings are optimized, so a layer's backward needs what the gradient of its
input needs, and nothing for its weights. PyTorch stores more: the input of every convolution, and
of a norm, activation and product in sequence each one's own. These layers compute the same values,
store only the first input, and recompute the rest in backward, which is pointwise and cheap.
Gradients are equal to 1e-10 in float64 (tests/backend/memory/test_lean.py, test_lean_words.py).
"""

from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from diffusers.models.activations import GEGLU
from diffusers.models.resnet import ResnetBlock2D, TemporalConvLayer, TemporalResnetBlock
from torch import Tensor, nn
from torch.nn import functional

from .precision import autocast_dtype

_INPUT_ONLY = (True, False, False)  # output mask: gradients of input, weight and bias


class _Convolution(torch.autograd.Function):
    """A convolution that stores only its weights, which exist anyway, and its input's shape."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, options: tuple[Any, ...]
    ) -> Tensor:
        ctx.save_for_backward(weight)
        ctx.shape, ctx.options = x.shape, options
        return _convolution(x, weight, bias, options)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        (weight,) = ctx.saved_tensors
        stride, padding, dilation, groups = ctx.options
        shape_only = grads[0].new_empty(1).expand(ctx.shape)
        grad: Tensor = torch.ops.aten.convolution_backward(
            grads[0], shape_only, weight, None, stride, padding, dilation, False,
            [0] * len(stride), groups, _INPUT_ONLY,
        )[0]  # fmt: skip
        return grad, None, None, None


class _NormSilu(torch.autograd.Function):
    """SiLU of a group norm: stores the norm's input, mean and reciprocal standard deviation."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, groups: int, eps: float
    ) -> Tensor:
        normed, mean, rstd = _group_norm(x, weight, bias, groups, eps)
        ctx.save_for_backward(x, weight, bias, mean, rstd)
        ctx.groups, ctx.eps = groups, eps
        return functional.silu(normed, inplace=True)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, bias, mean, rstd = ctx.saved_tensors
        normed = _group_norm(x, weight, bias, ctx.groups, ctx.eps)[0]
        grad = torch.ops.aten.silu_backward(grads[0], normed)
        del normed
        batch, channels = x.shape[:2]
        grad = torch.ops.aten.native_group_norm_backward(
            grad.contiguous(), x, mean, rstd, weight, batch, channels, x[0, 0].numel(),
            ctx.groups, _INPUT_ONLY,
        )[0]  # fmt: skip
        return grad, None, None, None, None


class _GatedGelu(torch.autograd.Function):
    """x GELU(gate) for the two halves of one tensor; stores only that tensor."""

    @staticmethod
    def forward(ctx: Any, both: Tensor) -> Tensor:
        ctx.save_for_backward(both)
        x, gate = both.chunk(2, -1)
        return x * functional.gelu(gate)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (both,) = ctx.saved_tensors
        x, gate = both.chunk(2, -1)
        result = torch.empty_like(both)
        of_x, of_gate = result.chunk(2, -1)
        torch.mul(grads[0], functional.gelu(gate), out=of_x)
        of_gate.copy_(torch.ops.aten.gelu_backward(grads[0] * x, gate))
        return result


def _group_norm(
    x: Tensor, weight: Tensor, bias: Tensor, groups: int, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    batch, channels = x.shape[:2]
    found: tuple[Tensor, Tensor, Tensor] = torch.native_group_norm(
        x, weight, bias, batch, channels, x[0, 0].numel(), groups, eps
    )
    return found


def norm_silu(norm: nn.GroupNorm, x: Tensor) -> Tensor:
    """SiLU(norm(x)) for x (B, C, ...)."""
    x = x.contiguous()
    if not x.requires_grad:
        return functional.silu(norm(x), inplace=True)
    return _apply(_NormSilu, x, norm.weight, norm.bias, norm.num_groups, norm.eps)


def _apply(function: type[torch.autograd.Function], *args: Any) -> Tensor:
    result: Tensor = function.apply(*args)
    return result


def convolve(conv: nn.Conv2d | nn.Conv3d, x: Tensor) -> Tensor:
    """conv(x); a convolution over frames only, kernel (3, 1, 1), is computed in 2D.

    2D kernels are better tuned, and some cuDNN versions computed wrong 3D bfloat16 convolutions.
    """
    weight, bias = conv.weight, conv.bias
    dtype = autocast_dtype(x.device)
    if dtype is not None:
        x, weight = x.to(dtype), weight.to(dtype)
        bias = bias if bias is None else bias.to(dtype)
    options: tuple[Any, ...] = (conv.stride, conv.padding, conv.dilation, conv.groups)
    shape = x.shape
    over_frames = x.ndim == 5 and conv.kernel_size[1:] == (1, 1) and set(conv.stride) == {1}
    if over_frames:
        x, weight = x.flatten(3), weight.flatten(3)
        options = ((1, 1), (conv.padding[0], 0), (conv.dilation[0], 1), conv.groups)
    if x.requires_grad:
        result = _apply(_Convolution, x, weight, bias, options)
    else:
        result = _convolution(x, weight, bias, options)
    return result.unflatten(3, shape[3:]) if over_frames else result


def _convolution(
    x: Tensor, weight: Tensor, bias: Tensor | None, options: tuple[Any, ...]
) -> Tensor:
    stride, padding, dilation, groups = options
    no_output_padding = [0] * len(stride)
    return torch.convolution(
        x, weight, bias, stride, padding, dilation, False, no_output_padding, groups
    )


def memory_efficient_backward(unet: nn.Module) -> int:
    """Replace the forwards of a frozen UNet's layers; returns the number of layers changed.

    Raises ValueError if a weight requires a gradient, since it would not get one.
    """
    if any(p.requires_grad for p in unet.parameters()):
        raise ValueError("all weights must be frozen: no gradients are computed for them")
    changed = 0
    for module in unet.modules():
        forward = _forward_of(module)
        if forward is not None and "forward" not in vars(module):
            module.forward = MethodType(forward, module)
            changed += 1
    return changed


def _forward_of(module: nn.Module) -> Callable[..., Tensor] | None:
    if isinstance(module, ResnetBlock2D) and _as_in_svd(module):
        return _resnet
    if isinstance(module, TemporalResnetBlock):
        return _temporal_resnet
    if isinstance(module, TemporalConvLayer):
        return _temporal_convolutions
    if type(module) in (nn.Conv2d, nn.Conv3d):
        assert isinstance(module, nn.Conv2d | nn.Conv3d)
        plain = module.padding_mode == "zeros" and not isinstance(module.padding, str)
        return convolve if plain else None
    return _gated_gelu if isinstance(module, GEGLU) else None


def _as_in_svd(block: ResnetBlock2D) -> bool:
    """True if the block has only what `_resnet` implements: no resampling, additive time embedding,
    default time scaling."""
    return (
        block.upsample is None
        and block.downsample is None
        and block.time_embedding_norm == "default"
        and isinstance(block.nonlinearity, nn.SiLU)
        and not block.skip_time_act
        and block.dropout.p == 0
    )


def _resnet(
    self: ResnetBlock2D, input_tensor: Tensor, temb: Tensor | None = None, *args: Any, **kwargs: Any
) -> Tensor:
    x: Tensor = self.conv1(norm_silu(self.norm1, input_tensor))
    if self.time_emb_proj is not None and temb is not None:
        x = x + self.time_emb_proj(functional.silu(temb))[:, :, None, None]
    x = self.conv2(norm_silu(self.norm2, x))
    if self.conv_shortcut is not None:
        input_tensor = self.conv_shortcut(input_tensor)
    total = input_tensor + x
    return total if self.output_scale_factor == 1 else total / self.output_scale_factor


def _temporal_resnet(self: TemporalResnetBlock, input_tensor: Tensor, temb: Tensor) -> Tensor:
    """input_tensor (B, C, F, h, w); temb (B, F, E)."""
    x: Tensor = self.conv1(norm_silu(self.norm1, input_tensor))
    if self.time_emb_proj is not None:
        x = x + self.time_emb_proj(functional.silu(temb)).transpose(1, 2)[..., None, None]
    x = self.conv2(norm_silu(self.norm2, x))
    if self.conv_shortcut is not None:
        input_tensor = self.conv_shortcut(input_tensor)
    return input_tensor + x


def _temporal_convolutions(
    self: TemporalConvLayer, hidden_states: Tensor, num_frames: int = 1
) -> Tensor:
    """hidden_states (B F, C, h, w). Its dropout has no effect in a frozen UNet's eval mode."""
    clips = hidden_states.unflatten(0, (-1, num_frames)).transpose(1, 2)
    x = clips
    for layers in (self.conv1, self.conv2, self.conv3, self.conv4):
        x = convolve(layers[-1], norm_silu(layers[0], x))
    total: Tensor = (clips + x).transpose(1, 2).flatten(0, 1)
    return total


def _gated_gelu(self: GEGLU, hidden_states: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    both: Tensor = self.proj(hidden_states)
    if not both.requires_grad:
        x, gate = both.chunk(2, -1)
        return x * functional.gelu(gate)
    return _apply(_GatedGelu, both)
