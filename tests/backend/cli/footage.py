"""Pictures of a moving square, as the videos and images that people have."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from PIL import Image

from mti_backend.frames import Pictures

STEP = 4
"""Pixels that the square moves per frame."""


def square(count: int, width: int = 160, height: int = 96, step: int = STEP) -> Pictures:
    """A red square that moves to the right on gray, uint8 (F, H, W, 3)."""
    clip = np.full((count, height, width, 3), 200, np.uint8)
    for index, picture in enumerate(clip):
        left = 8 + step * index
        picture[32:64, left : left + 24] = (200, 30, 30)
    return clip


def place(picture: np.ndarray) -> float:
    """Where the square's center is, as a share of the picture's width; from 0."""
    red = picture[..., 0].astype(int) - picture[..., 1] > 80
    return float(np.flatnonzero(red.any(0)).mean() + 0.5) / picture.shape[1]


def video(
    path: Path, clip: Pictures, fps: float | Fraction = 24, options: Sequence[str] = ()
) -> Path:
    """Write an H.264 video; `options` are ffmpeg's, of the output."""
    height, width = clip.shape[1:3]
    writer = imageio_ffmpeg.write_frames(
        str(path),
        (width, height),
        fps=fps,
        codec="libx264",
        quality=9,
        macro_block_size=2,
        output_params=list(options),
        ffmpeg_log_level="error",
    )
    writer.send(None)
    for picture in clip:
        writer.send(picture.tobytes())
    writer.close()
    return path


def animation(path: Path, clip: Pictures, milliseconds: int | list[int] = 40) -> Path:
    """Write an animated GIF, WebP or PNG, by the path's ending."""
    first, *others = (Image.fromarray(picture) for picture in clip)
    more = {"lossless": True} if path.suffix == ".webp" else {}
    first.save(path, save_all=True, append_images=others, duration=milliseconds, loop=0, **more)
    return path


def numbered(folder: Path, clip: Pictures, name: str = "walk_{:03d}.png") -> Path:
    """Write a folder of numbered images."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(clip, start=1):
        Image.fromarray(picture).save(folder / name.format(number))
    return folder
