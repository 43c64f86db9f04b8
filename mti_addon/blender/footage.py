"""Pictures of a movie, an image sequence or a strip, read by Blender's own sequencer.

The sequencer knows every format that Blender knows. It works in a scene of its own, which is gone
afterwards.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..motion import Problem, decode_png
from .glance import glanced, is_file
from .problems import CaptureError
from .steps import steps
from .strip import shown_scene, strip_end, strip_start
from .target import render_file, render_size
from .translations import translated

CHOOSE = "Choose a movie, or one image of a numbered sequence."
NUMBERED = re.compile(r"(.*?)(\d+)(\.\w+)")


@dataclass(frozen=True)
class Footage:
    """Where pictures are, and which scene frames, or pictures of a file, they are shown at."""

    name: str
    files: tuple[str, ...]
    """One movie, or pictures in order."""
    is_movie: bool
    skipped: int
    """Pictures that are cut off before the first that is shown."""
    start: int
    end: int
    fps: float
    size: tuple[int, int]
    """(width, height), pixels; (0, 0): not known."""


def footage_problem(context: Any, source: str) -> Problem | None:
    """What is wrong with the chosen strip or file, as far as can be told without reading it."""
    try:
        if source == "STRIP":
            _strip_footage(context)
        else:
            _checked_path(context)
    except CaptureError as error:
        return error.problem
    return None


def find_footage(context: Any, source: str) -> Footage:
    """The chosen strip or file. Raises CaptureError."""
    return _strip_footage(context) if source == "STRIP" else _file_footage(context)


def footage_span(context: Any, source: str) -> tuple[int, int]:
    """The first and the last frame of the chosen strip or file. Raises CaptureError."""
    footage = find_footage(context, source)
    return footage.start, footage.end


def read_pictures(
    footage: Footage, frames: Sequence[float], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Pictures (F, H, W, 3) at these frames: the largest centred part of the wanted aspect.

    Raises CaptureError.
    """
    shown = [round(frame) - footage.start + footage.skipped for frame in frames]
    with _sequencer(size) as scene, tempfile.TemporaryDirectory(prefix="mti-") as folder:
        _lay_down(scene, footage, shown)
        places = [f + 1 if footage.is_movie else i + 1 for i, f in enumerate(shown)]
        try:
            return np.stack(
                [smaller(_rendered(scene, at, Path(folder)), size) for at in steps(places)]
            )
        except (RuntimeError, OSError, ValueError) as error:
            message = translated("{} cannot be read: {}").format(footage.name, error)
            raise CaptureError.of(message.strip(), CHOOSE) from error


def _rendered(scene: Any, frame: int, folder: Path) -> NDArray[np.uint8]:
    """One frame of a scene."""
    scene.frame_set(frame)
    path = folder / f"picture_{frame:06d}.png"
    scene.render.filepath = str(path)
    return decode_png(render_file(scene, path))


