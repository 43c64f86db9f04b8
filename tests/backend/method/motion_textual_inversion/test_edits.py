"""Edits of motions: exact where nothing changes, and the algebra that animators expect."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mti_addon.wire.edit import AS_LEARNED, MotionEdit, MotionPart
from mti_addon.wire.edit_timing import chain_windows
from mti_addon.wire.errors import WrongModel
from mti_backend.method.motion_textual_inversion.edits import DEAD_ZONE, edited, interpolation
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding
from mti_backend.models.token_layout import (
    MOTION_FEATURES,
    SINCE_FIRST,
    TOKEN_WIDTH,
    TRAVEL,
    DraftLayout,
    TokenLayout,
    token_rotation,
)
from tests.wire.test_edit_timing import edits as any_edit

FRAMES = 14
LAYOUTS = [TokenLayout(), DraftLayout()]
layouts = st.sampled_from(LAYOUTS)
seeds = st.integers(0, 1000)


def motion(seed: int = 0, count: int = 2) -> MotionEmbedding:
    g = torch.Generator().manual_seed(seed)
    return MotionEmbedding(
        torch.randn(FRAMES, count, TOKEN_WIDTH, generator=g),
        torch.randn(count, TOKEN_WIDTH, generator=g),
        {"model": "abc", "name": f"motion {seed}", "engine": "draft"},
    )


def one(**changes: object) -> MotionEdit:
    return MotionEdit(parts=(MotionPart(**changes),))  # type: ignore[arg-type]


def close(a: MotionEmbedding, b: MotionEmbedding) -> None:
    torch.testing.assert_close(a.frame_tokens, b.frame_tokens, rtol=0, atol=1e-4)
    torch.testing.assert_close(a.video_tokens, b.video_tokens, rtol=0, atol=1e-4)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "edit", [AS_LEARNED, one(weight=0.3), one(after_end="bounce"), one(after_end="loop")]
)
def test_what_changes_nothing_is_the_motion_itself(layout: TokenLayout, edit: MotionEdit) -> None:
    own = motion()
    assert edited([own], edit, layout, "draft") is own


@given(any_edit(), layouts, seeds)
def test_every_edit_is_finite_and_of_the_motion_s_shape(
    edit: MotionEdit, layout: TokenLayout, seed: int
) -> None:
    own = [motion(seed + k) for k in range(len(edit.parts))]
    found = edited(own, edit, layout, "draft")
    assert found.frame_tokens.shape == own[0].frame_tokens.shape
    assert found.video_tokens.shape == own[0].video_tokens.shape
    assert found.frame_tokens.isfinite().all() and found.video_tokens.isfinite().all()
    for k, each in enumerate(own):  # which stays as it was learned
        assert torch.equal(each.frame_tokens, motion(seed + k).frame_tokens)


@given(layouts, seeds)
def test_twice_reversed_is_the_motion(layout: TokenLayout, seed: int) -> None:
    once = edited([motion(seed)], one(reverse=True), layout, "draft")
    close(edited([once], one(reverse=True), layout, "draft"), motion(seed))


@given(st.floats(0, 1.5), st.floats(0, 1.5), layouts)
def test_strength_moves_every_token_on_a_line(a: float, b: float, layout: TokenLayout) -> None:
    own = motion()
    low, high = (edited([own], one(strength=s), layout, "svd").frame_tokens for s in (a, b))
    start = own.frame_tokens[:1]
    torch.testing.assert_close((low - start) * b, (high - start) * a, rtol=0, atol=1e-4)


def test_at_strength_0_every_frame_has_the_first_frame_s_tokens() -> None:
    own = motion()
    for layout in LAYOUTS:
        still = edited([own], one(strength=0.0), layout, "draft")
        torch.testing.assert_close(still.frame_tokens, own.frame_tokens[:1].expand(FRAMES, -1, -1))
        torch.testing.assert_close(still.video_tokens, own.frame_tokens[0])


@pytest.mark.parametrize("engine", ["draft", "svd", "svd-xt"])
def test_interpolation_is_monotonic_and_right_at_its_ends(engine: str) -> None:
    found = [interpolation(k / 100, engine) for k in range(151)]
    assert found[0] == 0 and found[100] == 1 and found == sorted(found)
    dead = DEAD_ZONE.get(engine, 0.0)
    assert found[1] - dead == pytest.approx((1 - dead) / 100)


@given(st.floats(0.01, 1), st.floats(0.01, 1), layouts)
def test_a_blend_does_not_depend_on_the_order(a: float, b: float, layout: TokenLayout) -> None:
    first, second = MotionPart(weight=a), MotionPart(weight=b, strength=0.7)
    forth = edited([motion(1), motion(2)], MotionEdit("blend", parts=(first, second)), layout, "")
    back = edited([motion(2), motion(1)], MotionEdit("blend", parts=(second, first)), layout, "")
    close(forth, back)


def test_a_blend_is_the_weighted_mean_and_of_a_motion_with_itself_the_motion() -> None:
    parts = (MotionPart(weight=0.25), MotionPart(weight=0.75))
    for layout in LAYOUTS:
        found = edited([motion(1), motion(2)], MotionEdit("blend", parts=parts), layout, "draft")
        mean = 0.25 * motion(1).frame_tokens + 0.75 * motion(2).frame_tokens
        torch.testing.assert_close(found.frame_tokens, mean)
        same = [motion(1), motion(1)]
        close(edited(same, MotionEdit("blend", parts=parts), layout, "draft"), motion(1))


def true_tokens(features: Tensor) -> MotionEmbedding:
    """A motion of the draft's features (F, 42), as its network was trained with."""
    basis = token_rotation()[:MOTION_FEATURES]
    tokens = torch.stack([features @ basis, (features - features[:1]) @ basis], 1)
    return MotionEmbedding(tokens, tokens.mean(0))


