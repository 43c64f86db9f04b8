"""In which numbers a frozen UNet computes while tokens are learned through it. Imports torch only.

The weights stay as they are loaded, and tokens, Adam and the loss stay float32; torch's autocast
lowers the matrix products and convolutions in between.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from mti_addon.wire.settings import Precision

# Intel since Cooper Lake, AMD since Zen 4. ARM and Apple are left out: nothing was measured there.
_CPU_BFLOAT16 = ("avx512_bf16", "amx_bf16")


def computes_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is faster than float32 there: not where it would be emulated."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        found = torch.cpu.get_capabilities()
        return any(found.get(name, False) for name in _CPU_BFLOAT16)
    return False


def learning_dtype(wish: Precision, weights: torch.dtype, device: torch.device) -> torch.dtype:
    """What the UNet will compute in. Weights that are not float32 decide it themselves."""
    if weights != torch.float32 or wish == "float32":
        return weights
    if wish == "bfloat16" or computes_bfloat16(device):
        return torch.bfloat16
    return torch.float32


def autocast_dtype(device: torch.device) -> torch.dtype | None:
    """What torch's autocast, where it is on, computes in on that device; None where it is off."""
    # the meta device, on which shapes alone are computed, knows no autocast
    if device.type == "meta" or not torch.is_autocast_enabled(device.type):
        return None
    return torch.get_autocast_dtype(device.type)


@contextmanager
def computing_in(dtype: torch.dtype, weights: torch.dtype, device: torch.device) -> Iterator[None]:
    """Run what is inside in `dtype`; nothing is changed where the weights already have it."""
    if dtype == weights:
        yield
        return
    with torch.autocast(device.type, dtype):
        if device.type != "cpu":
            yield
            return
        with _AttentionInFloat32():
            yield


class _AttentionInFloat32(TorchFunctionMode):
    """Attention in float32 under a CPU's autocast: torch's fused attention has a slow backward in
    bfloat16 there (a quarter of draft's whole iteration, measured with torch 2.13)."""

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
