"""Model folders: inspect, download, move, delete; wire and stdlib only."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...wire import errors, files
from ...wire.errors import DiskFull, MtiError
from ...wire.events import Failed
from ...wire.problem import Problem
from ..jobs.launch import cannot_be_started, runner_environment
from .child import TaskProcess
from .folder import TaskSpec, typed

DOWNLOADS = {
    "svd": 4_509_000_000,
    "svd-xt": 4_509_000_000,
    "animatediff": 3_803_000_000,
    "zeroscope": 3_667_000_000,
}
"""Download size of the files used, in bytes."""
PARTS = {
    "animatediff": ("unet", "vae", "text_encoder", "tokenizer", "scheduler", "motion_adapter"),
    "zeroscope": ("unet", "vae", "text_encoder", "tokenizer", "scheduler"),
}
"""The folders of which the text-to-video models consist."""
INCLUDED_FOLDERS = {"draft-by-words": "mti_backend/draft/weights-by-words"}
"""Weights that an extension has or lacks, by their place in its root. The draft of the other method
is always there."""
INDEX = "model_index.json"
"""Marks a model's folder as complete: it is downloaded last."""
MOVING = Problem("moving_models", "Moving the models")
_CHUNK = 8 * 2**20


@dataclass(frozen=True)
class ModelFolder:
    """A model in the models folder, whether or not it exists."""

    name: str
    path: Path
    size: int
    """Bytes on disk."""
    whole: bool
    missing: tuple[str, ...] = ()
    """What a text-to-video model lacks: names of parts."""


def model_folder(models: Path, name: str) -> ModelFolder:
    """Inspect a model's folder; takes a few system calls."""
    path = models / name
    has_index = (path / INDEX).is_file()
    missing = tuple(part for part in PARTS.get(name, ()) if not (path / part).is_dir())
    missing += (INDEX,) if name in PARTS and not has_index else ()
    return ModelFolder(name, path, files.size_of(path), has_index and not missing, missing)


def included_folder(models: Path, root: Path, name: str) -> ModelFolder:
    """Inspect an included model: in the models folder, which comes first, or in the extension's
    `root`; takes a few system calls."""
    own = model_folder(models, name)
    if own.whole:
        return own
    path = root / INCLUDED_FOLDERS[name]
    return ModelFolder(name, path, files.size_of(path), (path / INDEX).is_file())


def download(process: TaskProcess, spec: TaskSpec) -> None:
    """Run the task `download`: the backend's own command, with its progress."""
    folder = Path(spec.models)
    with files.translating_os_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    said = Problem("downloading", "Downloading {name}", values={"name": spec.model})
    process.tell(said, 0.0)

    def watch(output: str) -> None:
        told = _last_progress(output)
        done, total = int(told.get("done", 0)), int(told.get("total", 0))
        left = float(told.get("seconds_left", -1))
        fraction = done / total if total else 0.0
        process.tell(said, fraction, done_bytes=done, total_bytes=total, seconds_left=left)

    command = [spec.python, "-m", "mti_backend", "download", spec.model, "--json"]
    command += ["--models", str(folder)]
    environment = runner_environment(os.environ, Path(spec.root), {})
    try:
        ended = process.run(command, environment, watch)
    except OSError as error:
        raise cannot_be_started(spec.python, error) from error
    if ended.returncode != 0:
        raise _trouble(ended.output, spec.model)
    done = Problem("model_installed", "{name} is installed.", values={"name": spec.model})
    process.end(said=done, fraction=1.0)


def delete(process: TaskProcess, spec: TaskSpec) -> None:
    """Run the task `delete` on one model's folder."""
    values = {"name": spec.model}
    process.tell(Problem("deleting", "Deleting {name}", values=values), 0.5)
    files.remove_folder(Path(spec.models) / spec.model)
    process.end(said=Problem("model_deleted", "{name} was deleted.", values=values), fraction=1.0)


