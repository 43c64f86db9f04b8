"""The rendered targets match their descriptions and serve their purpose."""

from __future__ import annotations

import json

import pytest
import torch

from mti_backend.draft.procedural.motions import frame_times
from mti_backend.draft.procedural.named import NAMED, named_motion
from mti_backend.evaluation.blender_targets import (
    DATA,
    blender_pairs,
    blender_stills,
    recorded_motion,
)
from mti_backend.evaluation.pairs import Pair, references


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return blender_pairs()


def test_the_committed_pictures_are_small() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 6e6


def test_fifty_stills_none_like_another() -> None:
    stills = blender_stills()
    assert stills.shape == (50, 3, 128, 128)
    assert stills.min() >= -1 and stills.max() <= 1
    for i, one in enumerate(stills):
        assert one.std() > 0.05
        assert all((one - other).abs().mean() > 0.02 for other in stills[:i])


def test_a_pair_for_every_named_motion(pairs: list[Pair]) -> None:
    assert [pair.name for pair in pairs] == list(NAMED)
    for pair in pairs:
        assert pair.reference.shape == (14, 3, 128, 128)
        assert pair.answer.shape == (14, 3, 128, 128)
        assert pair.tokens.shape == (14, 64)
        assert pair.background is not None and pair.background.shape == pair.answer.shape
        assert references(pair, 2).shape == (2, 14, 3, 128, 128)


def test_they_were_rendered_with_the_named_motions_of_today() -> None:
    """If this fails, run tools/make_targets.py again."""
    for clip in json.loads((DATA / "targets.json").read_text("utf-8"))["clips"]:
        today = named_motion(clip["motion"])
        values = today.values(frame_times(1))[0].T
        recorded = len(clip["values"][0])  # channels added since are still
        assert not values[:, recorded:].any()
        values = values[:, :recorded]
        assert torch.allclose(torch.tensor(clip["values"]), values, atol=2e-5), clip["motion"]
        assert clip["grounded"] == bool(today.grounded), clip["motion"]


def test_a_recorded_motion_is_the_motion_at_the_frames() -> None:
    motion = named_motion("run")
    values = motion.values(frame_times(1))
    again = recorded_motion(values[0].T, grounded=True)
    assert torch.allclose(again.values(frame_times(1)), values, atol=1e-5)
    between = again.values(torch.tensor([[0.5 / 13]]))[0, :, 0]
    assert torch.allclose(between, values[0, :, :2].mean(-1), atol=1e-5)
    assert again.grounded.tolist() == [True]


def test_tracks_lie_in_the_middle_of_the_parts_that_are_seen(pairs: list[Pair]) -> None:
    """For parts in full view, the mean position of a part's pixels is its track."""
    row, column = torch.meshgrid(*[(torch.arange(128) + 0.5) / 128] * 2, indexing="ij")
    distances = []
    for pair in pairs:
        assert pair.classes is not None and pair.tracks is not None and pair.height is not None
        area = torch.stack([(pair.classes == part).sum((1, 2)) for part in range(10)], 1)
        for frame, part in (area > 0.9 * area.amax(0).clamp(min=48)).nonzero().tolist():
            where = pair.classes[frame] == part
            middle = torch.stack([column[where].mean(), row[where].mean()])
            distances.append(float((middle - pair.tracks[frame, part]).norm() / pair.height))
    assert len(distances) > 200
    assert torch.tensor(distances).median() < 0.02
    assert torch.tensor(distances).quantile(0.95) < 0.06


def test_the_background_is_the_picture_where_nobody_is(pairs: list[Pair]) -> None:
    for pair in pairs:
        assert pair.classes is not None and pair.background is not None
        somebody = (pair.classes >= 0)[:, None].float()
        near = torch.nn.functional.max_pool2d(somebody, 5, 1, 2)[:, 0] > 0
        difference = (pair.answer - pair.background).abs().mean(1)
        assert difference[~near].median() < 0.02, pair.name  # there may be shadows
        assert difference[pair.classes >= 0].mean() > 0.2, pair.name
