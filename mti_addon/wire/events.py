"""Events of a runner: one JSON object per line of events.jsonl; stdlib only.

The line is `{"seq": 3, "time": 1732150000.25, "event": "progress", ...fields of the event}`. `seq`
counts 1, 2, 3 ... over the life of the job, across runners; `time` is in Unix seconds. A relay
adds `server_seq`, the number of the event on the studio's server, if it comes from there.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from . import codec
from .codec import Constraint, Range
from .errors import BadRequest, MtiError, WireError
from .problem import Problem

Stage = Literal[
    "load", "encode", "learn", "reconstruct", "apply", "decode", "save",
    "upload", "queue", "download",
]  # fmt: skip
MAX_LINE_BYTES = 64 * 1024
MAX_TIME = 1e12
"""Unix seconds, some 30,000 years; larger values are invalid, and would not fit a float."""

_STEP = Range(0, 10**9, "", "Completed steps of this stage.")


@dataclass(frozen=True)
class Started:
    """A runner has acquired the lock and started, or restarted."""

    model: str
    device: str
    epoch: Annotated[int, Range(1, 10**9, "", "Ordinal of the runner in this job: 1, 2, ...")]
    versions: dict[str, str]


@dataclass(frozen=True)
class Progress:
    """Progress of a stage; a learning step is only reported once it cannot be lost."""

    stage: Stage
    step: Annotated[int, _STEP]
    total: Annotated[int, Range(1, 10**9, "", "Total steps of this stage.")]
    loss: float | None = None
    seconds_left: Annotated[float, Range(0, 1e9, "s", "Of the whole job.")] | None = None


@dataclass(frozen=True)
class Preview:
    """A new preview image; `file` is relative to the job folder."""

    file: str


_CODE = Constraint(None, "Identifies the sentence; empty before protocol 4.")
_VALUES = Constraint(None, "Values in the sentence.")


class _Sentence:
    """Mixin of events that tell one sentence: in English, and its code and values, which
    translations are based on."""

    text: str
    problem: str
    values: dict[str, Any]

    @property
    def said(self) -> Problem:
        """Return the sentence for display; its template is already filled."""
        return Problem.literal(self.problem, self.text, "", self.values)


@dataclass(frozen=True)
class Notice(_Sentence):
    """How the job is carried out, where that is not as requested or is worth knowing."""

    text: str
    problem: Annotated[str, _CODE] = ""
    values: Annotated[dict[str, Any], _VALUES] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: Problem) -> Notice:
        """Create the event from a sentence without a remedy."""
        return cls(problem.message, problem.code, dict(problem.values))


@dataclass(frozen=True)
class Planned(_Sentence):
    """The job's planned GPU usage and duration, sent before its model is loaded."""

    text: str
    memory_mib: Annotated[int, Range(0, 10**8, "MiB", "Peak usage of the GPU.")]
    seconds: Annotated[float, Range(0, 1e9, "s", "Estimate for the whole job.")] | None = None
    problem: Annotated[str, _CODE] = ""
    values: Annotated[dict[str, Any], _VALUES] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: Problem, memory_mib: int, seconds: float | None = None) -> Planned:
        """Create the event from a sentence without a remedy."""
        return cls(problem.message, memory_mib, seconds, problem.code, dict(problem.values))


@dataclass(frozen=True)
class Resumed:
    """The runner resumes from a checkpoint with this many learning iterations."""

    step: Annotated[int, _STEP]


@dataclass(frozen=True)
class Connection:
    """The relay of a remote job has lost or found the studio's server."""

    online: Annotated[bool, Constraint(None, "Whether the server answers.")]


@dataclass(frozen=True)
class Done:
    """The final event: everything in output/ is complete. `result` is described in docs/job.md."""

    result: dict[str, Any]


@dataclass(frozen=True)
class Failed:
    """The final event: the error's kind, English message and remedy, and its code and values.

    Translations are based on the code and the values.
    """

    code: str
    message: str
    hint: str
    problem: Annotated[str, Constraint(None, "Specific problem; empty if it has no code.")] = ""
    values: Annotated[dict[str, Any], Constraint(None, "Values in the sentences.")] = field(
        default_factory=dict
    )

    @classmethod
    def of(cls, error: MtiError) -> Failed:
        """Create the event from an error."""
        said = error.problem
        return cls(error.code, said.message, said.hint, said.code, dict(said.values))

    @property
    def said(self) -> Problem:
        """Return the problem for display.

        Its English text comes from another process, so its templates are already filled.
        """
        return Problem.literal(self.problem or self.code, self.message, self.hint, self.values)


@dataclass(frozen=True)
class Cancelled:
    """The final event: stopped by the file `cancel`, after this many learning iterations."""

    step: Annotated[int, _STEP]


