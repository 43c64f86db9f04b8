"""The file of a motion-text embedding, checked without torch; stdlib only.

A safetensors file is eight bytes with the header's length, a JSON header, and raw tensors. The
reader accepts exactly what the backend writes (method/motion_textual_inversion/embedding.py), so
that a file from elsewhere is refused before anything else opens it.
"""

from __future__ import annotations

import math
import struct
import sys
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .. import codec
from ..errors import BadEmbedding, BadRequest
from ..problem import Problem

MAX_BYTES = 8 * 2**20
"""No embedding is larger: 128 frames of 15 tokens of SVD have 7.5 MiB."""
MAX_HEADER = 2**18
MAX_LENGTH = 4096
"""Of each dimension."""
MAX_VALUE = 1e4
FORMATS = {"mti-motion-2": "video_tokens", "mti-motion-1": "clip_tokens"}
"""What the tokens of the whole clip are called, by the file's format; 1 was before 0.2.0."""
WIDTHS = {"draft": 64, "svd": 1024, "svd-xt": 1024}
"""Width of a motion token, by model: the cross-attention dimension of its UNet."""
AGAIN = "Learn the motion again, or use the file from where it was originally saved."


@dataclass(frozen=True)
class TokenFile:
    """What an embedding's file says about itself.

    frames, tokens, width: F, N, D of its frame tokens (F, N, D). meta: see
    `MotionEmbedding.meta`; 'model' is the identity of the weights, 'engine' the model's name.
    """

    frames: int
    tokens: int
    width: int
    meta: dict[str, str]


def check_tokens(data: bytes, name: str) -> TokenFile:
    """Read and check an embedding's file; `name` is for messages.

    Raises BadEmbedding unless it holds exactly float32 frame_tokens (F, N, D) and video_tokens
    (N, D), all finite and below 1e4 in absolute value, with nothing between or after them.
    """
    if len(data) > MAX_BYTES:
        what = "The file {file} is too large to be a motion."
        raise BadEmbedding(Problem("motion_too_large", what, AGAIN, {"file": name}))
    header, metadata, start = header_of(data, name)
    kind = next((each for each in FORMATS if set(metadata) == {each}), None)
    if kind is None or set(header) != {"frame_tokens", FORMATS[kind]}:
        what = "The file {file} does not contain a motion."
        hint = "Choose a motion.safetensors file."
        raise BadEmbedding(Problem("file_without_motion", what, hint, {"file": name}))
    frame, video = (header[each] for each in ("frame_tokens", FORMATS[kind]))
    shape = _shape(frame, 3, name)
    if _shape(video, 2, name) != shape[1:]:
        raise _misshapen(name)
    if not lies_whole((frame, video), 4, len(data) - start):
        raise _misshapen(name)
    _check_values(data[start:], name)
    return TokenFile(shape[0], shape[1], shape[2], _meta(metadata[kind], name))


def header_of(data: bytes, name: str) -> tuple[dict[str, Any], dict[str, Any], int]:
    """A safetensors file's entry of each array, its texts, and where the arrays begin.

    Raises BadEmbedding for a file that is damaged.
    """
    try:
        (length,) = struct.unpack_from("<Q", data)
        if length > MAX_HEADER or 8 + length > len(data):
            raise ValueError(length)
        header = codec.loads(data[8 : 8 + length], name)
        if not isinstance(header, dict) or not isinstance(header.get("__metadata__", {}), dict):
            raise ValueError(length)
    except (struct.error, ValueError, BadRequest) as error:
        what = "The motion {file} cannot be read: it is damaged or truncated."
        raise BadEmbedding(Problem("motion_damaged", what, AGAIN, {"file": name})) from error
    return header, header.pop("__metadata__", {}), 8 + length


def _shape(entry: Any, dimensions: int, name: str) -> tuple[int, ...]:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise _misshapen(name)
    shape = entry["shape"]
    good = isinstance(shape, list) and len(shape) == dimensions and entry["dtype"] == "F32"
    if not good or not all(type(n) is int and 0 < n <= MAX_LENGTH for n in shape):
        raise _misshapen(name)
    return tuple(shape)


def lies_whole(entries: Iterable[Any], item: int, size: int) -> bool:
    """Whether arrays of `item` bytes a number lie one after the other, and fill `size` bytes."""
    spans = []
    for entry in entries:
        span = entry["data_offsets"]
        if not isinstance(span, list) or [type(end) for end in span] != [int, int]:
            return False
        if span[1] - span[0] != item * math.prod(entry["shape"]):
            return False
        spans.append(span)
    reached = 0
    for first, last in sorted(spans):
        if first != reached:
            return False
        reached = last
    return reached == size


def _check_values(raw: bytes, name: str) -> None:
    values = array("f")
    values.frombytes(raw)
    if sys.byteorder == "big":
        values.byteswap()
    # NaN fails both comparisons
    if not all(-MAX_VALUE < value < MAX_VALUE for value in values):
        raise _misshapen(name)


def _meta(text: Any, name: str) -> dict[str, str]:
    try:
        meta = codec.loads(text, name) if isinstance(text, str) else None
        if not isinstance(meta, dict) or not all(isinstance(v, str) for v in meta.values()):
            raise ValueError(name)
    except (ValueError, BadRequest) as error:
        what = "The motion {file} has no readable description."
        raise BadEmbedding(Problem("motion_nameless", what, AGAIN, {"file": name})) from error
    return meta


def _misshapen(name: str) -> BadEmbedding:
    what = "The motion {file} has tokens with an invalid shape or value."
    return BadEmbedding(Problem("motion_misshapen", what, AGAIN, {"file": name}))
