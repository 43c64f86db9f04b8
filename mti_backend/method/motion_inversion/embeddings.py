"""The motion embeddings m_QK and m_V while they are learned, and their views. Imports torch and
models.

Motion Inversion for Video Customization (arXiv 2403.20193).
"""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from mti_addon.wire.motion_inversion import Sharing, View

from ...models.temporal_injection import TemporalAttention


class MotionEmbeddings:
    """m_QK (1, F, C) and m_V (H W, F, C) of each chosen temporal attention, float32, zero at first.

    qk, v: By the attentions' names. With `sharing` 'block', the attentions of one transformer block
    have the same m_QK, as in the paper's code; the paper has one of each per attention.
    """

    def __init__(
        self,
        attentions: Iterable[TemporalAttention],
        frames: int,
        latent_size: tuple[int, int],
        sharing: Sharing = "attention",
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """frames: F. latent_size: height and width of the latents; H W of a level follows."""
        self.latent_size, self.frames = latent_size, frames
        self.attentions = tuple(attentions)
        self.qk: dict[str, nn.Parameter] = {}
        self.v: dict[str, nn.Parameter] = {}
        shared: dict[str, nn.Parameter] = {}
        for each in self.attentions:
            owner = each.block if sharing == "block" else each.name

            def zeros(rows: int, width: int = each.width) -> nn.Parameter:
                return nn.Parameter(torch.zeros(rows, frames, width, device=device, dtype=dtype))

            self.qk[each.name] = shared.setdefault(owner, zeros(1))
            self.v[each.name] = zeros(each.places(latent_size))

    def parameters(self) -> dict[str, nn.Parameter]:
        """Every parameter once, by the keys of a motion file: NAME.qk and NAME.v."""
        found: dict[str, nn.Parameter] = {}
        seen: set[int] = set()
        for kind, table in (("qk", self.qk), ("v", self.v)):
            for name, m in table.items():
                if id(m) not in seen:
                    seen.add(id(m))
                    found[f"{name}.{kind}"] = m
        return found


def count(attentions: Iterable[TemporalAttention], frames: int, size: tuple[int, int]) -> int:
    """Numbers in the embeddings of these attentions for latents of `size`, without sharing."""
    return sum(each.width * frames * (1 + each.places(size)) for each in attentions)


def differential(m_v: Tensor) -> Tensor:
    """Debiased m_V (places, F, C): each frame's difference from the one before.

    The first frame is kept. What all frames have in common, the look of the reference, is gone from
    the others.
    """
    return torch.cat([m_v[:, :1], m_v[:, 1:] - m_v[:, :-1]], 1)


def seen(
    qk: Mapping[str, Tensor], v: Mapping[str, Tensor], view: View, strength: float = 1.0
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What is injected at inference: m_QK and m_V of a view, each times `strength`.

    Args:
        view: 'object', with the differential m_V; 'camera', without m_V; 'as_learned', which may
            bring the look of the reference along. m_QK has no places and needs no debiasing.
        strength: 0 is the model without a motion, 1 as learned.
    """
    of_qk = {name: strength * m for name, m in qk.items()}
    if view == "camera":
        return of_qk, {}
    change = differential if view == "object" else torch.Tensor.clone
    return of_qk, {name: strength * change(m) for name, m in v.items()}
