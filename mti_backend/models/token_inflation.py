"""Feeds motion tokens to the cross-attention layers of an unmodified SVD UNet. Imports torch
only."""

from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from .attention import TEMPORAL
from .precision import autocast_dtype

_Call = tuple[tuple[Any, ...], dict[str, Any]]  # (args, kwargs) returned by a pre-hook


class Inflation:
    """Gives every cross-attention of a UNet its own motion tokens (Reenact Anything, sec. 4.2).

    SVD passes one image token to all layers. After inflation each frame has its own N tokens in the
    spatial cross-attentions, and the temporal ones share another N. The UNet is not modified: a
    pre-hook on each `attn2` replaces `encoder_hidden_states`. The tokens stay set until the next
    `set`, since gradient checkpointing calls the hooks again in backward.

    Rows of a hooked layer are ordered (batch, frame) in a spatial block and (batch, y, x) in a
    temporal one.
    """

    def __init__(self, unet: nn.Module) -> None:
        self._frame_tokens: Tensor | None = None
        self._video_tokens: Tensor | None = None
        self._handles: list[RemovableHandle] = []
        for name, module in unet.named_modules():
            if name.endswith(".attn2"):
                temporal = TEMPORAL in name
                hook = self._temporal_hook if temporal else self._spatial_hook
                self._handles.append(module.register_forward_pre_hook(hook, with_kwargs=True))
        if not self._handles:
            raise ValueError("this UNet has no cross-attention (no module named attn2)")

    def __len__(self) -> int:
        """Number of hooked cross-attentions: 32 in SVD."""
        return len(self._handles)

    def set(self, frame_tokens: Tensor | None, video_tokens: Tensor | None) -> None:
        """Set the tokens of subsequent calls, or None, None for the unmodified UNet.

        Args:
            frame_tokens: (B, F, N, D). video_tokens: (B, N', D).
        """
        if (frame_tokens is None) != (video_tokens is None):
            raise ValueError("frame_tokens and video_tokens must be given together")
        if frame_tokens is not None and video_tokens is not None:
            if (
                frame_tokens.ndim != 4
                or video_tokens.ndim != 3
                or len(frame_tokens) != len(video_tokens)
            ):
                raise ValueError(
                    f"tokens must be (B, F, N, D) and (B, N, D), got {tuple(frame_tokens.shape)} "
                    f"and {tuple(video_tokens.shape)}"
                )
        self._frame_tokens, self._video_tokens = frame_tokens, video_tokens

    def remove(self) -> None:
        """Remove the hooks, which restores the original UNet."""
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def _spatial_hook(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> _Call | None:
        if self._frame_tokens is None:
            return None
        rows = self._frame_tokens.flatten(0, 1)  # (B * F, N, D)
        return args, kwargs | {"encoder_hidden_states": _match(rows, args[0], "frames")}

    def _temporal_hook(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> _Call | None:
        if self._video_tokens is None:
            return None
        if getattr(module.processor, "shares_context", False):
            return args, kwargs | {"encoder_hidden_states": _as(self._video_tokens, args[0])}
        rows = self._video_tokens.repeat_interleave(len(args[0]) // len(self._video_tokens), 0)
        return args, kwargs | {"encoder_hidden_states": _match(rows, args[0], "places")}


def _match(tokens: Tensor, hidden_states: Tensor, what: str) -> Tensor:
    if len(tokens) != len(hidden_states):
        raise ValueError(
            f"motion tokens for {len(tokens)} {what}, but the UNet was called with "
            f"{len(hidden_states)}"
        )
    return _as(tokens, hidden_states)


def _as(tokens: Tensor, hidden_states: Tensor) -> Tensor:
    if autocast_dtype(hidden_states.device) is not None:
        return tokens
    return tokens.to(hidden_states.dtype)
