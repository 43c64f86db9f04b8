"""Folders of the backend's environment and of the tasks on it; wire and stdlib only.

Like a job, a task (set up, check, download, move, delete) is a folder: Blender writes task.json and
starts a detached process on it, which keeps state.json up to date. The files tell its state at any
time, even to another Blender after a crash.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from ...wire import files
from ...wire.errors import BadRequest
from ...wire.events import Failed
from ...wire.job import JobFolder
from ...wire.problem import Problem
from ...wire.queue import is_running

Kind = Literal["setup", "check", "download", "move", "delete"]
Phase = Literal["none", "running", "done", "failed", "cancelled", "dead"]
_T = TypeVar("_T")


@dataclass(frozen=True)
class TaskSpec:
    """What a task should do. Fields that do not apply to its kind are empty."""

    kind: Kind
    backend: str
    """Folder of the environment, see BackendFolder."""
    root: str
    """Folder that contains mti_addon and mti_backend."""
    python: str = ""
    """setup: the only interpreter to create the environment with; check, download: the
    backend's."""
    wheels: str = ""
    """setup: a folder of wheels to install from, instead of the network."""
    index: str = ""
    """setup: URL of an additional package index for torch."""
    requirements: tuple[str, ...] = ()
    """setup: replaces the backend's own requirements."""
    needed_bytes: int = 0
    """setup: required free space; 0: as measured for the backend's own packages."""
    models: str = ""
    """The models folder; move: its current location."""
    target: str = ""
    """move: destination of the models."""
    model: str = ""
    """download, delete: which model."""


STARTING = Problem("starting", "Starting")


@dataclass(frozen=True)
class SetupTaskState:
    """State of a task; `dead` if its process exited without a final state."""

    phase: Phase = "none"
    said: Problem | None = None
    """What it is doing, or has done."""
    fraction: float = 0.0
    done_bytes: int = 0
    total_bytes: int = 0
    seconds_left: float = -1.0
    """Negative if unknown."""
    error: Failed | None = None
    """Why it failed."""
    result: dict[str, Any] = field(default_factory=dict)


class SetupTaskFolder:
    """One task; its lock, owner, heartbeat, cancel and log work like those of a job folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.job = JobFolder(path)
        self.spec_file = path / "task.json"
        self.state_file = path / "state.json"
        self.child_file = path / "child.json"
        self.reserve_file = path / "reserve"
        """Space for the final state, freed when the disk is full."""

    def spec(self) -> TaskSpec:
        """Return what to do. Raises BadRequest."""
        spec = read_json(TaskSpec, self.spec_file)
        if spec is None:
            raise BadRequest(
                Problem(
                    "task_unreadable",
                    "{path} cannot be read.",
                    "Start again from Blender.",
                    {"path": str(self.spec_file)},
                )
            )
        return spec

    def write_state(self, state: SetupTaskState) -> None:
        """Replace state.json atomically. Raises DiskFull, NotWritable."""
        write_json(self.state_file, state)

    def state(self) -> SetupTaskState:
        """Return its state from its files; never raises."""
        told = read_json(SetupTaskState, self.state_file) or SetupTaskState()
        if told.phase == "running" and not is_running(self.job):
            # It may have ended between the two reads.
            last = read_json(SetupTaskState, self.state_file) or told
            if last.phase == "running":
                return dataclasses.replace(told, phase="dead")
            return self.state()
        return told

    def running(self) -> bool:
        """Return whether a process is working on it."""
        return self.state().phase == "running"


class BackendFolder:
    """What Set Up the Backend creates, all in one folder that can be deleted as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.env = path / "env"
        self.marker_file = self.env / "mti.json"
        """Written last: an environment without it is incomplete."""
        self.capabilities_file = path / "capabilities.json"
        self.temp = path / "temp"
        self.self_tests = path / "self-test"

    @property
    def python(self) -> Path:
        """Return the environment's interpreter, whether or not it exists."""
        if sys.platform == "win32":
            return self.env / "Scripts" / "python.exe"
        return self.env / "bin" / "python"

    def task(self, name: str) -> SetupTaskFolder:
        """Return the task with this name: a kind, or download-MODEL."""
        return SetupTaskFolder(self.path / "tasks" / name)


def write_json(path: Path, value: Any) -> None:
    """Write a dataclass atomically. Raises DiskFull, NotWritable."""
    text = json.dumps(dataclasses.asdict(value), indent=1)
    files.write_atomic(path, text.encode("utf-8"))


def read_json(cls: type[_T], path: Path) -> _T | None:
    """Read a dataclass from a file; None if missing or invalid.

    The file may have been edited, or truncated by a power failure. Missing and extra fields, as
    from another version, are ignored.
    """
    try:
        value = json.loads(path.read_bytes())
        hints = get_type_hints(cls)
        return cls(**{key: typed(value[key], hints[key]) for key in value if key in hints})
    except (OSError, ValueError, TypeError, RecursionError):
        return None


def typed(value: Any, hint: Any) -> Any:
    """Return the value with lists converted to tuples; raise TypeError on a type mismatch."""
    origin, args = get_origin(hint), get_args(hint)
    if hint is Failed and isinstance(value, list):
        return Failed(*typed(value, tuple[str, str, str]))  # as written by version 0.1
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        hints = get_type_hints(hint)
        return hint(**{key: typed(value[key], hints[key]) for key in value if key in hints})
    if origin in (Union, types.UnionType):
        return None if value is None else typed(value, args[0])
    if origin is tuple and isinstance(value, list):
        kinds = args[:1] * len(value) if args[-1] is Ellipsis else args
        return tuple(typed(each, kind) for each, kind in zip(value, kinds, strict=True))
    fits = {float: isinstance(value, int | float), Any: True}.get(hint)
    if fits is None:
        fits = value in args if origin is Literal else isinstance(value, origin or hint)
    if not fits or (isinstance(value, bool) and hint is not bool):
        raise TypeError(f"{value!r:.60} is not of type {hint}")
    return value
