"""Has a background Blender capture the actions of a .blend file. Imports the standard library and
wire only.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from mti_addon.wire import files
from mti_addon.wire.capture_folder import ActionCapture, CaptureFolder, CapturePlan, CaptureTask
from mti_addon.wire.contents import read_verified
from mti_addon.wire.errors import BackendMissing, BadRequest, MtiError
from mti_addon.wire.events import Failed
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import Request
from mti_addon.wire.version import ROOT, oldest_blender

from .progress import Screen

SUFFIX = ".blend"
DEFAULT = "blender"
"""The Blender that is looked for if none is named."""
LOG_NAME = "blender.txt"
"""In the folder of unfinished jobs: what Blender has printed, if it crashed."""
LOOK_SECONDS = 0.2
VERSION_SECONDS = 120.0
"""Longer than Blender takes to print its version, even from a slow network drive."""
MODULE = "mti_addon.blender.capture_actions"
EXPRESSION = f"import sys; from {MODULE} import main; sys.exit(main())"
_IN_THE_BACKGROUND = [
    "--background", "--factory-startup", "--disable-autoexec", "-noaudio",
    "--python-use-system-env", "--python-exit-code", "1",
]  # fmt: skip
_PRINT_VERSION = "import bpy; print('Blender', bpy.app.version_string)"
CHOOSE = "Install Blender {oldest} or newer, or name it with --blender."
MISSING = "Blender was not found: there is no program {path}."
NO_BLENDER = "{path} is neither Blender nor a Python with the bpy module."
TOO_OLD = "{path} is Blender {version}, which is too old."
NO_ADD_ON = "This copy of the backend comes without the add-on, which captures actions."
CRASHED = "Blender crashed or was ended while it opened {name}."
OPEN_IT = "Try to open it in Blender's window. What Blender printed is in {log}."
CRASHED_ON = "Blender crashed or was ended while it captured {action}."
PLAY_IT = "Try to play the action in Blender's window. What Blender printed is in {log}."


@dataclass(frozen=True)
class Blender:
    """A program that can run our module: Blender itself, or a Python with the bpy module."""

    program: str
    is_python: bool

    def command(self, folder: Path) -> list[str]:
        """The command that captures what a folder says."""
        if self.is_python:
            return [self.program, "-c", EXPRESSION, str(folder)]
        how = [*_IN_THE_BACKGROUND, "--python-expr", EXPRESSION]
        return [self.program, *how, "--", str(folder)]


@dataclass(frozen=True)
class Action:
    """An action as it was captured: a job's request and inputs, or why there are none."""

    name: str
    request: Request | None = None
    inputs: Mapping[str, bytes] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    error: MtiError | None = None


def is_blend(source: Path) -> bool:
    """True if the source is a file that is named like a .blend file."""
    return source.suffix.lower() == SUFFIX and source.is_file()


def find_blender(given: str = DEFAULT) -> Blender:
    """The Blender that was named, or the one in PATH.

    Raises BackendMissing, and BadRequest if it is something else, or too old."""
    if not (ROOT / "mti_addon" / "blender").is_dir():
        hint = "Use the backend of the installed extension, or of a checkout."
        raise BackendMissing(Problem("capture_without_add_on", NO_ADD_ON, hint))
    program, values = shutil.which(given), {"path": given, "oldest": _shown(oldest_blender())}
    if program is None:
        raise BackendMissing(Problem("blender_missing", MISSING, CHOOSE, values))
    is_python = _says(program, "--version").startswith("Python ")
    said = _says(program, "-c", _PRINT_VERSION) if is_python else _says(program, "--version")
    found = re.search(r"^Blender (\d+)\.(\d+)", said, re.MULTILINE)
    if found is None:
        raise BadRequest(Problem("blender_is_something_else", NO_BLENDER, CHOOSE, values))
    version = int(found[1]), int(found[2])
    if version < oldest_blender():
        values |= {"version": _shown(version)}
        raise BadRequest(Problem("blender_too_old", TOO_OLD, CHOOSE, values))
    return Blender(program, is_python)


