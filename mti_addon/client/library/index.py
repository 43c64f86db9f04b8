"""The library of learned motions: preset folders, one per motion; wire and stdlib only."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ...wire.errors import MtiError, UnreadableInput
from ...wire.job import JobFolder
from ...wire.preset import (
    PRESET_FILE,
    PRESET_VERSION,
    PREVIEW,
    REFERENCE,
    Preset,
    read_preset,
    write_preset,
)
from ...wire.problem import Problem
from ...wire.request import MOTION, Request

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)")
"""Names reserved for devices on Windows."""


@dataclass(frozen=True)
class Motion:
    """A preset and its location."""

    folder: Path
    preset: Preset

    @property
    def motion_file(self) -> Path:
        """Return the motion file, to put into a job's inputs."""
        return self.folder / MOTION

    @property
    def preview_file(self) -> Path | None:
        """Return the small animated preview, or None."""
        return self.folder / PREVIEW if PREVIEW in self.preset.files else None


class Library:
    """Motions from several folders: the user's own first, then the shipped ones."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)
        self.problems: dict[Path, MtiError] = {}
        """Presets that the last motions() could not read, with the errors."""

    def motions(self) -> list[Motion]:
        """Return all readable motions, by name; the others are in `problems`."""
        self.problems = {}
        found: list[Motion] = []
        for folder in self._preset_folders():
            try:
                found.append(Motion(folder, read_preset(folder)))
            except MtiError as error:
                self.problems[folder] = error
        return sorted(found, key=lambda motion: motion.preset.name.casefold())

    def _preset_folders(self) -> list[Path]:
        result: list[Path] = []
        for root in self.folders:
            if root.is_dir():
                hidden = (p for p in sorted(root.iterdir()) if not p.name.startswith("."))
                result += [path for path in hidden if (path / PRESET_FILE).is_file()]
        return result


def save_motion(
    job: JobFolder, folder: Path, tags: Sequence[str] = (), licence: str = ""
) -> Motion:
    """Save the motion that a job has learned in the library `folder`, with its preview, if any.

    Raises UnreadableInput (no motion learned yet, or damaged), BadRequest, DiskFull, NotWritable.
    """
    request = job.request()
    names = job.verify_output()
    if MOTION not in names:
        raise UnreadableInput(
            Problem(
                "job_has_no_motion", "This job has not learned a motion.", "Wait until it is done."
            )
        )
    contents: dict[str, bytes | Path] = {
        name: job.output_dir / name for name in (MOTION, PREVIEW, REFERENCE) if name in names
    }
    preset = Preset(
        version=PRESET_VERSION,
        name=request.name,
        model=request.settings.model,
        num_frames=request.settings.num_frames,
        fps=_clip_fps(request),
        tags=tuple(tags),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        settings=request.settings,
        files={},
        licence=licence,
    )
    place = _free_place(folder, request.name)
    return Motion(place, write_preset(place, preset, contents))


def _clip_fps(request: Request) -> float:
    """Return the frame rate at which the clip lasts as long as the captured range."""
    return min(1000.0, max(0.01, request.settings.num_frames / request.capture.seconds))


def _free_place(folder: Path, name: str) -> Path:
    """Return an unused folder for a motion of this name."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:40]
    if not slug or _RESERVED.fullmatch(slug):
        slug = f"motion-{slug}".rstrip("-")
    candidates = [slug, *(f"{slug}-{i}" for i in range(2, 1000))]
    return next(
        (folder / c for c in candidates if not (folder / c).exists()),
        folder / f"{slug}-{secrets.token_hex(4)}",
    )
