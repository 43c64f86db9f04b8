"""Compute precision of a frozen UNet during learning. Imports torch only.

The weights stay as loaded; tokens, Adam and the loss stay float32. torch's autocast lowers the
precision of the matrix products and convolutions in between.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from mti_addon.wire.fields import Precision

# Intel since Cooper Lake, AMD since Zen 4. ARM and Apple are excluded for lack of measurements.
_CPU_BFLOAT16 = ("avx512_bf16", "amx_bf16")


def computes_bfloat16(device: torch.device) -> bool:
    """Whether the device computes bfloat16 natively rather than emulating it."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        found = torch.cpu.get_capabilities()
        return any(found.get(name, False) for name in _CPU_BFLOAT16)
    return False


def learning_dtype(wish: Precision, weights: torch.dtype, device: torch.device) -> torch.dtype:
    """Compute dtype of the UNet. Weights that are not float32 determine it."""
    if weights != torch.float32 or wish == "float32":
        return weights
    if wish == "bfloat16" or computes_bfloat16(device):
        return torch.bfloat16
    return torch.float32


def autocast_dtype(device: torch.device) -> torch.dtype | None:
    """The active autocast dtype on that device; None if autocast is off."""
    # The meta device, which computes shapes only, has no autocast.
    if device.type == "meta" or not torch.is_autocast_enabled(device.type):
        return None
    return torch.get_autocast_dtype(device.type)


@contextmanager
def computing_in(dtype: torch.dtype, weights: torch.dtype, device: torch.device) -> Iterator[None]:
    """Run the block in `dtype`; no effect if the weights already have it."""
    if dtype == weights:
        yield
        return
    with torch.autocast(device.type, dtype):
        if device.type != "cpu":
            yield
            return
        with _AttentionInFloat32():
            yield


def for_recomputation() -> tuple[AbstractContextManager[Any], AbstractContextManager[Any]]:
    """`context_fn` of torch's checkpoint: contexts of a block's forward and of its recomputation.

    The latter gets autocast back from torch, but not the attention in float32 of `computing_in`.
    """
    lowered = torch.is_autocast_enabled("cpu")
    return nullcontext(), _AttentionInFloat32() if lowered else nullcontext()


class _AttentionInFloat32(TorchFunctionMode):
    """Runs attention in float32 under autocast on a CPU, where the backward of torch's fused
    attention is slow in bfloat16 (a quarter of draft's whole iteration, measured with torch
    2.13)."""

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if function is not functional.scaled_dot_product_attention:
            return function(*args, **(kwargs or {}))
        with torch.autocast("cpu", enabled=False):
            wide = [a.float() if _is_half(a) else a for a in args]
            named = {k: v.float() if _is_half(v) else v for k, v in (kwargs or {}).items()}
            return function(*wide, **named)


def _is_half(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.dtype == torch.bfloat16