def move(process: TaskProcess, spec: TaskSpec) -> None:
    """Run the task `move`: move all models to another folder, possibly on another disk.

    A model is renamed or, across disks, completely copied before the original is deleted: if this
    is killed, every model is complete in one of the two places, and the next attempt resumes.
    """
    source, target = Path(spec.models).resolve(), Path(spec.target).resolve()
    if source == target or source in target.parents or target in source.parents:
        raise errors.BadRequest(
            Problem(
                "folders_in_each_other",
                "One of {target} and {source} contains the other.",
                "Choose another folder.",
                {"target": str(target), "source": str(source)},
            )
        )
    names = [name for name in DOWNLOADS if (source / name).is_dir()]
    total, done = sum(files.size_of(source / name) for name in names), 0
    with files.translating_os_errors(target):
        target.mkdir(parents=True, exist_ok=True)
        for name in names:
            if (target / name / INDEX).exists():
                raise errors.BadRequest(
                    Problem(
                        "model_there_already",
                        "{folder} already contains another {name}.",
                        "Delete one of the two, or choose another folder.",
                        {"name": name, "folder": str(target)},
                    )
                )
            size = files.size_of(source / name)
            if not _renamed(source / name, target / name):
                _check_space(target, name, size - files.size_of(target / name))
                _copy(process, source / name, target / name, (done, total))
                files.remove_folder(source / name)
            done += size
    moved = Problem("models_moved", "The models are in {folder}.", values={"folder": target})
    process.end(said=moved, fraction=1.0)


def _renamed(folder: Path, goal: Path) -> bool:
    """Rename the folder, immediate on the same disk; not possible once a copy was started."""
    if goal.exists():
        return False
    try:
        os.rename(folder, goal)
    except OSError as error:
        if error.errno == errno.EXDEV or getattr(error, "winerror", None) == 17:
            return False
        raise
    return True


def _check_space(target: Path, name: str, missing: int) -> None:
    free = shutil.disk_usage(target).free
    if free < missing:
        raise DiskFull(
            Problem(
                "no_space_to_move_model",
                "{name} needs {missing:.1f} GB, and {free:.1f} GB are free in {folder}.",
                "Free some space, or choose a folder on another disk.",
                {"name": name, "missing": missing / 1e9, "free": free / 1e9, "folder": str(target)},
            )
        )


def _copy(process: TaskProcess, folder: Path, goal: Path, of: tuple[int, int]) -> None:
    """Copy a model, its index last, so that an incomplete copy is recognized."""
    done, total = of
    listed = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    listed.sort(key=lambda path: path.name == INDEX)
    for path in listed:
        copy = goal / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        half = copy.with_name(files.TEMP_PREFIX + copy.name)
        if copy.exists() and copy.stat().st_size == path.stat().st_size:
            done += path.stat().st_size
            continue
        try:
            with open(path, "rb") as read, open(half, "wb") as write:
                while chunk := read.read(_CHUNK):
                    write.write(chunk)
                    done += len(chunk)
                    fraction = done / max(total, 1)
                    process.tell(MOVING, fraction, done_bytes=done, total_bytes=total)
                write.flush()
                os.fsync(write.fileno())
            files.replace(half, copy)
        except BaseException:
            half.unlink(missing_ok=True)  # gigabytes, possibly on a disk that they have filled
            raise


def _last_progress(output: str) -> dict[str, Any]:
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            with contextlib.suppress(ValueError):
                return dict(json.loads(line))
    return {}


def _trouble(output: str, model: str) -> MtiError:
    """Return the error reported by the command's final output."""
    try:
        failed: Failed = typed(_last_progress(output).get("failed"), Failed)
        return errors.error_from_code(failed.code, failed.said)
    except TypeError:
        return errors.Internal(
            Problem(
                "download_stopped",
                "The download of {name} stopped unexpectedly.",
                "Download it again to resume; see the log for details.",
                {"name": model},
            )
        )
