"""The file of a motion of Motion Inversion, checked without torch; stdlib only.

A safetensors file like that of the other method (tensors.py), with arrays in half precision that
its header lists: m_QK and m_V of each layer, and the reference's inverted noise.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from .. import codec
from ..codec import Constraint, Range
from ..contents import MAX_MOTION_BYTES
from ..errors import BadEmbedding, BadRequest
from ..motion_inversion import View
from ..problem import Problem
from .tensors import AGAIN, MAX_VALUE, header_of, lies_whole

FORMAT = "mti-motion-inversion-1"
"""Key of the header, one JSON entry of the safetensors metadata."""
MAX_BYTES = MAX_MOTION_BYTES
"""ZeroScope's 24 frames of 576 x 320 px need 111 MB, AnimateDiff's 16 of 512 x 512 px 105 MB."""
MAX_HEADER = 256 * 2**10
MAX_LAYERS = 128
DTYPE = "F16"
NOISE = "inverted_noise"
_MAX_BITS = struct.unpack("<H", struct.pack("<e", MAX_VALUE))[0]
"""The bound in half precision; NaN and infinity have larger bits."""
_SMALL = bytes(value for value in range(256) if value & 0x7F < _MAX_BITS >> 8)
"""The high bytes of numbers that are certainly below 1e4 in absolute value."""


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
            found[NOISE] = self.noise
        return found


def read_header(metadata: Mapping[str, Any], name: str) -> Header:
    """What a file's safetensors metadata says; `name` is for messages. Raises BadEmbedding."""
    if set(metadata) != {FORMAT}:
        what, hint = (
            "The file {file} does not contain a motion.",
            "Choose a motion.safetensors file.",
        )
        raise BadEmbedding(Problem("file_without_motion", what, hint, {"file": name}))
    try:
        value: Any = codec.loads(str(metadata[FORMAT])[:MAX_HEADER], name)
        header = codec.from_dict(Header, value, "motion")
    except BadRequest as error:
        what = "The motion {file} has no readable description."
        raise BadEmbedding(Problem("motion_nameless", what, AGAIN, {"file": name})) from error
    names = {each.name for each in header.layers}
    noise = header.noise
    sound = len(noise) in (0, 5) and all(0 < side <= 4096 for side in noise)
    if not 0 < len(names) == len(header.layers) <= MAX_LAYERS or not sound:
        raise misshapen(name)
    return header


def check_motion(data: bytes, name: str) -> Header:
    """Read and check a motion's file; `name` is for messages. Returns what it says about itself.

    Raises BadEmbedding unless it holds exactly the arrays that its own description lists, all
    finite and below 1e4 in absolute value, with nothing between or after them.
    """
    header = check_header(data, len(data), name)
    (length,) = struct.unpack_from("<Q", data)
    if not _bounded(memoryview(data)[8 + length :]):
        raise misshapen(name)
    return header


def check_header(beginning: bytes, size: int, name: str) -> Header:
    """The same check for a file of `size` bytes by its first 8 + MAX_HEADER, which say where its
    arrays are but not what they contain."""
    if size > MAX_BYTES:
        what = "The file {file} is too large to be a motion."
        raise BadEmbedding(Problem("motion_too_large", what, AGAIN, {"file": name}))
    entries, metadata, start = header_of(beginning, name)
    header = read_header(metadata, name)
    shapes = header.shapes()
    if set(entries) != set(shapes):
        raise misshapen(name)
    for key, shape in shapes.items():
        entry = entries[key]
        if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
            raise misshapen(name)
        if entry["dtype"] != DTYPE or entry["shape"] != list(shape):
            raise misshapen(name)
    if not lies_whole(entries.values(), 2, size - start):
        raise misshapen(name)
    return header


def _bounded(raw: memoryview) -> bool:
    """Whether all little-endian half-precision numbers are below 1e4 in absolute value."""
    if not bytes(raw[1::2]).translate(None, _SMALL):
        return True
    values = array("H")
    values.frombytes(raw)
    if sys.byteorder == "big":
        values.byteswap()
    return all(value & 0x7FFF < _MAX_BITS for value in values)


def misshapen(name: str) -> BadEmbedding:
    """The error for arrays that are not those of a motion."""
    what = "The motion {file} has arrays with an invalid name, shape or value."
    return BadEmbedding(Problem("motion_arrays_misshapen", what, AGAIN, {"file": name}))
