"""A job is a folder: its names, how it is made whole, and what can be asked of it; stdlib only.

docs/job.md is the authoritative description; this module is its only spelling in code.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from . import codec, files
from .codec import Constraint
from .contents import add_file, read_inside, verify_file
from .errors import BadRequest, UnreadableInput, WireError
from .events import MAX_LINE_BYTES, Cancelled, Done, Failed, FinalEvent, decode
from .problem import Problem
from .request import (
    MAX_REQUEST_BYTES,
    MOTION,
    TARGET,
    Request,
    reference_folder,
)

_OUTPUT_NAME = r"([A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}/){0,2}[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}"

MAX_MANIFEST_BYTES = 2**24
PAUSE = b"pause\n"
"""What stands in `cancel` where the job is only to pause; runners do not look at it."""


class JobFolder:
    """One job's folder; cheap to make, holds nothing open, and caches nothing."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    def __repr__(self) -> str:
        return f"JobFolder({str(self.path)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JobFolder) and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)

    @property
    def request_file(self) -> Path:
        """What was asked for; written once, never changed."""
        return self.path / "request.json"

    @property
    def inputs(self) -> Path:
        """The folder of the files that request.json names."""
        return self.path / "inputs"

    @property
    def reference_dir(self) -> Path:
        """The pictures of the motion: 0001.png, 0002.png ..."""
        return self.further_reference_dir(1)

    def further_reference_dir(self, reference: int) -> Path:
        """The same motion drawn in another way, `reference` from 2; 1 is reference_dir."""
        return self.inputs / reference_folder(reference)

    @property
    def target_file(self) -> Path:
        """The picture that shall move."""
        return self.inputs / TARGET

    @property
    def motion_file(self) -> Path:
        """The motion to apply, for task apply."""
        return self.inputs / MOTION

    @property
    def launched_file(self) -> Path:
        """The process that was started last on this job, before it has the lock."""
        return self.path / "launched.json"

    @property
    def lock_file(self) -> Path:
        """Locked by the runner for as long as it lives; empty."""
        return self.path / "lock"

    @property
    def owner_file(self) -> Path:
        """The runner that has, or last had, the lock."""
        return self.path / "owner.json"

    @property
    def heartbeat_file(self) -> Path:
        """Touched every 2 s by the living runner; empty."""
        return self.path / "heartbeat"

    @property
    def events_file(self) -> Path:
        """What the runners told, one JSON object a line."""
        return self.path / "events.jsonl"

    @property
    def cancel_file(self) -> Path:
        """Its existence asks the runner to stop; empty."""
        return self.path / "cancel"

    @property
    def waiting_file(self) -> Path:
        """Its existence puts the job into the queue, its time is the place there; empty."""
        return self.path / "waiting"

    @property
    def live_dir(self) -> Path:
        """Pictures of what has been learned so far, while learning goes on."""
        return self.path / "live"

    @property
    def checkpoint_dir(self) -> Path:
        """The last two checkpoints; the backend's own."""
        return self.path / "checkpoint"

    @property
    def output_dir(self) -> Path:
        """The results, put in place whole."""
        return self.path / "output"

    @property
    def sheets_dir(self) -> Path:
        """Some pictures of each take in one: 01.png, 02.png ..."""
        return self.output_dir / "sheets"

    @property
    def takes_dir(self) -> Path:
        """Further results: 02, 03 ..., each a folder as frames_dir is."""
        return self.output_dir / "takes"

    @property
    def attention_dir(self) -> Path:
        """Where each frame's tokens look: 0001.png ..., one a frame."""
        return self.output_dir / "attention"

    @property
    def frames_dir(self) -> Path:
        """The resulting pictures: 0001.png, 0002.png ..."""
        return self.output_dir / "frames"

    @property
    def output_motion(self) -> Path:
        """The learned motion."""
        return self.output_dir / MOTION

    @property
    def preview_file(self) -> Path:
        """The resulting pictures as one small, moving picture."""
        return self.output_dir / "preview.webp"

    @property
    def manifest_file(self) -> Path:
        """The sha256 of each file in output/."""
        return self.output_dir / "manifest.json"

    @property
    def log_file(self) -> Path:
        """stdout and stderr of the runners."""
        return self.path / "log.txt"

    def request(self, to_run: bool = False) -> Request:
        """Read request.json strictly, `to_run` or only to look at it (`Request.from_json`);
        BadRequest, NewerProtocol."""
        try:
            with open(self.request_file, "rb") as stream:
                data = stream.read(MAX_REQUEST_BYTES + 1)
        except OSError as error:
            raise BadRequest(
                Problem(
                    "request_unreadable",
                    "{path} cannot be read ({reason}).",
                    "This folder is not a job.",
                    {"path": str(self.request_file), "reason": error.strerror or str(error)},
                )
            ) from error
        return Request.from_json(data, to_run)

    def verify_inputs(self) -> None:
        """Check that every input is there and unchanged, or raise UnreadableInput."""
        for name, expected in self.request().inputs.items():
            verify_file(self.path, f"inputs/{name}", expected)

    def verify_output(self) -> tuple[str, ...]:
        """Check output/ against its manifest; the names in it, relative to output/.

        UnreadableInput."""
        entries = self.manifest()
        for name, expected in entries.items():
            verify_file(self.path, f"output/{name}", expected)
        return tuple(entries)

    def manifest(self) -> dict[str, str]:
        """sha256 of each file of output/ by its name there, as far as it is told; nothing is
        compared yet. UnreadableInput."""
        try:
            data = read_inside(self.path, "output/manifest.json", MAX_MANIFEST_BYTES)
            value = codec.loads(data, "output/manifest.json")
            return codec.from_dict(Manifest, value, "manifest.json").files
        except (OSError, BadRequest) as error:
            raise UnreadableInput(
                Problem(
                    "manifest_unreadable",
                    "output/manifest.json cannot be read: {reason}",
                    "Resume the job to make it again.",
                    {"reason": str(error)},
                )
            ) from error

    def ask_cancel(self) -> None:
        """Ask the runner to stop; it does within 2 s. Asking twice, or too late, is harmless."""
        with files.translating_os_errors(self.cancel_file):
            self.cancel_file.touch()

    def ask_pause(self) -> None:
        """Ask the runner to stop, as `ask_cancel` does, and note that it is to go on later."""
        files.write_atomic(self.cancel_file, PAUSE)

    def pause_asked(self) -> bool:
        """Somebody asked for this job to stop, and means to go on with it."""
        try:
            return self.cancel_file.read_bytes() == PAUSE
        except OSError:
            return False

    def cancel_asked(self) -> bool:
        """Somebody asked for this job to stop."""
        return os.path.exists(self.cancel_file)  # which never raises, as Path's may

    def finished(self) -> FinalEvent | None:
        """The last event if it is done, failed or cancelled; None while there is more to come."""
        try:
            with open(self.events_file, "rb") as stream:
                stream.seek(max(0, os.fstat(stream.fileno()).st_size - 2 * MAX_LINE_BYTES))
                lines = stream.read().split(b"\n")
            event = decode(lines[-2])[2] if len(lines) > 1 else None
        except (FileNotFoundError, WireError):
            return None
        return event if isinstance(event, Done | Failed | Cancelled) else None

    def heartbeat_age(self) -> float | None:
        """Seconds since the runner's last heartbeat, at least 0; None before the first."""
        return file_age(self.heartbeat_file)


