"""The square that the model sees: around the figure or whole, and exactly invertible."""

from __future__ import annotations

import pytest
import torch

from mti_backend.models.framing import SUBJECT_MARGIN, around, found, whole
from mti_backend.models.warp import Box


def test_the_whole_picture_is_in_its_square() -> None:
    assert whole(1080, 1920) == Box(0, -420, 1920)
    assert whole(1920, 1080) == Box(-420, 0, 1920)


def test_a_square_around_bounds_has_room() -> None:
    box = around(100, 200, 150, 400)
    assert box.side == pytest.approx(200 / (1 - 2 * SUBJECT_MARGIN))
    assert box.left + box.side / 2 == pytest.approx(125)
    assert box.top + box.side / 2 == pytest.approx(300)


def test_a_figure_is_found_where_it_is_seen() -> None:
    seen = torch.zeros(128, 128)
    seen[32:96, 50:70] = 1
    seen[5, 5] = 1  # a speck does not enlarge the square
    box = found(seen, Box(0, -420, 1920), 1080, 1920)
    assert box is not None
    scale = 1920 / 128
    assert box.left + box.side / 2 == pytest.approx(60 * scale)
    assert box.top + box.side / 2 == pytest.approx(-420 + 64 * scale)
    assert box.side == pytest.approx(64 * scale / (1 - 2 * SUBJECT_MARGIN))


def test_nobody_and_specks_are_not_found() -> None:
    seen = torch.zeros(128, 128)
    assert found(seen, Box(0, 0, 500), 500, 500) is None
    seen[60:66, 60:66] = 1
    assert found(seen, Box(0, 0, 500), 500, 500) is None


def test_what_is_seen_beyond_the_picture_does_not_count() -> None:
    seen = torch.ones(128, 128)
    box = found(seen, whole(1080, 1920), 1080, 1920)
    assert box is not None and box.side == pytest.approx(1920 / (1 - 2 * SUBJECT_MARGIN))
    assert box.top + box.side / 2 == pytest.approx(540)
