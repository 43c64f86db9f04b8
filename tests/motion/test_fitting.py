from __future__ import annotations

import numpy as np
import pytest

from mti_addon.motion import Fitted, fit_picture, fitted, unpadded


def picture(width: int, height: int) -> np.ndarray:
    """Every pixel has a colour of its own."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x % 256, y % 256, (x // 256) * 16 + y // 256], -1).astype(np.uint8)


@pytest.mark.parametrize("size", [(160, 90), (90, 160), (1920, 1080), (50, 200), (641, 359)])
@pytest.mark.parametrize("shape", [(64, 64), (1024, 576)])
def test_padded_and_cut_back_is_the_picture_itself(
    size: tuple[int, int], shape: tuple[int, int]
) -> None:
    original = picture(*size)
    sent, about = fit_picture(original, shape, "PAD")
    assert sent.shape[1] / sent.shape[0] == pytest.approx(shape[0] / shape[1], rel=0.02)
    assert about.size == size and about.kept == 1
    back = unpadded(sent, about)
    assert abs(back.shape[0] - size[1]) <= 2 and abs(back.shape[1] - size[0]) <= 2
    # what comes back holds no bar: it is a part of the picture, within a pixel of its place
    places = [(y, x) for y in range(3) for x in range(3)]
    assert any(
        np.array_equal(back, original[y : y + back.shape[0], x : x + back.shape[1]])
        for y, x in places
    )


def test_bars_continue_the_edge() -> None:
    original = picture(40, 20)
    sent, about = fit_picture(original, (64, 64), "PAD")
    assert sent.shape == (40, 40, 3)
    assert (sent[0] == original[0]).all() and (sent[-1] == original[-1]).all()
    assert (sent[10:30] == original).all()
    assert about.box == (0, 0.25, 1, 0.75)
    small = sent[::4, ::4]  # as an engine gives it back, smaller
    assert unpadded(small, about).shape == (4, 10, 3)  # only rows that hold nothing of a bar


@pytest.mark.parametrize(("size", "kept"), [((160, 90), 90 / 160), ((90, 160), 90 / 160)])
def test_a_crop_keeps_the_middle_and_says_how_much(size: tuple[int, int], kept: float) -> None:
    original = picture(*size)
    sent, about = fit_picture(original, (64, 64), "CROP")
    assert sent.shape == (90, 90, 3) and about == Fitted(size, kept=kept)
    x, y = (size[0] - 90) // 2, (size[1] - 90) // 2
    assert (sent == original[y : y + 90, x : x + 90]).all()
    assert np.array_equal(unpadded(sent, about), sent)


@pytest.mark.parametrize("how", ["CROP", "PAD"])
def test_the_right_shape_is_left_alone(how: str) -> None:
    original = picture(1024, 578)
    sent, about = fit_picture(original, (1024, 576), how)  # type: ignore[arg-type]
    assert sent is original and about == fitted((1024, 578), (1024, 576), "CROP")
    assert not about.padded and about.kept == 1
