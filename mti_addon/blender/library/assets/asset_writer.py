"""Write a motion as an Action asset into a .blend file of its own.

Runs in a background Blender only (`build_assets.py`).
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ....motion import decode_png
from ....motion.keying.boxes import Box
from ....motion.keying.cameras import Camera
from ....motion.keying.channels import Channel, channels_of
from ....motion.keying.figures import Figure
from ....motion.keying.subjects import Subject, subject_of
from ....wire import files
from ....wire.library import Motion
from ....wire.library.pictures import image_size
from ....wire.library.preset import MAX_FILE_BYTES, THUMBNAIL
from ....workflow.asset_files import CATALOG_IDS
from ....workflow.motion_poses import Span, read_poses
from ..keying import actions
from .metadata import MOTION_ID

PREVIEW_SIDE = 256
COMPLETE = b"\xb1\xea\x92\x8f"
"""End of a compressed .blend file: the seek table of Zstandard's format."""


def write_asset(motion: Motion, path: Path) -> None:
    """Write a motion's .blend file atomically.

    Raises UnreadableInput if its poses cannot be keyed, DiskFull, NotWritable.
    """
    action = _action(motion)
    try:
        _describe(action, motion)
        temp = path.with_name(f"{files.TEMP_PREFIX}{secrets.token_hex(6)}-{path.name}")
        with files.translating_os_errors(path):
            try:
                _write(action, temp)
                files.replace(temp, path)
            finally:
                temp.unlink(missing_ok=True)
    finally:
        bpy.data.actions.remove(action)


def _action(motion: Motion) -> Any:
    """Create the action, from frame 1 on, at the motion's own frame rate."""
    preset, poses = motion.preset, read_poses(motion)
    span = Span(1, 1 + preset.capture.frame_end - preset.capture.frame_start)
    subject = subject_of(poses)
    title = subject.label if isinstance(subject, Figure) else ""
    action, _, bag = actions.new_action(preset.name, "OBJECT", title or preset.name)
    for id_type, channels in _channels(subject):
        if id_type != "OBJECT":
            bag = actions.add_slot(action, id_type, preset.name)
        actions.key_channels(bag, channels, span.frames(poses.frames))
    action.use_frame_range = True
    action.frame_start, action.frame_end = span.start, span.end
    return action


def _channels(subject: Subject | None) -> Iterator[tuple[str, Iterable[Channel]]]:
    """Yield the types of IDs that move, and how."""
    if isinstance(subject, Figure):
        rest = subject.rest
        yield "OBJECT", channels_of(rest, subject.posed(rest), subject.height)
    elif isinstance(subject, Box):
        yield "OBJECT", subject.channels()
    elif isinstance(subject, Camera):
        yield "OBJECT", subject.object_channels()
        lens = list(subject.lens_channels())
        if any(channel.moves for channel in lens):
            yield "CAMERA", lens


def _describe(action: Any, motion: Motion) -> None:
    """Make the action an asset with what its motion says about itself."""
    preset = motion.preset
    action.asset_mark()
    about = action.asset_data
    about.description, about.author, about.license = preset.notes, preset.author, preset.license
    for tag in (preset.kind, *preset.tags):
        about.tags.new(tag, skip_if_exists=True)
    about.catalog_id = CATALOG_IDS[preset.kind]
    about[MOTION_ID] = preset.id
    picture = _thumbnail(motion)
    if picture is None:
        return
    height, width, channels = picture.shape
    preview = action.preview_ensure()
    preview.image_size = (width, height)
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :channels] = picture[::-1] / np.float32(255)
    preview.image_pixels_float.foreach_set(pixels.ravel())


def _thumbnail(motion: Motion) -> NDArray[np.uint8] | None:
    """Return a motion's thumbnail (H, W, 3 or 4), small; None if it cannot be shown."""
    path = motion.path(THUMBNAIL)
    try:
        small = path is not None and path.stat().st_size <= MAX_FILE_BYTES[THUMBNAIL]
        data = path.read_bytes() if path is not None and small else b""
        if image_size(THUMBNAIL, data) is None:
            return None
        picture = decode_png(data)
    except (OSError, ValueError):
        return None
    if picture.shape[2] < 3:
        picture = np.repeat(picture[..., :1], 3, axis=2)
    step = -(-max(picture.shape[:2]) // PREVIEW_SIDE)
    height, width = (side // step for side in picture.shape[:2])
    if not height or not width:
        return None
    parts = picture[: height * step, : width * step].reshape(height, step, width, step, -1)
    return np.asarray(parts.mean((1, 3), dtype=np.float32).astype(np.uint8))


def _write(action: Any, path: Path) -> None:
    """Have Blender write the file. Raises OSError.

    On a full disk, Blender 4.5 leaves part of a file and says nothing.
    """
    try:
        bpy.data.libraries.write(str(path), {action}, fake_user=True, compress=True)
        with open(path, "rb") as stream:
            stream.seek(-len(COMPLETE), os.SEEK_END)
            if stream.read() == COMPLETE:
                return
    except OSError as error:
        if error.errno is not None:
            raise
        reason = str(error).strip()  # Blender's own, without the number of the error
    else:
        reason = os.strerror(errno.ENOSPC)
    path.unlink(missing_ok=True)
    path.write_bytes(bytes(2**20))  # raises what has kept Blender from writing
    raise OSError(errno.EIO, reason, str(path))
