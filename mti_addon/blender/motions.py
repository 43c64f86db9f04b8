"""The motions that can be applied: learned by a job of this machine, or shipped. Imports no bpy."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..client import Library
from ..wire import CaptureInfo, Settings
from .jobs import Jobs, Row


@dataclass(frozen=True)
class KnownMotion:
    """A motion's file and what is needed to play it."""

    label: str
    """Unique; what the animator chooses by."""
    name: str
    file: Path
    settings: Settings
    capture: CaptureInfo
    """The range and the frame rate that it was captured at: how long it lasts."""


def all_motions(jobs: Jobs, presets: Path) -> list[KnownMotion]:
    """Learned motions, the newest first, then the shipped ones by name."""
    return [*learned_motions(jobs, lambda _row: True), *_shipped(presets)]


def find_motion(label: str, jobs: Jobs, presets: Path) -> KnownMotion | None:
    """The motion of this label; None if there is none."""
    known = all_motions(jobs, presets)
    exact = next((motion for motion in known if motion.label == label), None)
    key = label[label.rfind("(") :]  # a motion that was renamed since has still this in its label
    return exact or next((motion for motion in known if key and motion.label.endswith(key)), None)


def learned_motions(jobs: Jobs, first: Callable[[Row], bool]) -> list[KnownMotion]:
    """The motions that were learned, the newest first; before all others those of jobs of which
    `first` is true."""
    rows = sorted(jobs.rows, key=lambda row: not first(row))
    return [motion for row in rows if (motion := motion_of_job(row)) is not None]


def motion_of_job(row: Row) -> KnownMotion | None:
    """The motion that a job has learned; None if it has not."""
    request = row.request
    if request is None or not request.learns or row.state.phase != "done":
        return None
    label = f"{request.name} ({request.settings.model}, {request.job[:6]})"
    file = row.folder.output_motion
    return KnownMotion(label, request.name, file, request.settings, request.capture)


@functools.cache
def _shipped(presets: Path) -> tuple[KnownMotion, ...]:
    """They do not change while Blender runs, and the panel asks for them in every redraw."""
    found = []
    for motion in Library([presets]).motions():
        preset = motion.preset
        label = f"{preset.name} ({preset.model}, {motion.folder.name})"
        capture = CaptureInfo(
            fps=preset.fps,
            frame_start=1,
            frame_end=preset.num_frames,  # at its own frame rate, a frame is a picture
            size=(preset.settings.width, preset.settings.height),
            flip_safe=False,
        )
        found.append(KnownMotion(label, preset.name, motion.motion_file, preset.settings, capture))
    return tuple(found)