Event: TypeAlias = (
    Started
    | Planned
    | Notice
    | Progress
    | Preview
    | Resumed
    | Connection
    | Done
    | Failed
    | Cancelled
)
FinalEvent: TypeAlias = Done | Failed | Cancelled
EVENTS: dict[str, type[Event]] = {
    "started": Started,
    "planned": Planned,
    "notice": Notice,
    "progress": Progress,
    "preview": Preview,
    "resumed": Resumed,
    "connection": Connection,
    "done": Done,
    "failed": Failed,
    "cancelled": Cancelled,
}
_OLDER: dict[str, dict[str, Any]] = {
    "failed": {"problem": "", "values": {}},
    "planned": {"problem": "", "values": {}},
}
"""Fields missing from events written before protocol 3, and from plans before protocol 4."""
_NAMES = {cls: name for name, cls in EVENTS.items()}


def encode(event: Event, seq: int, time: float, server_seq: int | None = None) -> str:
    """Return one line without its newline; raise WireError for what could not be read back.

    server_seq: number of this event on the studio's server that it comes from.
    """
    fields = codec.to_dict(event)
    head = {"seq": seq, "time": round(time, 3), "event": _NAMES[type(event)]}
    record = head | ({} if server_seq is None else {"server_seq": server_seq}) | fields
    try:
        codec.from_dict(type(event), fields, _NAMES[type(event)])
        line = codec.dumps(record)
        size = len(line.encode("utf-8"))
    except (BadRequest, UnicodeError) as error:
        raise WireError(f"This event cannot be written: {error}") from error
    if size >= MAX_LINE_BYTES:
        raise WireError(f"An event is longer than {MAX_LINE_BYTES} bytes.")
    return line


def decode(line: str | bytes) -> tuple[int, float, Event]:
    """Return (seq, Unix time, event) of one line; raise WireError for anything else."""
    try:
        record = codec.loads(line, "The event")
        if not isinstance(record, dict):
            raise BadRequest("The event is not a JSON object.")
        seq, time, name = (record.pop(key, None) for key in ("seq", "time", "event"))
        if not isinstance(seq, int) or isinstance(seq, bool) or seq < 1:
            raise BadRequest("seq must be a whole number from 1.")
        server_seq = record.pop("server_seq", 1)
        if not isinstance(server_seq, int) or isinstance(server_seq, bool) or server_seq < 1:
            raise BadRequest("server_seq must be a whole number from 1.")
        if not isinstance(time, int | float) or isinstance(time, bool) or abs(time) > MAX_TIME:
            raise BadRequest("time must be a number.")
        if not isinstance(name, str) or name not in EVENTS:
            raise BadRequest(f"{str(name)[:40]!r} is not the name of an event.")
        event: Event = codec.from_dict(EVENTS[name], _OLDER.get(name, {}) | record, name)
        return seq, float(time), event
    except BadRequest as error:
        raise WireError(f"events.jsonl cannot be read: {error.message}") from error


class EventReader:
    """Reads what was appended since the last call, without keeping the file open.

    A partial last line is left for the next call. An invalid line, or a seq that does not increase,
    raises WireError after the lines before it have been consumed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0
        self.seq = 0
        self.at_end = False
        """Whether the last call left nothing but a partial line."""

    def read_new(self, max_events: int | None = None) -> list[tuple[int, float, Event]]:
        """Return up to `max_events` new events; empty if there are none yet."""
        limit = -1 if max_events is None else MAX_LINE_BYTES
        try:
            with open(self.path, "rb") as stream:
                if os.fstat(stream.fileno()).st_size < self.offset:
                    raise WireError("events.jsonl became shorter than what was already read.")
                stream.seek(self.offset)
                data = stream.read(limit)
        except FileNotFoundError:
            self.at_end = True
            return []
        events = []
        *lines, partial = data.split(b"\n")
        whole_file = limit < 0 or len(data) < limit
        self.at_end = whole_file and (max_events is None or len(lines) <= max_events)
        for line in lines[:max_events]:
            seq, time, event = decode(line)
            if seq <= self.seq:
                raise WireError(f"events.jsonl has seq {seq} after {self.seq}.")
            self.seq, self.offset = seq, self.offset + len(line) + 1
            events.append((seq, time, event))
        if not lines and len(partial) >= MAX_LINE_BYTES:
            raise WireError(f"events.jsonl has a line longer than {MAX_LINE_BYTES} bytes.")
        return events


def good_prefix(path: Path) -> tuple[int, int]:
    """Return (bytes, last seq) of the complete, readable lines at the start; (0, 0) without a file.

    A runner truncates to this before it appends: after a power failure, the tail may be a partial
    line, or zeros. Readers never get past it.
    """
    reader = EventReader(path)
    try:
        reader.read_new()
    except WireError:
        pass
    return reader.offset, reader.seq
