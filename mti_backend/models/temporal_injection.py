"""Adds motion embeddings to the temporal attentions of an unmodified text-to-video UNet. Imports
torch and diffusers."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from diffusers.models.attention_processor import FusedAttnProcessor2_0
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from .gradient_checkpointing import level_of

_TEMPORAL_BLOCK = re.compile(r"\.(temp_attentions|motion_modules)\.\d+\.transformer_blocks\.\d+$")
"""Names of temporal blocks: `temp_attentions` in UNet3DConditionModel, `motion_modules` in
UNetMotionModel. UNet3DConditionModel's `transformer_in` is left alone, as in the paper's code."""


@dataclass(frozen=True)
class TemporalAttention:
    """One temporal self-attention of a UNet.

    name: Its dotted name in the UNet, such as 'down_blocks.2.temp_attentions.0
    .transformer_blocks.0.attn1'. width: C, its channels. level: the UNet's level, 0 is the finest.
    """

    name: str
    width: int
    level: int

    @property
    def block(self) -> str:
        """Name of the transformer block, which has two such attentions."""
        return self.name.rpartition(".")[0]

    @property
    def in_mid_block(self) -> bool:
        return self.name.startswith("mid_block.")

    def places(self, latent_size: tuple[int, int]) -> int:
        """Number of places (y, x) at its level, for latents of (height, width).

        Every level halves the size, rounding up.
        """
        height, width = latent_size
        side = 1 << self.level
        return -(-height // side) * -(-width // side)


def temporal_attentions(unet: nn.Module) -> list[TemporalAttention]:
    """All temporal self-attentions of a UNet3DConditionModel or UNetMotionModel, in order."""
    found = []
    for name, block in unet.named_modules():
        if not _TEMPORAL_BLOCK.search(name):
            continue
        for part in ("attn1", "attn2"):
            attention = getattr(block, part, None)
            level = level_of(unet, name)
            if attention is None or level is None or attention.is_cross_attention:
                continue
            width = attention.to_q.in_features
            found.append(TemporalAttention(f"{name}.{part}", width, level))
    return found


def at_levels(
    unet: nn.Module, levels: Collection[int], mid_block: bool = False
) -> list[TemporalAttention]:
    """Those at some of the UNet's levels; the middle block's count apart from its level's."""
    return [
        each
        for each in temporal_attentions(unet)
        if (mid_block if each.in_mid_block else each.level in levels)
    ]


class TemporalInjection:
    """Lets chosen temporal attentions compute with their own motion embeddings.

    Motion Inversion (arXiv 2403.20193), for an attention's input f (B * H W, F, C):

        q = W_q (f + m_QK), k = W_k (f + m_QK), v = W_v (f + m_V)

    The UNet is not modified: a pre-hook on each Linear `to_q`, `to_k` and `to_v` adds to its input.
    A hook on the attention could not, because its k and v share one input. The embeddings stay set
    until the next `set`, since gradient checkpointing calls the hooks again in backward.
    """

    def __init__(self, unet: nn.Module, attentions: Iterable[TemporalAttention]) -> None:
        """Raises ValueError if there are no attentions, or their projections are fused."""
        self.attentions = tuple(attentions)
        if not self.attentions:
            raise ValueError(
                "this UNet has no temporal attention at the chosen levels; choose other levels"
            )
        self._qk: Mapping[str, Tensor] = {}
        self._v: Mapping[str, Tensor] = {}
        self._latents: tuple[int, ...] = ()
        self._modules = {each.name: unet.get_submodule(each.name) for each in self.attentions}
        self._refuse_fused()
        self._handles: list[RemovableHandle] = [
            unet.register_forward_pre_hook(self._check_call, with_kwargs=True)
        ]
        for name, attention in self._modules.items():
            hooks = {"to_q": self._add_qk, "to_k": self._add_qk, "to_v": self._add_v}
            for linear, hook in hooks.items():
                module = attention.get_submodule(linear)
                self._handles.append(module.register_forward_pre_hook(partial(hook, name)))

    def set(
        self, qk: Mapping[str, Tensor], v: Mapping[str, Tensor], latent_size: tuple[int, int]
    ) -> None:
        """Set the embeddings of subsequent calls, by the attentions' names.

        Args:
            qk: m_QK (1, F, C) of each attention. v: m_V (places, F, C) of each; may lack some, or
                all, whose values are then left alone.
            latent_size: Height and width of the latents that they are for.
        Raises ValueError for other names or shapes.
        """
        frames = {m.shape[1] for m in [*qk.values(), *v.values()]}
        if len(frames) != 1:
            raise ValueError(f"motion embeddings must be for one number of frames, not {frames}")
        count = frames.pop()
        for table, places in ((qk, None), (v, latent_size)):
            self._check_table(table, count, places)
        self._qk, self._v, self._latents = qk, v, (count, *latent_size)

    def clear(self) -> None:
        """Let subsequent calls compute as the unmodified UNet."""
        self._qk, self._v, self._latents = {}, {}, ()

    def remove(self) -> None:
        """Remove the hooks, which restores the original UNet."""
        for handle in self._handles:
            handle.remove()
        self._handles = []
        self.clear()

    def _check_table(
        self, table: Mapping[str, Tensor], frames: int, latent_size: tuple[int, int] | None
    ) -> None:
        known = {each.name: each for each in self.attentions}
        for name, m in table.items():
            if name not in known:
                raise ValueError(f"{name} is not one of the chosen temporal attentions")
            places = 1 if latent_size is None else known[name].places(latent_size)
            expected = (places, frames, known[name].width)
            if m.shape != expected:
                raise ValueError(
                    f"the motion embedding of {name} must be {expected}, not {tuple(m.shape)}"
                )

    def _refuse_fused(self) -> None:
        for name, module in self._modules.items():
            # The attention's own flag stays set when they are unfused again.
            if isinstance(module.processor, FusedAttnProcessor2_0):
                raise ValueError(
                    f"the projections of {name} are fused, so motion embeddings cannot be added "
                    "to them; call unfuse_qkv_projections() first"
                )

    def _check_call(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Refuse latents for which the embeddings were not made; their number of rows may fit."""
        if not self._latents:
            return
        self._refuse_fused()
        sample = args[0] if args else kwargs["sample"]
        if tuple(sample.shape[2:]) != self._latents:
            raise ValueError(
                f"motion embeddings for (frames, height, width) {self._latents}, but the UNet was "
                f"called with {tuple(sample.shape[2:])}"
            )

    def _add_qk(self, name: str, _: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor] | None:
        return _sum(args[0], self._qk.get(name))

    def _add_v(self, name: str, _: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor] | None:
        return _sum(args[0], self._v.get(name))


def _sum(x: Tensor, m: Tensor | None) -> tuple[Tensor] | None:
    """x + m for rows (B * places, F, C) in the order (b, y, x), and m (places or 1, F, C)."""
    if m is None:
        return None
    return ((x.unflatten(0, (-1, len(m))) + m.to(x.device, x.dtype)).flatten(0, 1),)
