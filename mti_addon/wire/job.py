"""A job is a folder: its file names, its creation, and its state; stdlib only.

docs/job.md is the authoritative description, implemented only in this module.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
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

PREVIEW_VARIABLE = "MTI_PREVIEW_SECONDS"
"""Environment variable: how often a runner shows in `live` what it has learned so far."""
PREVIEW_SECONDS = 15
"""How often runners do so that Blender or a studio's server starts, unless it is set."""
MAX_MANIFEST_BYTES = 2**24
PAUSE = b"pause\n"
"""Content of `cancel` if the job should only pause; runners ignore it."""


class JobFolder:
    """One job's folder; cheap to create, holds nothing open, and caches nothing."""

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
        """What was requested; written once, never changed."""
        return self.path / "request.json"

    @property
    def inputs(self) -> Path:
        """The folder of the files named in request.json."""
        return self.path / "inputs"

    @property
    def reference_dir(self) -> Path:
        """The images of the motion: 0001.png, 0002.png ..."""
        return self.further_reference_dir(1)

    def further_reference_dir(self, reference: int) -> Path:
        """Another drawing of the same motion, `reference` from 2; 1 is reference_dir."""
        return self.inputs / reference_folder(reference)

    @property
    def target_file(self) -> Path:
        """The image to animate."""
        return self.inputs / TARGET

    @property
    def motion_file(self) -> Path:
        """The motion to apply, for task apply."""
        return self.inputs / MOTION

    @property
    def launched_file(self) -> Path:
        """The process last started on this job, before it has acquired the lock."""
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
        """Touched every 2 s by a live runner; empty."""
        return self.path / "heartbeat"

    @property
    def events_file(self) -> Path:
        """Events of the runners, one JSON object per line."""
        return self.path / "events.jsonl"

    @property
    def cancel_file(self) -> Path:
        """Its existence asks the runner to stop; empty."""
        return self.path / "cancel"

    @property
    def waiting_file(self) -> Path:
        """Its existence puts the job into the queue, ordered by its modification time; empty."""
        return self.path / "waiting"

    @property
    def remote_file(self) -> Path:
        """Exists if the job runs on a studio's server, through a relay (`wire.remote.note`)."""
        return self.path / "remote.json"

    @property
    def live_dir(self) -> Path:
        """Preview images while learning."""
        return self.path / "live"

    def drop_older_live(self, newest: Path) -> None:
        """Delete the preview images but the newest; one that Blender is reading may stay."""
        for older in self.live_dir.glob("*.png"):
            if older != newest:
                with suppress(OSError):
                    older.unlink(missing_ok=True)

    @property
    def checkpoint_dir(self) -> Path:
        """The last two checkpoints, in the backend's own format."""
        return self.path / "checkpoint"

    @property
    def output_dir(self) -> Path:
        """The results, moved into place as a whole."""
        return self.path / "output"

    @property
    def early_dir(self) -> Path:
        """The motion after fewer iterations: 0100.safetensors, 0200.safetensors ..."""
        return self.output_dir / "early"

    def early_motion(self, iterations: int) -> Path:
        """The motion after so many iterations."""
        return self.early_dir / f"{iterations:04d}.safetensors"

    @property
    def sheets_dir(self) -> Path:
        """Contact sheets of each take: 01.png, 02.png ..."""
        return self.output_dir / "sheets"

    @property
    def takes_dir(self) -> Path:
        """Further results: 02, 03 ..., each a folder like frames_dir."""
        return self.output_dir / "takes"

    @property
    def attention_dir(self) -> Path:
        """Attention maps of the tokens: 0001.png ..., one per frame."""
        return self.output_dir / "attention"

    @property
    def frames_dir(self) -> Path:
        """The resulting images: 0001.png, 0002.png ..."""
        return self.output_dir / "frames"

    @property
    def output_motion(self) -> Path:
        """The learned motion."""
        return self.output_dir / MOTION

    @property
    def preview_file(self) -> Path:
        """The resulting images as a small animation."""
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
        """Read request.json strictly, `to_run` or just to inspect it (`Request.from_json`).

        Raises BadRequest, NewerProtocol.
        """
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
        """Raise UnreadableInput unless every input exists and is unchanged."""
        for name, expected in self.request().inputs.items():
            verify_file(self.path, f"inputs/{name}", expected)

    def verify_output(self) -> tuple[str, ...]:
        """Check output/ against its manifest; return the names in it, relative to output/.

        Raises UnreadableInput.
        """
        entries = self.manifest()
        for name, expected in entries.items():
            verify_file(self.path, f"output/{name}", expected)
        return tuple(entries)

    def manifest(self) -> dict[str, str]:
        """Return the sha256 of each file of output/ by name, as listed, without comparing.

        Raises UnreadableInput.
        """
        try:
            data = read_inside(self.path, "output/manifest.json", MAX_MANIFEST_BYTES)
            value = codec.loads(data, "output/manifest.json")
            return codec.from_dict(Manifest, value, "manifest.json").files
        except (OSError, BadRequest) as error:
            raise UnreadableInput(
                Problem(
                    "manifest_unreadable",
                    "output/manifest.json cannot be read: {reason}",
                    "Resume the job to create it again.",
                    {"reason": str(error)},
                )
            ) from error

    def ask_cancel(self) -> None:
        """Ask the runner to stop, which it does within 2 s. Harmless if repeated, or too late."""
        with files.translating_os_errors(self.cancel_file):
            self.cancel_file.touch()

    def ask_pause(self) -> None:
        """Ask the runner to stop, like `ask_cancel`, and record that it is to be resumed."""
        files.write_atomic(self.cancel_file, PAUSE)

    def pause_asked(self) -> bool:
        """Return whether the job was asked to pause."""
        try:
            return self.cancel_file.read_bytes() == PAUSE
        except OSError:
            return False

    def cancel_asked(self) -> bool:
        """Return whether the job was asked to stop."""
        return os.path.exists(self.cancel_file)  # never raises, unlike Path's

    def finished(self) -> FinalEvent | None:
        """Return the final event if it is done, failed or cancelled; None if more is to come."""
        try:
            with open(self.events_file, "rb") as stream:
                stream.seek(max(0, os.fstat(stream.fileno()).st_size - 2 * MAX_LINE_BYTES))
                lines = stream.read().split(b"\n")
            event = decode(lines[-2])[2] if len(lines) > 1 else None
        except (FileNotFoundError, WireError):
            return None
        return event if isinstance(event, Done | Failed | Cancelled) else None

    def heartbeat_age(self) -> float | None:
        """Return the seconds since the last heartbeat, at least 0; None before the first."""
        return file_age(self.heartbeat_file)


