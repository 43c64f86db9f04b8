"""Counts a network's FLOPs and bytes without computing anything, on torch's meta device.

Shapes flow through the real code, forward and backward; all matrix products are counted, and the
sizes of all storages alive at the same time are summed. Imports torch and diffusers.
"""

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import UNet3DConditionModel, UNetMotionModel, UNetSpatioTemporalConditionModel
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from mti_backend.method.motion_inversion.embeddings import MotionEmbeddings
from mti_backend.models.temporal_injection import TemporalInjection, at_levels
from mti_backend.models.token_inflation import Inflation

_CONV_BACKWARD = torch.ops.aten.convolution_backward.default


@dataclass(frozen=True)
class Count:
    """Cost of one iteration.

    forward, backward: FLOPs (a multiply-add is two), including recomputation in backward.
    kept: bytes alive between the two, excluding weights. peak: most bytes alive at once, including
    weights. weight_gradients: number of convolutions that computed a gradient for their weights.
    """

    forward: int
    backward: int
    kept: int
    peak: int
    weight_gradients: int


class Meter(TorchDispatchMode):
    """Counts FLOPs, and the bytes of storages while they are alive."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.flops = self.live = self.peak = self.weight_gradients = 0
        self._known: dict[int, weakref.ref[Any]] = {}

    def track(self, tensor: Tensor) -> None:
        """Count a tensor's storage, once, until it is freed."""
        storage = tensor.untyped_storage()
        address, size = storage._cdata, storage.nbytes()
        if address in self._known:
            return

        def end(_: object) -> None:
            self.live -= size
            self._known.pop(address, None)

        self._known[address] = weakref.ref(storage, end)
        self.live += size
        self.peak = max(self.peak, self.live)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if isinstance(tensor, Tensor):
                self.track(tensor)
        if func._overloadpacket in flop_registry:
            count = flop_registry[func._overloadpacket]
            self.flops += count(*args, **(kwargs or {}), out_val=out)
        if func is _CONV_BACKWARD and args[-1][1]:
            self.weight_gradients += 1
        return out


def _fused_attention(query: Tensor, key: Tensor, value: Tensor, **_: Any) -> Tensor:
    """Attention as in CUDA's fused kernels; on the meta device torch would use plain products."""
    query, key, value = (t.contiguous() if t.stride(-1) != 1 else t for t in (query, key, value))
    found: Tensor = torch.ops.aten._scaled_dot_product_flash_attention(query, key, value)[0]
    return found


@contextmanager
def _fused() -> Iterator[None]:
    # Not a TorchFunctionMode, which would not apply to recomputation in backward.
    kept = functional.scaled_dot_product_attention
    functional.scaled_dot_product_attention = _fused_attention  # type: ignore[assignment]
    try:
        yield
    finally:
        functional.scaled_dot_product_attention = kept


def svd_unet(dtype: torch.dtype = torch.bfloat16, **config: Any) -> Any:
    """Stable Video Diffusion's UNet on the meta device: 1.5 billion weights, no memory."""
    with torch.device("meta"):
        unet = UNetSpatioTemporalConditionModel(**config)
    # A constructor creates some parameters regardless of the default device. nn.Module's own `to`,
    # because diffusers' warns about dtypes, which is irrelevant without weights.
    return nn.Module.to(unet, "meta", dtype).requires_grad_(False).eval()


def text_to_video_unet(name: str, dtype: torch.dtype = torch.bfloat16) -> Any:
    """The UNet of animatediff (Stable Diffusion 1.5 with the motion adapter v1-5-3) or zeroscope on
    the meta device."""
    with torch.device("meta"):
        if name == "zeroscope":
            unet: Any = UNet3DConditionModel()
        else:
            unet = UNetMotionModel(
                sample_size=64, cross_attention_dim=768, use_motion_mid_block=False
            )
    return nn.Module.to(unet, "meta", dtype).requires_grad_(False).eval()


@contextmanager
def _hooked(unet: nn.Module) -> Iterator[Inflation]:
    inflation = Inflation(unet)
    try:
        yield inflation
    finally:
        inflation.remove()


def count_learning(
    unet: Any,
    frames: int,
    height: int,
    width: int,
    tokens: int = 5,
    prepare: Callable[[Any], object] = lambda unet: None,
) -> Count:
    """Count one iteration of inversion: batch 1, a loss, and the tokens' gradients.

    Args:
        unet: From `svd_unet`. height, width: Of the latents, an eighth of the images'.
        prepare: Modifies the UNet first, e.g. with a policy of gradient_checkpointing.py; the UNet
            stays modified.
    """
    dtype, width_of_token = unet.conv_in.weight.dtype, unet.config.cross_attention_dim
    with _hooked(unet) as inflation, torch.device("meta"):
        prepare(unet)
        frame_tokens = torch.empty(1, frames, tokens, width_of_token, requires_grad=True)
        video_tokens = torch.empty(1, tokens, width_of_token, requires_grad=True)
        x = torch.empty(1, frames, unet.config.in_channels, height, width, dtype=dtype)
        meter = Meter()
        for parameter in unet.parameters():
            meter.track(parameter)
        weights = meter.live
        with _fused(), meter:
            meter.track(x)
            inflation.set(frame_tokens, video_tokens)
            output = unet(
                x, torch.empty(1), torch.empty(1, 1, width_of_token, dtype=dtype),
                torch.empty(1, 3, dtype=dtype), return_dict=False,
            )[0]  # fmt: skip
            loss = output.float().square().mean()
            forward, kept = meter.flops, meter.live - weights
            loss.backward()
        inflation.set(None, None)
    return Count(forward, meter.flops - forward, kept, meter.peak, meter.weight_gradients)


def count_words_learning(
    unet: Any,
    frames: int,
    height: int,
    width: int,
    prepare: Callable[[Any], object] = lambda unet: None,
    levels: tuple[int, ...] = (2,),
    grads: bool = True,
) -> Count:
    """Count one iteration of Motion Inversion: batch 1, the plain loss, and the gradients of the
    embeddings of `levels`, without AdamW. The embeddings' own bytes are not counted.

    Args:
        unet: From `text_to_video_unet`. height, width: Of the latents, an eighth of the images'.
        prepare: As in `count_learning`. grads: False counts one pass without gradients.
    """
    dtype = unet.conv_in.weight.dtype
    rows = frames if isinstance(unet, UNetMotionModel) else 1
    attentions = at_levels(unet, levels)
    with torch.device("meta"):
        prepare(unet)
        m = MotionEmbeddings(attentions, frames, (height, width), device="meta")
        injection = TemporalInjection(unet, attentions)
        x = torch.empty(1, unet.config.in_channels, frames, height, width, dtype=dtype)
        text = torch.empty(rows, 77, unet.config.cross_attention_dim, dtype=dtype)
        meter = Meter()
        for parameter in unet.parameters():
            meter.track(parameter)
        weights = meter.live
        try:
            with _fused(), meter, torch.set_grad_enabled(grads):
                injection.set(m.qk, m.v, (height, width))
                output = unet(x, torch.empty(1), text, return_dict=False)[0]
                loss = output.float().square().mean()
                forward, kept = meter.flops, meter.live - weights
                if grads:
                    torch.autograd.grad(loss, list(m.parameters().values()))
        finally:
            injection.remove()
    return Count(forward, meter.flops - forward, kept, meter.peak, meter.weight_gradients)
