"""Read images from a movie, an image sequence or a strip with Blender's sequencer.

The sequencer supports every format that Blender does. A file is loaded into a temporary scene; a
strip is shown alone in a copy of its scene.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ...motion.picture_files import file_is_cut_short
from ...wire.problem import Problem
from ...workflow.progress import steps
from ..common.file_cache import cached, is_file
from ..common.problems import CaptureError
from ..scene.color import show_in_srgb
from ..scene.images import read_png
from ..scene.picture import render_file, render_size
from ..sequencer.drawing import shown_range
from ..sequencer.media import NUMBERED, image_size
from ..sequencer.pictures import damaged, shown_size, strip_capture_problem, strip_pictures
from ..sequencer.strip import shown_scene

CHOOSE = "Choose a movie, or one image of a numbered sequence."
SOUND_ONLY = "{name} has sound, but no images."
UNREADABLE = "{name} is not a movie that Blender can read."
SINGLE = "{name} is a single image, which contains no motion."


@dataclass(frozen=True)
class Footage:
    """Source of images, and the scene frames or file indices at which they are shown."""

    name: str
    start: int
    end: int
    fps: float
    size: tuple[int, int]
    """(width, height), in square pixels."""
    files: tuple[str, ...] = ()
    """One movie, or images in order; empty for a strip."""
    is_movie: bool = False
    strip: Any = None
    scene: Any = None
    """The strip's scene."""


def footage_problem(context: Any, source: str) -> Problem | None:
    """Return what is wrong with the chosen strip or file, as far as is known without reading it."""
    try:
        if source == "STRIP":
            _strip_footage(context)
        else:
            _checked_path(context)
    except CaptureError as error:
        return error.problem
    return None


def find_footage(context: Any, source: str) -> Footage:
    """Return the chosen strip or file. Raises CaptureError."""
    return _strip_footage(context) if source == "STRIP" else _file_footage(context)


def footage_span(context: Any, source: str) -> tuple[int, int]:
    """Return the first and last frame of the chosen strip or file. Raises CaptureError."""
    footage = find_footage(context, source)
    return footage.start, footage.end


