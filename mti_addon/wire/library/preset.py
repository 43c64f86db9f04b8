"""A motion in the library: one folder a motion; stdlib only.

preset.json describes it. Beside it are the captured poses, the reference images, a thumbnail, a
moving preview, and one embedding per model. docs/preset.md is the authoritative description.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from .. import codec, files
from ..codec import Constraint, Range
from ..contents import add_file, read_verified, verify_file
from ..edit import AS_LEARNED, MotionEdit
from ..errors import BadRequest, NewerProtocol
from ..problem import Problem
from ..request import MOTION, POSES, CaptureInfo
from ..settings import ALL_MODELS, MODELS_OF, ModelName, Settings, upgraded
from . import motion_embeddings
from .texts import plain

PRESET_VERSION = 5
PRESET_FILE = "preset.json"
THUMBNAIL = "thumbnail.png"
PREVIEW = "preview.webp"
MAX_PRESET_BYTES = 64 * 1024
MAX_NAME = 64
MAX_TAG = 32
OLDER_PREVIEW = "reference.webp"
"""Of a preset before version 4."""
MAX_FILE_BYTES = {POSES: 8 * 2**20, THUMBNAIL: 2**20, PREVIEW: 4 * 2**20}
MAX_EMBEDDING_BYTES = 8 * 2**20
"""Of motion-textual inversion; motion_embeddings.MAX_BYTES of Motion Inversion."""
MAX_REFERENCE_BYTES = 16 * 2**20
"""Of one reference image."""

EMBEDDINGS = "embeddings"
"""The sub-folder of what models have learned."""

_REFERENCE = re.compile(r"reference/([0-9]{4})\.png")
_EMBEDDING = re.compile(rf"embeddings/({'|'.join(ALL_MODELS)})-[0-9a-f]{{8}}\.safetensors")
_OLDER_FILES = (MOTION, PREVIEW, OLDER_PREVIEW)
"""Of a preset before version 4, which has no folders."""
_TWO = "[0-9]{2}"
_ISO_TIME = f"[0-9]{{4}}-{_TWO}-{_TWO}T{_TWO}:{_TWO}:{_TWO}(Z|[+-]{_TWO}:{_TWO})"
_LINE = r"[^\x00-\x1f\x7f]"
_HEX_ID = r"[0-9a-f]{32}"

Kind = Literal["body", "face", "animal", "object", "camera"]
KINDS: tuple[Kind, ...] = ("body", "face", "animal", "object", "camera")


@dataclass(frozen=True)
class Quality:
    """How well a model has learned the motion; null for what was not measured."""

    reconstruction: (
        Annotated[
            float, Range(-1e6, 1, "", "Motion gain of the reference from its own first image.")
        ]
        | None
    )
    motion_gain: Annotated[float, Range(-1e6, 1, "", "Motion gain on a held-out target.")] | None
    loss: Annotated[float, Range(0, 1e9, "", "Mean of the last losses.")] | None
    drawn: (
        Annotated[float, Range(0, 1, "", "Share of the newly covered pixels that are right.")]
        | None
    ) = None


@dataclass(frozen=True)
class Embedding:
    """What one model has learned of the motion."""

    files: Annotated[
        tuple[
            Annotated[
                str, Constraint(_EMBEDDING.pattern + f"|{re.escape(MOTION)}", "Its file's name.")
            ],
            ...,
        ],
        Constraint(None, "One file in the folder for each part of the edit."),
    ]
    model: Annotated[str, Constraint(r"[0-9a-f]{0,64}", "Identity of the weights; empty: unknown.")]
    settings: Annotated[Settings, Constraint(None, "What it was learned with.")]
    quality: Annotated[Quality, Constraint(None, "How well it was learned.")]
    learned: Annotated[str, Constraint(_ISO_TIME, "ISO 8601 with its time zone.")]
    created_with: Annotated[str, Constraint(_LINE + "{0,32}", "Version of the extension.")]


@dataclass(frozen=True)
class Preset:
    """preset.json, field by field."""

    version: Annotated[int, Range(1, 10_000, "", "Version of the preset folder.")]
    id: Annotated[str, Constraint(_HEX_ID, "The same for the same motion, on every machine.")]
    name: Annotated[str, Constraint(f"{_LINE}{{1,{MAX_NAME}}}", "The motion's name, for people.")]
    kind: Annotated[Kind, Constraint(None, "What moves.")]
    tags: tuple[Annotated[str, Constraint(f"{_LINE}{{1,{MAX_TAG}}}", "A word to find it by.")], ...]
    author: Annotated[str, Constraint(_LINE + "{0,128}", "Who made it, or empty.")]
    license: Annotated[str, Constraint(_LINE + "{0,128}", "SPDX expression, or empty.")]
    notes: Annotated[str, Constraint(r"[^\x00-\x09\x0b-\x1f\x7f]{0,4000}", "Anything else.")]
    num_frames: Annotated[int, Range(2, 128, "frames", "Length of the clip.")]
    fps: Annotated[float, Range(0.01, 1000, "frames/s", "The clip's own speed.")]
    capture: Annotated[CaptureInfo, Constraint(None, "Where it came from in its scene.")]
    created: Annotated[str, Constraint(_ISO_TIME, "ISO 8601 with its time zone.")]
    created_with: Annotated[str, Constraint(_LINE + "{0,32}", "Version of the extension.")]
    embeddings: Annotated[
        dict[ModelName, Embedding], Constraint(None, "One per model that has learned it.")
    ]
    edit: Annotated[MotionEdit, Constraint(None, "How it differs from what was learned.")]
    parents: Annotated[
        tuple[Annotated[str, Constraint(_HEX_ID, "The id of a motion.")], ...],
        Constraint(None, "The motions that it was made of; none if it was learned as it is."),
    ]
    files: Annotated[
        dict[str, Annotated[str, Constraint(r"[0-9a-f]{64}", "sha256 in hex.")]],
        Constraint(None, "sha256 of each other file of the folder."),
    ]

    @property
    def references(self) -> tuple[str, ...]:
        """Return the names of the reference images, in order; none if there are none."""
        return tuple(sorted(name for name in self.files if is_reference(name)))

    @property
    def has_poses(self) -> bool:
        """Return whether it can be drawn again, edited, and learned from other bodies and looks."""
        return POSES in self.files

    def check(self, has_sums: bool = True) -> None:
        """Raise BadRequest, naming the field, for what no preset may contain."""
        _check_version(self.version)
        codec.check(self, "preset")
        self._check_meaning(has_sums)

    def plain(self) -> Preset:
        """Return it with texts that can be shown; see `texts.plain`."""
        return replace(
            self,
            name=plain(self.name),
            tags=tuple(tag for tag in map(plain, self.tags) if tag),
            author=plain(self.author),
            license=plain(self.license),
            notes=plain(self.notes),
        )

    @property
    def is_edited(self) -> bool:
        """Return whether it was made of other motions."""
        return bool(self.parents)

    def _check_meaning(self, has_sums: bool = True) -> None:
        """Raise BadRequest for fields that do not fit together.

        has_sums: `files` has the sums, which are not known yet before the files are written.
        """
        self.edit.check("preset.edit")
        if self.parents and len(self.parents) != len(self.edit.parts):
            raise BadRequest("preset.parents must have one id for each part of the edit, or none.")
        if self.edit != AS_LEARNED and not self.parents:
            raise BadRequest("preset.parents must not be empty in an edited motion.")
        for model, embedding in self.embeddings.items():
            place = f"preset.embeddings.{model}"
            embedding.settings.check(f"{place}.settings")
            if embedding.settings.model != model:
                raise BadRequest(f"{place}.settings are those of {embedding.settings.model}.")
            if len(embedding.files) != len(self.edit.parts):
                raise BadRequest(f"{place}.files must have one file for each part of the edit.")
            if missing := set(embedding.files) - set(self.files):
                raise BadRequest(f"preset.files lacks {min(missing)!r}.")
            for name in embedding.files if has_sums else ():
                if name not in (MOTION, _embedding_name(model, self.files[name])):
                    raise BadRequest(f"{place}.files has {name!r}, which is not named by its sum.")
        known = {name for embedding in self.embeddings.values() for name in embedding.files}
        for name in self.files:
            if not (name in known or name in _OLDER_FILES or _is_picture_or_poses(name)):
                raise BadRequest(f"preset.files must not contain {name!r}.")
        numbers = [int(name[len("reference/") : -len(".png")]) for name in self.references]
        if numbers and numbers != list(range(1, self.num_frames + 1)):
            raise BadRequest(
                f"preset.files must have reference images 1 to {self.num_frames}, or none."
            )
        if self.id != content_id(self.files, self.edit, self.parents):
            raise BadRequest("preset.id is not that of its files.")


def _is_picture_or_poses(name: str) -> bool:
    return name in (POSES, THUMBNAIL, PREVIEW) or is_reference(name)


def is_reference(name: str) -> bool:
    """Return whether a preset's file is a reference image."""
    return _REFERENCE.fullmatch(name) is not None