CLOCKS_DIFFER_SECONDS = 300.0
"""At most this much may the clock of another machine, or of a file server, be ahead of ours."""


def file_age(path: Path) -> float | None:
    """Seconds since a file was changed, at least 0; None if there is none.

    One from far in the future is as old as it is ahead: a clock was set back since, and nobody
    knows by how much.
    """
    try:
        age = time.time() - path.stat().st_mtime
    except OSError:
        return None
    return max(0.0, age) if age > -CLOCKS_DIFFER_SECONDS else -age


@dataclass(frozen=True)
class Manifest:
    """output/manifest.json: the sha256 of each file, by its name relative to output/."""

    files: dict[
        Annotated[str, Constraint(_OUTPUT_NAME, "No name leaves output/.")],
        Annotated[str, Constraint(r"[0-9a-f]{64}", "sha256 in hex.")],
    ]

    def to_json(self) -> str:
        """The text of manifest.json."""
        return codec.dumps(codec.to_dict(self), indent=2) + "\n"


def manifest_of(output: Path) -> Manifest:
    """The manifest of every file that is in a folder now, sorted by name."""
    found = sorted(p for p in output.rglob("*") if p.is_file() and p.name != "manifest.json")
    return Manifest({p.relative_to(output).as_posix(): files.sha256_file(p) for p in found})


def create_job(
    root: Path,
    request: Request,
    inputs: Mapping[str, bytes | Path],
    tell: Callable[[int, int], None] = lambda _done, _total: None,
) -> JobFolder:
    """Make the folder `root/<request.job>`: whole, with every byte on the disk, or not at all.

    `request.inputs` is filled in here; the keys of `inputs` are names relative to inputs/. `tell`
    is told how many of how many inputs are on the disk.
    Raises BadRequest, UnreadableInput (a source file), DiskFull, NotWritable.
    """
    replace(request, inputs=dict.fromkeys(inputs, "0" * 64)).check()
    job = JobFolder(root / request.job)
    with files.new_folder(job.path) as temp:
        sums: dict[str, str] = {}
        for done, (name, data) in enumerate(inputs.items(), start=1):
            sums[name] = add_file(temp / "inputs", name, data)
            tell(done, len(inputs))
        complete = replace(request, inputs=sums)
        files.write_synced(temp / "request.json", complete.to_json().encode("utf-8"))
    return job