def read_pictures(
    footage: Footage, frames: Sequence[float], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Read images (F, H, W, 3) at these frames, cropped to the center in the given aspect ratio.

    Raises CaptureError.
    """
    if footage.strip is not None:
        whole = [round(frame) for frame in frames]
        return strip_pictures(footage.scene, footage.strip, whole, size)
    shown = [round(frame) - footage.start for frame in frames]
    with _sequencer(size) as scene, tempfile.TemporaryDirectory(prefix="mti-") as folder:
        _lay_down(scene, footage, shown)
        places = [f + 1 if footage.is_movie else i + 1 for i, f in enumerate(shown)]
        try:
            return np.stack(
                [smaller(_rendered(scene, at, Path(folder)), size) for at in steps(places)]
            )
        except (RuntimeError, OSError, ValueError) as error:
            values = {"name": footage.name, "reason": str(error).strip()}
            what = "{name} cannot be read: {reason}"
            raise CaptureError(Problem("footage_unreadable", what, CHOOSE, values)) from error


def _rendered(scene: Any, frame: int, folder: Path) -> NDArray[np.uint8]:
    """Render one frame of a scene."""
    scene.frame_set(frame)
    path = folder / f"picture_{frame:06d}.png"
    scene.render.filepath = str(path)
    return read_png(render_file(scene, path))


def smaller(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Average down an image that is an integer multiple of `size` (width, height)."""
    width, height = size
    scale = picture.shape[0] // height
    parts = picture.reshape(height, scale, width, scale, -1)
    return np.rint(parts.mean((1, 3))).astype(np.uint8)


def cut_share(footage: Footage, size: tuple[int, int]) -> float:
    """Return the fraction of each image cut off to get the aspect ratio of `size`, 0..1."""
    if not min(footage.size):
        return 0.0
    aspects = footage.size[0] / footage.size[1], size[0] / size[1]
    return 1 - min(aspects) / max(aspects)


def _strip_footage(context: Any) -> Footage:
    scene = shown_scene(context)
    strip = scene.sequence_editor.active_strip if scene.sequence_editor else None
    if strip is None:
        hint = "Select a strip in the sequencer."
        raise CaptureError(Problem("no_strip", "There is no active strip.", hint))
    if problem := strip_capture_problem(strip):
        raise CaptureError(problem)
    start, end = shown_range(strip)
    fps = scene.render.fps / scene.render.fps_base
    size = shown_size(scene, strip)
    return Footage(strip.name, start, end - 1, fps, size, strip=strip, scene=scene)


def _checked_path(context: Any) -> Path:
    chosen = context.scene.mti.file
    if not chosen:
        raise CaptureError(Problem("no_file", "No file has been chosen.", CHOOSE))
    path = Path(bpy.path.abspath(chosen))
    if not is_file(path):
        what = "The file is missing: {path}"
        raise CaptureError(Problem("footage_missing", what, CHOOSE, {"path": path}))
    ending = path.suffix.lower()
    if ending not in bpy.path.extensions_movie and ending not in bpy.path.extensions_image:
        what = "{name} is neither a movie nor an image."
        raise CaptureError(Problem("no_footage", what, CHOOSE, {"name": path.name}))
    if ending in bpy.path.extensions_image and len(numbered_files(path)) < 2:
        raise CaptureError(_single(path))
    return path


def _file_footage(context: Any) -> Footage:
    path = _checked_path(context)
    rate = context.scene.render.fps / context.scene.render.fps_base
    if path.suffix.lower() in bpy.path.extensions_image:
        files = tuple(str(file) for file in numbered_files(path))
        return Footage(path.name, 1, len(files), rate, image_size(numbered_files(path)[0]), files)
    count, fps, size = _movie(path)
    return Footage(path.name, 1, count, fps or rate, size, (str(path),), is_movie=True)


def _movie(path: Path) -> tuple[int, float, tuple[int, int]]:
    """Return a movie's frame count, frame rate and size. Raises CaptureError."""
    try:
        clip = bpy.data.movieclips.load(str(path))
    except RuntimeError as error:
        raise CaptureError(_no_movie(path, 0)) from error
    try:
        count, fps, size = clip.frame_duration, clip.fps, tuple(clip.size)
    finally:
        bpy.data.movieclips.remove(clip)
    if count < 2:
        raise CaptureError(_no_movie(path, count))
    return count, fps, (int(size[0]), int(size[1]))


def _no_movie(path: Path, count: int) -> Problem:
    """Return why a file with this number of images cannot be captured."""
    if count == 1:
        return _single(path)
    sound = bpy.data.sounds.load(str(path))
    try:
        heard = sound.channels != "INVALID"
    finally:
        bpy.data.sounds.remove(sound)
    values = {"name": path.name}
    if heard:
        return Problem("movie_without_images", SOUND_ONLY, CHOOSE, values)
    return Problem("movie_unreadable", UNREADABLE, CHOOSE, values)


def _single(path: Path) -> Problem:
    return Problem("single_image", SINGLE, CHOOSE, {"name": path.name})


@cached
def numbered_files(path: Path) -> list[Path]:
    """Return the numbered sequence that an image belongs to, in order; otherwise just the image."""
    match = NUMBERED.fullmatch(path.name)
    if match is None:
        return [path]
    before, _, ending = match.groups()
    numbered: list[tuple[int, Path]] = []
    others: list[Path] = []
    with suppress(OSError):  # the folder and its images no longer exist
        others = list(path.parent.iterdir())
    for other in others:
        found = NUMBERED.fullmatch(other.name)
        if found and found[1] == before and found[3] == ending:
            numbered.append((int(found[2]), other))
    return [other for _, other in sorted(numbered)]


@contextmanager
def _sequencer(size: tuple[int, int]) -> Iterator[Any]:
    """Provide a scene that renders its sequencer as plain images, an integer multiple of `size`."""
    scene = bpy.data.scenes.new("Motion Capture")
    try:
        render = scene.render
        render.resolution_x, render.resolution_y = render_size(size)
        render.resolution_percentage = 100
        image = render.image_settings
        if hasattr(image, "media_type"):
            image.media_type = "IMAGE"
        image.file_format, image.color_mode, image.color_depth = "PNG", "RGB", "8"
        show_in_srgb(scene)
        yield scene
    finally:
        bpy.data.scenes.remove(scene)


def _lay_down(scene: Any, footage: Footage, shown: Sequence[int]) -> None:
    """Add a movie from frame 1 on, or just the images that are needed, one per frame."""
    editor = scene.sequence_editor_create()
    editor.show_missing_media = False
    strips = editor.strips
    place = {"channel": 1, "fit_method": "FILL"}
    if footage.is_movie:
        strips.new_movie(name="movie", filepath=footage.files[0], frame_start=1, **place)
    else:
        # one strip each, so that it is fitted by its own size, which Blender then knows
        for at, index in enumerate(shown, 1):
            path = footage.files[min(max(index, 0), len(footage.files) - 1)]
            strip = strips.new_image(name="picture", filepath=path, frame_start=at, **place)
            if not strip.elements[0].orig_width or file_is_cut_short(Path(path)):
                raise CaptureError(damaged(footage.name, Path(path)))
    for strip in strips:
        if hasattr(strip.transform, "filter"):
            # average pixels, since the movie may be scaled down a lot
            strip.transform.filter = "BOX"
