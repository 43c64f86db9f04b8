"""Draw a scene's sequencer, all of it or one strip alone, with the sequencer itself.

Only the sequencer knows which image of a movie is shown when (playback rate, retiming, cuts,
reverse, strobe), and how it is processed (flip, crop, transform, color, modifiers). It draws a
temporary copy of the scene; the animator's scene is unchanged, except for invalid image sizes.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector
from numpy.typing import NDArray

from ...motion.resampling import Box
from ..common.overrides import overriding
from ..scene.color import show_in_srgb
from ..scene.picture import PLAIN_PNG, render_file
from .image_sizes import mend_file
from .media import SEES_BELOW, picture_size
from .strip import strip_end, strip_start
from .strip_colors import NEAREST

MOST_PIXELS = 16_000_000
"""Limit of a frame drawn larger than the scene's to keep the full resolution of a small strip."""
ENLARGED = 4.0
"""From this magnification on, an image is drawn without interpolation to recover its pixels."""
WITH_PICTURES = ("MOVIE", "IMAGE")
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Sequencer:
    """A copy of a scene whose sequencer can be drawn frame by frame."""

    scene: Any
    strip: Any
    """The strip of the copy that is shown alone; None shows all."""
    folder: Path

    def draw(self, frame: int, percentage: int = 100) -> Pixels:
        """Draw a frame as (H, W, 4) with straight alpha, at this percentage of the scene's size.

        Raises RuntimeError, OSError.
        """
        # not frame_set(), which evaluates the whole scene, and shows its first frame without
        # animation
        self.scene.frame_current = frame
        self.scene.render.resolution_percentage = percentage
        if self.strip is not None:
            _choose_filter(self.strip, percentage / 100)
        path = self.folder / "frame.png"
        self.scene.render.filepath = str(path)
        render_file(self.scene, path)
        return _read(path)

    def box(self) -> Box:
        """Return the strip's box in the last drawn frame, as fractions of the frame's sides."""
        return strip_box(self.scene, self.strip, self.scene.frame_current)


@contextmanager
def sequencer_of(scene: Any, strip: Any = None) -> Iterator[Sequencer]:
    """Provide a scene's sequencer for drawing.

    `strip`: draw only this one, and what it is made of.
    """
    mend_file()
    copy = scene.copy()
    try:
        editor = copy.sequence_editor
        editor.show_missing_media = False
        alone = editor.strips_all[strip.name] if strip is not None else None
        if alone is not None:
            _show_alone(editor, alone)
            _own_colors(copy, alone)
        # use the colors of the files, unaffected by the scene's view or monitor
        show_in_srgb(copy)
        with tempfile.TemporaryDirectory(prefix="mti-") as folder, _negative_frames():
            with overriding(*_plain(copy), *_no_cards()):
                yield Sequencer(copy, alone, Path(folder))
    finally:
        bpy.data.scenes.remove(copy)


@contextmanager
def _negative_frames() -> Iterator[None]:
    """Allow negative frames, which are only possible with a setting in the preferences."""
    preferences = bpy.context.preferences
    changed = preferences.is_dirty
    try:
        with overriding((preferences.edit, {"use_negative_frames": True})):
            yield
    finally:
        preferences.is_dirty = changed


def shown_range(strip: Any) -> tuple[int, int]:
    """Return a strip's first frame and the one after its last; also works in meta strips."""
    start, end = strip_start(strip), strip_end(strip)
    while (strip := strip.parent_meta()) is not None:
        start, end = max(start, strip_start(strip)), min(end, strip_end(strip))
    return start, end


def strip_box(scene: Any, strip: Any, frame: int | None = None) -> Box:
    """Return a strip's box at a frame, or at its first, as fractions of the scene's frame.

    The whole frame for strips without images of their own.
    """
    if strip is None or strip.type not in WITH_PICTURES or strip.parent_meta():
        return WHOLE
    corners = _corners(strip, picture_size(strip, frame))
    width, height = scene.render.resolution_x, scene.render.resolution_y
    x = [0.5 + corner.x / width for corner in corners]
    y = [0.5 - corner.y / height for corner in corners]
    box = max(0.0, min(x)), max(0.0, min(y)), min(1.0, max(x)), min(1.0, max(y))
    return box if box[0] < box[2] and box[1] < box[3] else WHOLE


