"""FLOPs and bytes of a network without computing anything: counted on torch's meta device.

Shapes flow through the real code, forward and backward; every matrix product is counted, and every
storage that lives at the same time is added up. Imports torch, diffusers.
"""

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import UNetSpatioTemporalConditionModel
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from mti_backend.models.inflation import Inflation

_CONV_BACKWARD = torch.ops.aten.convolution_backward.default


@dataclass(frozen=True)
class Count:
    """Of one iteration.

    forward, backward: FLOPs (a multiply-add is two), recomputation in backward included.
    kept: bytes alive between them, without the weights. peak: the most bytes alive at once, weights
    included. weight_gradients: convolutions that computed a gradient for their weights.
    """

    forward: int
    backward: int
    kept: int
    peak: int
    weight_gradients: int


class Meter(TorchDispatchMode):
    """Counts FLOPs, and the bytes of storages from their making to their end."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.flops = self.live = self.peak = self.weight_gradients = 0
        self._known: dict[int, weakref.ref[Any]] = {}

    def track(self, tensor: Tensor) -> None:
        """Count a tensor's storage, once, from now until it ends."""
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
    """As CUDA's fused kernels do it; on the meta device torch would choose the plain products."""
    query, key, value = (t.contiguous() if t.stride(-1) != 1 else t for t in (query, key, value))
    found: Tensor = torch.ops.aten._scaled_dot_product_flash_attention(query, key, value)[0]
    return found


@contextmanager
def _fused() -> Iterator[None]:
    # not a TorchFunctionMode: backward, in which parts are computed again, is run without them
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
    # A few parameters are made by a constructor that does not know of the default device.
    # nn.Module's own `to`: diffusers' warns of types that matter to weights, and there are none.
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
        unet: from `svd_unet`. height, width: of the latents, an eighth of the pictures'.
        prepare: what changes the UNet before, e.g. a policy of gradient_checkpointing.py; it stays
            changed.
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
