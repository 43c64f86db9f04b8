"""A low-rank change of a UNet's spatial layers, which learns the look of a reference so that the
motion need not, and is then thrown away. Imports torch only."""

import re
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

Mode = Literal["off", "learn", "apply"]
_SPATIAL = re.compile(r"\.attentions\.\d+\.transformer_blocks\.\d+\.(attn1|ff)\.")
"""Self-attention and feed-forward of spatial transformers, as in MotionDirector; not the
cross-attention, so that words keep their meaning."""


class SpatialLora:
    """W x + B A x in every spatial Linear, with A (rank, in) and B (out, rank), float32 (LoRA).

    B is zero at first. Added by forward hooks: nothing of the UNet is replaced. There is no
    dropout, so that an iteration is a function of its seed, also where blocks are recomputed.
    """

    def __init__(
        self, unet: nn.Module, rank: int, generator: torch.Generator,
        device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32,
    ) -> None:  # fmt: skip
        """generator: for A ~ N(0, 1 / rank^2), on the CPU. Raises ValueError if there is no spatial
        transformer."""
        self.mode: Mode = "off"
        """'learn' with gradients, 'apply' without, or 'off'. Unchanged until backward has ended."""
        self.down: dict[str, nn.Parameter] = {}
        self.up: dict[str, nn.Parameter] = {}
        self._handles = []
        for name, linear in unet.named_modules():
            if not isinstance(linear, nn.Linear) or not _SPATIAL.search(name):
                continue
            down = torch.randn(rank, linear.in_features, generator=generator) / rank
            up = torch.zeros(linear.out_features, rank)
            self.down[name] = nn.Parameter(down.to(device, dtype))
            self.up[name] = nn.Parameter(up.to(device, dtype))
            self._handles.append(linear.register_forward_hook(partial(self._add, name)))
        if not self._handles:
            raise ValueError("this UNet has no spatial transformer for a spatial LoRA")

    def parameters(self) -> dict[str, nn.Parameter]:
        """Every parameter, by NAME.down and NAME.up."""
        tables = {"down": self.down, "up": self.up}
        return {f"{n}.{kind}": p for kind, table in tables.items() for n, p in table.items()}

    def remove(self) -> None:
        """Remove the hooks, which restores the original UNet."""
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def _add(
        self, name: str, _: nn.Module, args: tuple[Tensor, ...], output: Tensor
    ) -> Tensor | None:
        if self.mode == "off":
            return None
        down, up = self.down[name], self.up[name]
        if self.mode == "apply":
            down, up = nn.Parameter(down.detach(), False), nn.Parameter(up.detach(), False)
        x = (
            args[0].to(down.dtype)
            if not torch.is_autocast_enabled(args[0].device.type)
            else args[0]
        )
        change = functional.linear(functional.linear(x, down), up)
        return output + change.to(output.dtype)