CLOCKS_DIFFER_SECONDS = 300.0
"""How far ahead of ours the clock of another machine or file server may be."""


def file_age(path: Path) -> float | None:
    """Return the seconds since a file was changed, at least 0; None if there is none.

    A file dated far in the future counts as that old, since the clock was set back by an unknown
    amount.
    """
    try:
        age = time.time() - path.stat().st_mtime
    except OSError:
        return None
    return max(0.0, age) if age > -CLOCKS_DIFFER_SECONDS else -age


@dataclass(frozen=True)
class Manifest:
    """Contents of output/manifest.json: each file's sha256, by its name relative to output/."""

    files: dict[
        Annotated[str, Constraint(_OUTPUT_NAME, "No name points outside output/.")],
        Annotated[str, Constraint(r"[0-9a-f]{64}", "sha256 in hex.")],
    ]

    def to_json(self) -> str:
        """Return the text of manifest.json."""
        return codec.dumps(codec.to_dict(self), indent=2) + "\n"


def manifest_of(output: Path) -> Manifest:
    """Return the manifest of every file currently in a folder, sorted by name."""
    found = sorted(p for p in output.rglob("*") if p.is_file() and p.name != "manifest.json")
    return Manifest({p.relative_to(output).as_posix(): files.sha256_file(p) for p in found})


def create_job(
    root: Path,
    request: Request,
    inputs: Mapping[str, bytes | Path],
    tell: Callable[[int, int], None] = lambda _done, _total: None,
) -> JobFolder:
    """Create the folder `root/<request.job>` durably, as a whole or not at all.

    `request.inputs` is filled in here; the keys of `inputs` are names relative to inputs/. `tell`
    is called with the number of inputs written, and their total. Raises BadRequest, UnreadableInput
    (a source file), DiskFull, NotWritable.
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
