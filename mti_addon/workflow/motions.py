"""Motions that can be applied: learned by a job on this machine, or in the library.

Imports no bpy. An animator chooses a motion by its label, which is stored in the scene. A label
ends in a key in parentheses, by which the motion is found again after it was renamed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..client.library import Entry, Library
from ..wire import CaptureInfo, MtiError, Settings
from ..wire.edit import AS_LEARNED, MotionEdit
from ..wire.library import Motion, read_motion
from ..wire.settings import ModelName
from .job_list import Jobs, Row

_KEY = re.compile(r".*\(([^()]*)\)", re.DOTALL)
_OLDER_KEY = re.compile(r"[a-z-]+, (.+)", re.DOTALL)
"""Of a shipped motion before 0.3.0: its model, and the name of its folder."""
_SHIPPED = "shipped/"
_ID_DIGITS = 8


@dataclass(frozen=True)
class KnownMotion:
    """A motion's files, and what is needed to apply it."""

    label: str
    """Unique name for selection by the animator."""
    name: str
    files: tuple[Path, ...]
    """One per part of its edit."""
    settings: Settings
    capture: CaptureInfo
    """Frame range and rate of the capture, which determine the duration."""
    edit: MotionEdit = AS_LEARNED
    id: str = ""
    """Of a motion in the library."""
    parents: tuple[str, ...] = ()
    """Of an edited motion: the IDs of the motions that it was made of, one per part."""
    job: str = ""
    """ID of the job that has learned it."""


def learned_motions(jobs: Jobs, first: Callable[[Row], bool]) -> list[KnownMotion]:
    """Return learned motions, newest first; those whose jobs satisfy `first` precede the others."""
    rows = sorted(jobs.rows, key=lambda row: not first(row))
    return [motion for row in rows if (motion := motion_of_job(row)) is not None]


def find_learned(label: str, jobs: Jobs) -> KnownMotion | None:
    """Return the motion of a job by its label, or None."""
    known = learned_motions(jobs, lambda _row: True)
    exact = next((motion for motion in known if motion.label == label), None)
    key = _key(label)  # a renamed motion still has this part in its label
    return exact or next((motion for motion in known if key and _key(motion.label) == key), None)


def motion_of_job(row: Row) -> KnownMotion | None:
    """Return the motion that a job has learned, or None."""
    request = row.request
    if request is None or not request.learns or row.state.phase != "done":
        return None
    label = f"{request.name} ({request.settings.model}, {request.job[:6]})"
    files = (row.folder.output_motion,)
    return KnownMotion(
        label, request.name, files, request.settings, request.capture, job=request.job
    )


def early_motions(row: Row) -> dict[int, Path]:
    """Return earlier states of the motion that a job has learned: iterations -> file.

    Only of engines that are told in words what to show; a later state may copy the reference.
    """
    request = row.request
    if request is None or not request.learns or row.state.phase != "done":
        return {}
    told = (row.state.result or {}).get("early")
    found = {}
    for each in told if isinstance(told, list) else ():
        iterations = each.get("iterations") if isinstance(each, dict) else None
        if isinstance(iterations, int) and 0 < iterations < request.settings.iterations:
            found[iterations] = row.folder.early_motion(iterations)
    return dict(sorted(found.items()))


def label_of(entry: Entry) -> str:
    """Return the label of a motion in the library."""
    return f"{entry.name} ({entry.id[:_ID_DIGITS]})"


def known_in(folder: Path, model: ModelName) -> KnownMotion | None:
    """Read what a model has learned of a motion in a library.

    None if it has not learned it, or if the motion cannot be read.
    """
    try:
        motion = read_motion(folder)
    except (MtiError, OSError):
        return None
    return motion_of_library(motion, model)


def motion_of_library(motion: Motion, model: ModelName) -> KnownMotion | None:
    """Return what a model has learned of a motion; None if it has not learned it."""
    preset = motion.preset
    learned = preset.embeddings.get(model)
    if learned is None:
        return None
    label = f"{preset.name} ({preset.id[:_ID_DIGITS]})"
    return KnownMotion(
        label,
        preset.name,
        motion.embedding_files(model),
        learned.settings,
        preset.capture,
        preset.edit,
        preset.id,
        preset.parents,
    )


class Labels:
    """Finds motions of a library by their labels, without a look at each of them."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._revision = -1
        self._exact: dict[str, Entry] = {}
        self._by_key: dict[str, Entry] = {}

    def find(self, label: str) -> Entry | None:
        """Return the motion with this label; or None. It may have been renamed since.

        A copy of a motion has its key, so its whole label decides, as long as it is the same.
        """
        if self._library.revision != self._revision:
            self._read()
        key = _key(label)
        older = _OLDER_KEY.fullmatch(key)
        return self._exact.get(label) or self._by_key.get(f"{_SHIPPED}{older[1]}" if older else key)

    def _read(self) -> None:
        self._revision = self._library.revision
        self._exact, self._by_key = {}, {}
        for entry in self._library.entries():
            label = label_of(entry)
            self._exact.setdefault(label, entry)
            self._by_key.setdefault(_key(label), entry)
            if entry.origin == "shipped":
                self._by_key.setdefault(_SHIPPED + entry.folder.name, entry)


def _key(label: str) -> str:
    """Return what stands in the parentheses at a label's end; empty if there are none."""
    found = _KEY.fullmatch(label)
    return found[1] if found else ""
