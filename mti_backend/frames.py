"""Image I/O: PNG files <-> arrays. No model, no diffusers.

Images are uint8 (F, H, W, 3) in sRGB, as in files and Pillow; the model's side is float32
(F, 3, H, W) in [-1, 1]. Axes are reordered in this module only. torch is imported only where a
tensor is created, so that an unreadable image is rejected before torch is loaded.

The same rules apply to references and targets:
- PNG only, at most 4096 pixels per side. The header is checked before anything is decoded, so that
  a small file cannot expand to gigabytes.
- Transparency is composited over white: drawings are exported as dark lines on a transparent
  background, and would disappear on black.
- Other sizes are adapted to the model's by the largest centered crop with its aspect ratio, then
  resized with Lanczos.
"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mti_addon.wire.errors import UnreadableInput
from mti_addon.wire.files import translating_os_errors, write_atomic
from mti_addon.wire.problem import Problem

if TYPE_CHECKING:
    import torch

Pictures = NDArray[np.uint8]

MAX_SIDE = 4096
MAX_REFERENCE_SIDE = 512
"""A model sees references at a much lower resolution; more would only cost memory."""
SHEET_SIDE = 256
PREVIEW_SIDE = 512
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HINT = "Export the image again as an 8-bit PNG."
DECODING = (OSError, SyntaxError, ValueError, EOFError, zlib.error, struct.error)
"""What Pillow raises for a file that is damaged, or no image."""


def frame_name(number: int) -> str:
    """File name of frame `number`, counting from 1."""
    return f"{number:04d}.png"


def png_size(path: Path) -> tuple[int, int]:
    """(width, height) in pixels, read from the PNG header alone.

    Raises UnreadableInput if the file is not a PNG or too large."""
    try:
        with open(path, "rb") as file:
            head = file.read(24)
    except OSError as error:
        raise UnreadableInput(
            Problem(
                "image_unreadable",
                "The image {name} cannot be read: {reason}.",
                values={"name": path.name, "reason": error.strerror},
            )
        ) from error
    if len(head) < 24 or not head.startswith(_SIGNATURE) or head[12:16] != b"IHDR":
        raise UnreadableInput(
            Problem(
                "image_not_png", "The image {name} is not a PNG file.", _HINT, {"name": path.name}
            )
        )
    width, height = struct.unpack(">II", head[16:24])
    if not 1 <= width <= MAX_SIDE or not 1 <= height <= MAX_SIDE:
        raise UnreadableInput(
            Problem(
                "image_too_large",
                "{name} is {width} x {height} pixels; the maximum is {most} per side.",
                "Make the image smaller.",
                {"name": path.name, "width": width, "height": height, "most": MAX_SIDE},
            ),
        )
    return width, height


def read_picture(path: Path, size: tuple[int, int] | None) -> Pictures:
    """Read one PNG as uint8 (H, W, 3), fitted to `size` (width, height), or in its own size.

    Raises UnreadableInput."""
    png_size(path)
    try:
        with Image.open(path, formats=("PNG",)) as image:
            image.load()
            flat = over_white(image)
    except DECODING as error:
        raise UnreadableInput(
            Problem(
                "image_damaged",
                "The image {name} is damaged and cannot be decoded.",
                _HINT,
                {"name": path.name},
            )
        ) from error
    return np.array(fit(flat, size or flat.size), dtype=np.uint8)


def read_reference(folder: Path, count: int, size: tuple[int, int] | None) -> Pictures:
    """Read frames 1..count of a numbered PNG folder as uint8 (F, H, W, 3), fitted to `size` (width,
    height), or in their own size up to MAX_REFERENCE_SIDE.

    Raises UnreadableInput if a frame is missing or the frames differ in size."""
    paths = [folder / frame_name(number) for number in range(1, count + 1)]
    sizes = {png_size(path) for path in paths}
    if len(sizes) != 1:
        raise UnreadableInput(
            Problem(
                "reference_sizes_differ",
                "The images of the reference differ in size.",
                "Capture it again.",
            )
        )
    if size is None:
        width, height = sizes.pop()
        shrink = min(1.0, MAX_REFERENCE_SIDE / max(width, height))
        size = max(1, round(width * shrink)), max(1, round(height * shrink))
    return np.stack([read_picture(path, size) for path in paths])


def over_white(image: Image.Image) -> Image.Image:
    """Composite over white as RGB. 16-bit gray is scaled by hand, since Pillow would clip it at
    255."""
    if image.mode.startswith("I"):
        image = Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8))
    if not image.has_transparency_data:
        return image.convert("RGB")
    picture = image.convert("RGBA")
    paper = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(paper, picture).convert("RGB")


def fit(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Crop the center to the aspect ratio of `size` (width, height), and resize with Lanczos."""
    if image.size == size:
        return image
    scale = min(image.width / size[0], image.height / size[1])
    crop_width, crop_height = size[0] * scale, size[1] * scale
    left, top = (image.width - crop_width) / 2, (image.height - crop_height) / 2
    box = (left, top, left + crop_width, top + crop_height)
    return image.resize(size, Image.Resampling.LANCZOS, box=box)


