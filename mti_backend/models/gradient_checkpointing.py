"""Gradient checkpointing of a frozen UNet, by level and kind of block.

diffusers' own leaves out the temporal blocks, which store the most. Imports torch and diffusers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from diffusers.models.attention import (
    BasicTransformerBlock,
    FeedForward,
    TemporalBasicTransformerBlock,
)
from diffusers.models.resnet import ResnetBlock2D, SpatioTemporalResBlock, TemporalConvLayer
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from .precision import for_recomputation

_BLOCKS = (SpatioTemporalResBlock, BasicTransformerBlock, TemporalBasicTransformerBlock)
_RES_BLOCKS = (ResnetBlock2D, TemporalConvLayer)
"""Of text-to-video UNets; SVD's are inside SpatioTemporalResBlocks."""


@dataclass(frozen=True)
class Policy:
    """What is recomputed in backward.

    blocks: UNet levels (0 is the finest) whose res and transformer blocks are recomputed.
    feed_forwards: levels where only the feed-forwards are. chunks: number of parts into which every
    feed-forward of `blocks` is split along its rows, computed one at a time.
    """

    name: str
    blocks: tuple[int, ...] = ()
    feed_forwards: tuple[int, ...] = ()
    chunks: int = 1


# Fastest first; each one needs less memory and more time than the one before.
POLICIES = (
    Policy("nothing"),
    Policy("feed-forwards", feed_forwards=(0, 1, 2, 3)),
    Policy("finest level", blocks=(0,), feed_forwards=(1, 2, 3)),
    Policy("two levels", blocks=(0, 1), feed_forwards=(2, 3)),
    Policy("all blocks", blocks=(0, 1, 2, 3)),
    Policy("all blocks in parts", blocks=(0, 1, 2, 3), chunks=8),
)


def policy_named(name: str) -> Policy:
    """The policy with this name. Raises KeyError."""
    return {policy.name: policy for policy in POLICIES}[name]


class GradientCheckpointing:
    """Applies a policy to a UNet until `remove`."""

    def __init__(self, unet: nn.Module, policy: Policy) -> None:
        self.policy = policy
        self._before: list[tuple[nn.Module, Callable[..., Any] | None]] = []
        blocks = _BLOCKS if _is_svd(unet) else (*_BLOCKS, *_RES_BLOCKS)
        for name, module in unet.named_modules():
            level = level_of(unet, name)
            if level is None:
                continue
            of_block = level in policy.blocks
            if isinstance(module, FeedForward):
                if of_block and policy.chunks > 1:
                    self._wrap(module, partial(_in_parts, chunks=policy.chunks))
                elif not of_block and level in policy.feed_forwards:
                    self._wrap(module, _again)
            elif isinstance(module, blocks) and of_block:
                self._wrap(module, _again)

    def __len__(self) -> int:
        """Number of recomputed blocks."""
        return len(self._before)

    def remove(self) -> None:
        """Restore the original forwards."""
        for module, forward in reversed(self._before):
            if forward is None:
                del module.forward
            else:
                module.forward = forward
        self._before = []

    def _wrap(self, module: nn.Module, how: Callable[..., Any]) -> None:
        self._before.append((module, vars(module).get("forward")))
        module.forward = partial(how, module.forward)


class Checkpointed:
    """A model whose UNet is recomputed as far as a policy says."""

    unet: Any
    compiled: Any = None
    """A `compiled.Compiled` UNet, if it is compiled."""
    _checkpointing: GradientCheckpointing | None = None

    def set_checkpointing(self, policy: str) -> None:
        """Apply a checkpointing policy of POLICIES, by name, from now on."""
        if self._checkpointing is not None:
            self._checkpointing.remove()
        self._checkpointing = GradientCheckpointing(self.unet, policy_named(policy))

    @property
    def policy(self) -> str:
        """Name of the current checkpointing policy."""
        return POLICIES[0].name if self._checkpointing is None else self._checkpointing.policy.name


def _is_svd(unet: nn.Module) -> bool:
    return any(isinstance(module, SpatioTemporalResBlock) for module in unet.modules())


def _again(inner: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    if not torch.is_grad_enabled():
        return inner(*args, **kwargs)
    # No RNG state to preserve: the networks are in eval mode, without dropout.
    return checkpoint(
        inner, *args, use_reentrant=False, preserve_rng_state=False, context_fn=for_recomputation,
        **kwargs,
    )  # fmt: skip


def _in_parts(inner: Callable[[Tensor], Tensor], rows: Tensor, *, chunks: int) -> Tensor:
    """Run a feed-forward on independent rows (R, L, C), one part at a time."""
    flat = rows.flatten(0, 1)
    return torch.cat([_again(inner, part) for part in flat.chunk(chunks)]).view_as(rows)


def level_of(unet: nn.Module, name: str) -> int | None:
    """Level of the module `name`: 0 is the finest resolution; mid_block counts as the coarsest."""
    where, _, rest = name.partition(".")
    levels = len([*unet.get_submodule("down_blocks").children()])
    if where == "mid_block":
        return levels - 1
    if where not in ("down_blocks", "up_blocks") or not rest:
        return None
    index = int(rest.partition(".")[0])
    return index if where == "down_blocks" else levels - 1 - index
