"""Contact sheets: every image in its place."""

from __future__ import annotations

import numpy as np
import pytest

from mti_backend.contact_sheet import contact_sheet


def clip(frames: int, value: int) -> np.ndarray:
    pictures = np.zeros((frames, 6, 8, 3), np.uint8)
    for k in range(frames):
        pictures[k] = (value, 10 * k, 200)
    return pictures


@pytest.mark.parametrize("scale", [1, 3])
def test_a_row_a_clip_a_column_a_frame(scale: int) -> None:
    sheet = contact_sheet([("one", clip(3, 50)), ("still", clip(1, 90))], 6 * scale)
    height, width = 6 * scale, 8 * scale
    assert sheet.mode == "RGB" and sheet.size == (3 * (width + 2) + 2, 2 * (height + 18))
    pixels = np.asarray(sheet)
    for row, (frames, value) in enumerate(((3, 50), (1, 90))):
        top = 16 + row * (height + 18)
        for k in range(frames):
            left = 2 + k * (width + 2)
            tile = pixels[top : top + height, left : left + width]
            assert (tile == (value, 10 * k, 200)).all()
            assert (pixels[top : top + height, left - 2 : left] == 255).all()
    # the still clip is drawn once, and the rest of its row is empty
    assert (pixels[height + 34 :, width + 4 :] == 255).all()


def test_clips_of_several_sizes_come_to_one_height_and_keep_their_shape() -> None:
    wide = np.full((2, 20, 60, 3), 7, np.uint8)
    sheet = contact_sheet([("small", clip(2, 50)), ("wide", wide)], 10)
    assert sheet.size == (2 * (30 + 2) + 2, 2 * (10 + 18))
    assert (np.asarray(sheet)[44:54, 2:32] == 7).all()


def test_captions_are_written() -> None:
    pixels = np.asarray(contact_sheet([("a caption", clip(14, 0))]))
    assert (pixels[:16] < 128).any()
    empty = np.asarray(contact_sheet([("", clip(14, 0))]))
    assert (empty[:16] == 255).all()