def capture_actions(
    blender: Blender, task: CaptureTask, work: Path, screen: Screen
) -> tuple[list[Action], tuple[str, ...]]:
    """Capture all actions of a file, in a temporary folder in `work`; also returns notices.

    An action at which Blender crashes is one that cannot be captured. Raises BadRequest if nothing
    of the file can be captured, DiskFull, NotWritable."""
    with _folder(work) as folder:
        folder.write_task(task)
        plan = _Capturing(blender, folder, Path(task.file).name, work / LOG_NAME, screen).run()
        actions = [_read(folder, name, number) for number, name in enumerate(plan.actions)]
    return actions, plan.notices


class _Capturing:
    """Blender at work on a folder."""

    def __init__(
        self, blender: Blender, folder: CaptureFolder, name: str, log: Path, screen: Screen
    ) -> None:
        self.blender, self.folder, self.name = blender, folder, name
        self.log, self.screen, self.number = log, screen, 0

    def run(self) -> CapturePlan:
        """Start Blender, and once more for the others after each action at which it crashed."""
        while True:
            self._run_blender()
            plan = self.folder.plan()
            if plan is None:
                values = {"name": self.name, "log": self._kept_log()}
                raise BadRequest(Problem("blender_crashed", CRASHED, OPEN_IT, values))
            number = self._done(plan)
            if number == len(plan.actions):
                return plan
            values = {"action": plan.actions[number], "log": self._kept_log()}
            error = BadRequest(Problem("blender_crashed_on_action", CRASHED_ON, PLAY_IT, values))
            self.folder.write_action(number, ActionCapture(failed=Failed.of(error)))

    def _run_blender(self) -> None:
        with open(self.folder.log_file, "ab") as log, _ended_by_sigterm():
            process = subprocess.Popen(
                self.blender.command(self.folder.path),
                env=_environment(self.folder.path),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            try:
                while process.poll() is None:
                    self._tell()
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(LOOK_SECONDS)
            finally:
                process.kill()
                process.wait()

    def _tell(self) -> None:
        with suppress(MtiError):  # it is told when Blender has ended
            if (plan := self.folder.plan()) is None:
                self.screen.progress(f"{self.name}: opening it in Blender")
            elif (number := self._done(plan)) < len(plan.actions):
                of = f"{number + 1} of {len(plan.actions)}"
                self.screen.progress(f"{self.name}: capturing {of}, {plan.actions[number]}")

    def _done(self, plan: CapturePlan) -> int:
        """Number of actions before the first that is not captured yet."""
        while self.number < len(plan.actions) and self.folder.action(self.number) is not None:
            self.number += 1
        return self.number

    def _kept_log(self) -> str:
        """The path of what Blender has printed, which outlives the folder."""
        with files.translating_os_errors(self.log):
            shutil.copyfile(self.folder.log_file, self.log)
        return str(self.log)


def _read(folder: CaptureFolder, name: str, number: int) -> Action:
    """Take over what was captured, after checking it."""
    capture = folder.action(number)
    assert capture is not None
    if not capture.job:
        return Action(name, error=capture.error)
    job = folder.job(capture)
    request = job.request(to_run=True)
    inputs = {
        key: read_verified(job.path, f"inputs/{key}", digest)
        for key, digest in request.inputs.items()
    }
    return Action(name, request, inputs, capture.notices)


def _says(program: str, *arguments: str) -> str:
    """What a program prints; nothing if it cannot be run."""
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            [program, *arguments],
            env=_environment(None),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=VERSION_SECONDS,
        )
        return done.stdout.decode("utf-8", "replace").strip()
    return ""


def _environment(folder: Path | None) -> dict[str, str]:
    """Our environment, with the extension as the only addition to Blender's Python, and `folder` in
    place of the user's add-ons and preferences, among which may be an enabled copy of it."""
    ours = ("PYTHON", "BLENDER_USER_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    kept |= {"PYTHONPATH": str(ROOT), "PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return kept if folder is None else kept | {"BLENDER_USER_RESOURCES": str(folder / "user")}


@contextmanager
def _folder(work: Path) -> Iterator[CaptureFolder]:
    """A folder that is removed afterwards; what a killed process has left is swept later."""
    with files.translating_os_errors(work):
        work.mkdir(parents=True, exist_ok=True)
        path = tempfile.mkdtemp(prefix=files.TEMP_PREFIX, suffix="-capture", dir=work.resolve())
    try:
        (Path(path) / "user").mkdir()
        yield CaptureFolder(Path(path))
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Within the context, SIGTERM is like Ctrl-C, so that Blender is ended, too."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _shown(version: tuple[int, int]) -> str:
    return "{}.{}".format(*version)
