"""Where the backend's environment lives, and the tasks on it; wire and stdlib only.

A task (set up, check, download, move, delete) is a folder, as a job is: Blender writes task.json
and starts a detached process on it, which keeps state.json up to date. Whoever looks later, also
another Blender after a crash, finds out from the files how it stands.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from ..wire import files
from ..wire.errors import BadRequest
from ..wire.events import Failed
from ..wire.job import JobFolder
from ..wire.problem import Problem
from ..wire.queue import is_running

Kind = Literal["setup", "check", "download", "move", "delete"]
Phase = Literal["none", "running", "done", "failed", "cancelled", "dead"]
_T = TypeVar("_T")


@dataclass(frozen=True)
class TaskSpec:
    """What a task shall do. Empty texts are what does not matter to its kind."""

    kind: Kind
    backend: str
    """The folder of the environment, see BackendFolder."""
    root: str
    """The folder that holds mti_addon and mti_backend."""
    python: str = ""
    """setup: the only interpreter to make the environment with; check, download: the backend's."""
    wheels: str = ""
    """setup: a folder of wheels to install from, instead of the network."""
    index: str = ""
    """setup: address of a package index to look into besides the usual one, for torch."""
    requirements: tuple[str, ...] = ()
    """setup: instead of the backend's own."""
    needed_bytes: int = 0
    """setup: free space to ask for; 0: as measured for the backend's own packages."""
    models: str = ""
    """The models folder; move: where it is now."""
    target: str = ""
    """move: where the models shall go."""
    model: str = ""
    """download, delete: which one."""


STARTING = Problem("starting", "Starting")


@dataclass(frozen=True)
class SetupTaskState:
    """How a task stands; `dead` if its process has ended without a last word."""

    phase: Phase = "none"
    said: Problem | None = None
    """What it is doing, or what it has done."""
    fraction: float = 0.0
    done_bytes: int = 0
    total_bytes: int = 0
    seconds_left: float = -1.0
    """Below 0 if nobody can tell."""
    error: Failed | None = None
    """How it failed."""
    result: dict[str, Any] = field(default_factory=dict)


class SetupTaskFolder:
    """One task; its lock, owner, heartbeat, cancel and log are those of a job's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.job = JobFolder(path)
        self.spec_file = path / "task.json"
        self.state_file = path / "state.json"
        self.child_file = path / "child.json"
        self.reserve_file = path / "reserve"
        """Space for the last word, given up when the disk is full."""

    def spec(self) -> TaskSpec:
        """What to do. Raises BadRequest."""
        spec = read_json(TaskSpec, self.spec_file)
        if spec is None:
            raise BadRequest(
                Problem(
                    "order_unreadable",
                    "{path} cannot be read.",
                    "Start again from Blender.",
                    {"path": str(self.spec_file)},
                )
            )
        return spec

    def write_state(self, state: SetupTaskState) -> None:
        """Replace state.json as a whole. DiskFull, NotWritable."""
        write_json(self.state_file, state)

    def state(self) -> SetupTaskState:
        """How it stands, as far as the files tell; never raises."""
        told = read_json(SetupTaskState, self.state_file) or SetupTaskState()
        if told.phase == "running" and not is_running(self.job):
            # It may have ended between the two looks.
            last = read_json(SetupTaskState, self.state_file) or told
            if last.phase == "running":
                return dataclasses.replace(told, phase="dead")
            return self.state()
        return told

    def running(self) -> bool:
        """Somebody works on it."""
        return self.state().phase == "running"


class BackendFolder:
    """What Set Up the Backend makes, all in one folder that can be deleted as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.env = path / "env"
        self.marker_file = self.env / "mti.json"
        """Written last: an environment without it is half made."""
        self.capabilities_file = path / "capabilities.json"
        self.temp = path / "temp"
        self.self_tests = path / "self-test"

    @property
    def python(self) -> Path:
        """The environment's interpreter, whether it is there or not."""
        if sys.platform == "win32":
            return self.env / "Scripts" / "python.exe"
        return self.env / "bin" / "python"

    def task(self, name: str) -> SetupTaskFolder:
        """The task of this name: a kind, or download-MODEL."""
        return SetupTaskFolder(self.path / "tasks" / name)


def write_json(path: Path, value: Any) -> None:
    """Write a dataclass, whole or not at all. DiskFull, NotWritable."""
    text = json.dumps(dataclasses.asdict(value), indent=1)
    files.write_atomic(path, text.encode("utf-8"))


def read_json(cls: type[_T], path: Path) -> _T | None:
    """A dataclass out of a file; None if there is none, or it is not one of these: somebody may
    have changed it, and after a power cut half of it may be there. Fields that another version has
    too many, or too few, are passed over."""
    try:
        value = json.loads(path.read_bytes())
        hints = get_type_hints(cls)
        return cls(**{key: typed(value[key], hints[key]) for key in value if key in hints})
    except (OSError, ValueError, TypeError, RecursionError):
        return None


def typed(value: Any, hint: Any) -> Any:
    """The value, with tuples for JSON's lists; TypeError if it is not of this type."""
    origin, args = get_origin(hint), get_args(hint)
    if hint is Failed and isinstance(value, list):
        return Failed(*typed(value, tuple[str, str, str]))  # as version 0.1 wrote it
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
        raise TypeError(f"{value!r:.60} is no {hint}")
    return value
