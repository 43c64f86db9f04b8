"""Start a runner that outlives Blender: detached, without a pipe; wire and stdlib only.

Zombies: a child that ends stays in the process table until its parent asks. The Popen objects are
kept here and asked, without waiting, whenever another one is started or a job is looked at; when
Blender ends, the system's first process inherits the rest. A double fork would hide the pid that
tells a runner that never came up from one that waits, and Windows has no fork.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from ..wire import files
from ..wire.errors import BackendMissing
from ..wire.job import JobFolder
from ..wire.owner import owner_of, read_owner
from ..wire.problem import Problem

_children: list[subprocess.Popen[bytes]] = []


def launch(
    python: str,
    root: Path,
    job: JobFolder,
    extra_env: Mapping[str, str] | None = None,
    idle_timeout: float = 0.0,
) -> int:
    """Start `python -m mti_backend run JOB` detached, and return its pid.

    `python` is the backend's own interpreter, `root` the folder that holds mti_backend; the runner
    then waits `idle_timeout` seconds for the next job, with its model loaded. Raises
    BackendMissing, DiskFull, NotWritable.
    """
    if not (root / "mti_backend").is_dir():
        raise BackendMissing(
            Problem(
                "no_backend_in_folder",
                "There is no backend in {folder}.",
                "Install the extension again.",
                {"folder": str(root)},
            )
        )
    command = [python, "-m", "mti_backend", "run", str(job.path.resolve())]
    command += ["--idle-timeout", f"{idle_timeout:g}"] if idle_timeout > 0 else []
    return start_detached(command, runner_environment(os.environ, root, extra_env or {}), job)


def start_detached(command: list[str], environment: dict[str, str], job: JobFolder) -> int:
    """Start a process on a folder, with its output in the folder's log; its pid is noted there.

    Raises BackendMissing, DiskFull, NotWritable.
    """
    reap()
    with files.translating_os_errors(job.log_file):
        log = open(job.log_file, "ab")
    with log:
        # Counted before it starts: a runner that stayed may be quicker, and take the job's lock.
        owner = read_owner(job.owner_file)
        epoch = (owner.epoch if owner else 0) + 1
        try:
            child = _start(command, environment, job.path.resolve().parent, log.fileno())
        except OSError as error:
            raise cannot_be_started(command[0], error) from error
    _children.append(child)
    _note(job, child.pid, epoch)
    return child.pid


def cannot_be_started(python: str, error: OSError) -> BackendMissing:
    """Of the backend's interpreter."""
    return BackendMissing(
        Problem(
            "backend_python_does_not_start",
            "The backend's Python, {python}, cannot be started ({reason}).",
            "Set up the backend in the preferences.",
            {"python": python, "reason": error.strerror or str(error)},
        )
    )


def runner_environment(
    environ: Mapping[str, str], root: Path, extra: Mapping[str, str]
) -> dict[str, str]:
    """The environment of a runner: Blender's, without what belongs to Blender's own Python, or to
    Blender or its launcher alone."""
    ours = ("PYTHON", "__PYVENV")
    result = {key: value for key, value in environ.items() if not key.upper().startswith(ours)}
    for name, separators in (("LD_LIBRARY_PATH", ":"), ("LD_PRELOAD", ": ")):
        if name in result:
            listed = re.split(f"[{separators}]", result.pop(name))
            kept = [each for each in listed if each and not _is_the_launcher_s(each, environ)]
            if kept:
                result[name] = ":".join(kept)
    result.update(
        PYTHONPATH=str(root.resolve()),
        PYTHONUTF8="1",
        PYTHONUNBUFFERED="1",
        # Neither a file beside the .blend nor the user's own packages may replace the backend's.
        PYTHONSAFEPATH="1",
        PYTHONNOUSERSITE="1",
    )
    result.update(extra)
    return result


def _is_the_launcher_s(path: str, environ: Mapping[str, str]) -> bool:
    """Libraries that only Blender is to be given.

    Steam's runtime (older than what torch needs) and its overlay, not what its containers give in
    place of the system's drivers; those of an AppImage; and Blender's own, which blender-launcher
    puts before all others. A studio's stay.
    """
    parts = path.split("/")
    if any(part.startswith("steam-runtime") for part in parts):
        return True
    if parts[-1] == "gameoverlayrenderer.so":
        return True
    image = environ.get("APPDIR", "")
    if image and (path == image or path.startswith(image.rstrip("/") + "/")):
        return True
    return parts[-1] == "lib" and os.path.isfile(os.path.join(os.path.dirname(path), "blender"))


def reap() -> None:
    """Let ended children leave the process table; never waits."""
    _children[:] = [child for child in _children if child.poll() is None]


def _note(job: JobFolder, pid: int, epoch: int) -> None:
    """Write launched.json, so that a runner that dies before it has the lock is recognised."""
    launched = owner_of(pid, epoch)
    files.write_atomic(job.launched_file, launched.to_json().encode("utf-8"))


def _start(
    command: list[str], environment: dict[str, str], folder: Path, log: int
) -> subprocess.Popen[bytes]:
    """Popen with no inherited handle but the log, in a session of its own."""
    if sys.platform != "win32":
        return subprocess.Popen(
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    # A launcher (Steam, a shop's pipeline) may have put Blender into a job object, which takes
    # its children with it; leaving it is not always allowed.
    for breakaway in (subprocess.CREATE_BREAKAWAY_FROM_JOB, 0):
        try:
            return subprocess.Popen(
                command,
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                creationflags=flags | breakaway,
            )
        except PermissionError:
            if not breakaway:
                raise
            os.write(log, b"mti: not allowed to leave the job object; may end with Blender\n")
    raise AssertionError("unreachable")