def features(seed: int) -> Tensor:
    """Some motion: any poses, and a long path that begins at 0."""
    g = torch.Generator().manual_seed(seed)
    made = torch.randn(FRAMES, MOTION_FEATURES, generator=g)
    made[:, TRAVEL] += torch.linspace(0, 20, FRAMES)[:, None] * (1 + seed / 10)
    return since_first(made)


def since_first(made: Tensor) -> Tensor:
    """The same with paths that are measured since the first frame."""
    moved = made[:, SINCE_FIRST] - made[:1, SINCE_FIRST]
    return made.index_copy(1, torch.tensor(SINCE_FIRST), moved)


@pytest.mark.parametrize(
    ("edit", "order"),
    [
        (one(reverse=True), list(range(13, -1, -1))),
        (one(speed=2.0), [min(2 * k, 13) for k in range(14)]),
        (one(start=4 / 13, end=9 / 13), [min(4 + k, 9) for k in range(14)]),
        (one(start=4 / 13, after_end="bounce"), [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 12, 11, 10, 9]),
    ],
)
def test_true_tokens_become_those_of_the_edited_motion(edit: MotionEdit, order: list[int]) -> None:
    own = features(5)
    wanted = since_first(own[order])
    close(edited([true_tokens(own)], edit, DraftLayout(), "draft"), true_tokens(wanted))


@pytest.mark.parametrize("cut", [5, 7, 12])
def test_a_chain_of_one_motion_cut_in_two_is_the_motion(cut: int) -> None:
    share = cut / (FRAMES - 1)
    parts = (MotionPart(end=share, weight=share), MotionPart(start=share, weight=1 - share))
    own = true_tokens(features(3))
    edit = MotionEdit("chain", 0.0, parts)
    close(edited([own, own], edit, DraftLayout(), "draft"), own)
    any_motion = motion(3)
    found = edited([any_motion, any_motion], edit, TokenLayout(), "svd")
    close(found, any_motion)


def test_what_learned_tokens_differ_by_is_no_travel() -> None:
    first = torch.zeros(2, TOKEN_WIDTH)
    along = token_rotation()[TRAVEL[0]]
    for way, left in ((0.2, 0.01), (2.0, 1.99), (-3.0, -2.99)):
        found = DraftLayout().traveled(first, first + way * along)
        assert float(found[0] @ along) == pytest.approx(left, abs=0.01)


def test_a_figure_that_walks_in_a_loop_goes_on() -> None:
    own = features(6)
    own[:, SINCE_FIRST] = torch.linspace(0, 10, FRAMES)[:, None]
    edit = one(speed=2.0, after_end="loop")
    found = edited([true_tokens(own)], edit, DraftLayout(), "draft").frame_tokens
    path = (found @ token_rotation()[:MOTION_FEATURES].T)[:, :, TRAVEL]
    wanted = torch.linspace(0, 20, FRAMES)[:, None, None].expand(-1, 2, len(TRAVEL))
    torch.testing.assert_close(path, wanted, rtol=0, atol=1e-4)


def test_the_second_motion_of_a_chain_begins_where_the_first_has_led() -> None:
    first, second = features(7), features(8)
    parts = (MotionPart(speed=2.0), MotionPart(speed=2.0))
    edit = MotionEdit("chain", 0.0, parts)
    assert chain_windows(edit) == [(0.0, 0.5), (0.5, 1.0)]
    found = edited([true_tokens(first), true_tokens(second)], edit, DraftLayout(), "draft")
    walked = first[13, TRAVEL]  # the first ends at the boundary, between two frames
    wanted = first[[min(2 * k, 13) for k in range(14)]].clone()
    wanted[7:] = torch.stack([(second[2 * k - 13]) for k in range(7, 14)])
    wanted[7:, TRAVEL] += walked
    close(found, true_tokens(wanted))


def test_motions_of_other_shapes_are_refused_by_name() -> None:
    edit = MotionEdit("blend", parts=(MotionPart(), MotionPart()))
    with pytest.raises(WrongModel, match="'motion 1' and 'motion 2' have different numbers"):
        edited([motion(1), motion(2, count=5)], edit, TokenLayout(), "svd")


def test_an_edited_motion_says_what_it_is() -> None:
    edit = MotionEdit("blend", parts=(MotionPart(), MotionPart(weight=0.5)))
    meta = edited([motion(1), motion(2)], edit, TokenLayout(), "svd").meta
    assert meta["name"] == "motion 1 + motion 2" and meta["model"] == "abc"
    assert '"weight": 0.5' in meta["edit"] and '"mode": "blend"' in meta["edit"]


def test_strength_is_about_the_first_frame_that_is_shown() -> None:
    own = motion(4)
    late = edited([own], one(start=5 / 13, strength=0.5), TokenLayout(), "svd").frame_tokens
    start, plain = own.frame_tokens[5], edited([own], one(start=5 / 13), TokenLayout(), "svd")
    torch.testing.assert_close(late, start + 0.5 * (plain.frame_tokens - start))


def test_an_odd_number_of_tokens_is_edited_too() -> None:
    for edit in (one(reverse=True), one(start=0.5)):
        for count in (1, 5):
            found = edited([motion(1, count)], edit, DraftLayout(), "draft")
            assert found.frame_tokens.shape == (FRAMES, count, TOKEN_WIDTH)
