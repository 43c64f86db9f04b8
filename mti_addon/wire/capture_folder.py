"""The folder in which a background Blender captures the actions of a .blend file; stdlib only.

The command line writes task.json. Blender answers with plan.json, or with failed.json if nothing of
the file can be captured. Then it writes for each action a job, and a NUMBER.json that names the job
or says why there is none. An action of the plan without such a file is not captured yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from . import codec, files
from .codec import Constraint
from .contents import MAX_BYTES, read_inside
from .errors import BadRequest, MtiError, error_from_code
from .events import Failed
from .job import JobFolder
from .library import Kind
from .settings import Settings

T = TypeVar("T")


@dataclass(frozen=True)
class CaptureTask:
    """Contents of task.json: what to capture, and for which jobs."""

    file: str
    """The .blend file."""
    settings: Settings
    """Of the jobs; a caption that is empty is chosen for each action."""
    kind: Kind
    flip_safe: bool


@dataclass(frozen=True)
class CapturePlan:
    """Contents of plan.json."""

    actions: tuple[str, ...]
    """Names of the actions, in the order in which they are captured."""
    notices: tuple[str, ...] = ()
    """What may be missing in all of them, in English."""


@dataclass(frozen=True)
class ActionCapture:
    """Contents of NUMBER.json."""

    job: Annotated[str, Constraint(r"[0-9a-f]{32}|", "Name of its folder.")] = ""
    """Empty: the action could not be captured."""
    notices: tuple[str, ...] = ()
    """What could be better, in English."""
    failed: Failed | None = None

    @property
    def error(self) -> MtiError:
        """Return why the action could not be captured."""
        return error_of(self.failed)


def error_of(failed: Failed | None) -> MtiError:
    """Return the error that was written."""
    if failed is None:
        return BadRequest("It is not said why.")
    return error_from_code(failed.code, failed.said)


class CaptureFolder:
    """Such a folder; cheap to create, holds nothing open, and caches nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def log_file(self) -> Path:
        """What Blender printed."""
        return self.path / "log.txt"

    def job(self, capture: ActionCapture) -> JobFolder:
        """Return the job that learns a captured action."""
        return JobFolder(self.path / capture.job)

    def task(self) -> CaptureTask:
        """Read what to capture. Raises UnreadableInput, BadRequest."""
        return self._read(CaptureTask, "task.json")

    def plan(self) -> CapturePlan | None:
        """Read the plan; None if there is none. Raises why nothing of the file can be captured."""
        failed = self._read_if_there(Failed, "failed.json")
        if failed is not None:
            raise error_of(failed)
        return self._read_if_there(CapturePlan, "plan.json")

    def action(self, number: int) -> ActionCapture | None:
        """Read what became of an action of the plan, from 0; None if it is not captured yet."""
        return self._read_if_there(ActionCapture, _name(number))

    def write_task(self, task: CaptureTask) -> None:
        """Write what to capture. Raises DiskFull, NotWritable, as the following do."""
        self._write("task.json", task)

    def write_plan(self, plan: CapturePlan) -> None:
        """Write which actions will be captured."""
        self._write("plan.json", plan)

    def write_failed(self, error: MtiError) -> None:
        """Write why nothing of the file can be captured."""
        self._write("failed.json", Failed.of(error))

    def write_action(self, number: int, capture: ActionCapture) -> None:
        """Write what became of an action."""
        self._write(_name(number), capture)

    def _write(self, name: str, value: Any) -> None:
        text = codec.dumps(codec.to_dict(value), indent=2) + "\n"
        files.write_atomic(self.path / name, text.encode("utf-8"))

    def _read(self, cls: type[T], name: str) -> T:
        data = read_inside(self.path, name, MAX_BYTES)
        return codec.from_dict(cls, codec.loads(data, name), name)

    def _read_if_there(self, cls: type[T], name: str) -> T | None:
        return self._read(cls, name) if (self.path / name).is_file() else None


def _name(number: int) -> str:
    return f"{number:04d}.json"