def write_frames(folder: Path, frames: Pictures) -> list[Path]:
    """Write uint8 (F, H, W, 3) as 0001.png, 0002.png ... and return the paths.

    Raises DiskFull, NotWritable."""
    with translating_os_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / frame_name(number) for number in range(1, len(frames) + 1)]
    for path, frame in zip(paths, frames, strict=True):
        data = io.BytesIO()
        Image.fromarray(frame).save(data, "PNG")
        write_atomic(path, data.getvalue())
    return paths


def write_preview(path: Path, frames: Pictures, fps: float) -> None:
    """Write uint8 (F, H, W, 3) as a looping animated WebP at `fps` frames per second, at most
    PREVIEW_SIDE pixels per side.

    Raises DiskFull, NotWritable."""
    height, width = frames.shape[1:3]
    shrink = min(1.0, PREVIEW_SIDE / max(width, height))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    images = [Image.fromarray(frame).resize(size, Image.Resampling.BOX) for frame in frames]
    data = io.BytesIO()
    milliseconds = max(1, round(1000 / fps))
    images[0].save(
        data,
        "WEBP",
        save_all=True,
        append_images=images[1:],
        duration=milliseconds,
        loop=0,
        quality=85,
    )
    write_atomic(path, data.getvalue())


def write_sheet(path: Path, clip: Pictures) -> None:
    """Write four frames of uint8 (F, H, W, 3) as one 2 x 2 PNG: at 1/4, 1/2, 3/4 and the end of the
    clip.

    The first frame is omitted: it is the target, the same in every clip. Raises DiskFull,
    NotWritable."""
    count, height, width = clip.shape[:3]
    shrink = min(1.0, SHEET_SIDE / (2 * max(width, height)))
    small = max(1, round(width * shrink)), max(1, round(height * shrink))
    sheet = Image.new("RGB", (2 * small[0], 2 * small[1]))
    for place in range(4):
        picture = Image.fromarray(clip[(place + 1) * (count - 1) // 4])
        if small != picture.size:
            picture = picture.resize(small, Image.Resampling.LANCZOS)
        sheet.paste(picture, (place % 2 * small[0], place // 2 * small[1]))
    data = io.BytesIO()
    sheet.save(data, "PNG")
    with translating_os_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, data.getvalue())


def to_model(frames: Pictures) -> torch.Tensor:
    """uint8 (..., H, W, 3) -> float32 (..., 3, H, W) in [-1, 1]."""
    import torch

    return torch.from_numpy(frames.astype(np.float32) / 127.5 - 1.0).movedim(-1, -3).contiguous()


def to_pictures(frames: torch.Tensor) -> Pictures:
    """float (..., 3, H, W), clipped to [-1, 1] -> uint8 (..., H, W, 3)."""
    values = frames.detach().float().cpu().movedim(-3, -1).numpy()
    pictures: Pictures = np.rint((np.clip(values, -1.0, 1.0) + 1.0) * 127.5).astype(np.uint8)
    return pictures
