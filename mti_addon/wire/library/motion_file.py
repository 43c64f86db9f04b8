"""A motion as one file, to be sent to somebody else: NAME.motion; stdlib only.

It is a zip of a preset folder. A file from elsewhere may be anything, so it is read strictly, and
nothing is written until all of it has been checked. docs/preset.md describes it.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from .. import files
from ..contents import read_verified
from ..errors import NotWritable, UnreadableInput
from ..problem import Problem
from ..request import POSES
from ..settings import ModelName
from .archive import MAX_BYTES, Archive
from .motion_embeddings import check_motion
from .pictures import MAX_PIXELS, MAX_REFERENCE_PIXELS, MAX_SIDE, has_its_pixels, image_size
from .poses import check_poses
from .preset import (
    PRESET_FILE,
    Embedding,
    Preset,
    is_reference,
    largest,
    parse_preset,
    to_bytes,
)
from .tensors import WIDTHS, check_tokens
from .texts import AGAIN, shown

SUFFIX = ".motion"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every entry, so that the same motion gives the same file."""


def export_motion(folder: Path, preset: Preset, target: Path) -> None:
    """Write a motion's folder as one file, whole or not at all.

    Raises UnreadableInput if the folder is damaged, BadEmbedding, DiskFull, NotWritable.
    """
    contents = {name: read_verified(folder, name, sum) for name, sum in preset.files.items()}
    check_contents(preset, contents)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, data in {PRESET_FILE: to_bytes(preset), **contents}.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data)
    if stream.tell() > MAX_BYTES:
        what = "The motion {name} is larger than {most} MiB, which is too large for one file."
        values = {"name": preset.name, "most": MAX_BYTES >> 20}
        raise UnreadableInput(Problem("motion_too_large_to_send", what, "", values))
    try:
        files.write_atomic(target, stream.getvalue())
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        what, hint = "{path} cannot be written: there is no such folder.", "Choose another one."
        raise NotWritable(Problem("no_such_folder", what, hint, {"path": target})) from error


def read_motion_file(path: Path) -> tuple[Preset, dict[str, bytes]]:
    """The preset and the other files of a .motion file, all of them checked.

    Raises UnreadableInput, BadRequest, BadEmbedding, NewerProtocol, each with one sentence.
    """
    try:
        if not path.is_file():  # a pipe would never end
            raise FileNotFoundError(2, "No such file")
        with open(path, "rb") as stream:
            archive = Archive(stream, path)
            # first what it is, and only then the large files
            preset = parse_preset(archive.read(PRESET_FILE))
            _check_names(preset, archive.names - {PRESET_FILE})
            contents = {name: archive.read(name) for name in preset.files}
    except OSError as error:
        what = "{file} cannot be read ({reason})."
        values = {"file": shown(path.name), "reason": error.strerror or str(error)}
        raise UnreadableInput(Problem("motion_file_unreadable", what, "", values)) from error
    check_contents(preset, contents)
    return preset, contents


def check_contents(preset: Preset, contents: Mapping[str, bytes]) -> None:
    """Check a preset's files before they are used: that they are the ones it names, and each is
    what its name says. Raises UnreadableInput, BadEmbedding."""
    _check_names(preset, set(contents))
    for name, data in contents.items():
        if hashlib.sha256(data).hexdigest() != preset.files[name]:
            what = "{name} has changed since the motion was saved."
            raise UnreadableInput(Problem("motion_part_changed", what, AGAIN, {"name": name}))
        if len(data) > largest(name):
            what = "{name} is larger than it can be."
            raise UnreadableInput(Problem("motion_part_too_large", what, AGAIN, {"name": name}))
        if name == POSES:
            check_poses(data, preset.num_frames)
    _check_images({name: contents[name] for name in contents if name.endswith((".png", ".webp"))})
    for model, embedding in preset.embeddings.items():
        for name in embedding.files:
            check_embedding(contents[name], name, model, embedding)


def _check_images(images: Mapping[str, bytes]) -> None:
    """Check sizes by all headers before any image is unpacked. Raises UnreadableInput."""
    pixels = 0
    for name, data in images.items():
        size = image_size(name, data)
        if size is None:
            what = "{name} is no image of at most {most} pixels a side."
            values = {"name": name, "most": MAX_SIDE}
            raise UnreadableInput(Problem("motion_image_bad", what, AGAIN, values))
        if name.endswith(".png") and size[0] * size[1] > MAX_PIXELS:
            what = (
                "{name} has {width} x {height} pixels, and images of motions have at most {most}."
            )
            values = {"name": name, "width": size[0], "height": size[1], "most": MAX_PIXELS}
            raise UnreadableInput(Problem("motion_image_too_large", what, AGAIN, values))
        pixels += size[0] * size[1] if is_reference(name) else 0
    if pixels > MAX_REFERENCE_PIXELS:
        what = "The images have {count} pixels together, and those of motions have at most {most}."
        values = {"count": pixels, "most": MAX_REFERENCE_PIXELS}
        raise UnreadableInput(Problem("motion_images_too_large", what, AGAIN, values))
    for name, data in images.items():
        if name.endswith(".png") and not has_its_pixels(data):
            what = "{name} is no plain 8-bit PNG file with all of its pixels."
            raise UnreadableInput(Problem("motion_image_damaged", what, AGAIN, {"name": name}))


def check_embedding(data: bytes, name: str, model: ModelName, embedding: Embedding) -> None:
    """Check the file of what a model has learned.

    Raises BadEmbedding if it is none, UnreadableInput if another model has learned it.
    """
    if embedding.settings.method == "motion-inversion":
        return _check_words(data, name, model, embedding)
    found, settings = check_tokens(data, name), embedding.settings
    expected = (settings.num_frames, settings.inversion.tokens_per_frame, WIDTHS[model])
    if (found.frames, found.tokens, found.width) != expected:
        what = (
            "{file} was not learned on {model}: it has {frames} frames of {tokens} tokens of "
            "width {width}."
        )
        values = {"file": name, "model": model, "frames": found.frames, "tokens": found.tokens}
        hint = "Learn the motion again on this engine."
        raise UnreadableInput(
            Problem("tokens_of_other_model", what, hint, {**values, "width": found.width})
        )


def _check_words(data: bytes, name: str, model: ModelName, embedding: Embedding) -> None:
    """The same for Motion Inversion."""
    found, settings = check_motion(data, name), embedding.settings
    size = (settings.num_frames, settings.width, settings.height)
    if (found.engine, found.frames, found.width, found.height) != (model, *size):
        what = (
            "{file} was not learned as its motion says: it is of {engine}, with {frames} frames of "
            "{width} x {height} px."
        )
        values = {"file": name, "engine": found.engine, "frames": found.frames}
        hint = "Learn the motion again on this engine."
        raise UnreadableInput(
            Problem(
                "embeddings_of_other_model", what, hint,
                {**values, "width": found.width, "height": found.height},
            )
        )  # fmt: skip


def _check_names(preset: Preset, names: set[str]) -> None:
    if odd := names ^ preset.files.keys():
        what = "The motion does not contain the files that it names: {name}."
        raise UnreadableInput(Problem("motion_files_differ", what, AGAIN, {"name": min(odd)}))
