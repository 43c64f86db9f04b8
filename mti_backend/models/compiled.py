"""Compiles the pointwise parts of a UNet, and falls back to the originals if that fails.

Feed-forwards and res blocks consist of many small operations that a compiler fuses (they take a
fifth of an uncompiled iteration on a GPU). Imports torch and diffusers.
"""

import sys
from collections.abc import Callable
from typing import Any

import torch
from diffusers.models.attention import FeedForward
from diffusers.models.resnet import SpatioTemporalResBlock
from torch import nn
from torch.utils import checkpoint

COMPILE_VARIABLE = "MTI_COMPILE"
"""Selects one of MODES: the first iterations then take minutes, later ones less time."""
MODES = {"1": None, "graphs": "reduce-overhead"}
"""Its values and the compiler's mode: graphs also records each block as a CUDA graph."""


class Compiled:
    """A UNet's blocks, compiled one by one; the first failure disables all of them."""

    def __init__(
        self, unet: nn.Module, mode: str = "1", say: Callable[[str], None] | None = None
    ) -> None:
        """
        Args:
            mode: A key of MODES. say: Receives one sentence if compilation fails; by default it is
                printed to stderr.
        """
        self._mode = MODES[mode]
        self._say = say or (lambda text: print(text, file=sys.stderr, flush=True))
        self._blocks: list[tuple[nn.Module, Callable[..., Any] | None]] = []
        self.failed = ""
        """Reason of the failure in one line; empty if there was none."""
        for module in unet.modules():
            if isinstance(module, FeedForward | SpatioTemporalResBlock):
                self._blocks.append((module, vars(module).get("forward")))
                module.forward = self._guarded(module.forward)

    def __len__(self) -> int:
        """Number of compiled blocks."""
        return 0 if self.failed else len(self._blocks)

    def _guarded(self, plain: Callable[..., Any]) -> Callable[..., Any]:
        compiled: list[Callable[..., Any]] = []

        def forward(*args: Any, **kwargs: Any) -> Any:
            if self.failed:
                return plain(*args, **kwargs)
            try:
                if not compiled:
                    compiled.append(torch.compile(plain, dynamic=False, mode=self._mode))
                return compiled[0](*args, **kwargs)
            except torch.OutOfMemoryError:
                raise
            except Exception as error:  # no compiler installed, or an unsupported version
                if type(error).__module__ == checkpoint.__name__:
                    raise  # how recomputation stops early, once it has all it needs
                self.give_up(error)
                return plain(*args, **kwargs)

        return forward

    def give_up(self, error: Exception) -> None:
        """Disable compilation and report why."""
        text = str(error).strip().splitlines()
        self.failed = f"{type(error).__name__}: {text[0] if text else 'no reason given'}"
        self._say(f"Compilation failed; continuing uncompiled ({self.failed}).")

    def remove(self) -> None:
        """Restore the original UNet."""
        for module, forward in self._blocks:
            if forward is None:
                vars(module).pop("forward", None)
            else:
                module.forward = forward
        self._blocks = []
