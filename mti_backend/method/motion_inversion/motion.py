"""A learned motion of Motion Inversion, and its file. Imports torch, safetensors, models, and the
wire.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from mti_addon.wire import codec
from mti_addon.wire.errors import BadRequest
from mti_addon.wire.files import write_atomic
from mti_addon.wire.library.motion_embeddings import (
    DTYPE,
    FORMAT,
    MAX_BYTES,
    MAX_HEADER,
    NOISE,
    Header,
    Layer,
    misshapen,
    read_header,
)
from mti_addon.wire.motion_inversion import View
from mti_addon.wire.problem import Problem

from ...models.temporal_injection import TemporalAttention
from ..motion_file import MAX_VALUE, learned_elsewhere, readable

__all__ = ["MAX_BYTES", "MAX_HEADER", "Header", "Layer", "Motion"]


@dataclass(frozen=True)
class Motion:
    """A learned motion.

    qk: m_QK (1, F, C) by the attentions' names. v: m_V (places, F, C), or empty for a motion that
    is only played as a camera's. inverted_noise: z (1, F, C, h, w) of the reference, or None.
    """

    header: Header
    qk: Mapping[str, Tensor]
    v: Mapping[str, Tensor]
    inverted_noise: Tensor | None = None

    @property
    def loss(self) -> float:
        """The mean loss at the end of learning; NaN if the file does not say it."""
        return float(self.header.about.get("loss", "nan"))

    def save(self, path: Path) -> None:
        """Write one safetensors file of half-precision arrays, atomically.

        Raises BadEmbedding for values that a reader would refuse, DiskFull, NotWritable.
        """
        tensors = {f"{name}.qk": m for name, m in self.qk.items()}
        tensors |= {f"{name}.v": m for name, m in self.v.items()}
        if self.inverted_noise is not None:
            tensors[NOISE] = self.inverted_noise
        halves = {k: t.detach().half().cpu().clone().contiguous() for k, t in tensors.items()}
        _check_arrays(halves, self.header, path)
        header = codec.dumps(codec.to_dict(self.header))
        write_atomic(path, save(halves, {FORMAT: header}))

    @classmethod
    def load(cls, path: Path) -> "Motion":
        """Read a file written by `save`; float16, on the CPU. Raises BadEmbedding with the reason.

        The file's size, header, keys, types and shapes are checked before any array is read.
        """
        with readable(path, MAX_BYTES), safe_open(path, "pt") as file:
            header = read_header(file.metadata() or {}, path.name)
            expected = header.shapes()
            if set(file.keys()) != set(expected):
                raise misshapen(path.name)
            for key, shape in expected.items():
                part = file.get_slice(key)
                if tuple(part.get_shape()) != shape or part.get_dtype() != DTYPE:
                    raise misshapen(path.name)
            tensors = {key: file.get_tensor(key) for key in expected}
        _check_arrays(tensors, header, path)
        names = [each.name for each in header.layers]
        return cls(
            header,
            {name: tensors[f"{name}.qk"] for name in names},
            {name: tensors[f"{name}.v"] for name in names if header.values},
            tensors.get(NOISE),
        )

    def check_playable(
        self, identity: str, attentions: list[TemporalAttention], latent_size: tuple[int, int],
        width: int, height: int, frames: int, view: View,
    ) -> None:  # fmt: skip
        """Raise WrongModel unless the motion was learned on this model, and BadRequest unless it
        was at this size and length and has what the view needs.

        attentions: all temporal ones of the model. latent_size: of clips of this size.
        """
        header = self.header
        known = {each.name: (each.width, each.places(latent_size)) for each in attentions}
        if header.model != identity or any(each.name not in known for each in header.layers):
            raise learned_elsewhere(header.about.get("name", ""), header.engine, header.frames)
        self.check_size(width, height, frames)
        if any(known[each.name] != (each.width, each.places) for each in header.layers):
            raise self._of_other_size()
        if view != "camera" and not header.values:
            raise BadRequest(
                Problem(
                    "motion_of_camera_only",
                    "The motion {name!r} only contains what a camera's motion needs.",
                    "Choose the view Camera.",
                    {"name": header.about.get("name", "")},
                )
            )

    def check_size(self, width: int, height: int, frames: int) -> None:
        """Raise BadRequest unless the motion was learned at this size and length."""
        header = self.header
        if (header.width, header.height, header.frames) != (width, height, frames):
            raise self._of_other_size()

    def _of_other_size(self) -> BadRequest:
        header = self.header
        return BadRequest(
            Problem(
                "motion_of_other_size",
                "The motion {name!r} was learned on {frames} frames of {width} x {height} px.",
                "Choose this size and length, which learning has fixed.",
                {
                    "name": header.about.get("name", ""),
                    "frames": header.frames,
                    "width": header.width,
                    "height": header.height,
                },
            )
        )


def _check_arrays(tensors: Mapping[str, Tensor], header: Header, path: Path) -> None:
    if {key: tuple(t.shape) for key, t in tensors.items()} != header.shapes():
        raise misshapen(path.name)
    # safetensors accepts NaN and infinity; a comparison with NaN is false.
    if not all(t.abs().max() < MAX_VALUE for t in tensors.values()):
        raise misshapen(path.name)
