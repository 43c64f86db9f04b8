"""The rows change only the settings they list."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mti_addon.wire.settings import Augmentation, Settings
from mti_backend.evaluation.rows import COMPARISONS, HEADLINE, IMAGE_START, QUICK, ROWS, STARTS

BASE = Settings.for_model("draft").inversion


def test_the_headline_is_the_drafts_own_settings() -> None:
    assert ROWS[HEADLINE].inversion(BASE, "wave") == BASE
    assert (BASE.per_frame, BASE.tokens_per_frame) == (True, 2)
    assert ROWS[HEADLINE].references == 1


@pytest.mark.parametrize(
    ("key", "tokens", "per_frame"),
    [("one_token", 1, False), ("shared", 15, False)]
    + [(f"per_frame_{n}", n, True) for n in (1, 4, 10)],
)
def test_an_ablation_changes_its_tokens_only(key: str, tokens: int, per_frame: bool) -> None:
    expected = replace(BASE, tokens_per_frame=tokens, per_frame=per_frame)
    if tokens > 2:  # equal tokens would stay equal
        expected = replace(expected, init_noise_std=0.1)
    assert ROWS[key].inversion(BASE, "walk") == expected


def test_re_rendered_references_change_nothing_but_their_number() -> None:
    counts = [row.references for key, row in ROWS.items() if key.startswith("references_")]
    assert counts == [2, 4, 8, 16]
    assert all(ROWS[f"references_{k}"].inversion(BASE, "walk") == BASE for k in counts)


def test_the_papers_numbers() -> None:
    paper = ROWS["paper"].inversion(BASE, "walk")
    assert (paper.iterations, paper.learning_rate, paper.batch_size) == (1000, 1e-2, 1)
    assert (paper.tokens_per_frame, paper.per_frame, paper.init_noise_std) == (5, True, 0.1)
    assert (paper.token_init, paper.learning_rate_decay) == ("image_embeddings", "none")
    assert paper.augmentation == Augmentation(horizontal_flip=True, variants=0)
    assert (paper.p_mean, paper.p_std) == (BASE.p_mean, BASE.p_std)
    # mirrored, a sideways camera motion is a different one
    assert not ROWS["paper"].inversion(BASE, "pan_walk").augmentation.horizontal_flip


def test_a_number_of_iterations_has_the_last_word() -> None:
    """Except in the rows that optimize nothing."""
    counts = {key: row.inversion(BASE, "walk", 7).iterations for key, row in ROWS.items()}
    assert counts.pop("guess") == counts.pop("guess_poses") == 0 and set(counts.values()) == {7}


def test_a_guess_optimizes_nothing() -> None:
    assert ROWS["guess_poses"].inversion(BASE, "walk") == replace(BASE, iterations=0)
    ordinary = replace(BASE, token_init="image_embeddings")
    assert ROWS[IMAGE_START].inversion(BASE, "walk") == ordinary
    assert ROWS["guess"].inversion(BASE, "walk") == replace(ordinary, iterations=0)


def test_every_key_that_is_spoken_of_is_a_row() -> None:
    assert set(QUICK) | set(STARTS) <= set(ROWS)
    assert {key for pair in COMPARISONS for key in pair} <= set(ROWS)
    assert all(key == row.key for key, row in ROWS.items())
