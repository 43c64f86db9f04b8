from __future__ import annotations

import numpy as np
import pytest

from mti_addon.motion import Fitted, covered, fit_picture, fitted, is_flat, placed, shrunk, unpadded


def picture(width: int, height: int) -> np.ndarray:
    """Every pixel has its own color."""
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
    # the whole image comes back, plus at most one row of its extended edges
    around = np.pad(original, ((2, 2), (2, 2), (0, 0)), mode="edge")
    places = [(y, x) for y in range(4) for x in range(4)]
    assert any(
        np.array_equal(back, around[y : y + back.shape[0], x : x + back.shape[1]])
        for y, x in places
    )
    assert back.shape[0] >= size[1] and back.shape[1] >= size[0]


def test_bars_continue_the_edge() -> None:
    original = picture(40, 20)
    sent, about = fit_picture(original, (64, 64), "PAD")
    assert sent.shape == (40, 40, 3)
    assert (sent[0] == original[0]).all() and (sent[-1] == original[-1]).all()
    assert (sent[10:30] == original).all()
    assert about.box == (0, 0.25, 1, 0.75)
    small = sent[::4, ::4]  # returned smaller, as by an engine
    assert unpadded(small, about).shape == (
        6,
        10,
        3,
    )  # including rows that show the image only in part
    assert covered(about, (10, 10)) == pytest.approx((0, -0.1, 1, 1.1))


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


@pytest.mark.parametrize("size", [(160, 90), (90, 160), (239, 100), (64, 64), (100, 101)])
@pytest.mark.parametrize("how", ["CROP", "PAD"])
@pytest.mark.parametrize("frame", [(1920, 1080), (1000, 1000)])
def test_a_result_lies_where_its_picture_did(
    size: tuple[int, int], how: str, frame: tuple[int, int]
) -> None:
    """Colors encode positions: a result must show each at the same place as the image."""
    y, x = np.mgrid[: size[1], : size[0]]
    original = np.stack([255 * (x + 0.5) / size[0], 255 * (y + 0.5) / size[1], 0 * x], -1)
    sent, about = fit_picture(np.rint(original).astype(np.uint8), (64, 64), how)  # type: ignore[arg-type]
    side = 40
    rows = (np.arange(side) + 0.5) / side * sent.shape[0]
    columns = (np.arange(side) + 0.5) / side * sent.shape[1]
    kept = unpadded(sent[rows.astype(int)][:, columns.astype(int)], about)
    center_x, center_y, width, height = placed(about, (side, side), frame)
    scale = min(frame[0] / size[0], frame[1] / size[1])
    for i in (kept.shape[0] // 3, kept.shape[0] // 2):
        for j in (kept.shape[1] // 3, kept.shape[1] // 2):
            at_x = center_x + ((j + 0.5) / kept.shape[1] - 0.5) * width
            at_y = -center_y + ((i + 0.5) / kept.shape[0] - 0.5) * height
            share = (at_x / (size[0] * scale) + 0.5, at_y / (size[1] * scale) + 0.5)
            assert kept[i, j, :2] / 255 == pytest.approx(share, abs=0.02)
    left, top, right, bottom = covered(about, (side, side))
    if how == "PAD":
        assert left <= 1e-6 and top <= 1e-6 and right >= 1 - 1e-6 and bottom >= 1 - 1e-6


def test_smaller_is_the_mean() -> None:
    wide = np.zeros((30, 100, 3), np.uint8)
    wide[:, ::2] = 200
    assert shrunk(wide, 100) is wide
    small = shrunk(wide, 50)
    assert small.shape == (15, 50, 3) and (small == 100).all()
    odd = shrunk(picture(100, 30)[..., :1].repeat(3, 2), 33)
    assert odd.shape == (10, 33, 3) and np.abs(odd[0, :, 0] - (np.arange(33) * 3.03 + 1)).max() < 1


@pytest.mark.parametrize(
    ("change", "flat"), [(0, True), (2, True), (9, False)], ids=["same", "dithered", "another"]
)
def test_flat_is_what_has_one_color(change: int, flat: bool) -> None:
    image = np.full((8, 8, 3), 90, np.uint8)
    image[3, 3, 1] += change
    assert is_flat(image) is flat
    clear = np.random.default_rng(0).integers(0, 255, (8, 8, 4)).astype(np.uint8)
    clear[..., 3] = 0
    assert is_flat(clear)
    clear[2, 2, 3] = 255
    assert not is_flat(clear)
