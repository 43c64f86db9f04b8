"""Start a runner that outlives Blender: detached, without a pipe; wire and stdlib only.

Zombies: an exited child stays in the process table until its parent reaps it. The Popen objects are
kept here and polled whenever another runner is started or a job is polled; when Blender exits, the
init process inherits the rest. A double fork would hide the PID that distinguishes a runner that
failed to start from one that is waiting, and Windows has no fork.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from ...wire import files
from ...wire.errors import BackendMissing
from ...wire.job import JobFolder
from ...wire.owner import owner_of, read_owner
from ...wire.problem import Problem

_children: list[subprocess.Popen[bytes]] = []


def launch(
    python: str,
    root: Path,
    job: JobFolder,
    extra_env: Mapping[str, str] | None = None,
    idle_timeout: float = 0.0,
) -> int:
    """Start `python -m mti_backend run JOB` detached, and return its PID.

    `python` is the backend's own interpreter, `root` the folder that contains mti_backend.
    Afterwards the runner waits `idle_timeout` seconds for the next job, with its model loaded.
    Raises BackendMissing, DiskFull, NotWritable.
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
    """Start a process on a folder, logging to the folder and recording its PID there.

    Raises BackendMissing, DiskFull, NotWritable.
    """
    reap()
    with files.translating_os_errors(job.log_file):
        log = open(job.log_file, "ab")
    with log:
        # Counted before starting: an idle runner may be faster, and take the job's lock.
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
    """Return the error for the backend's interpreter."""
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
    """Return a runner's environment: Blender's, without what is meant for Blender alone.

    This excludes settings of its own Python, of Blender itself and of its launcher.
    """
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
        # Neither files next to the .blend nor user packages may replace the backend's.
        PYTHONSAFEPATH="1",
        PYTHONNOUSERSITE="1",
    )
    result.update(extra)
    return result


def _is_the_launcher_s(path: str, environ: Mapping[str, str]) -> bool:
    """Return whether a library path is meant for Blender alone.

    These are Steam's runtime (older than what torch needs) and overlay, but not what its containers
    provide in place of the system's drivers; those of an AppImage; and Blender's own, which
    blender-launcher puts first. A studio's own are kept.
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
    """Reap exited children; never blocks."""
    _children[:] = [child for child in _children if child.poll() is None]


def _note(job: JobFolder, pid: int, epoch: int) -> None:
    """Write launched.json, so that a runner that dies before it has the lock is recognized."""
    launched = owner_of(pid, epoch)
    files.write_atomic(job.launched_file, launched.to_json().encode("utf-8"))


def _start(
    command: list[str], environment: dict[str, str], folder: Path, log: int
) -> subprocess.Popen[bytes]:
    """Start a process that inherits no handle but the log, in its own session."""
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
    # A launcher (Steam, a studio pipeline) may have put Blender into a job object, which takes its
    # children down with it; breaking away is not always permitted.
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
