"""A learned motion of Motion Inversion, and its file. Imports torch, safetensors, models, and the
wire's errors, fields, and files.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from mti_addon.wire import codec
from mti_addon.wire.codec import Constraint, Range
from mti_addon.wire.errors import BadEmbedding, BadRequest, WrongModel
from mti_addon.wire.files import write_atomic
from mti_addon.wire.problem import Problem

from ...models.temporal_injection import TemporalAttention
from ..motion_file import AGAIN, MAX_VALUE, readable, without_motion
from .embeddings import View

FORMAT = "mti-motion-inversion-1"
"""Key of the header, one JSON entry of the safetensors metadata."""
MAX_BYTES = 256 * 2**20
"""ZeroScope's 24 frames of 576 x 320 px need 111 MB, AnimateDiff's 16 of 512 x 512 px 105 MB."""
_MAX_HEADER = 256 * 2**10
_MAX_LAYERS = 128
_DTYPE = "F16"
_NOISE = "inverted_noise"


@dataclass(frozen=True)
class Layer:
    """One temporal attention with embeddings."""

    name: Annotated[
        str, Constraint(r"[a-z0-9_]+(\.[a-z0-9_]+){2,11}", "Its dotted name in the UNet.")
    ]
    width: Annotated[int, Range(1, 8192, "channels", "C.")]
    places: Annotated[int, Range(1, 1 << 20, "places", "H W at its level.")]


@dataclass(frozen=True)
class Header:
    """What a motion is, as its file says before any array is read."""

    method: Annotated[Literal["motion-inversion"], Constraint(None, "The method.")]
    engine: Annotated[str, Constraint(r"[a-z0-9-]{1,40}", "Name of the model.")]
    model: Annotated[str, Constraint(r"[0-9a-f]{16}", "Fingerprint of its weights.")]
    layers: Annotated[tuple[Layer, ...], Constraint(None, "Its attentions with embeddings.")]
    frames: Annotated[int, Range(2, 128, "frames", "F.")]
    width: Annotated[int, Range(16, 4096, "px", "Width of the reference.")]
    height: Annotated[int, Range(16, 4096, "px", "Height of the reference.")]
    view: Annotated[View, Constraint(None, "The view to play it with by default.")]
    values: Annotated[bool, Constraint(None, "Whether m_V is there; without it only as camera.")]
    noise: Annotated[
        tuple[int, ...], Constraint(None, "Shape (1, F, C, h, w) of the inverted noise, or ().")
    ] = ()
    about: Annotated[
        dict[str, str], Constraint(None, "Free text, such as 'name' and 'caption'.")
    ] = field(default_factory=dict)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Every array of the file by its key."""
        found: dict[str, tuple[int, ...]] = {}
        for each in self.layers:
            found[f"{each.name}.qk"] = (1, self.frames, each.width)
            if self.values:
                found[f"{each.name}.v"] = (each.places, self.frames, each.width)
        if self.noise:
            found[_NOISE] = self.noise
        return found


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

    def save(self, path: Path) -> None:
        """Write one safetensors file of half-precision arrays, atomically.

        Raises BadEmbedding for values that a reader would refuse, DiskFull, NotWritable.
        """
        tensors = {f"{name}.qk": m for name, m in self.qk.items()}
        tensors |= {f"{name}.v": m for name, m in self.v.items()}
        if self.inverted_noise is not None:
            tensors[_NOISE] = self.inverted_noise
        halves = {k: t.detach().half().cpu().clone().contiguous() for k, t in tensors.items()}
        _check_arrays(halves, self.header, path)
        header = codec.dumps(codec.to_dict(self.header))
        write_atomic(path, save(halves, {FORMAT: header}))

    @classmethod
    def load(cls, path: Path) -> "Motion":
        """Read a file written by `save`; float16, on the CPU. Raises BadEmbedding with the reason.

        The file's size, header, keys, types and shapes are checked before any array is read.
        """
        with readable(path, MAX_BYTES + _MAX_HEADER), safe_open(path, "pt") as file:
            header = _header(file.metadata() or {}, path)
            expected = header.shapes()
            if set(file.keys()) != set(expected):
                raise _misshapen(path)
            for key, shape in expected.items():
                part = file.get_slice(key)
                if tuple(part.get_shape()) != shape or part.get_dtype() != _DTYPE:
                    raise _misshapen(path)
            tensors = {key: file.get_tensor(key) for key in expected}
        _check_arrays(tensors, header, path)
        names = [each.name for each in header.layers]
        return cls(
            header,
            {name: tensors[f"{name}.qk"] for name in names},
            {name: tensors[f"{name}.v"] for name in names if header.values},
            tensors.get(_NOISE),
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
            raise WrongModel(
                Problem(
                    "motion_of_other_model",
                    (
                        "The motion {name!r} was learned on a different model ({engine}, "
                        "{frames} frames)."
                    ),
                    "Choose the engine it was learned on, or learn it again on this one.",
                    {
                        "name": header.about.get("name", ""),
                        "engine": header.engine,
                        "frames": header.frames,
                    },
                )
            )
        found = (header.width, header.height, header.frames)
        fits = all(known[each.name] == (each.width, each.places) for each in header.layers)
        if found != (width, height, frames) or not fits:
            raise BadRequest(
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
        if view != "camera" and not header.values:
            raise BadRequest(
                Problem(
                    "motion_of_camera_only",
                    "The motion {name!r} only contains what a camera's motion needs.",
                    "Choose the view Camera.",
                    {"name": header.about.get("name", "")},
                )
            )


def _header(metadata: Mapping[str, str], path: Path) -> Header:
    if set(metadata) != {FORMAT}:
        raise without_motion(path)
    try:
        value: Any = codec.loads(metadata[FORMAT][:_MAX_HEADER], path.name)
        header = codec.from_dict(Header, value, "motion")
    except BadRequest as error:
        raise BadEmbedding(
            Problem(
                "motion_nameless",
                "The motion {file} has no readable description.",
                AGAIN,
                {"file": path.name},
            )
        ) from error
    names = {each.name for each in header.layers}
    noise = header.noise
    sound = len(noise) in (0, 5) and all(0 < side <= 4096 for side in noise)
    if not 0 < len(names) == len(header.layers) <= _MAX_LAYERS or not sound:
        raise _misshapen(path)
    return header


def _check_arrays(tensors: Mapping[str, Tensor], header: Header, path: Path) -> None:
    if {key: tuple(t.shape) for key, t in tensors.items()} != header.shapes():
        raise _misshapen(path)
    # safetensors accepts NaN and infinity; a comparison with NaN is false.
    if not all(t.abs().max() < MAX_VALUE for t in tensors.values()):
        raise _misshapen(path)


def _misshapen(path: Path) -> BadEmbedding:
    return BadEmbedding(
        Problem(
            "motion_arrays_misshapen",
            "The motion {file} has arrays with an invalid name, shape or value.",
            AGAIN,
            {"file": path.name},
        )
    )