def can_be_scaled(strip: Any) -> bool:
    """Return whether the strip certainly looks the same when the frame is drawn at another size.

    Scene strips do not, nor do strips rotated around a point other than their center (seen in
    Blender 4.5 to 5.2).
    """
    if strip is None or strip.type not in WITH_PICTURES or strip.parent_meta():
        return False
    return tuple(strip.transform.origin) == (0.5, 0.5) and not len(strip.modifiers)


def enlarged(strip: Any) -> float:
    """Return the magnification of a strip's image in the frame."""
    if strip is None or strip.type not in WITH_PICTURES:
        return 1.0
    scale = max(abs(strip.transform.scale_x), abs(strip.transform.scale_y))
    return scale if 0 < scale < math.inf else 1.0


def _choose_filter(strip: Any, share: float) -> None:
    """Choose a filter that averages pixels when scaling down, and none when magnifying a lot."""
    if strip.type not in WITH_PICTURES or not hasattr(strip.transform, "filter"):
        return
    if (scale := enlarged(strip) * share) < 1:
        strip.transform.filter = "BOX"
    elif scale >= ENLARGED:
        strip.transform.filter = "NEAREST"


def _plain(scene: Any) -> list[Any]:
    render = {
        "use_sequencer": True,
        "use_compositing": False,
        "use_border": False,
        "use_multiview": False,
        "use_stamp": False,
        "use_file_extension": True,
        "use_overwrite": True,
        "use_placeholder": False,
    }
    png = PLAIN_PNG | {"compression": 0, "color_management": "FOLLOW_SCENE"}
    return [(scene.render, render), (scene.render.image_settings, png)]


def _no_cards() -> list[Any]:
    """Disable cards for missing files in the sequencers of other scenes that scene strips show."""
    editors = (scene.sequence_editor for scene in bpy.data.scenes)
    return [(editor, {"show_missing_media": False}) for editor in editors if editor is not None]


def _show_alone(editor: Any, strip: Any) -> None:
    """Mute all other strips, here and in the meta strips that contain this one."""
    below = strip.type in SEES_BELOW
    while strip is not None:
        parent = strip.parent_meta()
        place = parent or editor
        for other in place.strips:
            if not below or other.channel > strip.channel:
                other.mute = True
        strip.mute = place.channels[strip.channel].mute = False
        if strip.blend_type != "REPLACE":
            strip.blend_type = "ALPHA_OVER"  # alone there is nothing to multiply it with
        strip, below = parent, False


def _own_colors(scene: Any, strip: Any) -> None:
    """Undo adjustments of a strip to the scene's view transform, which is not applied here."""
    space = getattr(strip, "colorspace_settings", None)
    if space is not None and space.name == NEAREST.get(scene.view_settings.view_transform):
        space.name = "sRGB"


def _corners(strip: Any, size: tuple[int, int]) -> list[Vector]:
    """Return the corners of a strip's visible image, in pixels from the frame's center, y up."""
    crop, transform = strip.crop, strip.transform
    width, height = size
    origin = Vector(((transform.origin[0] - 0.5) * width, (transform.origin[1] - 0.5) * height))
    x = -width / 2 + crop.min_x, width / 2 - crop.max_x
    y = -height / 2 + crop.min_y, height / 2 - crop.max_y
    turn = Matrix.Rotation(transform.rotation, 2)
    place = Vector((transform.offset_x, transform.offset_y)) + origin
    scale = Matrix(((transform.scale_x, 0), (0, transform.scale_y)))
    return [turn @ (scale @ (Vector((a, b)) - origin)) + place for a in x for b in y]


def _read(path: Path) -> Pixels:
    image = bpy.data.images.load(str(path), check_existing=False)
    try:
        image.alpha_mode = "CHANNEL_PACKED"  # otherwise colors would be multiplied by alpha
        width, height = image.size
        values = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(values)
    finally:
        bpy.data.images.remove(image)
    return np.rint(values.reshape(height, width, 4)[::-1] * 255).astype(np.uint8)