def is_embedding(name: str) -> bool:
    """Return whether a preset's file holds what a model has learned."""
    return name == MOTION or _EMBEDDING.fullmatch(name) is not None


def largest(name: str) -> int:
    """Return the maximum size of a preset's file in bytes; 0 for a name that no preset has."""
    if name == PRESET_FILE:
        return MAX_PRESET_BYTES
    if name in MAX_FILE_BYTES:
        return MAX_FILE_BYTES[name]
    if name == OLDER_PREVIEW:
        return MAX_FILE_BYTES[PREVIEW]
    if match := _EMBEDDING.fullmatch(name):
        of_words = match.group(1) in MODELS_OF["motion-inversion"]
        return motion_embeddings.MAX_BYTES if of_words else MAX_EMBEDDING_BYTES
    if name == MOTION:
        return MAX_EMBEDDING_BYTES
    return MAX_REFERENCE_BYTES if _REFERENCE.fullmatch(name) else 0


def content_id(
    sums: Mapping[str, str], edit: MotionEdit = AS_LEARNED, parents: tuple[str, ...] = ()
) -> str:
    """Return the ID of a motion, 32 hex digits, from the sha256 of its files.

    An edited motion is identified by its parents and the edit. For any other, the first of these
    that it has decides: the captured poses, the reference images, the embeddings. So a motion
    keeps its ID when it is renamed, or learned on another model.
    """
    if parents:
        parts = ["edit", *parents, codec.dumps(codec.to_dict(edit))]
        return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()[:32]
    references = [sums[name] for name in sorted(sums) if is_reference(name)]
    if POSES in sums:
        parts = ["poses", sums[POSES]]
    elif references:
        parts = ["reference", *references]
    else:
        tokens = [sums[name] for name in sums if is_embedding(name)]
        parts = ["embeddings", *sorted(tokens)]
    return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()[:32]


