"""What a scene's sequencer shows, all of it or one strip alone, drawn by the sequencer itself.

Which picture of a movie comes when (playback rate, retiming, cuts, reverse, strobe), and what
becomes of it (flip, crop, transform, color, modifiers): only the sequencer knows. It draws a copy
of the scene, which is gone afterwards; nothing of the animator's scene is changed, but for sizes
of images that cannot be.
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

from ..motion.resampling import Box
from .color import show_in_srgb
from .image_strips import mend_file
from .overrides import overriding
from .strip import NEAREST, strip_end, strip_start
from .strip_media import SEES_BELOW, picture_size
from .target import PLAIN_PNG, render_file

MOST_PIXELS = 16_000_000
"""Of a frame that is drawn larger than the scene's, to have all that a small strip has."""
ENLARGED = 4.0
"""A picture that is drawn so much larger is drawn with hard edges, to get its pixels back."""
WITH_PICTURES = ("MOVIE", "IMAGE")
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Sequencer:
    """A copy of a scene whose sequencer can be drawn frame by frame."""

    scene: Any
    strip: Any
    """The strip that is shown alone, of the copy; None: all of them are shown."""
    folder: Path

    def draw(self, frame: int, percentage: int = 100) -> Pixels:
        """The picture (H, W, 4) at a frame, alpha not multiplied in, at this size of the scene's.

        Raises RuntimeError, OSError.
        """
        # not frame_set(), which plays the whole scene, and shows its first frame without animation
        self.scene.frame_current = frame
        self.scene.render.resolution_percentage = percentage
        if self.strip is not None:
            _choose_filter(self.strip, percentage / 100)
        path = self.folder / "frame.png"
        self.scene.render.filepath = str(path)
        render_file(self.scene, path)
        return _read(path)

    def box(self) -> Box:
        """Where the strip lies in the frame that was drawn last, in shares of its sides."""
        return strip_box(self.scene, self.strip, self.scene.frame_current)


@contextmanager
def sequencer_of(scene: Any, strip: Any = None) -> Iterator[Sequencer]:
    """A scene's sequencer to draw; `strip`: nothing but this one, and what it is made of."""
    mend_file()
    copy = scene.copy()
    try:
        editor = copy.sequence_editor
        editor.show_missing_media = False
        alone = editor.strips_all[strip.name] if strip is not None else None
        if alone is not None:
            _show_alone(editor, alone)
            _own_colors(copy, alone)
        # the colors of the files, and not what the scene's view or monitor makes of them
        show_in_srgb(copy)
        with tempfile.TemporaryDirectory(prefix="mti-") as folder, _negative_frames():
            with overriding(*_plain(copy), *_no_cards()):
                yield Sequencer(copy, alone, Path(folder))
    finally:
        bpy.data.scenes.remove(copy)


@contextmanager
def _negative_frames() -> Iterator[None]:
    """A scene can be at a negative frame only where the preferences allow it."""
    preferences = bpy.context.preferences
    changed = preferences.is_dirty
    try:
        with overriding((preferences.edit, {"use_negative_frames": True})):
            yield
    finally:
        preferences.is_dirty = changed


def shown_range(strip: Any) -> tuple[int, int]:
    """The first frame that a strip is shown at, and the one after the last; also in meta strips."""
    start, end = strip_start(strip), strip_end(strip)
    while (strip := strip.parent_meta()) is not None:
        start, end = max(start, strip_start(strip)), min(end, strip_end(strip))
    return start, end


def strip_box(scene: Any, strip: Any, frame: int | None = None) -> Box:
    """Where a strip's picture at a frame, or its first, lies in the scene's frame, in shares of its
    sides; for strips without pictures of their own, all of it."""
    if strip is None or strip.type not in WITH_PICTURES or strip.parent_meta():
        return WHOLE
    corners = _corners(strip, picture_size(strip, frame))
    width, height = scene.render.resolution_x, scene.render.resolution_y
    x = [0.5 + corner.x / width for corner in corners]
    y = [0.5 - corner.y / height for corner in corners]
    box = max(0.0, min(x)), max(0.0, min(y)), min(1.0, max(x)), min(1.0, max(y))
    return box if box[0] < box[2] and box[1] < box[3] else WHOLE


def can_be_scaled(strip: Any) -> bool:
    """Whether it is certain to look the same in a frame that is drawn smaller or larger.

    Scene strips do not, nor does what is turned about another point than its middle (seen in
    Blender 4.5 to 5.2).
    """
    if strip is None or strip.type not in WITH_PICTURES or strip.parent_meta():
        return False
    return tuple(strip.transform.origin) == (0.5, 0.5) and not len(strip.modifiers)


def enlarged(strip: Any) -> float:
    """How many times as large as its picture a strip is drawn in the frame."""
    if strip is None or strip.type not in WITH_PICTURES:
        return 1.0
    scale = max(abs(strip.transform.scale_x), abs(strip.transform.scale_y))
    return scale if 0 < scale < math.inf else 1.0


def _choose_filter(strip: Any, share: float) -> None:
    """Every pixel counts where a picture is made smaller, and none is blurred where much larger."""
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
    """The sequencers of other scenes, which scene strips show, draw no cards for missing files."""
    editors = (scene.sequence_editor for scene in bpy.data.scenes)
    return [(editor, {"show_missing_media": False}) for editor in editors if editor is not None]


def _show_alone(editor: Any, strip: Any) -> None:
    """Mute all others, here and in the meta strips that it is in."""
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
    """Undo that a strip was made for the scene's view transform, which is not applied here."""
    space = getattr(strip, "colorspace_settings", None)
    if space is not None and space.name == NEAREST.get(scene.view_settings.view_transform):
        space.name = "sRGB"


def _corners(strip: Any, size: tuple[int, int]) -> list[Vector]:
    """Of the visible part of a strip's picture, pixels from the middle of the frame, y up."""
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
        image.alpha_mode = "CHANNEL_PACKED"  # or colors would be multiplied with it
        width, height = image.size
        values = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(values)
    finally:
        bpy.data.images.remove(image)
    return np.rint(values.reshape(height, width, 4)[::-1] * 255).astype(np.uint8)
