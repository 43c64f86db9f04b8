"""The pointwise parts of a UNet compiled, where that works; where it does not, as they were.

Feed-forwards and res blocks are made of many small steps that a compiler fuses (a fifth of an
uncompiled iteration's time on a GPU goes into them). Imports torch, diffusers.
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
"""Asks for one of MODES: the first iterations then take minutes, the others less."""
MODES = {"1": None, "graphs": "reduce-overhead"}
"""Its values, and the compiler's mode: graphs also records each block as a CUDA graph."""


class Compiled:
    """A UNet's blocks, compiled one by one; the first that fails ends it for all."""

    def __init__(
        self, unet: nn.Module, mode: str = "1", say: Callable[[str], None] | None = None
    ) -> None:
        """
        Args:
            mode: of MODES. say: is given one sentence if compiling fails; by default it goes to
                stderr.
        """
        self._mode = MODES[mode]
        self._say = say or (lambda text: print(text, file=sys.stderr, flush=True))
        self._blocks: list[tuple[nn.Module, Callable[..., Any] | None]] = []
        self.failed = ""
        """Why, in one line; empty as long as it works."""
        for module in unet.modules():
            if isinstance(module, FeedForward | SpatioTemporalResBlock):
                self._blocks.append((module, vars(module).get("forward")))
                module.forward = self._guarded(module.forward)

    def __len__(self) -> int:
        """How many blocks are compiled."""
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
            except Exception as error:  # a compiler that is missing, or a version that cannot
                if type(error).__module__ == checkpoint.__name__:
                    raise  # how computing again ends early, once it has all that it needs
                self.give_up(error)
                return plain(*args, **kwargs)

        return forward

    def give_up(self, error: Exception) -> None:
        """Go on uncompiled, and say why."""
        text = str(error).strip().splitlines()
        self.failed = f"{type(error).__name__}: {text[0] if text else 'no reason given'}"
        self._say(f"The model is not compiled, and works as before ({self.failed}).")

    def remove(self) -> None:
        """The UNet as it was."""
        for module, forward in self._blocks:
            if forward is None:
                vars(module).pop("forward", None)
            else:
                module.forward = forward
        self._blocks = []
