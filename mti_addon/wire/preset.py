"""A learned motion in the library: one folder per motion; stdlib only.

preset.json describes it, motion.safetensors is the motion, and preview.webp and reference.webp show
it, if they exist. docs/job.md is the authoritative description.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from . import codec, files
from .codec import Constraint, Range
from .contents import add_file, verify_file
from .errors import BadRequest, NewerProtocol
from .problem import Problem
from .request import MOTION
from .settings import ModelName, Settings, upgraded

PRESET_VERSION = 3
PRESET_FILE = "preset.json"
PREVIEW = "preview.webp"
REFERENCE = "reference.webp"
PRESET_FILES = (MOTION, PREVIEW, REFERENCE)
MAX_PRESET_BYTES = 64 * 1024

_ISO_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)"


@dataclass(frozen=True)
class Preset:
    """Contents of preset.json."""

    version: Annotated[int, Range(1, 10_000, "", "Version of the preset folder.")]
    name: Annotated[str, Constraint(r"[^\x00-\x1f\x7f]{1,64}", "The motion's display name.")]
    model: Annotated[ModelName, Constraint(None, "The model that it was learned on.")]
    num_frames: Annotated[int, Range(2, 128, "frames", "Length of the clip.")]
    fps: Annotated[float, Range(0.01, 1000, "frames/s", "The clip's own frame rate.")]
    tags: tuple[Annotated[str, Constraint(r"[^\x00-\x1f\x7f]{1,32}", "A search term.")], ...]
    created: Annotated[str, Constraint(_ISO_TIME, "ISO 8601 with its time zone.")]
    settings: Annotated[Settings, Constraint(None, "What it was learned with.")]
    files: Annotated[
        dict[str, Annotated[str, Constraint(r"[0-9a-f]{64}", "sha256 in hex.")]],
        Constraint(None, "sha256 of each other file of the folder."),
    ]
    licence: Annotated[str, Constraint(r"[^\x00-\x1f\x7f]{0,128}", "SPDX expression, or empty.")]

    def check(self) -> None:
        """Raise BadRequest, naming the field, for invalid values."""
        _check_version(self.version)
        codec.check(self, "preset")
        self._check_meaning()

    def _check_meaning(self) -> None:
        self.settings.check("preset.settings")
        if (self.model, self.num_frames) != (self.settings.model, self.settings.num_frames):
            raise BadRequest("preset.model and preset.num_frames must match its settings.")
        for name in self.files:
            if name not in PRESET_FILES:
                raise BadRequest(f"preset.files must not contain {name!r}.")
        if MOTION not in self.files:
            raise BadRequest(f"preset.files lacks {MOTION!r}.")


def read_preset(folder: Path) -> Preset:
    """Read preset.json strictly; raise BadRequest, NewerProtocol. The files are not checked.

    A preset of an older version is upgraded: its settings lack some fields (`settings.upgraded`).
    """
    try:
        with open(folder / PRESET_FILE, "rb") as stream:
            data = stream.read(MAX_PRESET_BYTES + 1)
    except OSError as error:
        raise BadRequest(f"{folder / PRESET_FILE} cannot be read ({error.strerror}).") from error
    if len(data) > MAX_PRESET_BYTES:
        raise BadRequest(f"{PRESET_FILE} is larger than {MAX_PRESET_BYTES} bytes.")
    value = codec.loads(data, PRESET_FILE)
    if isinstance(value, dict):
        _check_version(value.get("version"))
        if (version := value.get("version")) in (1, 2):
            settings = upgraded(value.get("settings"), version)
            value |= {"version": PRESET_VERSION, "settings": settings}
            if "frames" in value:
                value["num_frames"] = value.pop("frames")
    preset = codec.from_dict(Preset, value, "preset")
    preset._check_meaning()
    return preset


def verify_preset(folder: Path, preset: Preset) -> None:
    """Raise UnreadableInput unless every file of the preset exists and is unchanged."""
    for name, expected in preset.files.items():
        verify_file(folder, name, expected)


def write_preset(folder: Path, preset: Preset, contents: Mapping[str, bytes | Path]) -> Preset:
    """Create a preset's folder as a whole or not at all; return the preset with its sha256s.

    `contents` holds motion.safetensors and, if they exist, the two previews. Raises BadRequest
    (also if the folder exists), UnreadableInput, DiskFull, NotWritable.
    """
    replace(preset, files=dict.fromkeys(contents, "0" * 64)).check()
    with files.new_folder(folder) as temp:
        sums = {name: add_file(temp, name, source) for name, source in contents.items()}
        complete = replace(preset, files=sums)
        text = codec.dumps(codec.to_dict(complete), indent=2) + "\n"
        files.write_synced(temp / PRESET_FILE, text.encode("utf-8"))
    return complete


def _check_version(value: object) -> None:
    if isinstance(value, int) and not isinstance(value, bool) and value > PRESET_VERSION:
        raise NewerProtocol(
            Problem(
                "motion_of_newer_version",
                "This motion was saved by version {written}; this one reads {read}.",
                "Update the extension.",
                {"written": value, "read": PRESET_VERSION},
            )
        )
