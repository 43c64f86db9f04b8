"""Held-out pairs: known, repeatable, and alike in nothing but the motion."""

from __future__ import annotations

import torch

from mti_backend.draft.by_words.captions import CAMERAS
from mti_backend.draft.by_words.movers import HELD_OUT, MOVERS
from mti_backend.evaluation.motion_inversion.pairs import MOTIONS, make_pair


def test_a_pair_is_the_same_in_every_run() -> None:
    one, two, other = make_pair(3), make_pair(3), make_pair(9)
    assert one.name == two.name == "003_there_and_back" and one.motion == other.motion
    assert torch.equal(one.reference, two.reference) and torch.equal(one.answer, two.answer)
    assert not torch.equal(one.reference, other.reference)


def test_reference_and_prompt_share_nothing() -> None:
    for index in range(len(MOTIONS)):
        pair = make_pair(index)
        seen, prompt = pair.reference_caption, pair.prompt
        assert seen.subject != prompt.subject and seen.colour != prompt.colour
        assert seen.background != prompt.background
        assert seen.action is seen.camera is prompt.action is prompt.camera is None
        assert pair.reference.shape == pair.answer.shape == (16, 3, 64, 64)
        assert pair.track.shape == (16, 2)


def test_words_name_the_nearest_action_or_the_camera() -> None:
    for index, motion in enumerate(MOTIONS):
        words = make_pair(index).words
        if motion in CAMERAS:
            assert words.camera == motion and words.action is None
        else:
            assert motion in HELD_OUT and words.action in MOVERS
        assert words.without("action", "camera") == make_pair(index).prompt