def smaller(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture, a whole number of times as large as `size` (width, height), averaged down."""
    width, height = size
    scale = picture.shape[0] // height
    parts = picture.reshape(height, scale, width, scale, -1)
    return np.rint(parts.mean((1, 3))).astype(np.uint8)


def cut_share(footage: Footage, size: tuple[int, int]) -> float:
    """How much of each picture is cut off to get the aspect of `size`, 0..1."""
    if not min(footage.size):
        return 0.0
    aspects = footage.size[0] / footage.size[1], size[0] / size[1]
    return 1 - min(aspects) / max(aspects)


def _strip_footage(context: Any) -> Footage:
    scene = shown_scene(context)
    strip = scene.sequence_editor.active_strip if scene.sequence_editor else None
    if strip is None:
        raise CaptureError.of(
            "No strip is active.", "Select a movie or image strip in the sequencer."
        )
    start, end = strip_start(strip), strip_end(strip) - 1
    fps = scene.render.fps / scene.render.fps_base
    if strip.type == "MOVIE":
        path = bpy.path.abspath(strip.filepath)
        files: tuple[str, ...] = (path,)
    elif strip.type == "IMAGE":
        folder = Path(bpy.path.abspath(strip.directory))
        files = tuple(str(folder / element.filename) for element in strip.elements)
    else:
        raise CaptureError.of(
            translated("{} is neither a movie nor an image strip.").format(strip.name),
            "Render it to a movie first, or select another strip.",
        )
    for path in (files[0], files[-1]):
        if not is_file(path):
            what = translated("The file of {} is missing: {}").format(strip.name, path)
            raise CaptureError.of(what, "Find it again.")
    element = strip.elements[0]
    size = (element.orig_width, element.orig_height)
    skipped = _cut_off(strip)
    return Footage(strip.name, files, strip.type == "MOVIE", skipped, start, end, fps, size)


def _cut_off(strip: Any) -> int:
    """Pictures cut off at the left, by the names of Blender 5.2 or those before."""
    if hasattr(strip, "left_handle_offset"):
        return int(strip.left_handle_offset)
    return int(strip.frame_offset_start)


def _checked_path(context: Any) -> Path:
    chosen = context.scene.mti.file
    if not chosen:
        raise CaptureError.of("No file is chosen.", CHOOSE)
    path = Path(bpy.path.abspath(chosen))
    if not is_file(path):
        raise CaptureError.of(translated("The file is missing: {}").format(path), CHOOSE)
    ending = path.suffix.lower()
    if ending not in bpy.path.extensions_movie and ending not in bpy.path.extensions_image:
        what = translated("{} is neither a movie nor an image.").format(path.name)
        raise CaptureError.of(what, CHOOSE)
    if ending in bpy.path.extensions_image and len(_sequence(path)) < 2:
        what = translated("{} is a single image, which holds no motion.").format(path.name)
        raise CaptureError.of(what, CHOOSE)
    return path


def _file_footage(context: Any) -> Footage:
    path = _checked_path(context)
    rate = context.scene.render.fps / context.scene.render.fps_base
    if path.suffix.lower() in bpy.path.extensions_image:
        files = tuple(str(file) for file in _sequence(path))
        return Footage(path.name, files, False, 0, 1, len(files), rate, (0, 0))
    count, fps, size = _movie(path)
    return Footage(path.name, (str(path),), True, 0, 1, count, fps or rate, size)


def _movie(path: Path) -> tuple[int, float, tuple[int, int]]:
    """How many pictures a movie has, how fast it is, and its size. Raises CaptureError."""
    unreadable = translated("{} is no movie that Blender can read.").format(path.name)
    try:
        clip = bpy.data.movieclips.load(str(path))
    except RuntimeError as error:
        raise CaptureError.of(unreadable, CHOOSE) from error
    try:
        count, fps, size = clip.frame_duration, clip.fps, tuple(clip.size)
    finally:
        bpy.data.movieclips.remove(clip)
    if count < 2:
        raise CaptureError.of(unreadable, CHOOSE)
    return count, fps, (int(size[0]), int(size[1]))


@glanced
def _sequence(path: Path) -> list[Path]:
    """The numbered pictures that a picture belongs to, in order; the picture alone if none."""
    match = NUMBERED.fullmatch(path.name)
    if match is None:
        return [path]
    before, _, ending = match.groups()
    numbered: list[tuple[int, Path]] = []
    others: list[Path] = []
    with suppress(OSError):  # the folder has gone, and the pictures with it
        others = list(path.parent.iterdir())
    for other in others:
        found = NUMBERED.fullmatch(other.name)
        if found and found[1] == before and found[3] == ending:
            numbered.append((int(found[2]), other))
    return [other for _, other in sorted(numbered)]


@contextmanager
def _sequencer(size: tuple[int, int]) -> Iterator[Any]:
    """A scene that renders its sequencer as plain pictures, a whole number of times `size`."""
    scene = bpy.data.scenes.new("Motion Capture")
    try:
        render = scene.render
        render.resolution_x, render.resolution_y = render_size(size)
        render.resolution_percentage = 100
        image = render.image_settings
        if hasattr(image, "media_type"):
            image.media_type = "IMAGE"
        image.file_format, image.color_mode, image.color_depth = "PNG", "RGB", "8"
        scene.view_settings.view_transform = "Standard"
        yield scene
    finally:
        bpy.data.scenes.remove(scene)


def _lay_down(scene: Any, footage: Footage, shown: Sequence[int]) -> None:
    """A movie from frame 1 on; of pictures only those that are wanted, one a frame."""
    strips = scene.sequence_editor_create().strips
    place = {"channel": 1, "frame_start": 1, "fit_method": "FILL"}
    if footage.is_movie:
        strip = strips.new_movie(name="movie", filepath=footage.files[0], **place)
    else:
        files = [footage.files[min(max(i, 0), len(footage.files) - 1)] for i in shown]
        strip = strips.new_image(name="pictures", filepath=files[0], **place)
        folder = Path(files[0]).parent
        for path in files[1:]:
            strip.elements.append(str(Path(path).relative_to(folder)))
    if hasattr(strip.transform, "filter"):
        strip.transform.filter = "BOX"  # every pixel counts where a movie is made much smaller