def embedding_name(model: str, data: bytes) -> str:
    """Return an embedding's file name, which depends on its contents.

    So a file is never replaced, and a motion learned anew is never half old.
    """
    return _embedding_name(model, hashlib.sha256(data).hexdigest())


def _embedding_name(model: str, sha256: str) -> str:
    return f"{EMBEDDINGS}/{model}-{sha256[:8]}.safetensors"


def parse_preset(data: bytes) -> Preset:
    """Parse preset.json strictly; an older version is converted to this one.

    Raises BadRequest, NewerProtocol.
    """
    if len(data) > MAX_PRESET_BYTES:
        raise BadRequest(f"{PRESET_FILE} is larger than {MAX_PRESET_BYTES} bytes.")
    value = codec.loads(data, PRESET_FILE)
    if isinstance(value, dict):
        _check_version(value.get("version"))
        if value.get("version") in (1, 2, 3):
            value = _upgraded(value)
        if value.get("version") == 4:
            value = _with_settings_of_protocol_4(value)
    preset = codec.from_dict(Preset, value, "preset").plain()
    if not preset.name.strip():
        raise BadRequest("preset.name has no letters that can be seen.")
    preset._check_meaning()
    return preset


def read_preset(folder: Path) -> Preset:
    """Read preset.json strictly. BadRequest, NewerProtocol. The other files are not read yet."""
    try:
        with open(folder / PRESET_FILE, "rb") as stream:
            data = stream.read(MAX_PRESET_BYTES + 1)
    except OSError as error:
        raise BadRequest(f"{folder / PRESET_FILE} cannot be read ({error.strerror}).") from error
    return parse_preset(data)


