"""Motions that can be applied: learned by a job on this machine, in a library, or shipped. Imports
no bpy."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..wire import CaptureInfo, Settings
from ..wire.library import Motion, read_library
from ..wire.settings import ModelName
from .job_list import Jobs, Row


@dataclass(frozen=True)
class KnownMotion:
    """A motion's file, and what is needed to apply it."""

    label: str
    """Unique name for selection by the animator."""
    name: str
    file: Path
    settings: Settings
    capture: CaptureInfo
    """Frame range and rate of the capture, which determine the duration."""


def all_motions(jobs: Jobs, presets: Path) -> list[KnownMotion]:
    """Return learned motions, newest first, then the shipped ones by name."""
    return [*learned_motions(jobs, lambda _row: True), *_shipped(presets)]


def find_motion(label: str, jobs: Jobs, presets: Path) -> KnownMotion | None:
    """Return the motion with this label, or None."""
    known = all_motions(jobs, presets)
    exact = next((motion for motion in known if motion.label == label), None)
    key = label[label.rfind("(") :]  # a renamed motion still has this part in its label
    return exact or next((motion for motion in known if key and motion.label.endswith(key)), None)


def learned_motions(jobs: Jobs, first: Callable[[Row], bool]) -> list[KnownMotion]:
    """Return learned motions, newest first; those whose jobs satisfy `first` precede the others."""
    rows = sorted(jobs.rows, key=lambda row: not first(row))
    return [motion for row in rows if (motion := motion_of_job(row)) is not None]


def motion_of_job(row: Row) -> KnownMotion | None:
    """Return the motion that a job has learned, or None."""
    request = row.request
    if request is None or not request.learns or row.state.phase != "done":
        return None
    label = f"{request.name} ({request.settings.model}, {request.job[:6]})"
    file = row.folder.output_motion
    return KnownMotion(label, request.name, file, request.settings, request.capture)


def motion_of_library(motion: Motion, model: ModelName) -> KnownMotion | None:
    """Return what a model has learned of a motion in a library.

    None if it has not learned it, or if the motion is an edit of others, which is more than a file.

    Its label has the motion's id, which stays when the motion is renamed or moved.
    """
    return _in_library(motion, model, motion.preset.id[:6])


def _in_library(motion: Motion, model: ModelName, key: str) -> KnownMotion | None:
    preset, files = motion.preset, motion.embedding_files(model)
    if len(files) != 1 or preset.is_edited:
        return None
    settings = preset.embeddings[model].settings
    label = f"{preset.name} ({model}, {key})"
    return KnownMotion(label, preset.name, files[0], settings, preset.capture)


@functools.cache
def _shipped(presets: Path) -> tuple[KnownMotion, ...]:
    """Return the shipped motions, cached: they never change, and every redraw requests them."""
    found = [
        _in_library(motion, model, motion.folder.name)
        for motion in read_library(presets)[0]
        for model in motion.preset.embeddings
    ]
    return tuple(known for known in found if known is not None)
