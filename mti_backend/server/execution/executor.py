"""What the server needs of an engine that runs commands; everything else about engines is theirs.

The command is always `mti_backend run FOLDER`, which is idempotent and resumes. An engine's word
that a run has ended is not proof: a run is told apart from its successors by its epoch, and its
folder is taken away from it before a new one starts.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol


class RunState(enum.Enum):
    """What an engine says about a run."""

    PENDING = "pending"
    """It has been accepted, and waits for a place or for its process."""
    RUNNING = "running"
    ENDED = "ended"
    """Its process has ended; how is in its folder."""
    LOST = "lost"
    """The engine does not know it, or no longer."""


@dataclass(frozen=True)
class Resources:
    """What a run needs. model: a runner that has it loaded is preferred."""

    model: str
    gpus: int = 1


@dataclass(frozen=True)
class Handle:
    """A run of a job. place: in the engine's own words."""

    job: str
    epoch: int
    place: str

    def to_json(self) -> str:
        """Return it as it is stored."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Handle:
        """Read what `to_json` has written."""
        return cls(**json.loads(text))


class Executor(Protocol):
    """An engine. Called by one thread; no method waits for a run."""

    def submit(self, job: str, epoch: int, folder: Path, resources: Resources) -> Handle:
        """Have a run started on a job's folder, which may be moved below the server's spool.

        Idempotent: the same job and epoch give the same run. Raises Busy if the engine cannot take
        it now, and MtiError if it never will.
        """

    def poll(self, handles: Sequence[Handle]) -> Mapping[Handle, RunState]:
        """Return what is known about each of these runs."""

    def cancel(self, handle: Handle, grace_seconds: float) -> None:
        """Ask a run to stop, and end its process if it has not after so many seconds."""

    def capacity(self) -> Mapping[str, tuple[int, int]]:
        """Return (free, all) places of each kind."""
