"""Images as targets, from a file or the .blend file, as pixels in their own colors."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ...motion.picture_files import file_is_cut_short
from ...wire.problem import Problem
from ..common.problems import TargetError
from .color import encoded, show_in_srgb
from .layered import combined_picture

Pixels = NDArray[np.uint8]
"""(H, W, 3), or (H, W, 4) with straight alpha; sRGB."""
NUMBER = re.compile(r"(.*?)(\d+)(\D*)")
"""The last number in a file name, which is the frame number of a sequence."""
MOST_PIXELS = 2**25
"""Files with more pixels are scaled down while loaded in Blender; 33 million take 512 MB as
floats."""


def read_file(path: Path) -> Pixels:
    """Read an image file in any format that Blender supports. Raises TargetError."""
    if not path.is_file():
        what, hint = "The target image is missing: {path}", "Choose another file."
        raise TargetError(Problem("target_file_missing", what, hint, {"path": path}))
    what, hint = "The target is not an image: {path}", "Choose a PNG or JPEG file."
    problem = Problem("target_file_no_image", what, hint, {"path": path})
    if file_is_cut_short(path):
        what = "The target image is truncated: {path}"
        hint = "Render or copy it again."
        raise TargetError(Problem("target_file_damaged", what, hint, {"path": path}))
    with _loaded(path, problem) as image:
        width, height = image.size
        if not (width and height):
            return _combined(path, problem)
        if width * height > MOST_PIXELS:
            shrink = (MOST_PIXELS / (width * height)) ** 0.5
            image.scale(max(1, round(width * shrink)), max(1, round(height * shrink)))
        return read_image(image, problem)


def read_png(png: bytes) -> Pixels:
    """Decode a PNG file with 8 bits per channel, using Blender for speed. Raises TargetError."""
    problem = Problem("target_no_image", "The target is not an image.", "Choose another one.")
    with tempfile.TemporaryDirectory(prefix="mti-") as folder:
        path = Path(folder) / "picture.png"
        path.write_bytes(png)
        with _loaded(path, problem) as image:
            if not _is_plain(image):
                raise TargetError(problem)
            # ignore the color space assigned to files of that name
            return _own_pixels(image)


def _combined(path: Path, problem: Problem) -> Pixels:
    """Read a file with several layers."""
    try:
        png = combined_picture(path)
    except (RuntimeError, OSError) as error:
        raise TargetError(problem) from error
    if png is None:
        raise TargetError(problem)
    return opaque(read_png(png))


def read_datablock(image: Any, frame: int, problem: Problem) -> Pixels:
    """Read what an image of the .blend file shows at a frame; for tiled images, the first tile.

    `problem`: raised if it shows nothing. Raises TargetError.
    """
    layered = image.source == "FILE" and (image.type == "MULTILAYER" or not min(image.size))
    if image.source == "SEQUENCE" or (layered and not image.packed_file):
        path = _file_at(image, frame)
        if path.is_file():
            return read_file(path)
    return read_image(image, problem)


def _file_at(image: Any, frame: int) -> Path:
    """Return the file of a sequence at a frame, or else the one that it was opened with."""
    path = Path(bpy.path.abspath(image.filepath, library=image.library))
    if image.source == "SEQUENCE" and (match := NUMBER.fullmatch(path.name)):
        before, digits, after = match.groups()
        shown = path.with_name(f"{before}{frame:0{len(digits)}d}{after}")
        return shown if shown.is_file() else path
    return path


def read_image(image: Any, problem: Problem) -> Pixels:
    """Read the pixels of an image of the .blend file in its own colors.

    Files with 8 bits per channel are used unchanged, as every viewer shows them. `problem`: raised
    if the image has no pixels. Raises TargetError.
    """
    if not _is_plain(image) or not (image.is_float or _as_seen(image)):
        return _as_displayed(image, problem)
    return _own_pixels(image)


def _is_plain(image: Any) -> bool:
    """Return whether it has a single layer with four values per pixel."""
    width, height = image.size
    return bool(width and height and len(image.pixels) == 4 * width * height)


def _own_pixels(image: Any) -> Pixels:
    width, height = image.size
    values = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(values)
    table = values.reshape(height, width, 4)[::-1]
    if image.is_float:
        table = _encoded(table)
    eight = np.rint(table * 255).astype(np.uint8)
    return np.ascontiguousarray(eight if _has_alpha(image) else eight[..., :3])


@contextmanager
def _loaded(path: Path, problem: Problem) -> Iterator[Any]:
    try:
        image = bpy.data.images.load(str(path), check_existing=False)
    except RuntimeError as error:
        raise TargetError(problem) from error
    try:
        yield image
    finally:
        bpy.data.images.remove(image)


def _as_seen(image: Any) -> bool:
    """Return whether its bytes are for an sRGB monitor, or data not marked as anything else."""
    space = image.colorspace_settings
    return space.is_data or "srgb" in space.name.lower() or not space.name


def _has_alpha(image: Any) -> bool:
    return image.depth in (32, 64, 128)  # bits per pixel; `channels` is 4 for RGB files, too


def _encoded(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Convert light with premultiplied alpha to sRGB values with straight alpha, 0..1."""
    alpha = np.nan_to_num(linear[..., 3:], nan=0.0).clip(0.0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        light = np.where(alpha > 0, linear[..., :3] / alpha, linear[..., :3])
    return np.concatenate([encoded(light), alpha], axis=2)


def saved_render(image: Any, scene: Any, problem: Problem) -> bytes:
    """Return an image as a file with the scene's output settings and colors. Raises TargetError."""
    with tempfile.TemporaryDirectory(prefix="mti-") as folder:
        path = Path(folder) / "image.png"
        try:
            image.save_render(str(path), scene=scene)
        except RuntimeError as error:
            raise TargetError(problem) from error
        if not path.is_file():
            raise TargetError(problem)
        return path.read_bytes()


def _as_displayed(image: Any, problem: Problem) -> Pixels:
    """Read through Blender's color management, for other color spaces and multilayer images."""
    scene = bpy.data.scenes.new("Motion Target")
    try:
        settings = scene.render.image_settings
        settings.file_format, settings.color_depth = "PNG", "8"
        settings.color_mode = "RGBA" if _has_alpha(image) or not image.depth else "RGB"
        show_in_srgb(scene)
        return opaque(read_png(saved_render(image, scene, problem)))
    finally:
        bpy.data.scenes.remove(scene)


def opaque(picture: Pixels) -> Pixels:
    """Remove an alpha channel that hides nothing; Workbench's is one level below full in 4.5."""
    if picture.shape[2] == 4 and picture[..., 3].min() >= 254:
        return np.ascontiguousarray(picture[..., :3])
    return picture