def verify_preset(folder: Path, preset: Preset) -> None:
    """Raise UnreadableInput unless every file of the preset is there and unchanged."""
    for name, expected in preset.files.items():
        verify_file(folder, name, expected)


def read_embedding(folder: Path, preset: Preset, model: ModelName) -> tuple[bytes, ...]:
    """Return the files of what a model has learned. KeyError if it has not; UnreadableInput."""
    names = preset.embeddings[model].files
    return tuple(read_verified(folder, name, preset.files[name]) for name in names)


def write_preset(folder: Path, preset: Preset, contents: Mapping[str, bytes | Path]) -> Preset:
    """Create a preset's folder atomically; return the preset with `id` and `files` set.

    `contents` holds every file besides preset.json. Raises BadRequest (also if the folder exists),
    UnreadableInput, DiskFull, NotWritable.
    """
    preset, names = preset.plain(), dict.fromkeys(contents, "0" * 64)
    empty = replace(preset, files=names, id=content_id(names, preset.edit, preset.parents))
    empty.check(has_sums=False)
    with files.new_folder(folder) as temp:
        sums = {name: add_file(temp, name, source) for name, source in contents.items()}
        complete = replace(preset, files=sums, id=content_id(sums, preset.edit, preset.parents))
        complete.check()
        files.write_synced(temp / PRESET_FILE, to_bytes(complete))
    return complete


def update_preset(folder: Path, preset: Preset) -> Preset:
    """Replace preset.json atomically; return it as it is read back.

    Raises BadRequest, DiskFull, NotWritable.
    """
    preset = preset.plain()
    preset.check()
    files.write_atomic(folder / PRESET_FILE, to_bytes(preset))
    return preset


def to_bytes(preset: Preset) -> bytes:
    """Return preset.json. Raises BadRequest if it is too large to be read back."""
    data = (codec.dumps(codec.to_dict(preset), indent=2) + "\n").encode("utf-8")
    if len(data) > MAX_PRESET_BYTES:
        raise BadRequest(f"{PRESET_FILE} would be larger than {MAX_PRESET_BYTES} bytes.")
    return data


def _upgraded(value: dict[str, Any]) -> dict[str, Any]:
    """Convert a preset of version 1 to 3, which had one embedding in motion.safetensors and neither
    poses nor reference images."""
    version, old = value["version"], dict(value)
    settings = old.pop("settings", None)
    if version < 3:
        settings = upgraded(settings, version)
        if "frames" in old:
            old["num_frames"] = old.pop("frames")
    frames, fps = old.get("num_frames"), old.get("fps")
    model, created = str(old.pop("model", None)), old.get("created")
    size = [settings.get(side) for side in ("width", "height")] if isinstance(settings, dict) else 0
    sums = old.get("files")
    return old | {
        "version": 4,
        "id": content_id(sums) if isinstance(sums, dict) and _are_texts(sums) else "",
        "kind": "body",
        "author": "",
        "license": old.pop("licence", ""),
        "notes": "",
        # at its own frame rate, a frame of the clip is a frame of the scene
        "capture": {
            "fps": fps, "frame_start": 1, "frame_end": frames, "size": size, "flip_safe": False,
        },
        "created_with": "",
        "embeddings": {
            model: {
                "files": [MOTION], "model": "", "settings": settings,
                "quality": codec.to_dict(Quality(None, None, None)),
                "learned": created, "created_with": "",
            }
        },
        "edit": codec.to_dict(AS_LEARNED),
        "parents": [],
    }  # fmt: skip


def _with_settings_of_protocol_4(value: dict[str, Any]) -> dict[str, Any]:
    """Convert a preset of version 4, whose models had one method only."""
    learned = value.get("embeddings")
    if isinstance(learned, dict):
        learned = {
            model: each | {"settings": upgraded(each.get("settings"), 3)}
            if isinstance(each, dict)
            else each
            for model, each in learned.items()
        }
    return value | {"version": PRESET_VERSION, "embeddings": learned}


def _are_texts(sums: dict[Any, Any]) -> bool:
    return all(isinstance(value, str) for value in sums.values())


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
