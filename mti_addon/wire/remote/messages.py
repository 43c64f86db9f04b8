"""What a studio's server answers, as far as Blender uses it; stdlib only.

Fields that are unknown are ignored, because the server may be newer. Those that are missing or of
another type make the answer unusable: WireError.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar, get_type_hints

from .. import codec
from ..codec import Constraint, Range
from ..contents import MAX_MOTION_BYTES
from ..errors import BadRequest, WireError

API = 1
"""Version of the HTTP interface, which is part of every path."""
MAX_BLOB_BYTES = MAX_MOTION_BYTES
"""The largest file that is sent to a server with a job; only motions by words are as large."""
MAX_SHARED_BYTES = 32 * 2**20
"""The largest .motion file that is shared with a studio."""
JobPhase = Literal["queued", "running", "done", "failed", "cancelled"]

T = TypeVar("T")
_ID = Constraint(r"[0-9A-Za-z_-]{1,64}", "Identifies it on the server.")
_SHA256 = Constraint(r"[0-9a-f]{64}", "sha256 in hex.")
_SECONDS = Range(0, 1e9, "s", "An estimate.")
_COUNT = Range(0, 10**9, "", "How many.")


@dataclass(frozen=True)
class RemoteJob:
    """A job on the server."""

    id: Annotated[str, _ID]
    state: JobPhase
    seq: Annotated[int, Range(0, 10**9, "", "Number of the last event.")] = 0
    key: str = ""
    """The idempotency key that it was submitted with."""
    position: Annotated[int, _COUNT] | None = None
    """Its place in the queue, 1 for the next; None if it does not wait."""
    wait_seconds: Annotated[float, _SECONDS] | None = None


@dataclass(frozen=True)
class EngineCosts:
    """What a job takes on the server, in seconds; None if unknown."""

    learn: Annotated[float, _SECONDS] | None = None
    apply: Annotated[float, _SECONDS] | None = None


@dataclass(frozen=True)
class RemoteEngine:
    """A model on the server."""

    model: str
    available: bool
    why_not: str | None = None
    slots: Annotated[int, _COUNT] = 0
    """Jobs that can run at once."""
    free: Annotated[int, _COUNT] = 0
    queued: Annotated[int, _COUNT] = 0
    wait_seconds: Annotated[float, _SECONDS] | None = None
    """Until a job that is sent now would start; None if unknown."""
    seconds_per_job: EngineCosts | None = None


@dataclass(frozen=True)
class Me:
    """The artist's account, and what the server can do (`GET /v1/me`)."""

    user: str
    server_version: str
    protocol: Annotated[int, Range(1, 10_000, "", "Version of the job folder.")]
    engines: tuple[RemoteEngine, ...]
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True)
class RemoteFile:
    """A result on the server; its name is relative to output/."""

    name: Annotated[
        str,
        Constraint(
            r"([A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}/){0,2}[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}",
            "No name points outside output/.",
        ),
    ]
    bytes: Annotated[int, Range(0, 2**31, "bytes", "Its size.")]
    sha256: Annotated[str, _SHA256]


@dataclass(frozen=True)
class Files:
    """The results of a job."""

    files: tuple[RemoteFile, ...]


@dataclass(frozen=True)
class RemoteMotion:
    """A motion that the studio shares."""

    id: Annotated[str, _ID]
    name: str
    kind: str = ""
    tags: tuple[str, ...] = ()
    author: str = ""
    engines: tuple[str, ...] = ()
    bytes: Annotated[int, Range(0, 2**31, "bytes", "Its size.")] = 0


@dataclass(frozen=True)
class Motions:
    """A page of the studio's motions; `next` asks for the one after it, empty for the last."""

    motions: tuple[RemoteMotion, ...]
    next: str | None = None


@dataclass(frozen=True)
class EventLine:
    """One event, as the server's runner wrote it."""

    seq: Annotated[int, Range(1, 10**9, "", "Its number on the server.")]
    line: str


@dataclass(frozen=True)
class EventPage:
    """The events after one, and whether the last of them is final."""

    events: tuple[EventLine, ...] = field(default_factory=tuple)
    done: bool = False


def read_answer(cls: type[T], data: bytes, what: str) -> T:
    """Read an answer of the server. Raises WireError, which names `what` was asked."""
    try:
        return codec.from_dict(cls, _known(cls, codec.loads(data, what)), what)
    except BadRequest as error:
        raise WireError(
            f"The studio's server sent an unexpected answer: {error.message}"
        ) from error


def _known(hint: Any, value: Any) -> Any:
    """Return a value with the fields that its class has, and its defaults for those missing."""
    options = [hint, *getattr(hint, "__args__", ())]
    cls = next((each for each in options if dataclasses.is_dataclass(each)), None)
    if isinstance(value, list) and cls is not None:
        return [_known(cls, each) for each in value]
    if not isinstance(value, dict) or cls is None or not isinstance(cls, type):
        return value
    hints, result = get_type_hints(cls), {}
    for each in dataclasses.fields(cls):
        if each.name in value:
            result[each.name] = _known(hints[each.name], value[each.name])
        elif each.default is not dataclasses.MISSING:
            result[each.name] = codec.to_dict(each.default)
        elif each.default_factory is not dataclasses.MISSING:
            result[each.name] = codec.to_dict(each.default_factory())
    return result
